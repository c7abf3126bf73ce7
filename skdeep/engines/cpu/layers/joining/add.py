"""The sum of the outputs of several operations."""

from skdeep.engines.cpu.compiling.jit import device
from skdeep.engines.cpu.compiling.tasks import as_float
from skdeep.engines.cpu.compiling.views import row_of, section
from skdeep.engines.cpu.rows.activation import (
    activate_block,
    activate_rows,
    chain_rule_of_block,
)
from skdeep.engines.cpu.rows.features import source_input
from skdeep.engines.cpu.rows.matrices import (
    add_scaled,
    begin_deltas,
    contents,
    copy,
    is_reached,
    layer_deltas,
    layer_output,
)

#: Settings: how many sources there are; then their numbers.
N_SOURCES, FIRST = range(2)


@device
def _sum(task, block, index):
    """Add up what the sources give for the rows of a block."""
    layer = row_of(task.operations, index)
    outputs, width = layer_output(task, block, layer), layer.n_outputs
    for k in range(task.settings[layer.settings + N_SOURCES]):
        inputs = source_input(task, block, task.settings[layer.settings + FIRST + k])
        for r in range(block.rows):
            out = section(outputs.data, outputs.offset + r * outputs.row, width)
            row = section(inputs.data, inputs.offset + r * inputs.row, width)
            if k == 0:
                copy(out, row)
            else:
                add_scaled(out, as_float(task, 1), row)


@device
def _to_sources(task, block, index):
    """Carry gradients to every source that is trained, or reads something that is."""
    layer = row_of(task.operations, index)
    deltas, width = layer_deltas(task, block, layer), layer.n_outputs
    n_sources = task.settings[layer.settings + N_SOURCES]
    for k in range(n_sources):
        begin_deltas(task, block, index, task.settings[layer.settings + FIRST + k])
    for k in range(n_sources):
        source = task.settings[layer.settings + FIRST + k]
        if is_reached(task, source):
            found = layer_deltas(task, block, row_of(task.operations, source - 1))
            for r in range(block.rows):
                out = section(found.data, found.offset + r * found.row, width)
                delta = section(deltas.data, deltas.offset + r * deltas.row, width)
                add_scaled(out, as_float(task, 1), delta)


def forward(task, index, _a, _b, block):
    """Compute the outputs of a layer for the rows of a block, and what the way back needs."""
    _sum(task, block, index)
    activate_block(task, block, index)


def predict(task, index, _a, _b, block):
    """Compute the outputs of a layer for the rows of a block."""
    _sum(task, block, index)
    layer = row_of(task.operations, index)
    found = layer_output(task, block, layer)
    activate_rows(task, layer, contents(found, block.rows), found.row)


def backward(task, index, hidden, _b, block):
    """Carry the gradients of a block from the outputs of a layer to those that it reads."""
    if hidden == 1:
        chain_rule_of_block(task, block, row_of(task.operations, index))
    _to_sources(task, block, index)


def gradient(task, index, _place, _fresh, _block):
    """Do nothing: there are no parameters."""


def tile_gradient(task, index, _piece, _place, _block):
    """Do nothing: there are no parameters."""
