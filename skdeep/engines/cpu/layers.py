"""The engine's layer table: one row per layer, with the places of its numbers in memory.

The network's own table (`skdeep.engines.table`) says what the layers are; the engine appends where
it keeps their inputs, outputs and deltas during a batch, and at which strides.
"""

import numpy as np

from skdeep.engines.table import COLUMNS as NETWORK_COLUMNS

#: Columns that the engine appends, all in elements.
#: STRIDE: from one row of weights to the next; TRANSPOSED, TRANSPOSED_STRIDE: the transposed copy;
#: INPUT, OUTPUT, DELTA: places in a slot of work memory; INPUT_STRIDE, OUTPUT_STRIDE: of their
#: rows. SLOPE: place of the derivatives of the activation, where they are not formed from the
#: outputs, else -1. FORWARD, DERIVATIVE: addresses of the activation's loops.
(
    STRIDE,
    TRANSPOSED,
    TRANSPOSED_STRIDE,
    INPUT,
    INPUT_STRIDE,
    OUTPUT,
    OUTPUT_STRIDE,
    DELTA,
    SLOPE,
    FORWARD,
    DERIVATIVE,
) = range(NETWORK_COLUMNS, NETWORK_COLUMNS + 11)
COLUMNS = NETWORK_COLUMNS + 11

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


class Places:
    """Hands out consecutive places in a piece of memory, each on a cache line of its own."""

    def __init__(self, itemsize):
        self.line = 64 // itemsize
        self.size = 0

    def round(self, count):
        """Return a number of elements rounded up to whole cache lines."""
        return -(-int(count) // self.line) * self.line

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
    return layers
