"""Batch normalisation: statistics over a whole mini-batch, whatever its parts and the team.

Ioffe & Szegedy, "Batch normalization: accelerating deep network training by reducing internal
covariate shift", ICML 2015: ``x = (a - mean) / sqrt(variance + epsilon)`` over the batch for every
unit, and ``scale * x + shift`` goes into the activation. Every part adds up its own statistics;
the team meets, and every member combines all parts in their order.
"""

import math

import numpy as np

from skdeep.engines.cpu.features import fill
from skdeep.engines.cpu.jit import device, inlined
from skdeep.engines.cpu.layers import OUTPUT_STRIDE, STANDARD, STATISTICS
from skdeep.engines.cpu.sections import section
from skdeep.engines.cpu.structures import (
    PART_STATISTICS,
    PART_STATISTICS_STEP,
    PARTS,
    RUNNING_SHARE,
    TOTALS,
    TOTALS_STEP,
)
from skdeep.engines.table import FAN_OUT, MEANS, SCALES, SHIFTS, VARIANCES
from skdeep.formulas.normalisation import BATCH_EPSILON

ONE = np.float32(1)


@inlined
def part_statistics(task, part, layer, which):
    """Return one of the two rows of a part's statistics of a layer."""
    start = task.plan[PART_STATISTICS] + part * task.plan[PART_STATISTICS_STEP]
    width = layer[FAN_OUT]
    return section(task.memory, start + layer[STATISTICS] + which * width, width)


@inlined
def totals(task, member, layer, which):
    """Return one of the two rows of a layer's statistics that a member has combined."""
    start = task.plan[TOTALS] + member * task.plan[TOTALS_STEP]
    width = layer[FAN_OUT]
    return section(task.memory, start + layer[STATISTICS] + which * width, width)


@inlined
def _standard(task, block, layer):
    stride = layer[OUTPUT_STRIDE]
    start = block.slot + layer[STANDARD] + block.row * stride
    return section(task.memory, start, block.rows * stride)


@device
def take_moments(task, part, layer, a, rows):
    """Write a part's means and sums of squared deviations of the units."""
    mean, squares = part_statistics(task, part, layer, 0), part_statistics(task, part, layer, 1)
    width, stride = layer[FAN_OUT], layer[OUTPUT_STRIDE]
    fill(mean, 0)
    fill(squares, 0)
    for r in range(rows):
        row = section(a, r * stride, width)
        for j in range(width):
            mean[j] += row[j]
    share = ONE / task.memory.dtype.type(max(1, rows))
    for j in range(width):
        mean[j] *= share
    for r in range(rows):
        row = section(a, r * stride, width)
        for j in range(width):
            deviation = row[j] - mean[j]
            squares[j] += deviation * deviation


@device
def combine_moments(task, layer, count, member):
    """Combine the parts' moments into mean and one over the deviation, of all rows of a batch.

    Chan, Golub & LeVeque, "Updating formulae and a pairwise algorithm for computing sample
    variances", 1979.
    """
    mean, inverse = totals(task, member, layer, 0), totals(task, member, layer, 1)
    kind, width = task.memory.dtype.type, layer[FAN_OUT]
    fill(mean, 0)
    fill(inverse, 0)
    seen = 0
    for part in range(task.plan[PARTS]):
        parts = task.plan[PARTS]
        rows = count * (part + 1) // parts - count * part // parts
        if rows == 0:
            continue
        means = part_statistics(task, part, layer, 0)
        squares = part_statistics(task, part, layer, 1)
        share, cross = kind(rows / (seen + rows)), kind(seen * (rows / (seen + rows)))
        for j in range(width):
            apart = means[j] - mean[j]
            mean[j] += apart * share
            inverse[j] += squares[j] + apart * apart * cross
        seen += rows
    if member == 0:
        _keep_running(task, layer, mean, inverse, count)
    rows = kind(count)
    for j in range(width):
        inverse[j] = kind(1) / math.sqrt(inverse[j] / rows + kind(BATCH_EPSILON))


