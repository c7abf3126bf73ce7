"""Batch normalisation: statistics over a whole mini-batch, whatever its parts and the team.

The formulas are those of `skdeep.formulas.normalisation`. Every part adds up its own statistics;
the team meets, and every member combines all parts in their order. Layers whose units read several
windows of a sample have statistics over all of them.
"""

import numpy as np

from skdeep.engines.cpu.compiling.jit import device, inlined
from skdeep.engines.cpu.compiling.tasks import as_float
from skdeep.engines.cpu.compiling.views import row_of, section
from skdeep.engines.cpu.rows.matrices import contents, fill, layer_deltas, layer_output
from skdeep.formulas.normalisation import (
    BATCH_EPSILON,
    combined_mean,
    combined_squares,
    derivative,
    inverse_deviation,
    normalised_by,
    running,
    scaled,
    standardised,
)

ONE = np.float32(1)


@inlined
def part_statistics(task, part, layer, which):
    """Return one of the two rows of a part's statistics of a layer."""
    start = task.plan.part_statistics + part * task.plan.part_statistics_step
    width = layer.fan_out
    return section(task.memory, start + layer.statistics + which * width, width)


@inlined
def totals(task, member, layer, which):
    """Return one of the two rows of a layer's statistics that a member has combined."""
    start = task.plan.totals + member * task.plan.totals_step
    width = layer.fan_out
    return section(task.memory, start + layer.statistics + which * width, width)


@inlined
def _windows(layer):
    """Return how often a unit appears in the outputs for a sample."""
    return layer.n_outputs // layer.fan_out


@inlined
def _standard(task, block, layer):
    stride = layer.output_stride
    start = block.slot + layer.standard + block.row * stride
    return section(task.memory, start, block.rows * stride)


@device
def _take_moments(task, part, layer, a, rows):
    """Write a part's means and sums of squared deviations of the units."""
    mean, squares = part_statistics(task, part, layer, 0), part_statistics(task, part, layer, 1)
    width, stride, windows = layer.fan_out, layer.output_stride, _windows(layer)
    fill(mean, 0)
    fill(squares, 0)
    for r in range(rows):
        for t in range(windows):
            row = section(a, r * stride + t * width, width)
            for j in range(width):
                mean[j] += row[j]
    share = ONE / as_float(task, max(1, rows * windows))
    for j in range(width):
        mean[j] *= share
    for r in range(rows):
        for t in range(windows):
            row = section(a, r * stride + t * width, width)
            for j in range(width):
                deviation = row[j] - mean[j]
                squares[j] += deviation * deviation


