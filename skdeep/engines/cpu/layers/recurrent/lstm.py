"""Long short-term memory: ``c_t = f c_(t-1) + i g``, ``h_t = o tanh(c_t)``.

Of every row and step are kept the gates i, f, o and the candidate g, which on the way back become
the gradients with respect to their weighted inputs, the cells, and the tangents of these.
"""

import numpy as np

from skdeep.engines.cpu.compiling.jit import device, merged, widen
from skdeep.engines.cpu.compiling.views import row_of, section
from skdeep.engines.cpu.memory.fields import OF_BIASES
from skdeep.engines.cpu.rows.activation import activate_block, chain_rule_of_block
from skdeep.engines.cpu.rows.matrices import copy, fill, is_reached
from skdeep.engines.cpu.rows.recurrent import (
    CHANNELS,
    ROWS_TOGETHER,
    STEPS,
    UNITS,
    activate_logistic,
    activate_tanh,
    add_back,
    add_bias_gradient,
    add_gradient,
    at_step,
    begin_deltas_of_sources,
    begin_deltas_of_states,
    begin_states,
    delta_of_state,
    deltas_of_inputs,
    deltas_of_states,
    end_segments,
    give_outputs,
    group_of_rows,
    is_cut,
    is_masked,
    multiplications_of_steps,
    numbers_kept,
    place_in_row,
    read_inputs,
    scratch_of_states,
    setting,
    state_after,
    state_before,
    take_deltas,
    weighted_inputs,
    zeros_of_units,
)
from skdeep.engines.cpu.threads.member_phases import (
    ACTIVATING,
    BACKWARD_PRODUCT,
    FORWARD_PRODUCT,
    GRADIENT_PRODUCT,
    mark,
)

#: Products with transposed weights are formed although nothing before the layer is reached.
TRANSPOSES = True
#: Numbers kept of every unit, in this order; carried from step to step are outputs and cells.
PARTS, CARRIED = 6, 2
INPUT, FORGET, OUTPUT, CANDIDATE, CELL, TANGENT = range(PARTS)
ONE = np.float32(1)


def multiplications(operation, settings):
    """Return the multiplications of a row on the way forward."""
    return multiplications_of_steps(operation, settings)


def scratch(operation, settings):
    """Return the numbers of scratch memory that a block needs."""
    return scratch_of_states(operation, settings, CARRIED)


def kept(_operation, settings, training):
    """Return the numbers kept of a row."""
    return numbers_kept(settings, training, PARTS)


@merged
def _part(task, layer, group, s, r, which):
    """Return the place of what is kept of one kind for the units of a row at a step."""
    return place_in_row(group, s, r, which * setting(task, layer, UNITS))


@merged
def _cells_before(task, layer, group, s, r, zeros):
    """Return the place of the cells of a row before a step."""
    return zeros if s == 0 else _part(task, layer, group, s - 1, r, CELL)


@device
def _next_cells(c, forget, before, gate, candidate):
    widen()
    for j in range(c.size):
        c[j] = forget[j] * before[j] + gate[j] * candidate[j]


@device
def _next_outputs(h, tangent, c, gate):
    copy(tangent, c)
    activate_tanh(tangent)
    for j in range(h.size):
        h[j] = gate[j] * tangent[j]


@device
def _next_state(task, block, layer, group, s, r, zeros):
    """Compute the state of a row after a step, of which the weighted inputs are known."""
    memory, units = task.memory, setting(task, layer, UNITS)
    after = section(memory, state_after(task, block, layer, group, s, r), units)
    before = section(memory, _cells_before(task, layer, group, s, r, zeros), units)
    place = place_in_row(group, s, r, 0)
    c = section(memory, place + CELL * units, units)
    if is_masked(task, block, layer, group.first + r, s):
        copy(c, before)
        copy(after, section(memory, state_before(task, layer, group, s, r), units))
        return
    candidate = section(memory, place + CANDIDATE * units, units)
    activate_logistic(section(memory, place, CANDIDATE * units))
    activate_tanh(candidate)
    forget = section(memory, place + FORGET * units, units)
    _next_cells(c, forget, before, section(memory, place + INPUT * units, units), candidate)
    tangent = section(memory, place + TANGENT * units, units)
    _next_outputs(after, tangent, c, section(memory, place + OUTPUT * units, units))


@device
def _through_steps(task, block, index, steps):
    """Compute the outputs of a layer for a block, and keep so many steps."""
    layer = row_of(task.operations, index)
    for first in range(0, block.rows, ROWS_TOGETHER):
        group = group_of_rows(task, block, layer, first, PARTS, steps)
        zeros = zeros_of_units(task, layer, group, CARRIED)
        begin_states(task, layer, group)
        for s in range(setting(task, layer, STEPS)):
            mark(task.plan, block.member, FORWARD_PRODUCT)
            read_inputs(task, block, layer, group, s)
            weighted_inputs(task, layer, group, s, (0, layer.fan_out), 0)
            mark(task.plan, block.member, ACTIVATING)
            for r in range(group.rows):
                _next_state(task, block, layer, group, s, r, zeros)
            give_outputs(task, block, layer, group, s)


@device
def _through_outputs(c_delta, h_delta, gate, tangent):
    """Carry gradients from the outputs to the cells, and to the weighted inputs of the gate."""
    widen()
    for j in range(gate.size):
        o, t, d = gate[j], tangent[j], h_delta[j]
        c_delta[j] += d * o * (ONE - t * t)
        gate[j] = d * t * o * (ONE - o)


