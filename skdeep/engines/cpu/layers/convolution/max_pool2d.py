"""The largest of the pixels of a window, channel by channel; the first of several."""

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
from skdeep.engines.cpu.rows.pool_rows import add_to_largest, set_to_largest, write_largest
from skdeep.engines.cpu.rows.pools import (
    ROWS_OUT,
    given_by_row,
    read_of_row,
    sets_gradients,
    setting,
    windows_of_row,
)


@device
def _pool(task, block, index):
    """Write the largest values of the windows of the rows of a block."""
    layer = row_of(task.operations, index)
    inputs, outputs = layer_input(task, block, layer), layer_output(task, block, layer)
    for r in range(block.rows):
        for y in range(setting(task, layer, ROWS_OUT)):
            out = given_by_row(task, layer, outputs, r, y)
            windows = windows_of_row(task, layer, out.size)
            write_largest(out, read_of_row(task, layer, inputs, r, y), windows)


@device
def _to_source(task, block, index):
    """Carry gradients from the outputs of a layer to the values that were the largest."""
    layer = row_of(task.operations, index)
    reached = row_of(task.operations, layer.first_source - 1)
    inputs, deltas = layer_input(task, block, layer), layer_deltas(task, block, layer)
    found = layer_deltas(task, block, reached)
    begin_deltas(task, block, index, layer.first_source)
    fresh = sets_gradients(task, layer, index)
    for r in range(block.rows):
        for y in range(setting(task, layer, ROWS_OUT)):
            delta = given_by_row(task, layer, deltas, r, y)
            windows = windows_of_row(task, layer, delta.size)
            read, carried = (
                read_of_row(task, layer, inputs, r, y),
                read_of_row(task, layer, found, r, y),
            )
            if fresh:
                set_to_largest(carried, read, delta, windows)
            else:
                add_to_largest(carried, read, delta, windows)


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
