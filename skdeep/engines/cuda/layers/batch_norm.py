"""Batch normalisation over a mini-batch.

The formulas are those of `skdeep.formulas.normalisation`. Sums over the rows are formed of those
over parts of the batch, in the order of the rows, whatever the number of threads.
"""

import numpy as np

from skdeep.engines.cuda.hardware.shim import device
from skdeep.engines.cuda.kernels.formulas import compiled
from skdeep.engines.cuda.kernels.sums import n_parts, sum_of_parts
from skdeep.engines.cuda.layers.cells import first_cell, next_cell
from skdeep.engines.cuda.layers.units import finish_unit, units_of
from skdeep.engines.cuda.memory.structures import (
    BATCH_EPSILON,
    COUNT,
    RUNNING_SHARE,
)
from skdeep.formulas import normalisation

ONE = np.float32(1)
combined_mean = compiled(normalisation.combined_mean, np.float64)
combined_squares = compiled(normalisation.combined_squares, np.float64)
derivative = compiled(normalisation.derivative, np.float64)
inverse_deviation = compiled(normalisation.inverse_deviation, np.float64)
normalised_by = compiled(normalisation.normalised_by, np.float64)
running = compiled(normalisation.running, np.float64)
scaled = compiled(normalisation.scaled, np.float64)
standardised = compiled(normalisation.standardised, np.float64)


@device
def take_moments(task, batch, index, who):
    """Compute the mean of every unit, and its squares about it, for every part of the batch."""
    layer, memory, store = task.layers[index], task.memory, task.store
    rows, count, n = task.plan.part_rows, batch.count, np.uint32(n_parts(task, batch))
    width, stride = np.uint64(layer.fan_out), np.uint64(layer.stride)
    parts, outputs = np.uint64(layer.parts), np.uint64(layer.output)
    cell = first_cell(who, layer.fan_out)
    while cell.row < n:
        first = cell.row * rows
        size = min(rows, count - first)
        place = begin = outputs + np.uint64(first) * stride + cell.column
        mean = memory[begin]
        for _ in range(1, size):
            place += stride
            mean += memory[place]
        mean /= memory.dtype.type(size)
        squares, place = mean - mean, begin
        for _ in range(size):
            deviation = memory[place] - mean
            squares += deviation * deviation
            place += stride
        place = parts + np.uint64(cell.row) * (width + width) + cell.column
        store[place], store[place + width] = mean, squares
        cell = next_cell(cell)


@device
def _moments(task, batch, layer, j):
    """Return mean and squares about it of a unit, from those of the parts."""
    store, rows, width = task.store, task.plan.part_rows, layer.fan_out
    begin, n = layer.parts + j, n_parts(task, batch)
    mean, squares = store[begin], store[begin + width]
    for part in range(1, n):
        before = part * rows
        count, place = min(rows, batch.count - before), begin + 2 * part * width
        apart = store[place] - mean
        # Of the rows so far, those of this part have this share.
        share = store.dtype.type(count) / store.dtype.type(before + count)
        mean = combined_mean(mean, apart, share)
        cross = share * store.dtype.type(before)
        squares = combined_squares(squares, store[place + width], apart, cross)
    return mean, squares


@device
def end_moments(task, batch, index, who):
    """Compute mean and one over the deviation of every unit; the running ones follow."""
    layer, memory, constants = task.layers[index], task.memory, task.plan.constants
    width, rows = layer.fan_out, memory[constants + COUNT]
    share, epsilon = memory[constants + RUNNING_SHARE], memory[constants + BATCH_EPSILON]
    for j in range(who.lane, width, who.lanes):
        mean, squares = _moments(task, batch, layer, j)
        memory[layer.statistics + j] = mean
        memory[layer.statistics + width + j] = inverse_deviation(squares, rows, epsilon)
        # The unbiased variance; that of a batch of one row is 0.
        unbiased = squares / max(rows - rows / rows, rows / rows)
        memory[layer.means + j] = running(memory[layer.means + j], mean, share)
        memory[layer.variances + j] = running(memory[layer.variances + j], unbiased, share)


