"""Means of the pixels of a window, channel by channel."""

from skdeep.engines.cpu.compiling.jit import device
from skdeep.engines.cpu.compiling.tasks import as_float
from skdeep.engines.cpu.compiling.views import row_of
from skdeep.engines.cpu.rows.activation import activate_block, chain_rule_of_block
from skdeep.engines.cpu.rows.features import layer_input
from skdeep.engines.cpu.rows.matrices import (
    begin_deltas,
    is_reached,
    layer_deltas,
    layer_output,
)
from skdeep.engines.cpu.rows.pool_rows import add_to_all, set_all, write_mean
from skdeep.engines.cpu.rows.pools import (
    HIGH,
    ROWS_OUT,
    WIDE,
    given_by_row,
    read_of_row,
    sets_gradients,
    setting,
    windows_of_row,
)


@device
def _share(task, layer):
    """Return one over the pixels of a window."""
    return as_float(task, 1.0 / (setting(task, layer, HIGH) * setting(task, layer, WIDE)))


@device
def _pool(task, block, index):
    """Write the means of the windows of the rows of a block."""
    layer = row_of(task.operations, index)
    inputs, outputs = layer_input(task, block, layer), layer_output(task, block, layer)
    for r in range(block.rows):
        for y in range(setting(task, layer, ROWS_OUT)):
            out = given_by_row(task, layer, outputs, r, y)
            windows = windows_of_row(task, layer, out.size)
            write_mean(out, read_of_row(task, layer, inputs, r, y), _share(task, layer), windows)


@device
def _to_source(task, block, index):
    """Carry gradients from the outputs of a layer to all that is in the windows."""
    layer = row_of(task.operations, index)
    reached = row_of(task.operations, layer.first_source - 1)
    deltas, found = layer_deltas(task, block, layer), layer_deltas(task, block, reached)
    begin_deltas(task, block, index, layer.first_source)
    fresh = sets_gradients(task, layer, index)
    for r in range(block.rows):
        for y in range(setting(task, layer, ROWS_OUT)):
            delta = given_by_row(task, layer, deltas, r, y)
            windows = windows_of_row(task, layer, delta.size)
            carried = read_of_row(task, layer, found, r, y)
            if fresh:
                set_all(carried, delta, _share(task, layer), windows)
            else:
                add_to_all(carried, delta, _share(task, layer), windows)


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
