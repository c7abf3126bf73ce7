"""Where things are in the memory of a task: strides of rows, panels of wide matrices, places."""

from typing import NamedTuple

from skdeep.engines.cpu.products.microkernel import vector_bits

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


class MatrixLayout(NamedTuple):
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


def matrix_layout(rows, columns, itemsize, in_panels):
    """Return how a matrix is kept.

    Parameters
    ----------
    rows, columns, itemsize : int
    in_panels : bool
        Whether it is, if it is wide and large.

    Returns
    -------
    layout : MatrixLayout
    """
    row_bytes = columns * itemsize
    if in_panels and row_bytes >= WIDE_BYTES and rows * row_bytes >= LARGE_BYTES:
        return panels(rows, columns, itemsize)
    stride = row_stride(columns, itemsize)
    return MatrixLayout(stride, 0, rows * stride)


def panels(rows, columns, itemsize):
    """Return how a matrix is kept in panels.

    Parameters
    ----------
    rows, columns, itemsize : int

    Returns
    -------
    layout : MatrixLayout
    """
    width = panel_columns(itemsize)
    return MatrixLayout(width, (rows - 1) * width, -(-columns // width) * rows * width)


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