@device
def _through_candidate(c_delta, gate, candidate):
    """Carry gradients from the cells to the weighted inputs of input gate and candidate."""
    widen()
    for j in range(gate.size):
        i, g, d = gate[j], candidate[j], c_delta[j]
        gate[j] = d * g * i * (ONE - i)
        candidate[j] = d * i * (ONE - g * g)


@device
def _through_forget(c_delta, gate, before):
    """Carry gradients from the cells to those before, and to the weighted inputs of the gate."""
    widen()
    for j in range(gate.size):
        f, d = gate[j], c_delta[j]
        gate[j] = d * before[j] * f * (ONE - f)
        c_delta[j] = d * f


@device
def _state_back(task, block, layer, group, s, r, zeros):
    """Carry the gradients of a row from the state after a step to its weighted inputs."""
    memory, units, place = task.memory, setting(task, layer, UNITS), place_in_row(group, s, r, 0)
    if is_masked(task, block, layer, group.first + r, s):
        fill(section(memory, place, layer.fan_out), 0)
        return
    before = section(memory, _cells_before(task, layer, group, s, r, zeros), units)
    h_delta = section(memory, delta_of_state(task, layer, group, 0, r), units)
    c_delta = section(memory, delta_of_state(task, layer, group, 1, r), units)
    gate = section(memory, place + OUTPUT * units, units)
    _through_outputs(c_delta, h_delta, gate, section(memory, place + TANGENT * units, units))
    candidate = section(memory, place + CANDIDATE * units, units)
    _through_candidate(c_delta, section(memory, place + INPUT * units, units), candidate)
    _through_forget(c_delta, section(memory, place + FORGET * units, units), before)
    fill(h_delta, 0)


@device
def _step_back(task, block, layer, group, s, zeros):
    """Carry gradients from the state after a step to what the step reads."""
    channels, units = setting(task, layer, CHANNELS), setting(task, layer, UNITS)
    mark(task.plan, block.member, ACTIVATING)
    take_deltas(task, block, layer, group, s)
    for r in range(group.rows):
        _state_back(task, block, layer, group, s, r, zeros)
    mark(task.plan, block.member, BACKWARD_PRODUCT)
    deltas, columns = at_step(task, group, s, 0), (0, layer.fan_out)
    if is_reached(task, layer.first_source):
        out = deltas_of_inputs(task, block, layer, group, s)
        add_back(task, layer, group, out, deltas, (0, channels), columns)
    if is_cut(task, layer, s):
        begin_deltas_of_states(task, layer, group, CARRIED)
    else:
        out = deltas_of_states(task, layer, group, 0)
        add_back(task, layer, group, out, deltas, (channels, units), columns)
        end_segments(task, block, layer, group, s, CARRIED)


@device
def _back_through_steps(task, block, index):
    """Carry the gradients of a block from the outputs of a layer to what it reads."""
    layer = row_of(task.operations, index)
    begin_deltas_of_sources(task, block, index)
    steps = setting(task, layer, STEPS)
    for first in range(0, block.rows, ROWS_TOGETHER):
        group = group_of_rows(task, block, layer, first, PARTS, steps)
        zeros = zeros_of_units(task, layer, group, CARRIED)
        begin_deltas_of_states(task, layer, group, CARRIED)
        for s in range(steps - 1, -1, -1):
            _step_back(task, block, layer, group, s, zeros)
    mark(task.plan, block.member, ACTIVATING)


def forward(task, index, _a, _b, block):
    """Compute the outputs of a layer for the rows of a block, and what the way back needs."""
    _through_steps(task, block, index, setting(task, row_of(task.operations, index), STEPS))
    activate_block(task, block, index)


def predict(task, index, _a, _b, block):
    """Compute the outputs of a layer for the rows of a block."""
    steps = setting(task, row_of(task.operations, index), STEPS)
    _through_steps(task, block, index, min(steps, 2))


def backward(task, index, hidden, _b, block):
    """Carry the gradients of a block from the outputs of a layer to those that it reads."""
    if hidden == 1:
        chain_rule_of_block(task, block, row_of(task.operations, index))
    _back_through_steps(task, block, index)


@device
def _add_gradient(task, block, layer, place, first, n_rows):
    columns = 0, layer.fan_out
    add_gradient(task, block, layer, place, (first, n_rows), columns, PARTS, 0)


def gradient(task, index, place, fresh, block):
    """Add the gradient of a layer over a block to the one at a place, or replace it."""
    layer = row_of(task.operations, index)
    weights, biases = place + layer.weights, place + layer.biases
    if fresh == 1:
        fill(section(task.memory, weights, layer.fan_in * layer.stride), 0)
        fill(section(task.memory, biases, layer.fan_out), 0)
    _add_gradient(task, block, layer, weights, 0, layer.fan_in)
    add_bias_gradient(task, block, layer, biases, PARTS)


def tile_gradient(task, index, _piece, place, block):
    """Form the gradient of a tile over a whole batch, at a place in the memory."""
    tile = row_of(task.tiles, index)
    layer = row_of(task.operations, tile.operation)
    if tile.kind == OF_BIASES:
        fill(section(task.memory, place, layer.fan_out), 0)
        add_bias_gradient(task, block, layer, place, PARTS)
        return
    mark(task.plan, block.member, GRADIENT_PRODUCT)
    fill(section(task.memory, place, tile.rows * layer.stride), 0)
    _add_gradient(task, block, layer, place, tile.first, tile.rows)
