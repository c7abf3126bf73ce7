"""Encodings of positions: ``h_tc = x_tc + p_tc``, where ``p`` is the same for all samples."""

from skdeep.engines.cpu.compiling.jit import device
from skdeep.engines.cpu.compiling.tasks import as_float
from skdeep.engines.cpu.compiling.views import row_of, section
from skdeep.engines.cpu.rows.activation import activate_block, chain_rule_of_block
from skdeep.engines.cpu.rows.features import layer_input
from skdeep.engines.cpu.rows.matrices import (
    add_scaled,
    begin_deltas,
    copy,
    fill,
    is_reached,
    layer_deltas,
    layer_output,
)


def multiplications(operation, _settings):
    """Return about how much work a row is on the way forward, as a number of multiplications."""
    return int(operation.n_outputs)


@device
def _add_positions(task, block, index):
    """Compute the outputs of the rows of a block."""
    layer = row_of(task.operations, index)
    inputs, outputs = layer_input(task, block, layer), layer_output(task, block, layer)
    for r in range(block.rows):
        out = section(outputs.data, outputs.offset + r * outputs.row, layer.n_outputs)
        copy(out, section(inputs.data, inputs.offset + r * inputs.row, layer.n_outputs))
        for t in range(layer.fan_in):
            step = section(out, t * layer.fan_out, layer.fan_out)
            place = layer.used + t * layer.stride
            add_scaled(step, as_float(task, 1), section(task.parameters, place, layer.fan_out))


@device
def _add_gradient(task, block, layer, place, first, n_steps):
    """Add the gradient of a block to that of the vectors of some steps, which begins at `place`."""
    deltas = layer_deltas(task, block, layer)
    for r in range(block.rows):
        for t in range(n_steps):
            offset = deltas.offset + r * deltas.row + (first + t) * layer.fan_out
            out = section(task.memory, place + t * layer.stride, layer.fan_out)
            add_scaled(out, as_float(task, 1), section(deltas.data, offset, layer.fan_out))


def forward(task, index, _a, _b, block):
    """Compute the outputs of a layer for the rows of a block, and what the way back needs."""
    _add_positions(task, block, index)
    activate_block(task, block, index)


def predict(task, index, _a, _b, block):
    """Compute the outputs of a layer for the rows of a block."""
    _add_positions(task, block, index)


def backward(task, index, hidden, _b, block):
    """Carry the gradients of a block from the outputs of a layer to those that it reads."""
    layer = row_of(task.operations, index)
    if hidden == 1:
        chain_rule_of_block(task, block, layer)
    if is_reached(task, layer.first_source):
        begin_deltas(task, block, index, layer.first_source)
        reached = row_of(task.operations, layer.first_source - 1)
        deltas, found = layer_deltas(task, block, layer), layer_deltas(task, block, reached)
        for r in range(block.rows):
            out = section(found.data, found.offset + r * found.row, layer.n_outputs)
            delta = section(deltas.data, deltas.offset + r * deltas.row, layer.n_outputs)
            add_scaled(out, as_float(task, 1), delta)


def gradient(task, index, place, fresh, block):
    """Add the gradient of a layer over a block to the one at a place, or replace it."""
    layer = row_of(task.operations, index)
    weights = place + layer.weights
    if fresh == 1:
        fill(section(task.memory, weights, layer.fan_in * layer.stride), 0)
    _add_gradient(task, block, layer, weights, 0, layer.fan_in)


def tile_gradient(task, index, _piece, place, block):
    """Form the gradient of a tile over a whole batch, at a place in the memory."""
    tile = row_of(task.tiles, index)
    layer = row_of(task.operations, tile.operation)
    fill(section(task.memory, place, tile.rows * layer.stride), 0)
    _add_gradient(task, block, layer, place, tile.first, tile.rows)
