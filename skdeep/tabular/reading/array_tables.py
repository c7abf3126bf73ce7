"""Columns of NumPy arrays."""

import numpy as np

from skdeep.tabular.reading.cell_values import ObjectColumn, levels_of
from skdeep.tabular.reading.table_columns import (
    BOOLEAN,
    NUMBER,
    TEXT,
    Column,
    Levels,
    Table,
    label_of,
    refuse_complex,
    refuse_dates,
    refuse_type,
)


def number_levels(values):
    """Return numbers as codes of distinct ones.

    Parameters
    ----------
    values : array of numbers of shape (n_rows,)
        NaN where they are missing.

    Returns
    -------
    levels : Levels
    """
    missing = np.isnan(values) if values.dtype.kind == "f" else None
    found, codes = np.unique(values, return_inverse=True, equal_nan=True)
    if missing is not None and missing.any():
        codes, found = np.where(missing, -1, codes), found[:-1]
    return Levels(codes, found.tolist())


class NumberColumn(Column):
    """A column of numbers.

    Parameters
    ----------
    values : array of integers or floats of shape (n_rows,)
    label : str
    """

    family = NUMBER

    def __init__(self, values, label):
        self._values, self.label = values, label

    def numbers(self, start, stop):
        """Return the numbers of some rows, NaN where they are missing."""
        return self._values[start:stop]

    def levels(self):
        """Return the cells as codes of distinct values."""
        return number_levels(self._values)


class BooleanColumn(Column):
    """A column of booleans without missing ones.

    Parameters
    ----------
    values : array of bool of shape (n_rows,)
    label : str
    """

    family = BOOLEAN

    def __init__(self, values, label):
        self._values, self.label = values, label

    def levels(self):
        """Return the cells as codes of distinct values."""
        return Levels(self._values.astype(np.int32), [False, True])


class TextColumn(Column):
    """A column of strings.

    Parameters
    ----------
    values : array of strings of shape (n_rows,)
    label : str
    """

    family = TEXT

    def __init__(self, values, label):
        self._values, self.label = values, label

    def levels(self):
        """Return the cells as codes of distinct values."""
        return levels_of(self._values.tolist(), TEXT)


_BY_KIND = {
    **dict.fromkeys("iuf", NumberColumn),
    "b": BooleanColumn,
    "U": TextColumn,
    "O": ObjectColumn,
}


def read_column(values, label):
    """Return a column of an array.

    Parameters
    ----------
    values : array of shape (n_rows,)
    label : str
        What messages call it.

    Returns
    -------
    column : Column

    Raises
    ------
    TypeError, ValueError
        If its cells cannot be encoded.
    """
    kind = values.dtype.kind
    if kind == "T":  # NumPy's strings of any length, which may have missing ones
        return ObjectColumn(values.astype(object), label)
    if kind in "mM":
        refuse_dates(label, values.dtype)
    if kind == "c":
        refuse_complex()
    if kind not in _BY_KIND:
        refuse_type(label, values.dtype)
    return _BY_KIND[kind](values, label)


def read_array(X):
    """Return the columns of an array.

    Parameters
    ----------
    X : array of shape (n_rows, n_columns)

    Returns
    -------
    table : Table

    Raises
    ------
    TypeError, ValueError
        If cells cannot be encoded.
    """
    columns = [read_column(X[:, place], label_of(None, place)) for place in range(X.shape[1])]
    return Table(len(X), columns)
