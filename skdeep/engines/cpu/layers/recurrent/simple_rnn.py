"""Recurrent layers without gates: ``h_t = f(x_t W + h_(t-1) U + b)``.

Of every row and step are kept the states after it, which on the way back become the gradients with
respect to the weighted inputs.
"""

import numpy as np

from skdeep.engines.cpu.compiling.jit import device, widen
from skdeep.engines.cpu.compiling.views import row_of, section
from skdeep.engines.cpu.memory.fields import OF_BIASES
from skdeep.engines.cpu.rows.activation import activate_block, chain_rule_of_block
from skdeep.engines.cpu.rows.matrices import copy, fill, is_reached
from skdeep.engines.cpu.rows.recurrent import (
    CHANNELS,
    OWN,
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
#: Numbers kept of every unit, and carried from step to step on the way back.
PARTS, CARRIED = 1, 1
#: The activation of the states, a setting.
TANH, RELU, LOGISTIC, IDENTITY = range(4)
ZERO, ONE = np.float32(0), np.float32(1)


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
def _activate(code, a):
    """Replace weighted inputs by their activation."""
    if code == TANH:
        activate_tanh(a)
    elif code == LOGISTIC:
        activate_logistic(a)
    elif code == RELU:
        for j in range(a.size):
            a[j] = a[j] if a[j] > ZERO else a[j] * ZERO


@device
def _chain_rule(code, h, delta):
    """Replace states by the gradients with respect to their weighted inputs."""
    widen()
    if code == TANH:
        for j in range(h.size):
            h[j] = delta[j] * (ONE - h[j] * h[j])
    elif code == LOGISTIC:
        for j in range(h.size):
            h[j] = delta[j] * h[j] * (ONE - h[j])
    elif code == RELU:
        for j in range(h.size):
            h[j] = delta[j] if h[j] > ZERO else delta[j] * ZERO
    else:
        copy(h, delta)


@device
def _next_state(task, block, layer, group, s, r):
    """Compute the state of a row after a step, of which the weighted inputs are known."""
    memory, units = task.memory, setting(task, layer, UNITS)
    after = section(memory, state_after(task, block, layer, group, s, r), units)
    if is_masked(task, block, layer, group.first + r, s):
        copy(after, section(memory, state_before(task, layer, group, s, r), units))
        return
    h = section(memory, place_in_row(group, s, r, 0), units)
    _activate(setting(task, layer, OWN), h)
    copy(after, h)


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
            weighted_inputs(task, layer, group, s, (0, layer.fan_out), 0)
            mark(task.plan, block.member, ACTIVATING)
            for r in range(group.rows):
                _next_state(task, block, layer, group, s, r)
            give_outputs(task, block, layer, group, s)


@device
def _state_back(task, block, layer, group, s, r):
    """Carry the gradients of a row from the state after a step to its weighted inputs."""
    memory, units = task.memory, setting(task, layer, UNITS)
    h = section(memory, place_in_row(group, s, r, 0), units)
    if is_masked(task, block, layer, group.first + r, s):
        fill(h, 0)
        return
    delta = section(memory, delta_of_state(task, layer, group, 0, r), units)
    _chain_rule(setting(task, layer, OWN), h, delta)
    fill(delta, 0)


@device
def _step_back(task, block, layer, group, s):
    """Carry gradients from the state after a step to what the step reads."""
    channels, units = setting(task, layer, CHANNELS), setting(task, layer, UNITS)
    mark(task.plan, block.member, ACTIVATING)
    take_deltas(task, block, layer, group, s)
    for r in range(group.rows):
        _state_back(task, block, layer, group, s, r)
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
