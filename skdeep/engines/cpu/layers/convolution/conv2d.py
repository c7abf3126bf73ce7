"""Convolutions over images: ``h_yx = f(sum_ij x_(s y + d i - p)(s x + d j - q) W_ij + b)``.

The inputs of a sample are its pixels, row by row, each with its channels. What a window reads of a
row of pixels is contiguous where the dilation is 1, so that a window is some pieces of equal length
(`products/window_product.py`), and nothing is copied together. Every output is one chain of
multiply-adds down its window, every weight's gradient one chain over the positions of a sample;
neither depends on the block.
"""

from skdeep.engines.cpu.compiling.jit import device
from skdeep.engines.cpu.compiling.routines import NOTHING, call
from skdeep.engines.cpu.compiling.views import row_of, section
from skdeep.engines.cpu.memory.fields import OF_BIASES
from skdeep.engines.cpu.products.product import Matrix, product_by_dots
from skdeep.engines.cpu.products.window_product import (
    KEPT,
    MASKED,
    OVERWRITTEN,
    ROWS,
    lanes_stored,
    window_product,
)
from skdeep.engines.cpu.rows.activation import (
    activate_block,
    activate_rows,
    chain_rule_of_block,
)
from skdeep.engines.cpu.rows.features import layer_input
from skdeep.engines.cpu.rows.matrices import (
    begin_deltas,
    contents,
    copy,
    fill,
    is_reached,
    layer_deltas,
    layer_output,
    layer_scratch,
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
#: the kernel, the distance between neighbouring windows, that between the pixels of a window, the
#: padding before the inputs, and the size of the outputs.
HEIGHT, WIDTH, CHANNELS = range(3)
SIZE, STRIDE, DILATION, PADDING, OUTPUTS = range(3, 13, 2)
#: What is added to the place of a setting for columns.
ACROSS = 1


def scratch(operation, settings):
    """Return the numbers of scratch memory that a block needs: a row of the outputs."""
    return int(settings[OUTPUTS + ACROSS]) * int(operation.fan_out)


@device
def _setting(task, layer, which):
    return task.settings[layer.settings + which]


@device
def _taps(task, layer, t, axis):
    """Return what the windows at a row (`axis` 0) or column (`ACROSS`) of the outputs read.

    Returns
    -------
    position : int
        Row or column of the inputs at the beginning of the kernel; it may lie in the padding.
    first, end : int
        Rows or columns of the kernel that lie over the inputs.
    """
    dilation = _setting(task, layer, DILATION + axis)
    position = t * _setting(task, layer, STRIDE + axis) - _setting(task, layer, PADDING + axis)
    first = (dilation - 1 - position) // dilation if position < 0 else 0
    end, left = _setting(task, layer, SIZE + axis), _setting(task, layer, HEIGHT + axis) - position
    end = 0 if left <= 0 else min(end, (left - 1) // dilation + 1)
    return position, first, end


@device
def _covering(task, layer, i, axis):
    """Return the rows or columns of the outputs whose windows have kernel's `i` over the inputs.

    Returns
    -------
    first, end : int
    """
    stride = _setting(task, layer, STRIDE + axis)
    start = i * _setting(task, layer, DILATION + axis) - _setting(task, layer, PADDING + axis)
    first = (stride - 1 - start) // stride if start < 0 else 0
    left = _setting(task, layer, HEIGHT + axis) - start
    end = 0 if left <= 0 else (left - 1) // stride + 1
    return first, max(first, min(end, _setting(task, layer, OUTPUTS + axis)))


@device
def _run(task, layer, x):
    """Return how many windows from a column of the outputs on read the same columns of the kernel.

    Those within the inputs are one run, the others runs of one each.
    """
    _, first, end = _taps(task, layer, x, ACROSS)
    size = _setting(task, layer, SIZE + ACROSS)
    if first > 0 or end < size:
        return 1
    _, last = _covering(task, layer, size - 1, ACROSS)
    return max(1, last - x)


@device
def _together(task, layer, first, end):
    """Return how many columns of a window are read as one piece: all, or one."""
    return max(1, end - first) if _setting(task, layer, DILATION + ACROSS) == 1 else 1


@device
def _row_step(task, layer):
    """Return the numbers of a row of the inputs."""
    return _setting(task, layer, WIDTH) * _setting(task, layer, CHANNELS)


@device
def _weights_at(task, layer, i, j):
    """Return the row of the weights that a row and column of the kernel begin at."""
    return (i * _setting(task, layer, SIZE + ACROSS) + j) * _setting(task, layer, CHANNELS)


@device
def _convolve_windows(task, layer, at, place, out, inputs, shape):
    """Compute the weighted inputs of some windows that read the same of the kernel.

    Parameters
    ----------
    task : Task
    layer : record
    at : tuple of int
        Row and column of the outputs at the first of them.
    place : int
        Of the sample's inputs.
    out, inputs : Matrix
        With a row for every window; those of the inputs have their strides alone.
    shape : tuple of int
        How many windows, and the numbers from the first output to the end of the sample.
    """
    rows, room = shape
    top, i, i_end = _taps(task, layer, at[0], 0)
    left, first, end = _taps(task, layer, at[1], ACROSS)
    filters, channels = layer.fan_out, _setting(task, layer, CHANNELS)
    start = Matrix(task.parameters, layer.biases, 0, 1, 0)
    if i >= i_end or first >= end:
        for r in range(rows):
            copy(
                section(out.data, out.offset + r * out.row, filters),
                section(task.parameters, layer.biases, filters),
            )
        return
    down, across = _setting(task, layer, DILATION), _setting(task, layer, DILATION + ACROSS)
    together = _together(task, layer, first, end)
    # The next outputs, which are computed afterwards, or what comes behind the sample.
    whole = room >= (rows - 1) * out.row + filters + lanes_stored(out.data)
    way = OVERWRITTEN if whole else MASKED
    pieces = i_end - i, down * _row_step(task, layer), _weights_at(task, layer, 1, 0) * layer.stride
    for j in range(first, end, together):
        read = place + (top + i * down) * _row_step(task, layer) + (left + j * across) * channels
        a = Matrix(inputs.data, read, inputs.row, 1, 0)
        place_of_weights = layer.used + _weights_at(task, layer, i, j) * layer.stride
        b = Matrix(task.parameters, place_of_weights, layer.stride, 1, 0)
        window_product(task, out, a, b, start, (rows, filters, together * channels), pieces, way)
        start, way = out, KEPT if whole else MASKED


@device
def _convolve(task, block, index):
    """Compute the weighted inputs of a layer for the rows of a block."""
    layer = row_of(task.operations, index)
    mark(task.plan, block.member, FORWARD_PRODUCT)
    inputs, outputs = layer_input(task, block, layer), layer_output(task, block, layer)
    filters, channels = layer.fan_out, _setting(task, layer, CHANNELS)
    width, stride = _setting(task, layer, OUTPUTS + ACROSS), _setting(task, layer, STRIDE + ACROSS)
    apart = inputs.row, outputs.row
    # The windows of a product are the same of many samples, or neighbours in one.
    samples, neighbours = (block.rows, 1) if block.rows >= ROWS else (1, width)
    for r in range(0, block.rows, samples):
        for y in range(_setting(task, layer, OUTPUTS)):
            x = 0
            while x < width:
                n = min(neighbours, _run(task, layer, x))
                done = (y * width + x) * filters
                place, read = (
                    outputs.offset + r * outputs.row + done,
                    inputs.offset + r * inputs.row,
                )
                if samples == 1:
                    apart = stride * channels, filters
                out = Matrix(outputs.data, place, apart[1], 1, 0)
                matrix = Matrix(inputs.data, 0, apart[0], 1, 0)
                if samples == 1:
                    shape = n, layer.n_outputs - done
                else:
                    shape = samples, (samples - 1) * outputs.row + layer.n_outputs - done
                _convolve_windows(task, layer, (y, x), read, out, matrix, shape)
                x += n
    mark(task.plan, block.member, ACTIVATING)


@device
def _window_to_source(task, layer, at, delta, found, rows):
    """Carry gradients from a window of some samples to what it reads.

    Parameters
    ----------
    task : Task
    layer : record
    at : tuple of int
        Row and column of the outputs.
    delta, found : Matrix
        The gradients with respect to the window, and to the inputs, with a row for every sample.
    rows : int
    """
    top, i_first, i_end = _taps(task, layer, at[0], 0)
    left, first, end = _taps(task, layer, at[1], ACROSS)
    channels, n_inputs = _setting(task, layer, CHANNELS), layer.n_inputs
    down, across = _setting(task, layer, DILATION), _setting(task, layer, DILATION + ACROSS)
    together = _together(task, layer, first, end)
    for i in range(i_first, i_end):
        for j in range(first, end, together):
            done = (top + i * down) * _row_step(task, layer) + (left + j * across) * channels
            out = Matrix(found.data, found.offset + done, found.row, 1, 0)
            shape, place = (
                (rows, together * channels, layer.fan_out),
                _weights_at(task, layer, i, j),
            )
            if task.plan.transposed_kept == 1:
                b = Matrix(task.memory, layer.transposed + place, layer.transposed_stride, 1, 0)
                whole = n_inputs - done >= together * channels + lanes_stored(out.data)
                way = KEPT if whole else MASKED
                window_product(task, out, delta, b, out, shape, (1, 0, 0), way)
            else:
                b = Matrix(task.parameters, layer.used + place * layer.stride, layer.stride, 1, 0)
                product_by_dots(out, delta, b, out, shape)


@device
def _to_source(task, block, index):
    """Carry gradients from the weighted inputs of a layer to the layer before it."""
    layer = row_of(task.operations, index)
    reached = row_of(task.operations, layer.first_source - 1)
    mark(task.plan, block.member, BACKWARD_PRODUCT)
    deltas, found = layer_deltas(task, block, layer), layer_deltas(task, block, reached)
    begin_deltas(task, block, index, layer.first_source)
    width = _setting(task, layer, OUTPUTS + ACROSS)
    for y in range(_setting(task, layer, OUTPUTS)):
        for x in range(width):
            place = deltas.offset + (y * width + x) * layer.fan_out
            delta = Matrix(deltas.data, place, deltas.row, 1, 0)
            _window_to_source(task, layer, (y, x), delta, found, block.rows)
    mark(task.plan, block.member, ACTIVATING)


@device
def _add_run(task, layer, i, run, places, rows_of_weights):
    """Add the gradient over a run of windows, in all rows of a sample's outputs, to a row's.

    Parameters
    ----------
    task : Task
    layer : record
    i : int
        Row of the kernel.
    run : tuple of int
        Its first column, and how many windows.
    places : tuple of int
        In the memory: of the gradient of the first of the wanted rows of the weights; of the
        inputs and gradients of the sample.
    rows_of_weights : tuple of int
        The first that is wanted, and the end.
    """
    (x, n), (place, read, delta), (wanted, wanted_end) = run, places, rows_of_weights
    y, y_end = _covering(task, layer, i, 0)
    left, first, end = _taps(task, layer, x, ACROSS)
    channels, filters = _setting(task, layer, CHANNELS), layer.fan_out
    across, step = _setting(task, layer, DILATION + ACROSS), _setting(task, layer, STRIDE)
    row_step, width = _row_step(task, layer), _setting(task, layer, OUTPUTS + ACROSS)
    top = y * step + i * _setting(task, layer, DILATION) - _setting(task, layer, PADDING)
    together = _together(task, layer, first, end)
    pieces = y_end - y, step * row_step, width * filters
    for j in range(first, end, together):
        begin = max(wanted, _weights_at(task, layer, i, j))
        rows = min(wanted_end, _weights_at(task, layer, i, j + together)) - begin
        if rows <= 0:
            continue
        start = read[1] + top * row_step + (left + j * across) * channels
        start += begin - _weights_at(task, layer, i, j)
        a = Matrix(read[0], start, 1, _setting(task, layer, STRIDE + ACROSS) * channels, 0)
        b = Matrix(delta[0], delta[1] + (y * width + x) * filters, filters, 1, 0)
        out = Matrix(task.memory, place + (begin - wanted) * layer.stride, layer.stride, 1, 0)
        window_product(task, out, a, b, out, (rows, filters, n), pieces, MASKED)


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
    width, per_row = _setting(task, layer, OUTPUTS + ACROSS), _weights_at(task, layer, 1, 0)
    wanted = first_row, first_row + n_rows
    for r in range(block.rows):
        read = inputs.data, inputs.offset + r * inputs.row
        delta = deltas.data, deltas.offset + r * deltas.row
        for i in range(first_row // per_row, (wanted[1] + per_row - 1) // per_row):
            x = 0
            while x < width:
                n = _run(task, layer, x)
                _add_run(task, layer, i, (x, n), (place, read, delta), wanted)
                x += n


@device
def _add_bias_gradient(task, block, layer, place):
    """Add the gradient of the biases over a block to the one at a place."""
    deltas, out = layer_deltas(task, block, layer), section(task.memory, place, layer.fan_out)
    row = _setting(task, layer, OUTPUTS + ACROSS) * layer.fan_out
    sums = section(task.memory, layer_scratch(task, block.member), row)
    fill(sums, 0)
    for r in range(block.rows):
        start = deltas.offset + r * deltas.row
        for y in range(_setting(task, layer, OUTPUTS)):
            delta = section(deltas.data, start + y * row, row)
            for i in range(row):
                sums[i] += delta[i]
    for start in range(0, row, layer.fan_out):
        for f in range(layer.fan_out):
            out[f] += sums[start + f]


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
