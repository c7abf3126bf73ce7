"""Sums over many elements, always in the same order.

Every lane adds up its own elements, `FOLD` threads fold the sums of the lanes, and whoever wants
the sum adds the last few.
"""

from skdeep.engines.cuda.shim import device
from skdeep.engines.cuda.structures import FOLD, LAYER_SQUARES, N_LAYERS, SUM_LANES, SUMS


@device
def folded(task, which):
    """Return the place of the folded parts of a sum."""
    return task.plan[SUMS] + which * FOLD


@device
def lanes_of(task, which):
    """Return the place of the lanes' parts of a sum, of the penalty or of a layer's squares."""
    behind = folded(task, LAYER_SQUARES + task.plan[N_LAYERS])
    return behind + (which - LAYER_SQUARES + 1) * task.plan[SUM_LANES]


@device
def fold(task, which, start, count, who):
    """Fold `count` elements from `start` on into a sum."""
    for part in range(who.lane, FOLD, who.lanes):
        total = task.memory[start] - task.memory[start]
        for i in range(part, count, FOLD):
            total += task.memory[start + i]
        task.memory[folded(task, which) + part] = total


@device
def total(task, which):
    """Return a sum that has been folded."""
    place = folded(task, which)
    s = task.memory[place]
    for part in range(1, FOLD):
        s += task.memory[place + part]
    return s
