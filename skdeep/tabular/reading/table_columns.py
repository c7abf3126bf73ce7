"""What the encoder knows of a column, wherever it comes from."""

from typing import NamedTuple

import numpy as np

#: What the cells of a column are; missing cells aside, which all columns may have.
NUMBER, TEXT, BOOLEAN, EMPTY = "numbers", "strings", "booleans", "missing values only"


class Levels(NamedTuple):
    """The cells of a column as codes of the distinct values.

    Attributes
    ----------
    codes : array of integers of shape (n_rows,)
        Places in `values`; -1 where the cell is missing.
    values : list
        Distinct strings, numbers or bools of Python; some may occur in no row.
    """

    codes: np.ndarray
    values: list


class Column:
    """One column of a table.

    Attributes
    ----------
    label : str
        What messages call it: ``column 'age'``, or ``column 3`` if it has no name.
    family : str
        `NUMBER`, `TEXT`, `BOOLEAN` or `EMPTY`.
    is_categorical : bool
        Whether its type says that it holds categories.
    """

    label: str
    family: str
    is_categorical = False

    def numbers(self, start, stop):
        """Return the numbers of some rows, NaN where they are missing.

        Parameters
        ----------
        start, stop : int

        Returns
        -------
        numbers : array of shape (stop - start,)
        """
        raise NotImplementedError

    def levels(self):
        """Return the cells as codes of distinct values.

        Returns
        -------
        levels : Levels
        """
        raise NotImplementedError


class Table(NamedTuple):
    """The columns of a table.

    Attributes
    ----------
    n_rows : int
    columns : list of Column
    """

    n_rows: int
    columns: list


def label_of(name, place):
    """Return what messages call a column.

    Parameters
    ----------
    name : object
        None if there is none.
    place : int

    Returns
    -------
    label : str
    """
    return f"column {name!r}" if isinstance(name, str) else f"column {place}"


def refuse_dates(label, kind):
    """Raise the error of columns of dates, times and durations.

    Parameters
    ----------
    label : str
    kind : object
        The type that they have.

    Raises
    ------
    TypeError
    """
    raise TypeError(
        f"X must hold numbers, strings, booleans or categories, but {label} holds dates or times "
        f"({kind}). Make numbers of them first: of a date the year, month, day of the week and the "
        "days since a fixed date, of a duration its seconds."
    )


def refuse_type(label, kind):
    """Raise the error of columns of a type that cannot be encoded.

    Parameters
    ----------
    label : str
    kind : object
        The type.

    Raises
    ------
    TypeError
    """
    raise TypeError(
        f"X must hold numbers, strings, booleans or categories, but {label} holds {kind}: an "
        "argument must be a string or a number."
    )


def refuse_complex():
    """Raise the error of complex numbers, in the words of scikit-learn.

    Raises
    ------
    ValueError
    """
    raise ValueError("Complex data not supported: X must hold real numbers.")
