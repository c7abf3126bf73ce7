"""Batch normalisation over a mini-batch (Ioffe & Szegedy, ICML 2015).

``x = (a - mean) / sqrt(variance + epsilon)`` over the batch for every unit, and
``scale * x + shift`` goes into the activation. Sums over the rows are formed of those over parts of
the batch, in the order of the rows, whatever the number of threads.
"""

import math

from skdeep.engines.cuda.rows import finish_unit
from skdeep.engines.cuda.shim import device
from skdeep.engines.cuda.structures import (
    BATCH_EPSILON,
    CONSTANTS,
    COUNT,
    DELTA,
    GRADIENT,
    OUTPUT,
    PART_ROWS,
    PARTS,
    RUNNING_SHARE,
    STANDARD,
    STATISTICS,
    STRIDE,
)
from skdeep.engines.cuda.sums import n_parts, sum_of_parts
from skdeep.engines.table import FAN_OUT, MEANS, SCALES, SHIFTS, VARIANCES


@device
def take_moments(task, batch, index, who):
    """Compute the mean of every unit, and its squares about it, for every part of the batch."""
    layer, memory, rows = task.layers[index], task.memory, task.plan[PART_ROWS]
    width, stride, parts = layer[FAN_OUT], layer[STRIDE], layer[PARTS]
    for i in range(who.lane, n_parts(task, batch) * width, who.lanes):
        part, j = i // width, i % width
        count = min(rows, batch.count - part * rows)
        begin = layer[OUTPUT] + part * rows * stride + j
        mean = memory[begin]
        for r in range(1, count):
            mean += memory[begin + r * stride]
        mean /= memory.dtype.type(count)
        squares = mean - mean
        for r in range(count):
            deviation = memory[begin + r * stride] - mean
            squares += deviation * deviation
        place = parts + 2 * part * width + j
        task.store[place], task.store[place + width] = mean, squares


@device
def _moments(task, batch, layer, j):
    """Return mean and squares about it of a unit, from those of the parts (Chan et al., 1979)."""
    store, rows, width = task.store, task.plan[PART_ROWS], layer[FAN_OUT]
    begin, n = layer[PARTS] + j, n_parts(task, batch)
    mean, squares = store[begin], store[begin + width]
    for part in range(1, n):
        before = part * rows
        count, place = min(rows, batch.count - before), begin + 2 * part * width
        apart = store[place] - mean
        # Of the rows so far, those of this part have this share.
        share = store.dtype.type(count) / store.dtype.type(before + count)
        mean += apart * share
        squares += store[place + width] + apart * apart * share * store.dtype.type(before)
    return mean, squares


@device
def end_moments(task, batch, index, who):
    """Compute mean and one over the deviation of every unit; the running ones follow."""
    layer, memory, constants = task.layers[index], task.memory, task.plan[CONSTANTS]
    width, rows = layer[FAN_OUT], memory[constants + COUNT]
    share, epsilon = memory[constants + RUNNING_SHARE], memory[constants + BATCH_EPSILON]
    for j in range(who.lane, width, who.lanes):
        mean, squares = _moments(task, batch, layer, j)
        memory[layer[STATISTICS] + j] = mean
        memory[layer[STATISTICS] + width + j] = math.sqrt(rows / (squares + rows * epsilon))
        # The unbiased variance: epsilon keeps a batch of one row from dividing by zero.
        others = max(rows - rows / rows, rows / rows)
        memory[layer[MEANS] + j] += share * (mean - memory[layer[MEANS] + j])
        variance = memory[layer[VARIANCES] + j]
        memory[layer[VARIANCES] + j] = variance + share * (squares / others - variance)


@device
def normalise(code, task, batch, index, who):
    """Standardise the units of a layer, keep them, scale and shift them, and activate."""
    layer, memory, width = task.layers[index], task.memory, task.layers[index, FAN_OUT]
    for i in range(who.lane, batch.count * width, who.lanes):
        r, j = i // width, i % width
        element = r * layer[STRIDE] + j
        mean, inverse = memory[layer[STATISTICS] + j], memory[layer[STATISTICS] + width + j]
        x = (memory[layer[OUTPUT] + element] - mean) * inverse
        task.store[layer[STANDARD] + element] = x
        a = memory[layer[SCALES] + j] * x + memory[layer[SHIFTS] + j]
        finish_unit(code, task, batch, index, (r, j), a)


@device
def normalise_by_running(code, task, batch, index, who):
    """Normalise the units of a layer by the running statistics, and activate."""
    layer, memory, width = task.layers[index], task.memory, task.layers[index, FAN_OUT]
    epsilon = memory[task.plan[CONSTANTS] + BATCH_EPSILON]
    for i in range(who.lane, batch.count * width, who.lanes):
        r, j = i // width, i % width
        slope = memory[layer[SCALES] + j] / math.sqrt(memory[layer[VARIANCES] + j] + epsilon)
        apart = memory[layer[OUTPUT] + r * layer[STRIDE] + j] - memory[layer[MEANS] + j]
        a = slope * apart + memory[layer[SHIFTS] + j]
        finish_unit(code, task, batch, index, (r, j), a)


@device
def take_sums(task, batch, index, who):
    """Sum the deltas, and the deltas times the units, over every part of the batch."""
    layer, memory, rows = task.layers[index], task.memory, task.plan[PART_ROWS]
    width, stride, parts = layer[FAN_OUT], layer[STRIDE], layer[PARTS]
    deltas, units = layer[DELTA], layer[STANDARD]
    for i in range(who.lane, n_parts(task, batch) * width, who.lanes):
        part, j = i // width, i % width
        begin = part * rows * stride + j
        shift = memory[deltas + begin]
        scale = shift * task.store[units + begin]
        for r in range(1, min(rows, batch.count - part * rows)):
            element = begin + r * stride
            d = memory[deltas + element]
            shift += d
            scale += d * task.store[units + element]
        place = parts + 2 * part * width + j
        task.store[place], task.store[place + width] = shift, scale


@device
def end_sums(task, batch, index, who):
    """Form the gradient of scales and shifts from the sums over the parts."""
    layer, store, gradient = task.layers[index], task.store, task.plan[GRADIENT]
    width, n = layer[FAN_OUT], n_parts(task, batch)
    for j in range(who.lane, width, who.lanes):
        begin = layer[PARTS] + j
        store[gradient + layer[SHIFTS] + j] = sum_of_parts(store, begin, n, 2 * width)
        store[gradient + layer[SCALES] + j] = sum_of_parts(store, begin + width, n, 2 * width)


@device
def denormalise(task, batch, index, who):
    """Carry the deltas of a layer back: ``d = slope (d - mean(d) - x mean(d x))``."""
    layer, memory, gradient = task.layers[index], task.memory, task.plan[GRADIENT]
    width, rows = layer[FAN_OUT], memory[task.plan[CONSTANTS] + COUNT]
    for i in range(who.lane, batch.count * width, who.lanes):
        r, j = i // width, i % width
        element = r * layer[STRIDE] + j
        slope = memory[layer[SCALES] + j] * memory[layer[STATISTICS] + width + j]
        shift = task.store[gradient + layer[SHIFTS] + j] / rows
        scale = task.store[gradient + layer[SCALES] + j] / rows
        d, x = memory[layer[DELTA] + element], task.store[layer[STANDARD] + element]
        memory[layer[DELTA] + element] = slope * (d - shift - x * scale)
