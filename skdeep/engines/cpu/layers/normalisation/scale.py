"""Every channel times a weight of its own: ``h_c = w_c x_c + b_c``."""

from skdeep.engines.cpu.compiling.jit import device
from skdeep.engines.cpu.compiling.routines import NOTHING, call
from skdeep.engines.cpu.compiling.views import row_of, section
from skdeep.engines.cpu.memory.fields import OF_BIASES
from skdeep.engines.cpu.rows.activation import activate_block, chain_rule_of_block
from skdeep.engines.cpu.rows.features import layer_input
from skdeep.engines.cpu.rows.matrices import (
    begin_deltas,
    fill,
    is_reached,
    layer_deltas,
    layer_output,
)


def multiplications(operation, _settings):
    """Return about how much work a row is on the way forward, as a number of multiplications."""
    return int(operation.n_outputs)


@device
def _scale(task, block, index):
    """Compute the outputs of the rows of a block."""
    layer = row_of(task.operations, index)
    inputs, outputs = layer_input(task, block, layer), layer_output(task, block, layer)
    channels = layer.fan_out
    weights = section(task.parameters, layer.used, channels)
    biases = section(task.parameters, layer.biases, channels)
    for r in range(block.rows):
        for start in range(0, layer.n_outputs, channels):
            x = section(inputs.data, inputs.offset + r * inputs.row + start, channels)
            out = section(outputs.data, outputs.offset + r * outputs.row + start, channels)
            for c in range(channels):
                out[c] = x[c] * weights[c] + biases[c]


@device
def _to_source(task, block, index):
    """Carry gradients from the outputs of a layer to the layer before it."""
    layer = row_of(task.operations, index)
    reached = row_of(task.operations, layer.first_source - 1)
    begin_deltas(task, block, index, layer.first_source)
    deltas, found = layer_deltas(task, block, layer), layer_deltas(task, block, reached)
    channels = layer.fan_out
    weights = section(task.parameters, layer.used, channels)
    for r in range(block.rows):
        for start in range(0, layer.n_outputs, channels):
            delta = section(deltas.data, deltas.offset + r * deltas.row + start, channels)
            out = section(found.data, found.offset + r * found.row + start, channels)
            for c in range(channels):
                out[c] += delta[c] * weights[c]


@device
def _add_gradient(task, block, layer, place, of_biases):
    """Add the gradient of the weights, or of the biases, over a block to the one at a place."""
    inputs, deltas = layer_input(task, block, layer), layer_deltas(task, block, layer)
    channels, out = layer.fan_out, section(task.memory, place, layer.fan_out)
    for r in range(block.rows):
        for start in range(0, layer.n_outputs, channels):
            x = section(inputs.data, inputs.offset + r * inputs.row + start, channels)
            delta = section(deltas.data, deltas.offset + r * deltas.row + start, channels)
            for c in range(channels):
                out[c] += delta[c] if of_biases else delta[c] * x[c]


def forward(task, index, _a, _b, block):
    """Compute the outputs of a layer for the rows of a block, and what the way back needs."""
    _scale(task, block, index)
    activate_block(task, block, index)


def predict(task, index, _a, _b, block):
    """Compute the outputs of a layer for the rows of a block."""
    _scale(task, block, index)
    layer = row_of(task.operations, index)
    if task.plan.normalise_by_running != NOTHING and layer.scales >= 0:
        call(task.plan.normalise_by_running, task, index, 0, 0, block)


def affine(task, index, _a, _b, block):
    """Compute the outputs of a layer before they are normalised."""
    _scale(task, block, index)


def to_sources(task, index, _a, _b, block):
    """Carry the gradients of a block back, once through the normalisation."""
    if is_reached(task, row_of(task.operations, index).first_source):
        _to_source(task, block, index)


def backward(task, index, hidden, _b, block):
    """Carry the gradients of a block from the outputs of a layer to those that it reads."""
    layer = row_of(task.operations, index)
    if hidden == 1:
        chain_rule_of_block(task, block, layer)
    if is_reached(task, layer.first_source):
        _to_source(task, block, index)


def gradient(task, index, place, fresh, block):
    """Add the gradient of a layer over a block to the one at a place, or replace it."""
    layer = row_of(task.operations, index)
    for start, of_biases in ((layer.weights, False), (layer.biases, True)):
        if fresh == 1:
            fill(section(task.memory, place + start, layer.fan_out), 0)
        _add_gradient(task, block, layer, place + start, of_biases)


def tile_gradient(task, index, _piece, place, block):
    """Form the gradient of a tile over a whole batch, at a place in the memory."""
    tile = row_of(task.tiles, index)
    layer = row_of(task.operations, tile.operation)
    fill(section(task.memory, place, layer.fan_out), 0)
    _add_gradient(task, block, layer, place, tile.kind == OF_BIASES)
