"""The features of the first layer, dense or sparse; sparse rows are never made dense.

What differs between the two is here: functions in pairs, of which compiled code gets the one for
the type of ``task.features``.
"""

from skdeep.engines.cpu.jit import device
from skdeep.engines.cpu.layers import INPUT, INPUT_STRIDE
from skdeep.engines.cpu.product import Matrix, product, without_start, writable
from skdeep.engines.cpu.randomness import disturb_features, feature_key, kept_feature
from skdeep.engines.cpu.sections import section, table_row
from skdeep.engines.cpu.structures import GATHER
from skdeep.engines.cpu.variants import by_features
from skdeep.engines.table import FAN_IN


@device
def source_row(task, position):
    """Return the row of the data at a place in the order of training."""
    return task.order[position] if task.plan[GATHER] == 1 else position


@device
def copy(out, source):
    """Copy one vector over another."""
    for i in range(out.size):
        out[i] = source[i]


@device
def fill(out, value):
    """Set every element of a vector."""
    for i in range(out.size):
        out[i] = value


@device
def add_scaled(out, factor, row):
    """Add a multiple of one vector to another."""
    for j in range(out.size):
        out[j] += factor * row[j]


@device
def dense_input(task, block):
    """Return the dense features of a block: gathered, or where they are if rows come in order."""
    layer = table_row(task.layers, 0)
    if task.plan[GATHER] == 1:
        stride = layer[INPUT_STRIDE]
        return Matrix(task.memory, block.slot + layer[INPUT] + block.row * stride, stride, 1, 0)
    width = layer[FAN_IN]
    return Matrix(writable(task.features), block.position * width, width, 1, 0)


def _gather_dense(task, block):
    if task.plan[GATHER] == 1:
        width = task.layers[0, FAN_IN]
        inputs = dense_input(task, block)
        for r in range(block.rows):
            start = source_row(task, block.position + r) * width
            place = inputs.offset + r * inputs.row
            copy(section(inputs.data, place, width), section(task.features, start, width))
        disturb_features(task, (block, inputs, width))


def _gather_sparse(task, block):
    return None


#: ``gather(task, block)``: copy the dense rows of a block together, unless they come in order; add
#: noise and drop features there.
gather = by_features(_gather_dense, _gather_sparse)


@device
def copy_columns(out, matrix, rows, columns):
    """Copy the first columns of some rows of a matrix together, row by row."""
    for r in range(rows):
        start = matrix.offset + r * matrix.row
        copy(section(out, r * columns, columns), section(matrix.data, start, columns))


def _copy_inputs_dense(task, arguments):
    block, first, columns, out = arguments
    inputs = dense_input(task, block)
    inputs = Matrix(inputs.data, inputs.offset + first, inputs.row, 1, 0)
    copy_columns(out, inputs, block.rows, columns)


def _copy_inputs_sparse(task, arguments):
    return None


#: ``copy_inputs(task, (block, first, columns, out))``: copy some dense features together.
copy_inputs = by_features(_copy_inputs_dense, _copy_inputs_sparse)


def _forward_dense(task, arguments):
    block, out, weights, bias, width = arguments
    shape = (block.rows, width, task.layers[0, FAN_IN])
    product(out, dense_input(task, block), weights, bias, shape)


def _forward_sparse(task, arguments):
    block, out, weights, bias, width = arguments
    key, n_features = feature_key(task, block.update), task.layers[0, FAN_IN]
    for r in range(block.rows):
        source = source_row(task, block.position + r)
        start = out.offset + r * out.row
        row = section(out.data, start, width)
        copy(row, section(bias.data, bias.offset, width))
        for e in range(task.features.indptr[source], task.features.indptr[source + 1]):
            column = task.features.indices[e]
            place = weights.offset + column * weights.row
            element = (block.first + r) * n_features + column
            value = kept_feature(task, (key, element, task.features.values[e]))
            add_scaled(row, value, section(weights.data, place, width))


