"""Embeddings: rows of a table, looked up by integers among the features.

A code that is not in its table, which the estimators refuse, gives outputs that are not a number.
"""

import math

from skdeep.engines.cpu.compiling.jit import device
from skdeep.engines.cpu.compiling.tasks import as_float
from skdeep.engines.cpu.compiling.views import row_of, section
from skdeep.engines.cpu.rows.activation import activate_block, chain_rule_of_block
from skdeep.engines.cpu.rows.features import layer_input
from skdeep.engines.cpu.rows.matrices import add_scaled, copy, fill, layer_deltas, layer_output
from skdeep.engines.cpu.threads.member_phases import FORWARD_PRODUCT, GRADIENT_PRODUCT, mark

#: Rows of the table are looked up instead of multiplied by.
BY_LOOK_UP = True
#: Settings: how many columns are looked up, and how many are passed on; then of every column that
#: is looked up its place in the features, its first row in the table, and its number of rows; then
#: the places of the columns that are passed on.
N_COLUMNS, N_OTHERS, FIRST = range(3)
COLUMN, FIRST_ROW, N_ROWS = range(3)
STEP = 3


def multiplications(operation, _settings):
    """Return about how much work a row is on the way forward, as a number of multiplications."""
    return int(operation.n_outputs)


@device
def _table_row(task, layer, inputs, r, c):
    """Return the row of the table that a column of a sample stands for, -1 if there is none."""
    place = layer.settings + FIRST + c * STEP
    code = inputs.data[inputs.offset + r * inputs.row + task.settings[place + COLUMN]]
    # As a number first: what is none has no defined integer.
    if code >= 0 and code < task.settings[place + N_ROWS]:
        return task.settings[place + FIRST_ROW] + int(code)
    return -1


@device
def _look_up(task, block, index):
    """Write the rows that the features of a block stand for, and the features passed on."""
    layer = row_of(task.operations, index)
    mark(task.plan, block.member, FORWARD_PRODUCT)
    inputs, outputs = layer_input(task, block, layer), layer_output(task, block, layer)
    width, settings = layer.fan_out, layer.settings
    n_columns, n_others = task.settings[settings + N_COLUMNS], task.settings[settings + N_OTHERS]
    others = settings + FIRST + n_columns * STEP
    for r in range(block.rows):
        place = outputs.offset + r * outputs.row
        for c in range(n_columns):
            out = section(outputs.data, place + c * width, width)
            row = _table_row(task, layer, inputs, r, c)
            if row < 0:
                fill(out, as_float(task, math.nan))
            else:
                copy(out, section(task.parameters, layer.used + row * layer.stride, width))
        place += n_columns * width
        for i in range(n_others):
            column = task.settings[others + i]
            outputs.data[place + i] = inputs.data[inputs.offset + r * inputs.row + column]


@device
def _add_deltas(task, block, layer, place, first, n_rows):
    """Add the gradients of a block to those of rows of the table, of which `first` is at `place`.

    Only rows of the `n_rows` from the first on get any.
    """
    inputs, deltas = layer_input(task, block, layer), layer_deltas(task, block, layer)
    width, n_columns = layer.fan_out, task.settings[layer.settings + N_COLUMNS]
    for r in range(block.rows):
        start = deltas.offset + r * deltas.row
        for c in range(n_columns):
            row = _table_row(task, layer, inputs, r, c) - first
            if row >= 0 and row < n_rows:
                out = section(task.memory, place + row * layer.stride, width)
                add_scaled(out, as_float(task, 1), section(deltas.data, start + c * width, width))


def forward(task, index, _a, _b, block):
    """Compute the outputs of a layer for the rows of a block, and what the way back needs."""
    _look_up(task, block, index)
    activate_block(task, block, index)


def predict(task, index, _a, _b, block):
    """Compute the outputs of a layer for the rows of a block."""
    _look_up(task, block, index)


def backward(task, index, hidden, _b, block):
    """Carry the gradients of a block back to the rows of the table; codes get none."""
    if hidden == 1:
        chain_rule_of_block(task, block, row_of(task.operations, index))


def gradient(task, index, place, fresh, block):
    """Add the gradient of a layer over a block to the one at a place, or replace it."""
    layer = row_of(task.operations, index)
    start = place + layer.weights
    if fresh == 1:
        fill(section(task.memory, start, layer.fan_in * layer.stride), 0)
    _add_deltas(task, block, layer, start, 0, layer.fan_in)


def tile_gradient(task, index, _piece, place, block):
    """Form the gradient of a tile over a whole batch, at a place in the memory."""
    tile = row_of(task.tiles, index)
    layer = row_of(task.operations, tile.operation)
    mark(task.plan, block.member, GRADIENT_PRODUCT)
    fill(section(task.memory, place, tile.rows * layer.stride), 0)
    _add_deltas(task, block, layer, place, tile.first, tile.rows)
