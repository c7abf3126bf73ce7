"""Batch normalisation over a mini-batch (Ioffe & Szegedy, ICML 2015).

``x = (a - mean) / sqrt(variance + epsilon)`` over the batch for every unit, and
``scale * x + shift`` goes into the activation. Every phase has a unit per lane, which goes through
the rows in their order.
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
    RUNNING_SHARE,
    STANDARD,
    STATISTICS,
    STRIDE,
)
from skdeep.engines.table import FAN_OUT, MEANS, SCALES, SHIFTS, VARIANCES


@device
def take_moments(task, batch, index, who):
    """Compute mean and one over the deviation of every unit; the running ones follow."""
    layer, memory, constants = task.layers[index], task.memory, task.plan[CONSTANTS]
    width, rows = layer[FAN_OUT], memory[constants + COUNT]
    share, epsilon = memory[constants + RUNNING_SHARE], memory[constants + BATCH_EPSILON]
    for j in range(who.lane, width, who.lanes):
        begin = layer[OUTPUT] + j
        mean = memory[begin]
        for r in range(1, batch.count):
            mean += memory[begin + r * layer[STRIDE]]
        mean /= rows
        squares = mean - mean
        for r in range(batch.count):
            deviation = memory[begin + r * layer[STRIDE]] - mean
            squares += deviation * deviation
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
    """Sum the deltas, and the deltas times the units: the gradients of shifts and scales."""
    layer, memory, gradient = task.layers[index], task.memory, task.plan[GRADIENT]
    for j in range(who.lane, layer[FAN_OUT], who.lanes):
        shift = memory[layer[DELTA] + j]
        scale = shift * task.store[layer[STANDARD] + j]
        for r in range(1, batch.count):
            element = r * layer[STRIDE] + j
            d = memory[layer[DELTA] + element]
            shift += d
            scale += d * task.store[layer[STANDARD] + element]
        task.store[gradient + layer[SHIFTS] + j] = shift
        task.store[gradient + layer[SCALES] + j] = scale


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