#: ``forward(task, (block, out, weights, bias, width))``: ``out = X @ W + b``.
forward = by_features(_forward_dense, _forward_sparse)


def _add_gradient_dense(task, arguments):
    block, gradient, deltas, width, fresh = arguments
    inputs = dense_input(task, block)
    across = Matrix(inputs.data, inputs.offset, 1, inputs.row, 0)
    shape = (task.layers[0, FAN_IN], width, block.rows)
    start = Matrix(gradient.data, gradient.offset, gradient.row, 1 - fresh, 0)
    product(gradient, across, deltas, start, shape)


def _add_gradient_sparse(task, arguments):
    block, gradient, deltas, width, fresh = arguments
    key, n_features = feature_key(task, block.update), task.layers[0, FAN_IN]
    if fresh == 1:
        fill(section(gradient.data, gradient.offset, n_features * gradient.row), 0)
    for r in range(block.rows):
        source = source_row(task, block.position + r)
        start = deltas.offset + r * deltas.row
        delta = section(deltas.data, start, width)
        for e in range(task.features.indptr[source], task.features.indptr[source + 1]):
            column = task.features.indices[e]
            place = gradient.offset + column * gradient.row
            element = (block.first + r) * n_features + column
            value = kept_feature(task, (key, element, task.features.values[e]))
            add_scaled(section(gradient.data, place, width), value, delta)


#: ``add_gradient(task, (block, gradient, deltas, width, fresh))``: add ``X.T @ delta`` of a block,
#: or replace what is there if ``fresh`` is 1.
add_gradient = by_features(_add_gradient_dense, _add_gradient_sparse)


def _tile_gradient_dense(task, arguments):
    block, gradient, deltas, width, first, rows = arguments
    inputs = dense_input(task, block)
    across = Matrix(inputs.data, inputs.offset + first, 1, inputs.row, 0)
    shape = (rows, width, block.rows)
    product(gradient, across, deltas, without_start(gradient), shape)


def _tile_gradient_sparse(task, arguments):
    _block, gradient, deltas, width, first, rows = arguments
    features = task.features
    fill(section(gradient.data, gradient.offset, rows * gradient.row), 0)
    for i in range(rows):
        start = gradient.offset + i * gradient.row
        out = section(gradient.data, start, width)
        begin, end = features.column_starts[first + i], features.column_starts[first + i + 1]
        for e in range(begin, end):
            place = deltas.offset + features.column_rows[e] * deltas.row
            add_scaled(out, features.column_values[e], section(deltas.data, place, width))


#: ``tile_gradient(task, (block, gradient, deltas, width, first, rows))``: the gradient of some rows
#: of the weights of features over the whole batch.
tile_gradient = by_features(_tile_gradient_dense, _tile_gradient_sparse)


def _no_columns(task, batch):
    return None


def _batch_by_columns(task, batch):
    features = task.features
    starts = features.column_starts
    if starts.size == 0:
        return
    fill(starts, 0)
    key, n_features = feature_key(task, batch.update), task.layers[0, FAN_IN]
    for r in range(batch.count):
        source = source_row(task, batch.position + r)
        for e in range(features.indptr[source], features.indptr[source + 1]):
            starts[features.indices[e] + 2] += 1
    for column in range(2, starts.size):
        starts[column] += starts[column - 1]
    for r in range(batch.count):
        source = source_row(task, batch.position + r)
        for e in range(features.indptr[source], features.indptr[source + 1]):
            column = features.indices[e]
            place = starts[column + 1]
            starts[column + 1] = place + 1
            features.column_rows[place] = r
            value = kept_feature(task, (key, r * n_features + column, features.values[e]))
            features.column_values[place] = value


#: ``arrange_columns(task, batch)``: arrange a sparse batch by columns (CSC), so that weight tiles
#: find what is theirs.
arrange_columns = by_features(_no_columns, _batch_by_columns)
