"""Dense layers: ``h = f(x W + b)`` of everything that a layer reads, side by side.

A layer reads a range of sources, of which source 0 are the features: dense ones as any source,
sparse ones entry by entry (`skdeep.engines.cpu.rows.sparse_features`).
"""

from skdeep.engines.cpu.compiling.jit import device, merged
from skdeep.engines.cpu.compiling.routines import NOTHING, call
from skdeep.engines.cpu.compiling.variants import by_features
from skdeep.engines.cpu.compiling.views import row_of, section
from skdeep.engines.cpu.memory.fields import ACROSS, OF_BIASES
from skdeep.engines.cpu.products.product import Matrix, product, product_by_dots, without_start
from skdeep.engines.cpu.rows.activation import (
    activate_block,
    activate_rows,
    chain_rule_of_block,
)
from skdeep.engines.cpu.rows.features import source_input
from skdeep.engines.cpu.rows.matrices import (
    add_rows,
    contents,
    copy_columns,
    delta_panels,
    fill,
    inputs_across,
    is_reached,
    layer_deltas,
    layer_output,
    layer_weights,
    rows_from,
    source_width,
)
from skdeep.engines.cpu.rows.panels import piece_columns
from skdeep.engines.cpu.rows.sparse_features import (
    add_gradient_of_rows,
    form_gradient_of_columns,
    product_of_rows,
)
from skdeep.engines.cpu.threads.member_phases import (
    ACTIVATING,
    BACKWARD_PRODUCT,
    FORWARD_PRODUCT,
    GRADIENT_PRODUCT,
    mark,
)

#: The rows of the weights are the inputs, source by source.
BY_SOURCE = True
#: Wide weights may be kept in panels.
IN_PANELS = True


@device
def _product(task, block, index, source, matrices):
    """Compute ``out = start + h W`` for a source with dense outputs."""
    out, weights, start = matrices
    shape = (block.rows, row_of(task.operations, index).fan_out, source_width(task, source))
    product(task, out, source_input(task, block, source), weights, start, shape)


def _product_of_dense(task, arguments):
    block, index, source, matrices = arguments
    _product(task, block, index, source, matrices)


def _product_of_sparse(task, arguments):
    block, index, source, matrices = arguments
    if source == 0:
        product_of_rows(task, block, index, matrices)
    else:
        _product(task, block, index, source, matrices)


#: ``add_product(task, (block, index, source, (out, weights, start)))``: the share of a source in
#: the weighted inputs of a layer, ``out = start + h W``.
add_product = by_features(_product_of_dense, _product_of_sparse)


@merged
def affine_of_block(task, block, index):
    """Compute ``a = h W + b`` of one layer for the rows of a block, in the place of its outputs.

    Parameters
    ----------
    task : Task
    block : Block
    index : int
        Which layer.
    """
    layer = row_of(task.operations, index)
    mark(task.plan, block.member, FORWARD_PRODUCT)
    out, weights = layer_output(task, block, layer), layer_weights(task, layer)
    start = Matrix(task.parameters, layer.biases, 0, 1, 0)
    for source in range(layer.first_source, layer.last_source + 1):
        add_product(task, (block, index, source, (out, weights, start)))
        start = out
        weights = rows_from(weights, source_width(task, source))
    mark(task.plan, block.member, ACTIVATING)


@merged
def _to_source(task, block, index, source, first):
    """Carry gradients from a layer to a source, whose weights begin at row `first`."""
    layer, reached = row_of(task.operations, index), row_of(task.operations, source - 1)
    deltas, out = layer_deltas(task, block, layer), layer_deltas(task, block, reached)
    start = Matrix(out.data, out.offset, out.row, 0 if index == reached.last_reader else 1, 0)
    shape = (block.rows, reached.n_outputs, layer.fan_out)
    if task.plan.transposed_kept == 1:
        place, stride = layer.transposed + first, layer.transposed_stride
        transposed = Matrix(task.memory, place, stride, 1, layer.transposed_gap)
        product(task, out, deltas, transposed, start, shape)
    else:
        product_by_dots(out, deltas, rows_from(layer_weights(task, layer), first), start, shape)


@device
def _to_sources(task, block, index):
    """Carry gradients from a layer to all trained layers that it reads."""
    layer, first = row_of(task.operations, index), 0
    mark(task.plan, block.member, BACKWARD_PRODUCT)
    for source in range(layer.first_source, layer.last_source + 1):
        if is_reached(task, source):
            _to_source(task, block, index, source, first)
        first += source_width(task, source)
    mark(task.plan, block.member, ACTIVATING)


@device
def _copy_inputs_across(task, block, source, first, rows):
    """Copy some inputs of a wide layer together: `rows` of a source, from its `first` on."""
    across = inputs_across(task, block.member, rows)
    out = section(task.memory, across.offset, rows * block.rows)
    inputs = source_input(task, block, source)
    inputs = Matrix(inputs.data, inputs.offset + first, inputs.row, 1, 0)
    copy_columns(out, inputs, block.rows, rows)


@device
def _add_wide_gradient(task, block, index, source, place, fresh):
    """Add the gradient of a block for the weights of a wide layer, some inputs at a time."""
    layer, n_inputs = row_of(task.operations, index), source_width(task, source)
    deltas = delta_panels(task, block, layer)
    for first in range(0, n_inputs, ACROSS):
        rows = min(ACROSS, n_inputs - first)
        _copy_inputs_across(task, block, source, first, rows)
        across = inputs_across(task, block.member, rows)
        offset = place + first * layer.stride
        out = Matrix(task.memory, offset, layer.stride, 1, layer.gap)
        start = Matrix(task.memory, offset, layer.stride, 1 - fresh, layer.gap)
        product(task, out, across, deltas, start, (rows, layer.fan_out, block.rows))