@device
def normalise(code, task, batch, index, who):
    """Standardise the units of a layer, keep them, scale and shift them, and activate."""
    layer, memory, units = task.layers[index], task.memory, units_of(code, task, batch, index)
    means, standard = np.uint64(layer.statistics), np.uint64(layer.standard)
    scales, shifts = np.uint64(layer.scales), np.uint64(layer.shifts)
    inverses, count = means + units.width, np.uint32(batch.count)
    cell = first_cell(who, units.width)
    while cell.row < count:
        r, j = cell.row, cell.column
        element = r * units.stride + j
        a = memory[units.output + element]
        x = standardised(a, memory[means + j], memory[inverses + j])
        task.store[standard + element] = x
        finish_unit(code, task, units, r, j, scaled(x, memory[scales + j], memory[shifts + j]))
        cell = next_cell(cell)


@device
def normalise_by_running(code, task, batch, index, who):
    """Normalise the units of a layer by the running statistics, and activate."""
    layer, memory, units = task.layers[index], task.memory, units_of(code, task, batch, index)
    means, variances = np.uint64(layer.means), np.uint64(layer.variances)
    scales, shifts = np.uint64(layer.scales), np.uint64(layer.shifts)
    epsilon, count = memory[task.plan.constants + BATCH_EPSILON], np.uint32(batch.count)
    cell = first_cell(who, units.width)
    while cell.row < count:
        r, j = cell.row, cell.column
        a, mean = memory[units.output + (r * units.stride + j)], memory[means + j]
        variance, scale, shift = memory[variances + j], memory[scales + j], memory[shifts + j]
        a = normalised_by(a, mean, variance, scale, shift, epsilon)
        finish_unit(code, task, units, r, j, a)
        cell = next_cell(cell)


@device
def take_sums(task, batch, index, who):
    """Sum the deltas, and the deltas times the units, over every part of the batch."""
    layer, memory, store = task.layers[index], task.memory, task.store
    rows, count, n = task.plan.part_rows, batch.count, np.uint32(n_parts(task, batch))
    width, stride = np.uint64(layer.fan_out), np.uint64(layer.stride)
    parts, deltas = np.uint64(layer.parts), np.uint64(layer.delta)
    units, cell = np.uint64(layer.standard), first_cell(who, layer.fan_out)
    while cell.row < n:
        first = cell.row * rows
        element = np.uint64(first) * stride + cell.column
        shift = memory[deltas + element]
        scale = shift * store[units + element]
        for _ in range(1, min(rows, count - first)):
            element += stride
            d = memory[deltas + element]
            shift += d
            scale += d * store[units + element]
        place = parts + np.uint64(cell.row) * (width + width) + cell.column
        store[place], store[place + width] = shift, scale
        cell = next_cell(cell)


@device
def end_sums(task, batch, index, who):
    """Form the gradient of scales and shifts from the sums over the parts."""
    layer, store, gradient = task.layers[index], task.store, task.plan.gradient
    width, n = layer.fan_out, n_parts(task, batch)
    for j in range(who.lane, width, who.lanes):
        begin = layer.parts + j
        store[gradient + layer.shifts + j] = sum_of_parts(store, begin, n, 2 * width)
        store[gradient + layer.scales + j] = sum_of_parts(store, begin + width, n, 2 * width)


@device
def denormalise(task, batch, index, who):
    """Carry the deltas of a layer back."""
    layer, memory, store = task.layers[index], task.memory, task.store
    share, gradient = ONE / memory[task.plan.constants + COUNT], task.plan.gradient
    deltas, standard = np.uint64(layer.delta), np.uint64(layer.standard)
    shifts, scales = np.uint64(gradient + layer.shifts), np.uint64(gradient + layer.scales)
    own, inverses = np.uint64(layer.scales), np.uint64(layer.statistics + layer.fan_out)
    stride, count = np.uint32(layer.stride), np.uint32(batch.count)
    cell = first_cell(who, layer.fan_out)
    while cell.row < count:
        j, element = cell.column, cell.row * stride + cell.column
        slope = memory[own + j] * memory[inverses + j]
        d, x = memory[deltas + element], store[standard + element]
        mean, product = store[shifts + j] * share, store[scales + j]
        memory[deltas + element] = derivative(d, x, slope, mean, product, share)
        cell = next_cell(cell)
