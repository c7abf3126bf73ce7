"""Some of the features, or of the outputs of an operation."""

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


@device
def _select(task, block, index):
    """Copy the columns, whose places are the settings, for the rows of a block."""
    layer = row_of(task.operations, index)
    inputs, outputs = layer_input(task, block, layer), layer_output(task, block, layer)
    for r in range(block.rows):
        start, out = inputs.offset + r * inputs.row, outputs.offset + r * outputs.row
        for i in range(layer.n_outputs):
            outputs.data[out + i] = inputs.data[start + task.settings[layer.settings + i]]


@device
def _to_source(task, block, index):
    """Carry gradients to the columns that were copied."""
    layer = row_of(task.operations, index)
    begin_deltas(task, block, index, layer.first_source)
    deltas = layer_deltas(task, block, layer)
    found = layer_deltas(task, block, row_of(task.operations, layer.first_source - 1))
    for r in range(block.rows):
        start, out = deltas.offset + r * deltas.row, found.offset + r * found.row
        for i in range(layer.n_outputs):
            found.data[out + task.settings[layer.settings + i]] += deltas.data[start + i]


def forward(task, index, _a, _b, block):
    """Compute the outputs of a layer for the rows of a block, and what the way back needs."""
    _select(task, block, index)
    activate_block(task, block, index)


def predict(task, index, _a, _b, block):
    """Compute the outputs of a layer for the rows of a block."""
    _select(task, block, index)


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
