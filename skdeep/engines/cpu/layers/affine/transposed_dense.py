"""Dense layers with the transposed weights of another: ``h = f(x W' + b)``.

The rows of the weights are the units of the layer. On the way forward it reads the transposed copy
that the dense layer keeps for its way back, and on the way back the weights themselves.
"""

from skdeep.engines.cpu.compiling.jit import device, merged
from skdeep.engines.cpu.compiling.views import row_of, section
from skdeep.engines.cpu.memory.fields import OF_BIASES
from skdeep.engines.cpu.products.product import (
    Matrix,
    product,
    product_by_dots,
    without_start,
)
from skdeep.engines.cpu.rows.activation import (
    activate_block,
    activate_rows,
    chain_rule_of_block,
)
from skdeep.engines.cpu.rows.features import layer_input
from skdeep.engines.cpu.rows.matrices import (
    add_rows,
    contents,
    copy,
    fill,
    is_reached,
    layer_deltas,
    layer_output,
    layer_weights,
)
from skdeep.engines.cpu.threads.member_phases import (
    ACTIVATING,
    BACKWARD_PRODUCT,
    FORWARD_PRODUCT,
    GRADIENT_PRODUCT,
    mark,
)

TRANSPOSES = True


def multiplications(operation, _settings):
    """Return the multiplications of a row on the way forward."""
    return int(operation.fan_in) * int(operation.fan_out)


@device
def _by_dots(task, block, index):
    """Compute the weighted inputs from the weights themselves, row by row of them."""
    layer = row_of(task.operations, index)
    out, biases = (
        layer_output(task, block, layer),
        section(task.parameters, layer.biases, layer.fan_in),
    )
    for r in range(block.rows):
        copy(section(out.data, out.offset + r * out.row, layer.fan_in), biases)
    inputs, weights = layer_input(task, block, layer), layer_weights(task, layer)
    product_by_dots(out, inputs, weights, out, (block.rows, layer.fan_in, layer.fan_out))


@merged
def _affine(task, block, index):
    """Compute ``a = x W' + b`` for the rows of a block, in the place of the outputs."""
    layer = row_of(task.operations, index)
    mark(task.plan, block.member, FORWARD_PRODUCT)
    if task.plan.transposed_kept == 1:
        out, inputs = layer_output(task, block, layer), layer_input(task, block, layer)
        start = Matrix(task.parameters, layer.biases, 0, 1, 0)
        weights = Matrix(
            task.memory, layer.transposed, layer.transposed_stride, 1, layer.transposed_gap
        )
        product(task, out, inputs, weights, start, (block.rows, layer.fan_in, layer.fan_out))
    else:
        _by_dots(task, block, index)
    mark(task.plan, block.member, ACTIVATING)


def forward(task, index, _a, _b, block):
    """Compute the outputs of a layer for the rows of a block, and what the way back needs."""
    _affine(task, block, index)
    activate_block(task, block, index)


def predict(task, index, _a, _b, block):
    """Compute the outputs of a layer for the rows of a block."""
    _by_dots(task, block, index)
    layer = row_of(task.operations, index)
    found = layer_output(task, block, layer)
    activate_rows(task, layer, contents(found, block.rows), found.row)


def backward(task, index, hidden, _b, block):
    """Carry the gradients of a block from the outputs of a layer to what it reads.

    Those of the outputs of the network, which are not `hidden`, are given with respect to the
    weighted inputs.
    """
    layer = row_of(task.operations, index)
    if hidden == 1:
        chain_rule_of_block(task, block, layer)
    if not is_reached(task, layer.first_source):
        return
    mark(task.plan, block.member, BACKWARD_PRODUCT)
    reached = row_of(task.operations, layer.first_source - 1)
    deltas, out = layer_deltas(task, block, layer), layer_deltas(task, block, reached)
    start = Matrix(out.data, out.offset, out.row, 0 if index == reached.last_reader else 1, 0)
    shape = (block.rows, layer.fan_out, layer.fan_in)
    product(task, out, deltas, layer_weights(task, layer), start, shape)
    mark(task.plan, block.member, ACTIVATING)


@device
def _deltas_across(task, block, layer, first):
    """Return the gradients of a block with a row for every unit, from one on."""
    deltas = layer_deltas(task, block, layer)
    return Matrix(deltas.data, deltas.offset + first, 1, deltas.row, 0)


def gradient(task, index, place, fresh, block):
    """Add the gradient of a layer over a block to the one at a place, or replace it.

    At `place` begins the gradient of all parameters; it is replaced if `fresh` is 1.
    """
    layer = row_of(task.operations, index)
    out = Matrix(task.memory, place + layer.weights, layer.stride, 1, 0)
    start = Matrix(out.data, out.offset, out.row, 1 - fresh, 0)
    across, inputs = _deltas_across(task, block, layer, 0), layer_input(task, block, layer)
    product(task, out, across, inputs, start, (layer.fan_in, layer.fan_out, block.rows))
    bias = section(task.memory, place + layer.biases, layer.fan_in)
    if fresh == 1:
        fill(bias, 0)
    add_rows(bias, layer_deltas(task, block, layer), block.rows)


def tile_gradient(task, index, _piece, place, block):
    """Form the gradient of a tile over a whole batch, at a place in the memory."""
    tile = row_of(task.tiles, index)
    layer = row_of(task.operations, tile.operation)
    if tile.kind == OF_BIASES:
        out = section(task.memory, place, layer.fan_in)
        fill(out, 0)
        add_rows(out, layer_deltas(task, block, layer), block.rows)
        return
    mark(task.plan, block.member, GRADIENT_PRODUCT)
    if layer.stride != layer.fan_out:
        fill(section(task.memory, place, tile.rows * layer.stride), 0)
    matrix = Matrix(task.memory, place, layer.stride, 1, 0)
    across, inputs = _deltas_across(task, block, layer, tile.first), layer_input(task, block, layer)
    shape = (tile.rows, layer.fan_out, block.rows)
    product(task, matrix, across, inputs, without_start(matrix), shape)