@device
def _add_gradient_of_source(task, block, index, source, out, fresh):
    """Add ``h' delta`` for a source with dense outputs."""
    layer = row_of(task.operations, index)
    if layer.gap > 0:
        _add_wide_gradient(task, block, index, source, out.offset, fresh)
        return
    inputs = source_input(task, block, source)
    across = Matrix(inputs.data, inputs.offset, 1, inputs.row, 0)
    shape = (source_width(task, source), layer.fan_out, block.rows)
    start = Matrix(out.data, out.offset, out.row, 1 - fresh, 0)
    product(task, out, across, layer_deltas(task, block, layer), start, shape)


def _add_gradient_of_dense(task, arguments):
    block, index, source, out, fresh = arguments
    _add_gradient_of_source(task, block, index, source, out, fresh)


def _add_gradient_of_sparse(task, arguments):
    block, index, source, out, fresh = arguments
    if source == 0:
        add_gradient_of_rows(task, block, index, out, fresh)
    else:
        _add_gradient_of_source(task, block, index, source, out, fresh)


#: ``add_gradient(task, (block, index, source, out, fresh))``: add ``h' delta`` of a block for a
#: source, or replace what is there if `fresh` is 1.
add_gradient = by_features(_add_gradient_of_dense, _add_gradient_of_sparse)


@device
def _form_gradient_of_source(task, block, tile, piece, matrix):
    """Form the gradient of a piece of a tile of weights that read a source with dense outputs."""
    layer = row_of(task.operations, tile.operation)
    rows, columns = tile.rows, piece_columns(layer, piece)
    shape = (rows, columns, block.rows)
    if layer.gap > 0:
        if piece == 0:
            _copy_inputs_across(task, block, tile.source, tile.input, rows)
        across = inputs_across(task, block.member, rows)
        panels = delta_panels(task, block, layer)
        offset = panels.offset + piece * (panels.row + panels.gap)
        panel = Matrix(panels.data, offset, panels.row, 1, 0)
        product(task, matrix, across, panel, without_start(matrix), shape)
        return
    inputs = source_input(task, block, tile.source)
    across = Matrix(inputs.data, inputs.offset + tile.input, 1, inputs.row, 0)
    deltas = layer_deltas(task, block, layer)
    product(task, matrix, across, deltas, without_start(matrix), shape)


def _form_gradient_of_dense(task, arguments):
    block, tile, piece, matrix = arguments
    _form_gradient_of_source(task, block, tile, piece, matrix)


def _form_gradient_of_sparse(task, arguments):
    block, tile, piece, matrix = arguments
    if tile.source == 0:
        form_gradient_of_columns(task, block, tile, matrix)
    else:
        _form_gradient_of_source(task, block, tile, piece, matrix)


#: ``form_gradient(task, (block, tile, piece, matrix))``: the gradient of a piece of a tile of
#: weights over a whole batch.
form_gradient = by_features(_form_gradient_of_dense, _form_gradient_of_sparse)


def forward(task, index, _a, _b, block):
    """Compute the outputs of a layer for the rows of a block, and what the way back needs."""
    affine_of_block(task, block, index)
    activate_block(task, block, index)


def predict(task, index, _a, _b, block):
    """Compute the outputs of a layer for the rows of a block, normalised by running statistics."""
    affine_of_block(task, block, index)
    layer = row_of(task.operations, index)
    if task.plan.normalise_by_running != NOTHING and layer.scales >= 0:
        call(task.plan.normalise_by_running, task, index, 0, 0, block)
    found = layer_output(task, block, layer)
    activate_rows(task, layer, contents(found, block.rows), found.row)


def affine(task, index, _a, _b, block):
    """Compute the weighted inputs of a layer for the rows of a block."""
    affine_of_block(task, block, index)


def backward(task, index, hidden, _b, block):
    """Carry the gradients of a block from the outputs of a layer to those that it reads.

    Those of heads, which are not `hidden`, are given with respect to their weighted inputs.
    """
    if hidden == 1:
        chain_rule_of_block(task, block, row_of(task.operations, index))
    _to_sources(task, block, index)


def to_sources(task, index, _a, _b, block):
    """Carry the gradients of a block from the weighted inputs of a layer to what it reads."""
    _to_sources(task, block, index)


def gradient(task, index, place, fresh, block):
    """Add the gradient of a layer over a block to the one at a place, or replace it.

    At `place` begins the gradient of all parameters; it is replaced if `fresh` is 1.
    """
    layer = row_of(task.operations, index)
    out = Matrix(task.memory, place + layer.weights, layer.stride, 1, 0)
    for source in range(layer.first_source, layer.last_source + 1):
        add_gradient(task, (block, index, source, out, fresh))
        out = rows_from(out, source_width(task, source))
    bias = section(task.memory, place + layer.biases, layer.fan_out)
    if fresh == 1:
        fill(bias, 0)
    add_rows(bias, layer_deltas(task, block, layer), block.rows)


def tile_gradient(task, index, piece, place, block):
    """Form the gradient of a piece of a tile over a whole batch, at a place in the memory."""
    tile = row_of(task.tiles, index)
    layer = row_of(task.operations, tile.operation)
    if tile.kind == OF_BIASES:
        out = section(task.memory, place, layer.fan_out)
        fill(out, 0)
        add_rows(out, layer_deltas(task, block, layer), block.rows)
        return
    mark(task.plan, block.member, GRADIENT_PRODUCT)
    out = section(task.memory, place, tile.rows * layer.stride)
    if layer.stride != piece_columns(layer, piece):
        fill(out, 0)
    form_gradient(task, (block, tile, piece, Matrix(out, 0, layer.stride, 1, 0)))
