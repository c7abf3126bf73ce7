"""Elements of a phase that the threads share: of a table row by row, without a division for each.

Rows and columns are 32-bit numbers without a sign, places are 64-bit ones: a place is then one
multiplication of 32 by 32 bits, and nothing is checked for negative indices.
"""

from typing import NamedTuple

import numpy as np

from skdeep.engines.cuda.hardware.shim import device

NONE, ONE = np.uint32(0), np.uint32(1)


class Cells(NamedTuple):
    """The cell of a table that a thread is at, and how far it is to its next one.

    Attributes
    ----------
    row, column : uint32
    rows, columns : uint32
        From one cell to the next.
    width : uint32
        Of the table.
    """

    row: int
    column: int
    rows: int
    columns: int
    width: int


@device
def first_cell(who, width):
    """Return the first cell of a thread: neighbours in number have neighbouring columns."""
    lane, lanes, width = np.uint32(who.lane), np.uint32(who.lanes), np.uint32(width)
    return Cells(
        np.uint32(lane // width),
        np.uint32(lane % width),
        np.uint32(lanes // width),
        np.uint32(lanes % width),
        width,
    )


@device
def next_cell(cells):
    """Return the next cell of a thread."""
    column, width = np.uint32(cells.column + cells.columns), cells.width
    over = column >= width
    row = np.uint32(cells.row + cells.rows + (ONE if over else NONE))
    column = np.uint32(column - (width if over else NONE))
    return Cells(row, column, cells.rows, cells.columns, width)
