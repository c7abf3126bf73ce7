"""The engine's layer table: one row per layer, with the places of its numbers in memory.

The network's own table (`skdeep.engines.table`) says what the layers are; the engine appends where
it keeps their inputs, outputs and deltas during a batch, and at which strides.
"""

from typing import NamedTuple

import numpy as np

from skdeep.engines.cpu.microkernel import vector_bits
from skdeep.engines.table import COLUMNS as NETWORK_COLUMNS
from skdeep.engines.table import FIRST_SOURCE, LAST_SOURCE

#: Columns that the engine appends, all in elements.
#: STRIDE: from one row of weights to the next; TRANSPOSED, TRANSPOSED_STRIDE: the transposed copy;
#: INPUT, OUTPUT, DELTA: places in a slot of work memory; INPUT_STRIDE, OUTPUT_STRIDE: of their
#: rows. SLOPE: place of the derivatives of the activation, where they are not formed from the
#: outputs, else -1. FORWARD, DERIVATIVE: addresses of the activation's loops.
#: Wide matrices are kept in panels (see `Shelf`): GAP, TRANSPOSED_GAP and PANELS_GAP are what lies
#: between neighbouring panels of the weights, of their transposed copy and of the copy of the
#: deltas at PANELS in the slot; GAP is 0 where the weights are kept row by row.
#: USED: place of the weights that products read: the weights themselves, a copy in which some are
#: dropped, or what directions and gains make up; GAINS: place of the gains. STANDARD: place in a
#: slot of the standardised units of batch normalisation, STATISTICS: of the layer's in the
#: statistics of a part. LAST_READER: the last layer that reads the outputs, which is the first to
#: carry deltas back to them.
(
    STRIDE,
    GAP,
    TRANSPOSED,
    TRANSPOSED_STRIDE,
    TRANSPOSED_GAP,
    PANELS,
    PANELS_GAP,
    INPUT,
    INPUT_STRIDE,
    OUTPUT,
    OUTPUT_STRIDE,
    DELTA,
    SLOPE,
    FORWARD,
    DERIVATIVE,
    USED,
    STANDARD,
    STATISTICS,
    LAST_READER,
    GAINS,
) = range(NETWORK_COLUMNS, NETWORK_COLUMNS + 20)
COLUMNS = NETWORK_COLUMNS + 20

#: Rows whose length in bytes is a multiple of this fall into few sets of the cache.
ALIASING_BYTES = 1024
#: What is added to such a row, in bytes.
PADDING_BYTES = 64


def row_stride(width, itemsize):
    """Return the distance of rows of `width` elements that spreads them over the cache.

    Parameters
    ----------
    width : int
        Elements in a row.
    itemsize : int
        Bytes of an element.

    Returns
    -------
    stride : int
        `width`, or a little more.
    """
    padding = PADDING_BYTES // itemsize
    return width + padding if width * itemsize % ALIASING_BYTES == 0 else width


#: Matrices are kept in panels if their rows and they themselves have at least so many bytes.
WIDE_BYTES, LARGE_BYTES = 1024, 512 * 1024


def panel_columns(itemsize):
    """Return the columns of a panel: those that a register tile works on at once.

    Parameters
    ----------
    itemsize : int
        Bytes of an element.

    Returns
    -------
    columns : int
    """
    return 2 * vector_bits() // (8 * itemsize)


class Shelf(NamedTuple):
    """How a matrix is kept: row by row, or in panels.

    A panel holds some columns of all rows, row below row. Products run down the rows of a few
    columns at a time: in a wide matrix kept row by row, every step of theirs falls on another page
    of memory.

    Attributes
    ----------
    stride : int
        From one row to the next.
    gap : int
        What lies between the last column of a panel and the first of the next, in the same row; 0
        for a matrix kept row by row.
    size : int
        Elements.
    """

    stride: int
    gap: int
    size: int


def shelf(rows, columns, itemsize, in_panels):
    """Return how a matrix is kept.

    Parameters
    ----------
    rows, columns, itemsize : int
    in_panels : bool
        Whether it is, if it is wide and large.

    Returns
    -------
    shelf : Shelf
    """
    row_bytes = columns * itemsize
    if in_panels and row_bytes >= WIDE_BYTES and rows * row_bytes >= LARGE_BYTES:
        return panels(rows, columns, itemsize)
    stride = row_stride(columns, itemsize)
    return Shelf(stride, 0, rows * stride)


def panels(rows, columns, itemsize):
    """Return how a matrix is kept in panels.

    Parameters
    ----------
    rows, columns, itemsize : int

    Returns
    -------
    shelf : Shelf
    """
    width = panel_columns(itemsize)
    return Shelf(width, (rows - 1) * width, -(-columns // width) * rows * width)


#: Cache lines: a third of a page.
STAGGER_LINES = 21


class Places:
    """Hands out consecutive places in a piece of memory, each on a cache line of its own."""

    def __init__(self, itemsize):
        self.line = 64 // itemsize
        self.size = 0

    def round(self, count):
        """Return a number of elements rounded up to whole cache lines."""
        return -(-int(count) // self.line) * self.line

    def stagger(self, count):
        """Return a number of elements rounded up so that what follows begins elsewhere in a page.

        Arrays that are walked side by side, begun at the same place of a page, would get in each
        other's way: a processor tells stores from later loads by these bits of the address.
        """
        page, offset = 4096 // 64 * self.line, STAGGER_LINES * self.line
        return -(-max(0, int(count) - offset) // page) * page + offset

    def take(self, count):
        """Return the place of `count` elements."""
        place = self.size
        self.size += self.round(count)
        return place


def with_columns(table):
    """Return the network's table with room for the engine's columns.

    Parameters
    ----------
    table : array of int64 of shape (n_layers, n_columns)

    Returns
    -------
    layers : array of int64 of shape (n_layers, COLUMNS)
    """
    layers = np.zeros((len(table), COLUMNS), dtype=np.int64)
    layers[:, :NETWORK_COLUMNS] = table
    layers[:, SLOPE] = -1
    for index, layer in enumerate(layers):
        sources = np.arange(max(1, layer[FIRST_SOURCE]), layer[LAST_SOURCE] + 1)
        layers[sources - 1, LAST_READER] = index
    return layers
