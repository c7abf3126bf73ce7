"""Means over all steps of a sequence that are not masked, or over all pixels of an image."""

from skdeep.engines.cpu.compiling.jit import device
from skdeep.engines.cpu.compiling.tasks import as_float
from skdeep.engines.cpu.compiling.views import row_of, section
from skdeep.engines.cpu.rows.activation import activate_block, chain_rule_of_block
from skdeep.engines.cpu.rows.features import layer_input, source_input
from skdeep.engines.cpu.rows.matrices import (
    add_scaled,
    begin_deltas,
    fill,
    is_reached,
    layer_deltas,
    layer_output,
)

#: Settings: pixels, channels, and the source of the mask of the pixels and the place of its first
#: value, -1 without one.
PIXELS, CHANNELS, MASK_SOURCE, MASK_PLACE = range(4)


def multiplications(operation, _settings):
    """Return about how much work a row is on the way forward, as a number of multiplications."""
    return int(operation.n_inputs)


@device
def _setting(task, layer, which):
    return task.settings[layer.settings + which]


@device
def _is_seen(task, block, layer, r, t):
    """Return whether a step of a sample is not masked."""
    place = _setting(task, layer, MASK_PLACE)
    if place < 0:
        return True
    masks = source_input(task, block, _setting(task, layer, MASK_SOURCE))
    return masks.data[masks.offset + r * masks.row + place + t] != 0


@device
def _share(task, block, layer, r):
    """Return one over the number of steps of a sample that are seen, 0 if there are none."""
    number = 0
    for t in range(_setting(task, layer, PIXELS)):
        number += 1 if _is_seen(task, block, layer, r, t) else 0
    return as_float(task, 1.0 / number if number > 0 else 0.0)


@device
def _pool(task, block, index):
    """Write the means of the rows of a block."""
    layer = row_of(task.operations, index)
    inputs, outputs = layer_input(task, block, layer), layer_output(task, block, layer)
    channels = _setting(task, layer, CHANNELS)
    for r in range(block.rows):
        out = section(outputs.data, outputs.offset + r * outputs.row, channels)
        share, first = _share(task, block, layer, r), inputs.offset + r * inputs.row
        fill(out, 0)
        for t in range(_setting(task, layer, PIXELS)):
            if _is_seen(task, block, layer, r, t):
                pixel = section(inputs.data, first + t * channels, channels)
                add_scaled(out, as_float(task, 1), pixel)
        for c in range(channels):
            out[c] *= share


@device
def _to_source(task, block, index):
    """Carry gradients from the outputs of a layer to all steps that are seen."""
    layer = row_of(task.operations, index)
    reached = row_of(task.operations, layer.first_source - 1)
    deltas, found = layer_deltas(task, block, layer), layer_deltas(task, block, reached)
    begin_deltas(task, block, index, layer.first_source)
    channels = _setting(task, layer, CHANNELS)
    for r in range(block.rows):
        delta = section(deltas.data, deltas.offset + r * deltas.row, channels)
        share, first = _share(task, block, layer, r), found.offset + r * found.row
        for t in range(_setting(task, layer, PIXELS)):
            if _is_seen(task, block, layer, r, t):
                pixel = section(found.data, first + t * channels, channels)
                add_scaled(pixel, share, delta)


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
