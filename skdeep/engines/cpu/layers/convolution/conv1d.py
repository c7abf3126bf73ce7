"""Convolutions over the steps of a sequence: ``h_t = f(sum_j x_(s t + d j - p) W_j + b)``.

The inputs of a sample are its steps, one behind the other, each with its channels; so what a step
of the outputs reads is contiguous where the dilation ``d`` is 1. Every product takes one step of
the outputs of all rows of a block: where the products begin does not depend on the block, and every
output is one chain of multiply-adds.
"""

from skdeep.engines.cpu.compiling.jit import device
from skdeep.engines.cpu.compiling.routines import NOTHING, call
from skdeep.engines.cpu.compiling.views import row_of, section
from skdeep.engines.cpu.memory.fields import OF_BIASES
from skdeep.engines.cpu.products.product import Matrix, product, product_by_dots
from skdeep.engines.cpu.rows.activation import (
    activate_block,
    activate_rows,
    chain_rule_of_block,
)
from skdeep.engines.cpu.rows.features import layer_input
from skdeep.engines.cpu.rows.matrices import (
    add_rows,
    begin_deltas,
    contents,
    copy,
    fill,
    is_reached,
    layer_deltas,
    layer_output,
)
from skdeep.engines.cpu.threads.member_phases import (
    ACTIVATING,
    BACKWARD_PRODUCT,
    FORWARD_PRODUCT,
    GRADIENT_PRODUCT,
    mark,
)

#: Settings: steps and channels of the inputs, size of the kernel, distance between the steps of the
#: inputs where neighbouring outputs begin, and between those that an output reads, steps of padding
#: before the inputs, and steps of the outputs.
STEPS, CHANNELS, SIZE, STRIDE, DILATION, PADDING, STEPS_OUT = range(7)


@device
def _setting(task, layer, which):
    return task.settings[layer.settings + which]