@device
def _combine_moments(task, layer, count, member):
    """Combine the parts' moments into mean and one over the deviation, of all rows of a batch."""
    mean, inverse = totals(task, member, layer, 0), totals(task, member, layer, 1)
    width, windows = layer.fan_out, _windows(layer)
    fill(mean, 0)
    fill(inverse, 0)
    seen = 0
    for part in range(task.plan.parts):
        parts = task.plan.parts
        rows = windows * (count * (part + 1) // parts - count * part // parts)
        if rows == 0:
            continue
        means = part_statistics(task, part, layer, 0)
        squares = part_statistics(task, part, layer, 1)
        share, cross = (
            as_float(task, rows / (seen + rows)),
            as_float(task, seen * (rows / (seen + rows))),
        )
        for j in range(width):
            apart = means[j] - mean[j]
            mean[j] = combined_mean(mean[j], apart, share)
            inverse[j] = combined_squares(inverse[j], squares[j], apart, cross)
        seen += rows
    if member == 0:
        _keep_running(task, layer, mean, inverse, count * windows)
    rows, epsilon = as_float(task, count * windows), as_float(task, BATCH_EPSILON)
    for j in range(width):
        inverse[j] = inverse_deviation(inverse[j], rows, epsilon)


@device
def _keep_running(task, layer, mean, squares, count):
    """Let the running statistics follow those of a batch; the variance is the unbiased one."""
    share, unbiased = (
        as_float(task, task.scalars.running_share),
        as_float(task, 1.0 / max(1, count - 1)),
    )
    means = section(task.memory, layer.means, mean.size)
    variances = section(task.memory, layer.variances, mean.size)
    for j in range(mean.size):
        means[j] = running(means[j], mean[j], share)
        variances[j] = running(variances[j], squares[j] * unbiased, share)


@device
def _normalise(task, block, layer, a):
    """Standardise the rows of a block, keep them, and replace ``a`` by ``scale * x + shift``."""
    mean, inverse = totals(task, block.member, layer, 0), totals(task, block.member, layer, 1)
    standard, width, stride = _standard(task, block, layer), layer.fan_out, layer.output_stride
    scale = section(task.memory, layer.scales, width)
    shift = section(task.memory, layer.shifts, width)
    for r in range(block.rows):
        for t in range(_windows(layer)):
            start = r * stride + t * width
            row, out = section(a, start, width), section(standard, start, width)
            for j in range(width):
                x = standardised(row[j], mean[j], inverse[j])
                out[j] = x
                row[j] = scaled(x, scale[j], shift[j])


@device
def _normalise_by_running(task, layer, a, stride):
    """Normalise units by the running statistics, as predictions do."""
    width = layer.fan_out
    scale = section(task.parameters, layer.scales, width)
    shift = section(task.parameters, layer.shifts, width)
    mean = section(task.parameters, layer.means, width)
    variance = section(task.parameters, layer.variances, width)
    epsilon = as_float(task, BATCH_EPSILON)
    for start in range(0, a.size, stride):
        for t in range(_windows(layer)):
            row = section(a, start + t * width, width)
            for j in range(width):
                row[j] = normalised_by(row[j], mean[j], variance[j], scale[j], shift[j], epsilon)


@device
def _take_sums(task, block, part, layer, d):
    """Write a part's sums of the deltas, and of the deltas times the standardised units."""
    width, stride = layer.fan_out, layer.output_stride
    shifts, scales = part_statistics(task, part, layer, 0), part_statistics(task, part, layer, 1)
    standard = _standard(task, block, layer)
    fill(shifts, 0)
    fill(scales, 0)
    for r in range(block.rows):
        for t in range(_windows(layer)):
            start = r * stride + t * width
            row, x = section(d, start, width), section(standard, start, width)
            for j in range(width):
                shifts[j] += row[j]
                scales[j] += row[j] * x[j]


@device
def sum_of_parts(task, layer, which, out):
    """Add up a row of the statistics of all parts, in their order."""
    fill(out, 0)
    for part in range(task.plan.parts):
        values = part_statistics(task, part, layer, which)
        for j in range(out.size):
            out[j] += values[j]


@device
def _combine_sums(task, layer, count, member):
    """Combine the parts' sums into means over the batch; the deviations give way to slopes."""
    means, slopes = totals(task, member, layer, 0), totals(task, member, layer, 1)
    scale = section(task.memory, layer.scales, means.size)
    sum_of_parts(task, layer, 0, means)
    share = ONE / as_float(task, count * _windows(layer))
    for j in range(means.size):
        means[j] *= share
        slopes[j] *= scale[j]


@device
def _denormalise(task, block, layer, count, d):
    """Carry the deltas of a block back."""
    width, stride = layer.fan_out, layer.output_stride
    means, slopes = totals(task, block.member, layer, 0), totals(task, block.member, layer, 1)
    standard = _standard(task, block, layer)
    share = ONE / as_float(task, count * _windows(layer))
    place = task.plan.totals + block.member * task.plan.totals_step + task.plan.totals_step // 2
    products = section(task.memory, place, width)
    sum_of_parts(task, layer, 1, products)
    for r in range(block.rows):
        for t in range(_windows(layer)):
            start = r * stride + t * width
            row, x = section(d, start, width), section(standard, start, width)
            for j in range(width):
                row[j] = derivative(row[j], x[j], slopes[j], means[j], products[j], share)


def take_moments(task, index, _a, part, block):
    """Write down the moments of a layer's weighted inputs over the rows of a part."""
    layer = row_of(task.operations, index)
    a = contents(layer_output(task, block, layer), block.rows)
    _take_moments(task, part, layer, a, block.rows)


def combine_moments(task, index, _a, _b, block):
    """Combine the moments of all parts, for the member that asks."""
    _combine_moments(task, row_of(task.operations, index), block.rows, block.member)


def normalise(task, index, _a, _b, block):
    """Normalise the weighted inputs of a layer for the rows of a block."""
    layer = row_of(task.operations, index)
    _normalise(task, block, layer, contents(layer_output(task, block, layer), block.rows))


def normalise_by_running(task, index, _a, _b, block):
    """Normalise the weighted inputs of a layer by its running statistics."""
    layer = row_of(task.operations, index)
    found = layer_output(task, block, layer)
    _normalise_by_running(task, layer, contents(found, block.rows), found.row)


def take_sums(task, index, _a, part, block):
    """Write down the sums that the gradient of the normalisation needs, over a part."""
    layer = row_of(task.operations, index)
    _take_sums(task, block, part, layer, contents(layer_deltas(task, block, layer), block.rows))


def combine_sums(task, index, _a, _b, block):
    """Combine these sums of all parts, for the member that asks."""
    _combine_sums(task, row_of(task.operations, index), block.rows, block.member)


def denormalise(task, index, count, _b, block):
    """Carry the gradients of a block back through the normalisation over `count` rows."""
    layer = row_of(task.operations, index)
    _denormalise(task, block, layer, count, contents(layer_deltas(task, block, layer), block.rows))


def parameter_gradient(task, index, of_scales, place, block):
    """Write the gradient of the scales, or else the shifts, of a layer to a place."""
    layer = row_of(task.operations, index)
    sum_of_parts(task, layer, of_scales, section(task.memory, place, layer.fan_out))
