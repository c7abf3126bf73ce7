"""Weight normalisation: the weights into a unit are a direction times a gain, both trained.

The rule changes the directions, in the place of the weights, and the gains; products read the
weights, which are a copy. The formulas are those of `skdeep.formulas.norms`.
"""

from skdeep.engines.cpu.compiling.jit import device
from skdeep.engines.cpu.compiling.views import row_of, section
from skdeep.engines.cpu.parameters.max_norm import UNITS, units_at_a_time
from skdeep.engines.cpu.rows.matrices import fill
from skdeep.formulas.norms import (
    along_direction,
    direction_derivative,
    gain_derivative,
    inverse_norm,
    weight_per_direction,
)


@device
def _first_weight(layer, unit):
    """Return the place of the first weight into a unit."""
    panel = unit // layer.stride * layer.gap if layer.gap > 0 else 0
    return layer.weights + unit + panel


@device
def _carry_to_units(task, layer, first, count, member):
    """Turn the gradient of the weights into some units into that of directions and gains."""
    start = task.plan.scratch + member * task.plan.scratch_step
    square = section(task.memory, start, count)
    start += UNITS
    dot = section(task.memory, start, count)
    begin, stride, whole = _first_weight(layer, first), layer.stride, task.plan.whole
    fill(square, 0)
    fill(dot, 0)
    for i in range(layer.fan_in):
        place = begin + i * stride
        v, d = section(task.memory, place, count), section(task.memory, whole + place, count)
        for j in range(count):
            square[j] += v[j] * v[j]
            dot[j] += d[j] * v[j]
    gain = section(task.memory, layer.gains + first, count)
    slope = section(task.memory, whole + layer.gains + first, count)
    for j in range(count):
        inverse = inverse_norm(square[j])
        slope[j] = gain_derivative(dot[j], inverse)
        dot[j] = along_direction(dot[j], inverse)
        square[j] = gain[j] * inverse
    for i in range(layer.fan_in):
        place = begin + i * stride
        v, d = section(task.memory, place, count), section(task.memory, whole + place, count)
        for j in range(count):
            d[j] = direction_derivative(d[j], v[j], square[j], dot[j])


@device
def _write_weights(task, layer, first, count, member):
    """Write the weights into some units from their directions and gains."""
    start = task.plan.scratch + member * task.plan.scratch_step
    factor = section(task.memory, start, count)
    begin, stride = _first_weight(layer, first), layer.stride
    used = layer.used - layer.weights
    fill(factor, 0)
    for i in range(layer.fan_in):
        v = section(task.memory, begin + i * stride, count)
        for j in range(count):
            factor[j] += v[j] * v[j]
    gain = section(task.memory, layer.gains + first, count)
    for j in range(count):
        factor[j] = weight_per_direction(gain[j], factor[j])
    for i in range(layer.fan_in):
        place = begin + i * stride
        v, w = section(task.memory, place, count), section(task.memory, place + used, count)
        for j in range(count):
            w[j] = factor[j] * v[j]


def carry_to_directions(task, _index, members, _b, block):
    """Do a member's share of turning the whole gradient into that of directions and gains."""
    turn = 0
    for index in range(task.plan.n_operations):
        layer = row_of(task.operations, index)
        first = 0 if layer.trains_weights == 1 else layer.fan_out
        while first < layer.fan_out:
            count = units_at_a_time(layer, first)
            if turn % members == block.member:
                _carry_to_units(task, layer, first, count, block.member)
            first += count
            turn += 1


def write_weights(task, _index, members, _b, block):
    """Do a member's share of writing the weights from directions and gains."""
    turn = 0
    for index in range(task.plan.n_operations):
        layer = row_of(task.operations, index)
        first = 0 if layer.trains_weights == 1 else layer.fan_out
        while first < layer.fan_out:
            count = units_at_a_time(layer, first)
            if turn % members == block.member:
                _write_weights(task, layer, first, count, block.member)
            first += count
            turn += 1
