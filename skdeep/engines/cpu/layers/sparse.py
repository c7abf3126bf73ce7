"""Dense layers over sparse features: rows are read entry by entry, and never made dense.

Where tiles form the gradient over the whole batch, the batch is arranged by columns first, so that
a tile finds the entries that are its own.
"""

from skdeep.engines.cpu.compiling.jit import device
from skdeep.engines.cpu.compiling.views import row_of, section
from skdeep.engines.cpu.layers.activation import activate_block
from skdeep.engines.cpu.layers.dense import (
    add_gradient,
    add_source_gradient,
    add_source_product,
    affine_of_block,
    form_source_gradient,
    form_tile_gradient,
    tile_gradient_place,
)
from skdeep.engines.cpu.layers.dropout import feature_key, kept_feature
from skdeep.engines.cpu.layers.features import source_row
from skdeep.engines.cpu.layers.matrices import add_scaled, copy, fill, layer_deltas


@device
def _stored(_task, _key, _place, value):
    """Return a feature as it is stored; stands for `kept_feature` where none is dropped."""
    return value


@device
def _product_of_rows(task, block, index, matrices, kept):
    """Compute ``out = start + X W`` entry by entry."""
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
            value = kept(task, key, (block.first + r) * n_features + column, task.values[e])
            add_scaled(row, value, section(weights.data, place, width))


@device
def _add_gradient_of_rows(task, block, index, out, fresh, kept):
    """Add ``X' delta`` entry by entry."""
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
            value = kept(task, key, (block.first + r) * n_features + column, task.values[e])
            add_scaled(section(out.data, place, layer.fan_out), value, delta)


@device
def _form_products(task, block, tile, piece, matrix):
    """Form the gradient of a tile of the first weights, entry by entry of the batch by columns."""
    if tile.source > 0:
        form_source_gradient(task, block, tile, piece, matrix)
        return
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
def add_stored_product(task, block, index, source, matrices):
    """Do what `add_source_product` does, where the features are sparse."""
    if source > 0:
        add_source_product(task, block, index, source, matrices)
    else:
        _product_of_rows(task, block, index, matrices, _stored)


@device
def _add_product_of_kept(task, block, index, source, matrices):
    if source > 0:
        add_source_product(task, block, index, source, matrices)
    else:
        _product_of_rows(task, block, index, matrices, kept_feature)


@device
def _add_gradients(task, block, index, source, out, fresh):
    if source > 0:
        add_source_gradient(task, block, index, source, out, fresh)
    else:
        _add_gradient_of_rows(task, block, index, out, fresh, _stored)


@device
def _add_gradients_of_kept(task, block, index, source, out, fresh):
    if source > 0:
        add_source_gradient(task, block, index, source, out, fresh)
    else:
        _add_gradient_of_rows(task, block, index, out, fresh, kept_feature)


def forward(task, index, _a, _b, block):
    """Compute the outputs of a layer for the rows of a block, and what the way back needs."""
    affine_of_block(task, block, index, add_stored_product)
    activate_block(task, block, index)


def affine(task, index, _a, _b, block):
    """Compute the weighted inputs of a layer for the rows of a block."""
    affine_of_block(task, block, index, add_stored_product)


def gradient(task, index, place, fresh, block):
    """Add the gradient of a layer over a block to the one at a place, or replace it."""
    add_gradient(task, block, index, place, fresh, _add_gradients)


def forward_of_kept(task, index, _a, _b, block):
    """Do what `forward` does, with some features dropped."""
    affine_of_block(task, block, index, _add_product_of_kept)
    activate_block(task, block, index)


def affine_of_kept(task, index, _a, _b, block):
    """Do what `affine` does, with some features dropped."""
    affine_of_block(task, block, index, _add_product_of_kept)


def gradient_of_kept(task, index, place, fresh, block):
    """Do what `gradient` does, with some features dropped."""
    add_gradient(task, block, index, place, fresh, _add_gradients_of_kept)


def tile_gradient(task, index, piece, place, block):
    """Form the gradient of a piece of a tile over a whole batch, at a place in the memory."""
    tile = row_of(task.tiles, index)
    out = tile_gradient_place(task, tile, place)
    form_tile_gradient(task, block, tile, piece, out, _form_products)


@device
def _arrange(task, block, kept):
    """Arrange the entries of a batch by columns (CSC)."""
    starts, n_features = task.column_starts, row_of(task.operations, 0).fan_in
    n_starts = n_features + 2
    for column in range(n_starts):
        starts[column] = 0
    key = feature_key(task, block.update)
    for r in range(block.rows):
        source = source_row(task, block.position + r)
        for e in range(task.indptr[source], task.indptr[source + 1]):
            starts[task.indices[e] + 2] += 1
    for column in range(2, n_starts):
        starts[column] += starts[column - 1]
    for r in range(block.rows):
        source = source_row(task, block.position + r)
        for e in range(task.indptr[source], task.indptr[source + 1]):
            column = task.indices[e]
            place = starts[column + 1]
            starts[column + 1] = place + 1
            task.column_rows[place] = r
            task.column_values[place] = kept(task, key, r * n_features + column, task.values[e])


def arrange_columns(task, _index, _a, _b, block):
    """Arrange a batch by columns, so that tiles of the first weights find what is theirs."""
    _arrange(task, block, _stored)


def arrange_kept_columns(task, _index, _a, _b, block):
    """Do what `arrange_columns` does, with some features dropped."""
    _arrange(task, block, kept_feature)
