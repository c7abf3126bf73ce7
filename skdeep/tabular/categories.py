"""Categories: which of their values are levels, and the codes of cells."""

from typing import NamedTuple

import numpy as np


class Category(NamedTuple):
    """The levels of a column.

    Attributes
    ----------
    values : tuple
        Of the levels, the most frequent first; the code of the first is 1. None stands for missing
        cells, if these are a level.
    n_levels : int
        Number of levels that are columns of a dense encoding: the first of them. The others are for
        target statistics only.
    """

    values: tuple
    n_levels: int


def automatic_frequency(n_rows):
    """Return in how many rows a value must be to be a level.

    Parameters
    ----------
    n_rows : int

    Returns
    -------
    frequency : float
    """
    return max(2, min(5, n_rows / 200))


def fit_category(levels, min_frequency, max_categories):
    """Return the levels of a column.

    Parameters
    ----------
    levels : Levels
    min_frequency : float
        Rows that a level has at least.
    max_categories : int
        Most levels that are columns of a dense encoding.

    Returns
    -------
    category : Category or None
        None if all cells are alike.
    """
    counts = np.bincount(levels.codes + 1, minlength=1 + len(levels.values))
    if np.count_nonzero(counts) < 2:
        return None
    found = [
        (-int(count), value)
        for value, count in zip(levels.values, counts[1:], strict=True)
        if count >= min_frequency
    ]
    values = [value for _, value in sorted(found)]
    if counts[0] >= min_frequency:  # behind the values that are as frequent
        more_frequent = sum(-count >= counts[0] for count, _ in found)
        values.insert(more_frequent, None)
    return Category(tuple(values), min(len(values), max_categories))


def codes_of(levels, category):
    """Return the codes of cells.

    Parameters
    ----------
    levels : Levels
    category : Category

    Returns
    -------
    codes : array of int32 of shape (n_rows,)
        1 for the first level and so on, 0 for what is no level.
    """
    code = {value: place for place, value in enumerate(category.values, start=1)}
    by_value = [code.get(value, 0) for value in levels.values]
    return np.array([*by_value, code.get(None, 0)], dtype=np.int32)[levels.codes]
