"""Products of a large phase whose blocks work on squares of it, with both sides in shared memory.

A thread forms one element. That is twice the reads for a multiplication of tiles in registers (see
`skdeep.engines.cuda.layers.register_tiles`), but a product of a few hundred rows and columns has
squares for all multiprocessors, where it has tiles for some of them. Sums are formed in the order
of tiles: both have the same bits.
"""

import math
from typing import NamedTuple

import numpy as np

from skdeep.engines.cuda.hardware.shim import THREADS, block, blocks, cuda, device, sync, thread
from skdeep.engines.cuda.layers.dense import end_unit, set_delta, source_width, sum_deltas
from skdeep.engines.cuda.layers.features import input_place
from skdeep.engines.cuda.layers.units import units_of, waits
from skdeep.engines.cuda.memory.structures import (
    ZERO,
)

#: Rows and columns of a square: a block has a thread for each element.
SIDE = math.isqrt(THREADS)
#: Shape of the elements of both sides at a time; a column more keeps threads that read one column
#: out of one another's banks.
TILES = 2, SIDE, SIDE + 1
STEP, ONE = np.uint64(SIDE), np.uint64(1)


class Side(NamedTuple):
    """One side of a product: as many lines as it has rows, or columns.

    Attributes
    ----------
    data : array
    begin, line, step : uint64
        Place of the first element, from line to line, and along a line.
    count : uint64
        Lines.
    """

    data: object
    begin: int
    line: int
    step: int
    count: int


@device
def side_of(data, begin, line, step, count):
    """Return a side of a product."""
    return Side(data, np.uint64(begin), np.uint64(line), np.uint64(step), np.uint64(count))


