"""Cells that are objects of Python: what they are, and their numbers and levels."""

import datetime
import sys
from decimal import Decimal
from fractions import Fraction

import numpy as np

from skdeep.tabular.reading.table_columns import (
    BOOLEAN,
    EMPTY,
    NUMBER,
    TEXT,
    Column,
    Levels,
    refuse_complex,
    refuse_dates,
    refuse_type,
)

_BOOLEANS = (bool, np.bool_)
_NUMBERS = (int, float, np.integer, np.floating, Decimal, Fraction)
_DATES = (datetime.date, datetime.time, datetime.timedelta, np.datetime64, np.timedelta64)
#: Numbers that may be NaN, which stands for a missing cell.
_MAYBE_NAN = (float, np.floating, Decimal)


def _missing_types():
    """Return the types whose objects are missing cells."""
    types = {type(None)}
    if pandas := sys.modules.get("pandas"):
        types |= {type(pandas.NA), type(pandas.NaT)}
    return types


def _is_date(kind):
    period = getattr(sys.modules.get("pandas"), "Period", ())
    return issubclass(kind, _DATES) or (period != () and issubclass(kind, period))


def _family_of_type(kind, label):
    """Return the family of a type; raise if there is none."""
    if issubclass(kind, str):
        return TEXT
    if issubclass(kind, _BOOLEANS):
        return BOOLEAN
    if issubclass(kind, _NUMBERS):
        return NUMBER
    if issubclass(kind, (complex, np.complexfloating)):
        refuse_complex()
    if _is_date(kind):
        refuse_dates(label, kind.__name__)
    return refuse_type(label, kind.__name__)


def _all_nan(cells, kinds):
    """Return whether all cells of some types are NaN."""
    kinds = tuple(kinds)
    return all(cell != cell for cell in cells if isinstance(cell, kinds))


def family_of(cells, label):
    """Return the family of a column of objects.

    Parameters
    ----------
    cells : iterable of object
    label : str
        What messages call the column.

    Returns
    -------
    family : str

    Raises
    ------
    TypeError
        If the cells are of several families, or of none.
    ValueError
        If they are complex numbers.
    """
    kinds = set(map(type, cells)) - _missing_types()
    families = {}
    for kind in kinds:
        families.setdefault(_family_of_type(kind, label), set()).add(kind)
    numbers = families.get(NUMBER, set())
    if numbers and all(issubclass(kind, _MAYBE_NAN) for kind in numbers):
        if _all_nan(cells, numbers):  # beside text, NaN is a missing cell
            del families[NUMBER]
    if len(families) > 1:
        raise TypeError(
            f"X must have one type of values in every column, but {label} mixes "
            f"{' and '.join(sorted(families))}. Convert the column to one of them."
        )
    return next(iter(families), EMPTY)


class _Codes(dict):
    """Codes of values in the order in which they are first looked up; -1 for missing ones."""

    def __init__(self):
        self._missing = _missing_types()

    def __missing__(self, value):
        if type(value) in self._missing or value != value:
            return -1
        code = self[value] = len(self)
        return code


#: What values become, by their family: all types of numbers are the same values.
_PYTHON = {TEXT: str, BOOLEAN: bool}


def _as_python(value, family):
    if family in _PYTHON:
        return _PYTHON[family](value)
    return value.item() if isinstance(value, np.generic) else value


def levels_of(cells, family):
    """Return cells as codes of distinct values.

    Parameters
    ----------
    cells : sequence of object
        Of one family, and missing ones.
    family : str

    Returns
    -------
    levels : Levels
    """
    codes = _Codes()
    found = np.fromiter(map(codes.__getitem__, cells), np.int32, len(cells))
    return Levels(found, [_as_python(value, family) for value in codes])


def numbers_of(cells, label):
    """Return cells as numbers.

    Parameters
    ----------
    cells : array of object of shape (n_cells,)
        Numbers, and missing cells.
    label : str
        What messages call the column.

    Returns
    -------
    numbers : array of float64 of shape (n_cells,)

    Raises
    ------
    ValueError
        If a number is beyond the range of float64.
    """
    try:
        return cells.astype(np.float64)
    except TypeError:  # missing values of pandas
        missing = _missing_types()
        return numbers_of(
            np.array([None if type(cell) in missing else cell for cell in cells], dtype=object),
            label,
        )
    except OverflowError:
        raise ValueError(f"X holds a number beyond the range of float64 in {label}.") from None


class ObjectColumn(Column):
    """A column of objects.

    Parameters
    ----------
    cells : array of object of shape (n_rows,)
    label : str
    """

    def __init__(self, cells, label):
        self.label, self._cells = label, cells
        self.family = family_of(cells, label)

    def numbers(self, start, stop):
        """Return the numbers of some rows, NaN where they are missing."""
        return numbers_of(self._cells[start:stop], self.label)

    def levels(self):
        """Return the cells as codes of distinct values."""
        return levels_of(self._cells, self.family)