@device
def _taps(task, layer, t):
    """Return what a step of the outputs reads.

    Returns
    -------
    position : int
        Step of the inputs at the first row of the kernel; it may lie in the padding.
    first, end : int
        Rows of the kernel that meet steps of the inputs.
    together : int
        How many of them read neighbouring steps: all, or one.
    """
    dilation = _setting(task, layer, DILATION)
    position = t * _setting(task, layer, STRIDE) - _setting(task, layer, PADDING)
    first = (dilation - 1 - position) // dilation if position < 0 else 0
    end, left = _setting(task, layer, SIZE), _setting(task, layer, STEPS) - position
    if left <= 0:
        end = 0
    else:
        end = min(end, (left - 1) // dilation + 1)
    return position, first, end, max(1, end - first) if dilation == 1 else 1


@device
def _copy_bias(task, block, layer, out):
    """Set a step of the outputs, which reads nothing but padding, to the biases."""
    for r in range(block.rows):
        row = section(out.data, out.offset + r * out.row, layer.fan_out)
        copy(row, section(task.parameters, layer.biases, layer.fan_out))


@device
def _is_of_single_steps(task, layer):
    """Return whether each step of the outputs reads the same step of the inputs alone."""
    return _setting(task, layer, SIZE) == 1 and _setting(task, layer, STRIDE) == 1


@device
def _convolve_single_steps(task, block, layer):
    """Compute the weighted inputs where each step is read alone: a product for every sample.

    Its rows are the steps, which lie one behind the other.
    """
    inputs, outputs = layer_input(task, block, layer), layer_output(task, block, layer)
    channels, steps = _setting(task, layer, CHANNELS), _setting(task, layer, STEPS)
    start = Matrix(task.parameters, layer.biases, 0, 1, 0)
    weights = Matrix(task.parameters, layer.used, layer.stride, 1, 0)
    for r in range(block.rows):
        out = Matrix(outputs.data, outputs.offset + r * outputs.row, layer.fan_out, 1, 0)
        read = Matrix(inputs.data, inputs.offset + r * inputs.row, channels, 1, 0)
        product(task, out, read, weights, start, (steps, layer.fan_out, channels))


@device
def _single_steps_to_source(task, block, layer):
    """Carry gradients back where each step is read alone: a product for every sample."""
    reached = row_of(task.operations, layer.first_source - 1)
    deltas, found = layer_deltas(task, block, layer), layer_deltas(task, block, reached)
    channels, steps = _setting(task, layer, CHANNELS), _setting(task, layer, STEPS)
    shape = steps, channels, layer.fan_out
    for r in range(block.rows):
        out = Matrix(found.data, found.offset + r * found.row, channels, 1, 0)
        delta = Matrix(deltas.data, deltas.offset + r * deltas.row, layer.fan_out, 1, 0)
        if task.plan.transposed_kept == 1:
            across = Matrix(task.memory, layer.transposed, layer.transposed_stride, 1, 0)
            product(task, out, delta, across, out, shape)
        else:
            weights = Matrix(task.parameters, layer.used, layer.stride, 1, 0)
            product_by_dots(out, delta, weights, out, shape)


@device
def _convolve(task, block, index):
    """Compute the weighted inputs of a layer for the rows of a block."""
    layer = row_of(task.operations, index)
    mark(task.plan, block.member, FORWARD_PRODUCT)
    if _is_of_single_steps(task, layer):
        _convolve_single_steps(task, block, layer)
        mark(task.plan, block.member, ACTIVATING)
        return
    inputs, outputs = layer_input(task, block, layer), layer_output(task, block, layer)
    channels, dilation = _setting(task, layer, CHANNELS), _setting(task, layer, DILATION)
    for t in range(_setting(task, layer, STEPS_OUT)):
        position, first, end, together = _taps(task, layer, t)
        out = Matrix(outputs.data, outputs.offset + t * layer.fan_out, outputs.row, 1, 0)
        start = Matrix(task.parameters, layer.biases, 0, 1, 0)
        if first >= end:
            _copy_bias(task, block, layer, out)
        for j in range(first, end, together):
            place = inputs.offset + (position + j * dilation) * channels
            read = Matrix(inputs.data, place, inputs.row, 1, 0)
            place = layer.used + j * channels * layer.stride
            weights = Matrix(task.parameters, place, layer.stride, 1, 0)
            shape = (block.rows, layer.fan_out, together * channels)
            product(task, out, read, weights, start, shape)
            start = out
    mark(task.plan, block.member, ACTIVATING)


@device
def _to_source(task, block, index):
    """Carry gradients from the weighted inputs of a layer to the layer before it."""
    layer = row_of(task.operations, index)
    reached = row_of(task.operations, layer.first_source - 1)
    mark(task.plan, block.member, BACKWARD_PRODUCT)
    deltas, found = layer_deltas(task, block, layer), layer_deltas(task, block, reached)
    begin_deltas(task, block, index, layer.first_source)
    if _is_of_single_steps(task, layer):
        _single_steps_to_source(task, block, layer)
        mark(task.plan, block.member, ACTIVATING)
        return
    channels, dilation = _setting(task, layer, CHANNELS), _setting(task, layer, DILATION)
    for t in range(_setting(task, layer, STEPS_OUT)):
        position, first, end, together = _taps(task, layer, t)
        delta = Matrix(deltas.data, deltas.offset + t * layer.fan_out, deltas.row, 1, 0)
        for j in range(first, end, together):
            place = found.offset + (position + j * dilation) * channels
            out = Matrix(found.data, place, found.row, 1, 0)
            shape = (block.rows, together * channels, layer.fan_out)
            if task.plan.transposed_kept == 1:
                place, stride = layer.transposed + j * channels, layer.transposed_stride
                product(task, out, delta, Matrix(task.memory, place, stride, 1, 0), out, shape)
            else:
                place = layer.used + j * channels * layer.stride
                weights = Matrix(task.parameters, place, layer.stride, 1, 0)
                product_by_dots(out, delta, weights, out, shape)
    mark(task.plan, block.member, ACTIVATING)


@device
def _add_gradient(task, block, layer, place, first_row, n_rows):
    """Add the gradient of a block to that of rows of the weights, the first of which is at `place`.

    Parameters
    ----------
    task : Task
    block : Block
    layer : record
    place : int
        In the memory.
    first_row, n_rows : int
    """
    inputs, deltas = layer_input(task, block, layer), layer_deltas(task, block, layer)
    channels, dilation = _setting(task, layer, CHANNELS), _setting(task, layer, DILATION)
    if block.rows == 0:
        return
    for t in range(_setting(task, layer, STEPS_OUT)):
        position, first, end, together = _taps(task, layer, t)
        delta = Matrix(deltas.data, deltas.offset + t * layer.fan_out, deltas.row, 1, 0)
        for j in range(first, end, together):
            begin = max(first_row, j * channels)
            rows = min(first_row + n_rows, (j + together) * channels) - begin
            if rows <= 0:
                continue
            start = inputs.offset + (position + j * dilation - j) * channels + begin
            across = Matrix(inputs.data, start, 1, inputs.row, 0)
            start = place + (begin - first_row) * layer.stride
            out = Matrix(task.memory, start, layer.stride, 1, 0)
            product(task, out, across, delta, out, (rows, layer.fan_out, block.rows))


@device
def _add_bias_gradient(task, block, layer, place):
    """Add the gradient of the biases over a block to the one at a place."""
    deltas, out = layer_deltas(task, block, layer), section(task.memory, place, layer.fan_out)
    for t in range(_setting(task, layer, STEPS_OUT)):
        offset = deltas.offset + t * layer.fan_out
        add_rows(out, Matrix(deltas.data, offset, deltas.row, 1, 0), block.rows)


def forward(task, index, _a, _b, block):
    """Compute the outputs of a layer for the rows of a block, and what the way back needs."""
    _convolve(task, block, index)
    activate_block(task, block, index)


def predict(task, index, _a, _b, block):
    """Compute the outputs of a layer for the rows of a block."""
    _convolve(task, block, index)
    layer = row_of(task.operations, index)
    if task.plan.normalise_by_running != NOTHING and layer.scales >= 0:
        call(task.plan.normalise_by_running, task, index, 0, 0, block)
    found = layer_output(task, block, layer)
    activate_rows(task, layer, contents(found, block.rows), found.row)


def affine(task, index, _a, _b, block):
    """Compute the weighted inputs of a layer for the rows of a block."""
    _convolve(task, block, index)


def to_sources(task, index, _a, _b, block):
    """Carry the gradients of a block from the weighted inputs of a layer to what it reads."""
    if is_reached(task, row_of(task.operations, index).first_source):
        _to_source(task, block, index)


def backward(task, index, hidden, _b, block):
    """Carry the gradients of a block from the outputs of a layer to those that it reads."""
    layer = row_of(task.operations, index)
    if hidden == 1:
        chain_rule_of_block(task, block, layer)
    if is_reached(task, layer.first_source):
        _to_source(task, block, index)


def gradient(task, index, place, fresh, block):
    """Add the gradient of a layer over a block to the one at a place, or replace it."""
    layer = row_of(task.operations, index)
    weights, biases = place + layer.weights, place + layer.biases
    if fresh == 1:
        fill(section(task.memory, weights, layer.fan_in * layer.stride), 0)
        fill(section(task.memory, biases, layer.fan_out), 0)
    _add_gradient(task, block, layer, weights, 0, layer.fan_in)
    _add_bias_gradient(task, block, layer, biases)


def tile_gradient(task, index, _piece, place, block):
    """Form the gradient of a tile over a whole batch, at a place in the memory."""
    tile = row_of(task.tiles, index)
    layer = row_of(task.operations, tile.operation)
    if tile.kind == OF_BIASES:
        fill(section(task.memory, place, layer.fan_out), 0)
        _add_bias_gradient(task, block, layer, place)
        return
    mark(task.plan, block.member, GRADIENT_PRODUCT)
    fill(section(task.memory, place, tile.rows * layer.stride), 0)
    _add_gradient(task, block, layer, place, tile.first, tile.rows)
