"""The largest of some steps of a sequence, channel by channel; the first of them if there are more.

The steps of a sample are one behind the other, each with its channels.
"""

from skdeep.engines.cpu.compiling.jit import device
from skdeep.engines.cpu.compiling.views import row_of
from skdeep.engines.cpu.rows.activation import activate_block, chain_rule_of_block
from skdeep.engines.cpu.rows.features import layer_input
from skdeep.engines.cpu.rows.matrices import (
    begin_deltas,
    is_reached,
    layer_deltas,
    layer_output,
)

#: Settings: channels, steps of a window, steps from one to the next, and how many there are.
CHANNELS, SIZE, STRIDE, WINDOWS = range(4)


@device
def _largest(task, layer, inputs, start):
    """Return the place of the largest value of a window and channel, or of the first NaN."""
    channels = task.settings[layer.settings + CHANNELS]
    best = start
    for j in range(1, task.settings[layer.settings + SIZE]):
        place = start + j * channels
        if inputs.data[best] != inputs.data[best]:
            break
        # Not smaller or equal: larger, or no number.
        best = best if inputs.data[place] <= inputs.data[best] else place
    return best


@device
def _pool(task, block, index):
    """Write the largest values of the windows of the rows of a block."""
    layer = row_of(task.operations, index)
    inputs, outputs = layer_input(task, block, layer), layer_output(task, block, layer)
    settings = layer.settings
    channels, stride = task.settings[settings + CHANNELS], task.settings[settings + STRIDE]
    for r in range(block.rows):
        for t in range(task.settings[layer.settings + WINDOWS]):
            start = inputs.offset + r * inputs.row + t * stride * channels
            out = outputs.offset + r * outputs.row + t * channels
            for c in range(channels):
                place = _largest(task, layer, inputs, start + c)
                outputs.data[out + c] = inputs.data[place]


@device
def _to_source(task, block, index):
    """Carry gradients from the outputs of a layer to the values that were the largest."""
    layer = row_of(task.operations, index)
    reached = row_of(task.operations, layer.first_source - 1)
    inputs, deltas = layer_input(task, block, layer), layer_deltas(task, block, layer)
    found = layer_deltas(task, block, reached)
    begin_deltas(task, block, index, layer.first_source)
    settings = layer.settings
    channels, stride = task.settings[settings + CHANNELS], task.settings[settings + STRIDE]
    for r in range(block.rows):
        first = inputs.offset + r * inputs.row
        for t in range(task.settings[layer.settings + WINDOWS]):
            delta = deltas.offset + r * deltas.row + t * channels
            for c in range(channels):
                place = _largest(task, layer, inputs, first + t * stride * channels + c) - first
                found.data[found.offset + r * found.row + place] += deltas.data[delta + c]


def forward(task, index, _a, _b, block):
    """Compute the outputs of a layer for the rows of a block, and what the way back needs."""
    _pool(task, block, index)
    activate_block(task, block, index)


def predict(task, index, _a, _b, block):
    """Compute the outputs of a layer for the rows of a block."""
    _pool(task, block, index)


def backward(task, index, hidden, _b, block):
    """Carry the gradients of a block from the outputs of a layer to those that it reads."""
    layer = row_of(task.operations, index)
    if hidden == 1:
        chain_rule_of_block(task, block, layer)
    if is_reached(task, layer.first_source):
        _to_source(task, block, index)


def gradient(task, index, _place, _fresh, _block):
    """Do nothing: there are no parameters."""


def tile_gradient(task, index, _piece, _place, _block):
    """Do nothing: there are no parameters."""
