"""Transposed convolutions: every pixel adds a multiple of the kernel to the outputs around it.

For every place of the kernel, pixels of a row add to outputs of a row, a stride apart: a product
takes these, or where a block has more samples than a row has pixels, the same pixel of all samples.
Every output is one chain of multiply-adds, over the places of the kernel and for each over the
channels, every weight's gradient one chain over the positions of a sample; neither depends on the
block.
"""

from skdeep.engines.cpu.compiling.jit import device
from skdeep.engines.cpu.compiling.routines import NOTHING, call
from skdeep.engines.cpu.compiling.views import row_of, section
from skdeep.engines.cpu.memory.fields import OF_BIASES
from skdeep.engines.cpu.products.product import Matrix, product, product_by_dots
from skdeep.engines.cpu.products.window_product import MASKED, window_product
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

READS_WINDOWS = True

#: Settings: rows, columns and channels of the inputs; then, for rows and for columns, the size of
#: the kernel, the distance between the places that neighbouring pixels add to, that between the
#: places of the kernel, what is cut off before the outputs, and the size of the outputs.
HEIGHT, WIDTH, CHANNELS = range(3)
SIZE, STRIDE, DILATION, PADDING, OUTPUTS = range(3, 13, 2)
#: What is added to the place of a setting for columns.
ACROSS = 1


def multiplications(operation, settings):
    """Return the multiplications of a row on the way forward."""
    pixels = int(settings[HEIGHT]) * int(settings[WIDTH])
    return pixels * int(operation.fan_in) * int(operation.fan_out)


@device
def _setting(task, layer, which):
    return task.settings[layer.settings + which]


@device
def _place(task, layer, i, axis):
    """Return the row or column of the outputs that the first pixel adds kernel's `i` to.

    It may lie in what is cut off.
    """
    return i * _setting(task, layer, DILATION + axis) - _setting(task, layer, PADDING + axis)


@device
def _adding(task, layer, i, axis):
    """Return the rows or columns of the inputs that add kernel's `i` to what is not cut off.

    Returns
    -------
    first, end : int
    """
    stride, start = _setting(task, layer, STRIDE + axis), _place(task, layer, i, axis)
    first = (stride - 1 - start) // stride if start < 0 else 0
    left = _setting(task, layer, OUTPUTS + axis) - start
    end = 0 if left <= 0 else (left - 1) // stride + 1
    return first, max(first, min(end, _setting(task, layer, HEIGHT + axis)))


@device
def _weights_at(task, layer, i, j):
    """Return the row of the weights that a row and column of the kernel begin at."""
    return (i * _setting(task, layer, SIZE + ACROSS) + j) * _setting(task, layer, CHANNELS)


@device
def _pixel(task, layer, y, x):
    """Return the place of a pixel of the inputs in a sample."""
    return (y * _setting(task, layer, WIDTH) + x) * _setting(task, layer, CHANNELS)


@device
def _given(task, layer, at, i, j):
    """Return the place, in a sample, of the outputs that a pixel adds a place of the kernel to."""
    row = at[0] * _setting(task, layer, STRIDE) + _place(task, layer, i, 0)
    column = at[1] * _setting(task, layer, STRIDE + ACROSS) + _place(task, layer, j, ACROSS)
    return (row * _setting(task, layer, OUTPUTS + ACROSS) + column) * layer.fan_out


@device
def _begin_outputs(task, block, layer, outputs):
    """Set the weighted inputs to the biases."""
    biases = section(task.parameters, layer.biases, layer.fan_out)
    for r in range(block.rows):
        start = outputs.offset + r * outputs.row
        for place in range(start, start + layer.n_outputs, layer.fan_out):
            copy(section(outputs.data, place, layer.fan_out), biases)


@device
def _add_row(task, block, layer, run, places):
    """Add the products of neighbouring pixels of a row with one place of the kernel.

    Parameters
    ----------
    task : Task
    block : Block
    layer : record
    run : tuple of int
        The place of the first pixel in a sample, that of what it adds to, and how many pixels.
    places : tuple of int
        Row and column of the kernel.
    """
    (read, given, n), (i, j) = run, places
    inputs, outputs = layer_input(task, block, layer), layer_output(task, block, layer)
    filters, channels = layer.fan_out, _setting(task, layer, CHANNELS)
    apart = _setting(task, layer, STRIDE + ACROSS) * filters
    place = layer.used + _weights_at(task, layer, i, j) * layer.stride
    weights = Matrix(task.parameters, place, layer.stride, 1, 0)
    together = block.rows >= n
    for k in range(n if together else block.rows):
        step_in, step_out = (channels, apart) if together else (inputs.row, outputs.row)
        row_in, row_out = (inputs.row, outputs.row) if together else (channels, apart)
        a = Matrix(inputs.data, inputs.offset + read + k * step_in, row_in, 1, 0)
        out = Matrix(outputs.data, outputs.offset + given + k * step_out, row_out, 1, 0)
        rows = block.rows if together else n
        product(task, out, a, weights, out, (rows, filters, channels))


