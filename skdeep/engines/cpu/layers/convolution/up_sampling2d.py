"""Images whose rows and columns are repeated."""

from skdeep.engines.cpu.compiling.jit import device
from skdeep.engines.cpu.compiling.tasks import as_float
from skdeep.engines.cpu.compiling.views import row_of, section
from skdeep.engines.cpu.rows.activation import activate_block, chain_rule_of_block
from skdeep.engines.cpu.rows.features import layer_input
from skdeep.engines.cpu.rows.matrices import (
    add_scaled,
    begin_deltas,
    copy,
    is_reached,
    layer_deltas,
    layer_output,
)

#: Settings: rows, columns and channels of the inputs; how often rows, and columns, are repeated;
#: rows and columns of the outputs.
HEIGHT, WIDTH, CHANNELS, HIGH, WIDE, ROWS_OUT, COLUMNS_OUT = range(7)


def multiplications(operation, _settings):
    """Return about how much work a row is on the way forward, as a number of multiplications."""
    return int(operation.n_outputs)


@device
def _setting(task, layer, which):
    return task.settings[layer.settings + which]


@device
def _repeated(task, layer, y, x):
    """Return the place in a sample of the pixel that is repeated at a row and column."""
    row = min(y // _setting(task, layer, HIGH), _setting(task, layer, HEIGHT) - 1)
    column = min(x // _setting(task, layer, WIDE), _setting(task, layer, WIDTH) - 1)
    return (row * _setting(task, layer, WIDTH) + column) * _setting(task, layer, CHANNELS)


@device
def _repeat(task, block, index):
    """Write the outputs of the rows of a block."""
    layer = row_of(task.operations, index)
    inputs, outputs = layer_input(task, block, layer), layer_output(task, block, layer)
    channels = _setting(task, layer, CHANNELS)
    for r in range(block.rows):
        place, read = outputs.offset + r * outputs.row, inputs.offset + r * inputs.row
        for y in range(_setting(task, layer, ROWS_OUT)):
            for x in range(_setting(task, layer, COLUMNS_OUT)):
                pixel = section(inputs.data, read + _repeated(task, layer, y, x), channels)
                copy(section(outputs.data, place, channels), pixel)
                place += channels


@device
def _to_source(task, block, index):
    """Add the gradients of all repetitions of a pixel to its own."""
    layer = row_of(task.operations, index)
    reached = row_of(task.operations, layer.first_source - 1)
    deltas, found = layer_deltas(task, block, layer), layer_deltas(task, block, reached)
    channels, one = _setting(task, layer, CHANNELS), as_float(task, 1)
    begin_deltas(task, block, index, layer.first_source)
    for r in range(block.rows):
        place, carried = deltas.offset + r * deltas.row, found.offset + r * found.row
        for y in range(_setting(task, layer, ROWS_OUT)):
            for x in range(_setting(task, layer, COLUMNS_OUT)):
                pixel = section(found.data, carried + _repeated(task, layer, y, x), channels)
                add_scaled(pixel, one, section(deltas.data, place, channels))
                place += channels


def forward(task, index, _a, _b, block):
    """Compute the outputs of a layer for the rows of a block, and what the way back needs."""
    _repeat(task, block, index)
    activate_block(task, block, index)


def predict(task, index, _a, _b, block):
    """Compute the outputs of a layer for the rows of a block."""
    _repeat(task, block, index)


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