@device
def _keep_running(task, layer, mean, squares, count):
    """Let the running statistics follow those of a batch; the variance is the unbiased one."""
    kind = task.memory.dtype.type
    share, unbiased = kind(task.numbers[RUNNING_SHARE]), kind(1.0 / max(1, count - 1))
    means = section(task.memory, layer[MEANS], mean.size)
    variances = section(task.memory, layer[VARIANCES], mean.size)
    for j in range(mean.size):
        means[j] += share * (mean[j] - means[j])
        variances[j] += share * (squares[j] * unbiased - variances[j])


@device
def normalise(task, block, layer, a):
    """Standardise the rows of a block, keep them, and replace ``a`` by ``scale * x + shift``."""
    mean, inverse = totals(task, block.member, layer, 0), totals(task, block.member, layer, 1)
    standard, width, stride = _standard(task, block, layer), layer[FAN_OUT], layer[OUTPUT_STRIDE]
    scale = section(task.memory, layer[SCALES], width)
    shift = section(task.memory, layer[SHIFTS], width)
    for r in range(block.rows):
        start = r * stride
        row, out = section(a, start, width), section(standard, start, width)
        for j in range(width):
            x = (row[j] - mean[j]) * inverse[j]
            out[j] = x
            row[j] = scale[j] * x + shift[j]


@device
def normalise_by_running(task, layer, a, stride):
    """Normalise units by the running statistics, as predictions do."""
    width, kind = layer[FAN_OUT], task.memory.dtype.type
    scale = section(task.memory, layer[SCALES], width)
    shift = section(task.memory, layer[SHIFTS], width)
    mean = section(task.memory, layer[MEANS], width)
    variance = section(task.memory, layer[VARIANCES], width)
    for start in range(0, a.size, stride):
        row = section(a, start, width)
        for j in range(width):
            slope = scale[j] / math.sqrt(variance[j] + kind(BATCH_EPSILON))
            row[j] = slope * (row[j] - mean[j]) + shift[j]


@device
def take_sums(task, block, part, layer, d):
    """Write a part's sums of the deltas, and of the deltas times the standardised units."""
    width, stride = layer[FAN_OUT], layer[OUTPUT_STRIDE]
    shifts, scales = part_statistics(task, part, layer, 0), part_statistics(task, part, layer, 1)
    standard = _standard(task, block, layer)
    fill(shifts, 0)
    fill(scales, 0)
    for r in range(block.rows):
        start = r * stride
        row, x = section(d, start, width), section(standard, start, width)
        for j in range(width):
            shifts[j] += row[j]
            scales[j] += row[j] * x[j]


@device
def sum_of_parts(task, layer, which, out):
    """Add up a row of the statistics of all parts, in their order."""
    fill(out, 0)
    for part in range(task.plan[PARTS]):
        values = part_statistics(task, part, layer, which)
        for j in range(out.size):
            out[j] += values[j]


@device
def combine_sums(task, layer, count, member):
    """Combine the parts' sums into means over the batch; the deviations give way to slopes."""
    means, slopes = totals(task, member, layer, 0), totals(task, member, layer, 1)
    scale = section(task.memory, layer[SCALES], means.size)
    sum_of_parts(task, layer, 0, means)
    share = ONE / task.memory.dtype.type(count)
    for j in range(means.size):
        means[j] *= share
        slopes[j] *= scale[j]


@device
def denormalise(task, block, layer, count, d):
    """Carry the deltas of a block back: ``d = slope (d - mean(d) - x mean(d x))``."""
    width, stride = layer[FAN_OUT], layer[OUTPUT_STRIDE]
    means, slopes = totals(task, block.member, layer, 0), totals(task, block.member, layer, 1)
    standard = _standard(task, block, layer)
    share = ONE / task.memory.dtype.type(count)
    place = task.plan[TOTALS] + block.member * task.plan[TOTALS_STEP] + task.plan[TOTALS_STEP] // 2
    products = section(task.memory, place, width)
    sum_of_parts(task, layer, 1, products)
    for r in range(block.rows):
        start = r * stride
        row, x = section(d, start, width), section(standard, start, width)
        for j in range(width):
            row[j] = slopes[j] * (row[j] - means[j] - x[j] * products[j] * share)