@device
def n_squares(rows, columns):
    """Return how many squares a product of this shape has."""
    return ((rows + SIDE - 1) // SIDE) * ((columns + SIDE - 1) // SIDE)


@device
def corner_of(square, columns):
    """Return the first row and column of a square."""
    apart = (columns + SIDE - 1) // SIDE
    return np.uint64((square // apart) * SIDE), np.uint64((square % apart) * SIDE)


@device
def own_element():
    """Return the row and column, in a square, of the element that is this thread's."""
    own = np.uint64(thread())
    return own // STEP, own % STEP


@device
def _own_place(side):
    """Return the line and the place along it that this thread reads, beside its neighbours."""
    first, second = own_element()
    return (first, second) if side.step == ONE else (second, first)


@device
def _read(side, line, along, depth, zero):
    """Return an element of a side, zero beyond its ends."""
    if line < side.count and along < depth:
        return side.data[side.begin + line * side.line + along * side.step]
    return zero


@device
def add_product(tiles, a, b, corner, depth, sums):
    """Add to the element of this thread what some lines of both sides give.

    All threads of the block call it.

    Parameters
    ----------
    tiles : array of shape `TILES`
        Shared memory.
    a, b : Side
    corner : tuple of uint64
        First line of each.
    depth : uint64
        Elements of a line.
    sums : tuple
        What there is of the element, and a zero of its type.

    Returns
    -------
    total : number
    """
    (row, column), (total, zero) = corner, sums
    (a_line, a_along), (b_line, b_along) = _own_place(a), _own_place(b)
    i, j = own_element()
    x = _read(a, row + a_line, a_along, depth, zero)
    y = _read(b, column + b_line, b_along, depth, zero)
    k = np.uint64(0)
    while k < depth:
        sync()  # the elements of before have been used
        tiles[0, a_line, a_along] = x
        tiles[1, b_line, b_along] = y
        sync()
        k += STEP
        # On their way while those that are there are multiplied.
        x = _read(a, row + a_line, k + a_along, depth, zero)
        y = _read(b, column + b_line, k + b_along, depth, zero)
        for m in range(SIDE):
            total += tiles[0, i, m] * tiles[1, j, m]
    return total


@device
def _weighted(task, batch, index, tiles, corner):
    """Return a weighted input of a layer: of the row and unit that are this thread's."""
    layer, memory = task.layers[index], task.memory
    width, begin = layer.fan_out, layer.used
    zero = memory[task.plan.constants + ZERO]
    total = zero
    for source in range(layer.first_source, layer.last_source + 1):
        depth = source_width(task, source)
        weights = side_of(memory, begin, 1, width, width)
        n, sums = np.uint64(depth), (total, zero)
        if source == 0:
            place, stride = input_place(task, batch), task.plan.features_stride
            inputs = side_of(task.inputs, place, stride, 1, batch.count)
            total = add_product(tiles, inputs, weights, corner, n, sums)
        else:
            read = task.layers[source - 1]
            inputs = side_of(memory, read.output, read.stride, 1, batch.count)
            total = add_product(tiles, inputs, weights, corner, n, sums)
        begin += depth * width
    return total


@device
def affine_by_blocks(code, task, batch, index, who):
    """Compute ``a = h W + b`` of a layer, and its outputs unless they must wait."""
    layer = task.layers[index]
    must_wait, bias = waits(layer), np.uint64(layer.biases)
    tiles = cuda.shared.array(TILES, task.memory.dtype)
    i, j = own_element()
    for square in range(block(), n_squares(batch.count, layer.fan_out), blocks()):
        corner = corner_of(square, layer.fan_out)
        a = _weighted(task, batch, index, tiles, corner)
        units = units_of(code, task, batch, index)
        r, c = np.uint32(corner[0] + i), np.uint32(corner[1] + j)
        if r < np.uint32(batch.count) and c < units.width:
            end_unit(code, task, units, must_wait, ((r, c), bias), a)


@device
def _backward_to(code, task, batch, index, source, first, tiles):
    """Carry the deltas of a layer back to a source, whose weights begin at row `first`."""
    layer, reached, memory = task.layers[index], task.layers[source - 1], task.memory
    width, depth, zero = reached.fan_out, layer.fan_out, memory[task.plan.constants + ZERO]
    order = index == reached.last_reader, index == reached.first_reader
    deltas = side_of(memory, layer.delta, layer.stride, 1, batch.count)
    weights = side_of(memory, layer.used + first * depth, depth, 1, width)
    i, j = own_element()
    for square in range(block(), n_squares(batch.count, width), blocks()):
        corner = corner_of(square, width)
        d = add_product(tiles, deltas, weights, corner, np.uint64(depth), (zero, zero))
        units = units_of(code, task, batch, source - 1)
        r, c = np.uint32(corner[0] + i), np.uint32(corner[1] + j)
        if r < np.uint32(batch.count) and c < units.width:
            set_delta(code, task, units, order, r * units.stride + c, d)


@device
def backward_by_blocks(code, task, batch, index, who):
    """Carry the deltas of a layer back to all trained layers that it reads."""
    layer, first = task.layers[index], 0
    tiles = cuda.shared.array(TILES, task.memory.dtype)
    for source in range(layer.first_source, layer.last_source + 1):
        if source > task.plan.frozen:
            _backward_to(code, task, batch, index, source, first, tiles)
        first += source_width(task, source)


@device
def _form(task, batch, inputs, layer, first, tiles):
    """Form the gradient of the weights of some inputs, the rows from `first` on."""
    memory, columns, (i, j) = task.memory, layer.fan_out, own_element()
    zero, count = memory[task.plan.constants + ZERO], np.uint64(batch.count)
    deltas = side_of(memory, layer.delta, 1, layer.stride, columns)
    start = np.uint64(task.plan.gradient + layer.weights + first * columns)
    for square in range(block(), n_squares(np.int64(inputs.count), columns), blocks()):
        corner = corner_of(square, columns)
        g = add_product(tiles, inputs, deltas, corner, count, (zero, zero))
        r, c = corner[0] + i, corner[1] + j
        if r < inputs.count and c < deltas.count:
            task.store[start + r * deltas.count + c] = g


@device
def form_gradient_by_blocks(code, task, batch, index, who):
    """Form the gradient of a layer's weights, and sum its deltas."""
    layer, first = task.layers[index], 0
    tiles = cuda.shared.array(TILES, task.memory.dtype)
    for source in range(layer.first_source, layer.last_source + 1):
        width = source_width(task, source)
        if source == 0:
            place, stride = input_place(task, batch), task.plan.features_stride
            inputs = side_of(task.inputs, place, 1, stride, width)
            _form(task, batch, inputs, layer, first, tiles)
        else:
            read = task.layers[source - 1]
            inputs = side_of(task.memory, read.output, 1, read.stride, width)
            _form(task, batch, inputs, layer, first, tiles)
        first += width
    sum_deltas(task, batch, index, who)
