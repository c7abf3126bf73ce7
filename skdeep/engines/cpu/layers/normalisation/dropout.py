"""Copies of inputs, some of which training drops."""

from skdeep.engines.cpu.compiling.jit import device
from skdeep.engines.cpu.compiling.views import row_of, section
from skdeep.engines.cpu.rows.activation import activate_block, chain_rule_of_block
from skdeep.engines.cpu.rows.features import layer_input
from skdeep.engines.cpu.rows.matrices import (
    begin_deltas,
    copy,
    is_reached,
    layer_deltas,
    layer_output,
)


def multiplications(operation, _settings):
    """Return about how much work a row is on the way forward, as a number of multiplications."""
    return int(operation.n_outputs)


@device
def _copy(task, block, index):
    """Copy the inputs of the rows of a block."""
    layer = row_of(task.operations, index)
    inputs, outputs = layer_input(task, block, layer), layer_output(task, block, layer)
    for r in range(block.rows):
        out = section(outputs.data, outputs.offset + r * outputs.row, layer.n_outputs)
        copy(out, section(inputs.data, inputs.offset + r * inputs.row, layer.n_outputs))


def forward(task, index, _a, _b, block):
    """Compute the outputs of a layer for the rows of a block, and what the way back needs."""
    _copy(task, block, index)
    activate_block(task, block, index)


def predict(task, index, _a, _b, block):
    """Compute the outputs of a layer for the rows of a block."""
    _copy(task, block, index)


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
            for i in range(out.size):
                out[i] += delta[i]


def gradient(task, index, _place, _fresh, _block):
    """Do nothing: there are no parameters."""


def tile_gradient(task, index, _piece, _place, _block):
    """Do nothing: there are no parameters."""
