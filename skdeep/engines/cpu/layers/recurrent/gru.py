"""Gated recurrent units: ``h_t = (1 - z) n + z h_(t-1)``, ``n = tanh(x W_n + b_n + r (h U_n))``.

Of every row and step are kept the gates r and z and the candidate n, which on the way back become
the gradients with respect to their weighted inputs, and the product ``h_(t-1) U_n``, which becomes
the gradient with respect to itself.
"""

import numpy as np

from skdeep.engines.cpu.compiling.jit import device, widen
from skdeep.engines.cpu.compiling.views import row_of, section
from skdeep.engines.cpu.memory.fields import OF_BIASES
from skdeep.engines.cpu.products.product import Matrix, product, without_start
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
#: Numbers kept of every unit, in this order, and carried from step to step on the way back.
PARTS, CARRIED = 4, 1
RESET, UPDATE, CANDIDATE, OF_STATE = range(PARTS)
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


@device
def _products(task, layer, group, s):
    """Compute the weighted inputs of the gates, and both parts of those of the candidate."""
    channels, units = setting(task, layer, CHANNELS), setting(task, layer, UNITS)
    gates = CANDIDATE * units
    weighted_inputs(task, layer, group, s, (0, gates), 0)
    place = layer.used + gates
    weights = Matrix(task.parameters, place, layer.stride, 1, 0)
    biases = Matrix(task.parameters, layer.biases + gates, 0, 1, 0)
    out, read = at_step(task, group, s, gates), at_step(task, group, s, group.inputs)
    product(task, out, read, weights, biases, (group.rows, units, channels))
    weights = Matrix(task.parameters, place + channels * layer.stride, layer.stride, 1, 0)
    out = at_step(task, group, s, OF_STATE * units)
    read = at_step(task, group, s, group.inputs + channels)
    product(task, out, read, weights, without_start(out), (group.rows, units, units))


@device
def _add_of_state(candidate, reset, of_state):
    widen()
    for j in range(candidate.size):
        candidate[j] += reset[j] * of_state[j]


@device
def _mix(h, update, candidate, before):
    widen()
    for j in range(h.size):
        h[j] = candidate[j] + update[j] * (before[j] - candidate[j])


@device
def _next_state(task, block, layer, group, s, r):
    """Compute the state of a row after a step, of which the weighted inputs are known."""
    memory, units, place = task.memory, setting(task, layer, UNITS), place_in_row(group, s, r, 0)
    after = section(memory, state_after(task, block, layer, group, s, r), units)
    before = section(memory, state_before(task, layer, group, s, r), units)
    if is_masked(task, block, layer, group.first + r, s):
        copy(after, before)
        return
    activate_logistic(section(memory, place, CANDIDATE * units))
    candidate = section(memory, place + CANDIDATE * units, units)
    of_state = section(memory, place + OF_STATE * units, units)
    _add_of_state(candidate, section(memory, place + RESET * units, units), of_state)
    activate_tanh(candidate)
    _mix(after, section(memory, place + UPDATE * units, units), candidate, before)


@device
def _through_steps(task, block, index, steps):
    """Compute the outputs of a layer for a block, and keep so many steps."""
    layer = row_of(task.operations, index)
    for first in range(0, block.rows, ROWS_TOGETHER):
        group = group_of_rows(task, block, layer, first, PARTS, steps)
        begin_states(task, layer, group)
        for s in range(setting(task, layer, STEPS)):
            mark(task.plan, block.member, FORWARD_PRODUCT)
            read_inputs(task, block, layer, group, s)
            _products(task, layer, group, s)
            mark(task.plan, block.member, ACTIVATING)
            for r in range(group.rows):
                _next_state(task, block, layer, group, s, r)
            give_outputs(task, block, layer, group, s)


@device
def _through_candidate(delta, update, candidate, before):
    """Carry gradients to the state before, and to the weighted inputs of gate and candidate."""
    widen()
    for j in range(delta.size):
        d, z, n = delta[j], update[j], candidate[j]
        update[j] = d * (before[j] - n) * z * (ONE - z)
        candidate[j] = d * (ONE - z) * (ONE - n * n)
        delta[j] = d * z


@device
def _through_reset(reset, of_state, candidate):
    """Carry gradients from the candidate to the reset gate and the product with the state."""
    widen()
    for j in range(reset.size):
        d, r = candidate[j], reset[j]
        reset[j] = d * of_state[j] * r * (ONE - r)
        of_state[j] = d * r


@device
def _state_back(task, block, layer, group, s, r):
    """Carry the gradients of a row from the state after a step to its weighted inputs."""
    memory, units, place = task.memory, setting(task, layer, UNITS), place_in_row(group, s, r, 0)
    if is_masked(task, block, layer, group.first + r, s):
        fill(section(memory, place, PARTS * units), 0)
        return
    before = section(memory, state_before(task, layer, group, s, r), units)
    delta = section(memory, delta_of_state(task, layer, group, 0, r), units)
    candidate = section(memory, place + CANDIDATE * units, units)
    update = section(memory, place + UPDATE * units, units)
    _through_candidate(delta, update, candidate, before)
    of_state = section(memory, place + OF_STATE * units, units)
    _through_reset(section(memory, place + RESET * units, units), of_state, candidate)


@device
def _step_back(task, block, layer, group, s):
    """Carry gradients from the state after a step to what the step reads."""
    channels, units = setting(task, layer, CHANNELS), setting(task, layer, UNITS)
    mark(task.plan, block.member, ACTIVATING)
    take_deltas(task, block, layer, group, s)
    for r in range(group.rows):
        _state_back(task, block, layer, group, s, r)
    mark(task.plan, block.member, BACKWARD_PRODUCT)
    deltas, gates = at_step(task, group, s, 0), CANDIDATE * units
    if is_reached(task, layer.first_source):
        out = deltas_of_inputs(task, block, layer, group, s)
        add_back(task, layer, group, out, deltas, (0, channels), (0, layer.fan_out))
    if is_cut(task, layer, s):
        begin_deltas_of_states(task, layer, group, CARRIED)
    else:
        out, rows = deltas_of_states(task, layer, group, 0), (channels, units)
        add_back(task, layer, group, out, deltas, rows, (0, gates))
        deltas = at_step(task, group, s, OF_STATE * units)
        add_back(task, layer, group, out, deltas, rows, (gates, units))
        end_segments(task, block, layer, group, s, CARRIED)


@device
def _back_through_steps(task, block, index):
    """Carry the gradients of a block from the outputs of a layer to what it reads."""
    layer = row_of(task.operations, index)
    begin_deltas_of_sources(task, block, index)
    steps = setting(task, layer, STEPS)
    for first in range(0, block.rows, ROWS_TOGETHER):
        group = group_of_rows(task, block, layer, first, PARTS, steps)
        begin_deltas_of_states(task, layer, group, CARRIED)
        for s in range(steps - 1, -1, -1):
            _step_back(task, block, layer, group, s)
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
    """Add the gradient of some rows of the weights, the first of which is at a place."""
    channels, units = setting(task, layer, CHANNELS), setting(task, layer, UNITS)
    end, gates = first + n_rows, CANDIDATE * units
    rows = first, min(end, channels) - first
    add_gradient(task, block, layer, place, rows, (0, layer.fan_out), PARTS, 0)
    begin = max(first, channels)
    place, rows = place + (begin - first) * layer.stride, (begin, end - begin)
    add_gradient(task, block, layer, place, rows, (0, gates), PARTS, 0)
    add_gradient(task, block, layer, place, rows, (gates, units), PARTS, OF_STATE * units)


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
