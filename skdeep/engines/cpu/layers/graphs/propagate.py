"""Weighted sums over the neighbours of a node, of all rows of a batch.

The rows of a batch are all nodes of a graph, in their order. Settings: their number, 0 if every
node has itself alone as a neighbour; then the normalised adjacency, which is symmetric, row by row:
where the rows begin, the neighbours, and their weights in multiples of ``2 ** -62``.
"""

from skdeep.engines.cpu.compiling.jit import device
from skdeep.engines.cpu.compiling.tasks import as_float
from skdeep.engines.cpu.compiling.views import row_of, section
from skdeep.engines.cpu.products.product import Matrix
from skdeep.engines.cpu.rows.activation import activate_block, chain_rule_of_block
from skdeep.engines.cpu.rows.features import layer_input
from skdeep.engines.cpu.rows.matrices import (
    add_scaled,
    begin_deltas,
    fill,
    is_reached,
    layer_deltas,
    layer_output,
)

#: Rows read those of other members: all meet before.
MIXES_ROWS = True
N_NODES = 0
UNIT = 2.0**-62


def multiplications(operation, settings):
    """Return the multiplications of a row on the way forward, on the average."""
    n_nodes = int(settings[N_NODES])
    n_links = int(settings[1 + n_nodes]) / n_nodes if n_nodes else 1
    return int(n_links * int(operation.n_outputs)) + 1


@device
def _add_neighbours(task, layer, node, out, read):
    """Add the weighted rows of the neighbours of a node, of a matrix with all rows, to a vector."""
    starts = layer.settings + 1
    n_nodes = task.settings[layer.settings + N_NODES]
    if n_nodes == 0:
        add_scaled(
            out, as_float(task, 1), section(read.data, read.offset + node * read.row, out.size)
        )
        return
    neighbours = starts + n_nodes + 1
    weights = neighbours + task.settings[starts + n_nodes]
    for k in range(task.settings[starts + node], task.settings[starts + node + 1]):
        weight = as_float(task, float(task.settings[weights + k]) * UNIT)
        place = read.offset + task.settings[neighbours + k] * read.row
        add_scaled(out, weight, section(read.data, place, out.size))


@device
def _from_first(matrix, first):
    """Return a matrix of the rows of a block with all rows of the batch: `first` are before it."""
    return Matrix(matrix.data, matrix.offset - first * matrix.row, matrix.row, 1, 0)


@device
def _propagate(task, block, index):
    """Compute the sums for the rows of a block."""
    layer = row_of(task.operations, index)
    inputs, outputs = layer_input(task, block, layer), layer_output(task, block, layer)
    read = _from_first(inputs, block.first)
    for r in range(block.rows):
        out = section(outputs.data, outputs.offset + r * outputs.row, layer.n_outputs)
        fill(out, 0)
        _add_neighbours(task, layer, block.first + r, out, read)


def forward(task, index, _a, _b, block):
    """Compute the outputs of a layer for the rows of a block."""
    _propagate(task, block, index)
    activate_block(task, block, index)


def predict(task, index, _a, _b, block):
    """Compute the outputs of a layer for all rows."""
    _propagate(task, block, index)


def backward(task, index, hidden, _b, block):
    """Carry gradients from the outputs of all rows to what the rows of a block read."""
    layer = row_of(task.operations, index)
    if hidden == 1:
        chain_rule_of_block(task, block, layer)
    if not is_reached(task, layer.first_source):
        return
    begin_deltas(task, block, index, layer.first_source)
    reached = row_of(task.operations, layer.first_source - 1)
    deltas, found = layer_deltas(task, block, layer), layer_deltas(task, block, reached)
    read = _from_first(deltas, block.first)
    for r in range(block.rows):
        out = section(found.data, found.offset + r * found.row, layer.n_outputs)
        _add_neighbours(task, layer, block.first + r, out, read)


def gradient(task, index, _place, _fresh, _block):
    """Do nothing: there are no parameters."""


def tile_gradient(task, index, _piece, _place, _block):
    """Do nothing: there are no parameters."""
