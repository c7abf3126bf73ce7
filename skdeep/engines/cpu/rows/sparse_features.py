"""Sparse features: rows are read entry by entry, and never made dense.

Where tiles form the gradient over the whole batch, the batch is arranged by columns first, so that
a tile finds the entries that are its own.
"""

from skdeep.engines.cpu.compiling.jit import device
from skdeep.engines.cpu.compiling.variants import by_dropped_features
from skdeep.engines.cpu.compiling.views import row_of, section
from skdeep.engines.cpu.rows.dropout import feature_key, kept_feature
from skdeep.engines.cpu.rows.features import source_row
from skdeep.engines.cpu.rows.matrices import add_scaled, copy, fill, layer_deltas


def _stored(_task, arguments):
    return arguments[2]


def _kept(task, arguments):
    key, place, value = arguments
    return kept_feature(task, key, place, value)


#: ``feature(task, (key, place, value))``: the value of a stored entry, 0 if it is dropped; its
#: place in the batch is counted row by row.
feature = by_dropped_features(_stored, _kept)


@device
def product_of_rows(task, block, index, matrices):
    """Compute ``out = start + X W`` entry by entry.

    Parameters
    ----------
    task : Task
    block : Block
    index : int
        Which layer.
    matrices : tuple of Matrix
        The results, the weights of the features, and the start.
    """
    out, weights, start = matrices
    width, n_features = row_of(task.operations, index).fan_out, row_of(task.operations, 0).fan_in
    key = feature_key(task, block.update)
    for r in range(block.rows):
        source = source_row(task, block.position + r)
        row = section(out.data, out.offset + r * out.row, width)
        copy(row, section(start.data, start.offset, width))
        for e in range(task.indptr[source], task.indptr[source + 1]):
            column = task.indices[e]
            place = weights.offset + column * weights.row
            element = (block.first + r) * n_features + column
            value = feature(task, (key, element, task.values[e]))
            add_scaled(row, value, section(weights.data, place, width))


@device
def add_gradient_of_rows(task, block, index, out, fresh):
    """Add ``X' delta`` entry by entry to the gradient at a place, or replace it.

    Parameters
    ----------
    task : Task
    block : Block
    index : int
        Which layer.
    out : Matrix
        The gradient of the weights of the features.
    fresh : int
        1 if it replaces what is there.
    """
    layer, n_features = row_of(task.operations, index), row_of(task.operations, 0).fan_in
    deltas, key = layer_deltas(task, block, layer), feature_key(task, block.update)
    if fresh == 1:
        fill(section(out.data, out.offset, n_features * out.row), 0)
    for r in range(block.rows):
        source = source_row(task, block.position + r)
        delta = section(deltas.data, deltas.offset + r * deltas.row, layer.fan_out)
        for e in range(task.indptr[source], task.indptr[source + 1]):
            column = task.indices[e]
            place = out.offset + column * out.row
            element = (block.first + r) * n_features + column
            value = feature(task, (key, element, task.values[e]))
            add_scaled(section(out.data, place, layer.fan_out), value, delta)


@device
def form_gradient_of_columns(task, block, tile, matrix):
    """Form the gradient of a tile of the weights of features, from the batch by columns.

    Parameters
    ----------
    task : Task
    block : Block
        The whole batch.
    tile : record
    matrix : Matrix
        Where the gradient goes.
    """
    layer = row_of(task.operations, tile.operation)
    deltas = layer_deltas(task, block, layer)
    fill(section(matrix.data, matrix.offset, tile.rows * matrix.row), 0)
    for i in range(tile.rows):
        out = section(matrix.data, matrix.offset + i * matrix.row, layer.fan_out)
        column = tile.input + i
        for e in range(task.column_starts[column], task.column_starts[column + 1]):
            place = deltas.offset + task.column_rows[e] * deltas.row
            delta = section(deltas.data, place, layer.fan_out)
            add_scaled(out, task.column_values[e], delta)


@device
def _count_entries(task, block, n_starts):
    """Write down where every column of the batch begins, two places further on."""
    starts = task.column_starts
    for column in range(n_starts):
        starts[column] = 0
    for r in range(block.rows):
        source = source_row(task, block.position + r)
        for e in range(task.indptr[source], task.indptr[source + 1]):
            starts[task.indices[e] + 2] += 1
    for column in range(2, n_starts):
        starts[column] += starts[column - 1]


def arrange_columns(task, _index, _a, _b, block):
    """Arrange a batch by columns (CSC), so that tiles find what is theirs."""
    starts, n_features = task.column_starts, row_of(task.operations, 0).fan_in
    _count_entries(task, block, n_features + 2)
    key = feature_key(task, block.update)
    for r in range(block.rows):
        source = source_row(task, block.position + r)
        for e in range(task.indptr[source], task.indptr[source + 1]):
            column = task.indices[e]
            place = starts[column + 1]
            starts[column + 1] = place + 1
            task.column_rows[place] = r
            value = feature(task, (key, r * n_features + column, task.values[e]))
            task.column_values[place] = value
