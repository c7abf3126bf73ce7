"""The compact form of an encoded table, which compiled code reads and indexes by.

A dense encoding of 20 numbers and 10 categories has hundreds of columns. The compact form holds the
same in some 200 bytes a row: for each number its score, its bin and the fraction within the bin,
and for each category one code.
"""

from typing import NamedTuple

import numpy as np


class TableLayout(NamedTuple):
    """What the columns of an encoded table are, and what a dense encoding consists of.

    A dense row is, in this order: the scores, the indicators of missing numbers, the levels of the
    categories (one column for each level; one column of 1, -1 and 0 where there are two levels),
    and for every number with bins ``p_t - mean_t``, where ``p_t`` is 1 left of the row's bin, the
    fraction in it, and 0 right of it.

    Attributes
    ----------
    n_numbers : int
    n_indicators : int
    n_levels : array of int64 of shape (n_categories,)
        Levels of every category, from 1 to 65,535.
    binned : array of int64 of shape (n_binned,)
        Which of the numbers have bins: increasing, from 0 to ``n_numbers - 1``.
    starts : array of int64 of shape (n_binned + 1,)
        Where the bins of each of these begin in `means`: ``starts[0] == 0``, and there are from 2
        to 255 bins, ``starts[k + 1] - starts[k]``.
    means : array of float64 of shape (n_bins_in_all,)
        What is subtracted from the piecewise-linear encoding.
    """

    n_numbers: int
    n_indicators: int
    n_levels: np.ndarray
    binned: np.ndarray
    starts: np.ndarray
    means: np.ndarray

    @property
    def level_columns(self):
        """How many columns of a dense encoding each category has."""
        return np.where(self.n_levels == 2, 1, self.n_levels)

    @property
    def width(self):
        """Number of columns of a dense encoding."""
        levels = int(self.level_columns.sum())
        return self.n_numbers + self.n_indicators + levels + len(self.means)


class EncodedTable(NamedTuple):
    """The rows of a table, encoded: what compiled code reads.

    All arrays are C-ordered, aligned and in native byte order. Everything in `codes` and `bins` is
    used as an index: `check_encoded` says whether a table fits a layout, and what the encoder makes
    does.

    Attributes
    ----------
    numbers : array of float32 or float64 of shape (n_rows, n_numbers)
        Scores, finite, from -3 to 3; a missing number is 0, which is the median.
    indicators : array of uint8 of shape (n_rows, n_indicators)
        1 where a number is missing, else 0.
    codes : array of uint16 of shape (n_rows, n_categories)
        From 1 to ``n_levels[k]``: the level; 0 stands for all that is no level.
    bins : array of uint8 of shape (n_rows, n_binned)
        From 0 to ``starts[k + 1] - starts[k] - 1``: the bin of the score.
    fractions : array of shape (n_rows, n_binned), of the type of `numbers`
        From 0 to 1: where in its bin the score is. It is 0 for scores below the first edge, and 1
        for those from the last edge on.
    """

    numbers: np.ndarray
    indicators: np.ndarray
    codes: np.ndarray
    bins: np.ndarray
    fractions: np.ndarray

    @property
    def n_rows(self):
        """Number of rows."""
        return len(self.numbers)


def empty_table(layout, n_rows, dtype):
    """Return a table of some rows in which everything is 0.

    Parameters
    ----------
    layout : TableLayout
    n_rows : int
    dtype : dtype
        float32 or float64.

    Returns
    -------
    table : EncodedTable
    """
    n_binned = len(layout.binned)
    return EncodedTable(
        np.zeros((n_rows, layout.n_numbers), dtype),
        np.zeros((n_rows, layout.n_indicators), np.uint8),
        np.zeros((n_rows, len(layout.n_levels)), np.uint16),
        np.zeros((n_rows, n_binned), np.uint8),
        np.zeros((n_rows, n_binned), dtype),
    )


def rows_of(table, start, stop):
    """Return some neighbouring rows of a table, without a copy.

    Parameters
    ----------
    table : EncodedTable
    start, stop : int

    Returns
    -------
    rows : EncodedTable
    """
    return EncodedTable(*(part[start:stop] for part in table))


def check_bins(starts, n_bins_in_all):
    """Check where the bins of numbers begin.

    Parameters
    ----------
    starts : array of int64 of shape (n_binned + 1,)
    n_bins_in_all : int

    Raises
    ------
    ValueError
        If they are not as `TableLayout` says.
    """
    sizes = np.diff(starts)
    if starts[0] != 0 or starts[-1] != n_bins_in_all or np.any((sizes < 1) | (sizes > 255)):
        raise ValueError("starts of the bins of a table do not fit its bins.")


def check_encoded(table, layout):
    """Check that a table can be read by a layout: types, shapes, codes and bins.

    Parameters
    ----------
    table : EncodedTable
    layout : TableLayout

    Raises
    ------
    ValueError
        If it cannot.
    """
    _check_forms(table, layout)
    check_bins(layout.starts, len(layout.means))
    if np.any((layout.n_levels < 1) | (layout.n_levels > np.iinfo(np.uint16).max)):
        raise ValueError("Categories of a table must have from 1 to 65,535 levels.")
    limits = {"codes": layout.n_levels, "bins": np.diff(layout.starts) - 1}
    for name, most in limits.items():
        found = getattr(table, name).max(axis=0, initial=0)
        if np.any(found > most):
            column = int(np.argmax(found > most))
            raise ValueError(
                f"{name} of column {column} of the encoded table must be from 0 to "
                f"{int(most[column])}. Got {int(found[column])}."
            )
    for name in ("numbers", "fractions"):
        if not np.isfinite(getattr(table, name)).all():
            raise ValueError(f"{name} of the encoded table must be finite.")


def _check_forms(table, layout):
    n_rows, n_binned = table.n_rows, len(layout.starts) - 1
    kind = table.numbers.dtype
    if kind not in (np.float32, np.float64):
        raise ValueError(f"numbers of an encoded table are float32 or float64. Got {kind}.")
    forms = (
        (layout.n_numbers, kind),
        (layout.n_indicators, np.uint8),
        (len(layout.n_levels), np.uint16),
        (n_binned, np.uint8),
        (n_binned, kind),
    )
    for name, part, (columns, dtype) in zip(table._fields, table, forms, strict=True):
        if part.shape != (n_rows, columns) or part.dtype != dtype or not part.flags.carray:
            raise ValueError(
                f"{name} of an encoded table must be a C-ordered array of {np.dtype(dtype)} and "
                f"shape {(n_rows, columns)}. Got {part.dtype} and shape {part.shape}."
            )
