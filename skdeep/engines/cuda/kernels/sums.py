"""Sums over many elements, always in the same order, whatever the number of threads.

Sums over the rows of a batch are formed in two stages: of every part of `PART_ROWS` rows, then of
the parts. Of those over the parameters, each of `SUM_LANES` shares is summed by a thread; they are
folded to `MIDDLE` numbers, these to `FOLD`, and whoever wants the sum adds the last few.
"""

import numpy as np

from skdeep.engines.cuda.hardware.shim import device, sync
from skdeep.engines.cuda.memory.structures import (
    FOLD,
    LAYER_SQUARES,
    MIDDLE,
)

TO_NEXT = np.uint64(MIDDLE)


@device
def n_parts(task, batch):
    """Return how many parts a batch has."""
    rows = task.plan.part_rows
    return (batch.count + rows - 1) // rows


@device
def sum_of_parts(store, begin, count, step):
    """Return the sum of `count` elements that are `step` apart."""
    s, place, apart = store[begin], np.uint64(begin), np.uint64(step)
    # The compiler unrolls loops whose turns it can count, so that several elements are on the way.
    for _ in range(1, count):
        place += apart
        s += store[place]
    return s


@device
def folded(task, which):
    """Return the place of the folded parts of a sum."""
    return task.plan.sums + which * FOLD


@device
def lanes_of(task, which):
    """Return the place of the lanes' parts of a sum, of the penalty or of a layer's squares."""
    behind = folded(task, LAYER_SQUARES + task.plan.n_layers)
    return behind + (which - LAYER_SQUARES + 1) * task.plan.sum_lanes


@device
def _fold_in_place(memory, start, count, who):
    """Fold elements to the first `MIDDLE` of them."""
    for part in range(who.lane, MIDDLE, who.lanes):
        place = np.uint64(start + part)
        total = memory[place]
        for _ in range(1, (count - part + MIDDLE - 1) // MIDDLE):
            place += TO_NEXT
            total += memory[place]
        memory[start + part] = total


@device
def fold(task, which, start, count, who):
    """Fold `count` elements from `start` on into a sum, by the threads of one block.

    Of more than `MIDDLE`, the first are overwritten.
    """
    memory, place = task.memory, folded(task, which)
    if count > MIDDLE:
        _fold_in_place(memory, start, count, who)
        sync()
        count = MIDDLE
    for part in range(who.lane, FOLD, who.lanes):
        total = memory[start] - memory[start]
        for i in range(part, count, FOLD):
            total += memory[start + i]
        memory[place + part] = total


@device
def total(task, which):
    """Return a sum that has been folded."""
    place = folded(task, which)
    s = task.memory[place]
    for part in range(1, FOLD):
        s += task.memory[place + part]
    return s
