"""Tiles of matrix products in registers.

A tile is 4 x 4 elements of a product. Its rows and columns are spread evenly over those of the
result, so that threads side by side read numbers side by side: what the threads of a warp read
together lies in one line of memory, or in different banks of shared memory.
"""

from typing import NamedTuple

import numpy as np

from skdeep.engines.cuda.hardware.shim import cuda, device

#: Rows and columns of a tile.
TILE = 4
ONE = np.uint64(1)


class Spread(NamedTuple):
    """Lines of a matrix that belong to a tile: `first`, and further ones `apart`, below `count`."""

    first: int
    apart: int
    count: int


class Operand(NamedTuple):
    """One side of a product: places of the lines of a tile, and the step along a line."""

    data: object
    places: object
    step: int


@device
def groups(count):
    """Return in how many spreads some lines are cut."""
    return (count + TILE - 1) // TILE


@device
def n_tiles(rows, columns):
    """Return how many tiles a product of this shape has."""
    return groups(rows) * groups(columns)


@device
def across(tile, rows, columns):
    """Return the rows and columns of a tile, where neighbours in number share their rows."""
    apart = groups(columns)
    return Spread(tile // apart, groups(rows), rows), Spread(tile % apart, apart, columns)


@device
def down(tile, rows, columns):
    """Return the rows and columns of a tile, where neighbours in number share their columns."""
    apart = groups(rows)
    return Spread(tile % apart, apart, rows), Spread(tile // apart, groups(columns), columns)


@device
def set_places(places, spread, begin, stride):
    """Write where the lines of a tile begin; those past the last stand for the last."""
    for i in range(TILE):
        line = min(spread.first + i * spread.apart, spread.count - 1)
        places[i] = np.uint64(begin + line * stride)


@device
def clear(tile):
    """Set a tile to zero."""
    for i in range(TILE):
        for j in range(TILE):
            tile[i, j] = 0


@device
def accumulate(tile, a, b, depth):
    """Add the products of the lines of both sides.

    Parameters
    ----------
    tile : array of shape (4, 4)
    a, b : Operand
    depth : int
        Elements of a line.
    """
    x, y = cuda.local.array(TILE, tile.dtype), cuda.local.array(TILE, tile.dtype)
    a_step, b_step = np.uint64(a.step), np.uint64(b.step)
    # Places that only grow compile to fewer instructions than a range and its multiples do: on
    # sm_90 to 27-57 for the 16 multiplications of a step, in the place of 50-77.
    along_a, along_b, k, end = np.uint64(0), np.uint64(0), np.uint64(0), np.uint64(depth)
    while k < end:
        for i in range(TILE):
            x[i] = a.data[a.places[i] + along_a]
            y[i] = b.data[b.places[i] + along_b]
        for i in range(TILE):
            for j in range(TILE):
                tile[i, j] += x[i] * y[j]
        along_a += a_step
        along_b += b_step
        k += ONE