@device
def _convolve(task, block, index):
    """Compute the weighted inputs of a layer for the rows of a block."""
    layer = row_of(task.operations, index)
    mark(task.plan, block.member, FORWARD_PRODUCT)
    _begin_outputs(task, block, layer, layer_output(task, block, layer))
    for i in range(_setting(task, layer, SIZE)):
        y, y_end = _adding(task, layer, i, 0)
        for j in range(_setting(task, layer, SIZE + ACROSS)):
            x, x_end = _adding(task, layer, j, ACROSS)
            if x_end <= x:
                continue
            for row in range(y, y_end):
                read = _pixel(task, layer, row, x)
                given = _given(task, layer, (row, x), i, j)
                _add_row(task, block, layer, (read, given, x_end - x), (i, j))
    mark(task.plan, block.member, ACTIVATING)


@device
def _row_back(task, block, layer, found, run, places):
    """Carry gradients from what neighbouring pixels of a row add to back to these.

    Parameters
    ----------
    task : Task
    block : Block
    layer : record
    found : Matrix
        The gradients with respect to the inputs, with a row for every sample.
    run, places : tuple of int
        As of `_add_row`.
    """
    (read, given, n), (i, j) = run, places
    deltas = layer_deltas(task, block, layer)
    filters, channels = layer.fan_out, _setting(task, layer, CHANNELS)
    apart, place = _setting(task, layer, STRIDE + ACROSS) * filters, _weights_at(task, layer, i, j)
    together = block.rows >= n
    for k in range(n if together else block.rows):
        step_in, step_out = (channels, apart) if together else (found.row, deltas.row)
        row_in, row_out = (found.row, deltas.row) if together else (channels, apart)
        out = Matrix(found.data, found.offset + read + k * step_in, row_in, 1, 0)
        delta = Matrix(deltas.data, deltas.offset + given + k * step_out, row_out, 1, 0)
        shape = block.rows if together else n, channels, filters
        if task.plan.transposed_kept == 1:
            across = layer.transposed + place
            b = Matrix(task.memory, across, layer.transposed_stride, 1, 0)
            product(task, out, delta, b, out, shape)
        else:
            b = Matrix(task.parameters, layer.used + place * layer.stride, layer.stride, 1, 0)
            product_by_dots(out, delta, b, out, shape)


@device
def _to_source(task, block, index):
    """Carry gradients from the weighted inputs of a layer to the layer before it."""
    layer = row_of(task.operations, index)
    reached = row_of(task.operations, layer.first_source - 1)
    mark(task.plan, block.member, BACKWARD_PRODUCT)
    found = layer_deltas(task, block, reached)
    begin_deltas(task, block, index, layer.first_source)
    for i in range(_setting(task, layer, SIZE)):
        y, y_end = _adding(task, layer, i, 0)
        for j in range(_setting(task, layer, SIZE + ACROSS)):
            x, x_end = _adding(task, layer, j, ACROSS)
            if x_end <= x:
                continue
            for row in range(y, y_end):
                read = _pixel(task, layer, row, x)
                given = _given(task, layer, (row, x), i, j)
                _row_back(task, block, layer, found, (read, given, x_end - x), (i, j))
    mark(task.plan, block.member, ACTIVATING)


@device
def _add_place(task, block, layer, places, out, wanted):
    """Add the gradient of a block to that of the weights of one place of the kernel.

    Parameters
    ----------
    task : Task
    block : Block
    layer : record
    places : tuple of int
        Row and column of the kernel.
    out : Matrix
        The gradient of the first of the wanted weights.
    wanted : tuple of int
        The first channel that is wanted, and how many.
    """
    (i, j), (channel, n_channels) = places, wanted
    inputs, deltas = layer_input(task, block, layer), layer_deltas(task, block, layer)
    filters, channels = layer.fan_out, _setting(task, layer, CHANNELS)
    y, y_end = _adding(task, layer, i, 0)
    x, x_end = _adding(task, layer, j, ACROSS)
    if y_end <= y or x_end <= x:
        return
    read, given = _pixel(task, layer, y, x) + channel, _given(task, layer, (y, x), i, j)
    step_in = _setting(task, layer, WIDTH) * channels
    step_out = _setting(task, layer, STRIDE) * _setting(task, layer, OUTPUTS + ACROSS) * filters
    apart = _setting(task, layer, STRIDE + ACROSS) * filters
    pieces = y_end - y, step_in, step_out
    for r in range(block.rows):
        a = Matrix(inputs.data, inputs.offset + r * inputs.row + read, 1, channels, 0)
        b = Matrix(deltas.data, deltas.offset + r * deltas.row + given, apart, 1, 0)
        shape = n_channels, filters, x_end - x
        window_product(task, out, a, b, out, shape, pieces, MASKED)


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
    channels, end = _setting(task, layer, CHANNELS), first_row + n_rows
    for i in range(_setting(task, layer, SIZE)):
        for j in range(_setting(task, layer, SIZE + ACROSS)):
            of_place = _weights_at(task, layer, i, j)
            begin = max(first_row, of_place)
            wanted = min(end, of_place + channels) - begin
            if wanted > 0:
                start = place + (begin - first_row) * layer.stride
                out = Matrix(task.memory, start, layer.stride, 1, 0)
                _add_place(task, block, layer, (i, j), out, (begin - of_place, wanted))


@device
def _add_bias_gradient(task, block, layer, place):
    """Add the gradient of the biases over a block to the one at a place."""
    deltas, out = layer_deltas(task, block, layer), section(task.memory, place, layer.fan_out)
    for r in range(block.rows):
        start = deltas.offset + r * deltas.row
        pixels = Matrix(deltas.data, start, layer.fan_out, 1, 0)
        add_rows(out, pixels, layer.n_outputs // layer.fan_out)


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
