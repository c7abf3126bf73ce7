"""Normalisation over channels: ``h_c = w_c z_c + b_c``, ``z = (x - mean) / deviation``.

The way back forms ``z`` anew: ``dE/dx_c = (g_c - mean(g) - z_c mean(g z)) / deviation`` for ``g_c =
w_c dE/dh_c``.
"""

from skdeep.engines.cpu.compiling.jit import device
from skdeep.engines.cpu.compiling.tasks import as_float
from skdeep.engines.cpu.compiling.views import row_of, section
from skdeep.engines.cpu.memory.fields import OF_BIASES
from skdeep.engines.cpu.rows.activation import activate_block, chain_rule_of_block, dot, total
from skdeep.engines.cpu.rows.features import layer_input
from skdeep.engines.cpu.rows.matrices import (
    begin_deltas,
    fill,
    is_reached,
    layer_deltas,
    layer_output,
    layer_scratch,
)
from skdeep.formulas.normalisation import BATCH_EPSILON, inverse_deviation


def multiplications(operation, _settings):
    """Return about how much work a row is on the way forward, as a number of multiplications."""
    return 4 * int(operation.n_outputs)


def scratch(operation, _settings):
    """Return the numbers of scratch memory that a block needs: twice the channels."""
    return 2 * int(operation.fan_out)


@device
def _standardise(task, x, z):
    """Write the channels of a step with mean 0 and variance 1; return one over the deviation."""
    number = as_float(task, x.size)
    mean = total(x) / number
    for c in range(x.size):
        z[c] = x[c] - mean
    inverse = inverse_deviation(dot(z, z), number, as_float(task, BATCH_EPSILON))
    for c in range(x.size):
        z[c] *= inverse
    return inverse


@device
def _normalise(task, block, index):
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
            _standardise(task, x, out)
            for c in range(channels):
                out[c] = out[c] * weights[c] + biases[c]


@device
def _to_source(task, block, index):
    """Carry gradients from the outputs of a layer to the layer before it."""
    layer = row_of(task.operations, index)
    reached = row_of(task.operations, layer.first_source - 1)
    begin_deltas(task, block, index, layer.first_source)
    inputs, deltas = layer_input(task, block, layer), layer_deltas(task, block, layer)
    found, channels = layer_deltas(task, block, reached), layer.fan_out
    weights, place = (
        section(task.parameters, layer.used, channels),
        layer_scratch(task, block.member),
    )
    z, g = section(task.memory, place, channels), section(task.memory, place + channels, channels)
    number = as_float(task, channels)
    for r in range(block.rows):
        for start in range(0, layer.n_outputs, channels):
            x = section(inputs.data, inputs.offset + r * inputs.row + start, channels)
            delta = section(deltas.data, deltas.offset + r * deltas.row + start, channels)
            out = section(found.data, found.offset + r * found.row + start, channels)
            inverse = _standardise(task, x, z)
            for c in range(channels):
                g[c] = delta[c] * weights[c]
            mean, share = total(g) / number, dot(g, z) / number
            for c in range(channels):
                out[c] += (g[c] - mean - z[c] * share) * inverse


@device
def _add_gradient(task, block, layer, place, of_biases):
    """Add the gradient of the weights, or of the biases, over a block to the one at a place."""
    inputs, deltas = layer_input(task, block, layer), layer_deltas(task, block, layer)
    channels, out = layer.fan_out, section(task.memory, place, layer.fan_out)
    z = section(task.memory, layer_scratch(task, block.member), channels)
    for r in range(block.rows):
        for start in range(0, layer.n_outputs, channels):
            delta = section(deltas.data, deltas.offset + r * deltas.row + start, channels)
            if of_biases:
                for c in range(channels):
                    out[c] += delta[c]
            else:
                x = section(inputs.data, inputs.offset + r * inputs.row + start, channels)
                _standardise(task, x, z)
                for c in range(channels):
                    out[c] += delta[c] * z[c]


def forward(task, index, _a, _b, block):
    """Compute the outputs of a layer for the rows of a block, and what the way back needs."""
    _normalise(task, block, index)
    activate_block(task, block, index)


def predict(task, index, _a, _b, block):
    """Compute the outputs of a layer for the rows of a block."""
    _normalise(task, block, index)


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
