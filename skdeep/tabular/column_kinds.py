"""Which columns are numbers and which are categories, and whether a table is as in `fit`."""

import numpy as np

from skdeep.tabular.reading.table_columns import BOOLEAN, EMPTY, NUMBER, TEXT

#: Kinds of columns. Those of the last kind have no columns in the encoding.
NUMBER_KIND, CATEGORY_KIND, DROPPED_KIND = "number", "category", "dropped"


def listed_columns(categorical_features, names, n_columns):
    """Return which columns a user has listed as categories.

    Parameters
    ----------
    categorical_features : "from_dtype", None or array-like of int, str or bool
    names : list or None
        Of the columns of X, if it has any.
    n_columns : int

    Returns
    -------
    listed : array of bool of shape (n_columns,)

    Raises
    ------
    ValueError
        If they are not columns of X.
    """
    listed = np.zeros(n_columns, dtype=bool)
    if categorical_features is None or isinstance(categorical_features, str):
        return listed
    given = list(categorical_features)
    if all(isinstance(entry, bool | np.bool_) for entry in given):
        if given and len(given) != n_columns:
            raise ValueError(
                "categorical_features must have an entry for every column of X if it is a mask: "
                f"{n_columns}. Got {len(given)}."
            )
        listed[: len(given)] = given
        return listed
    for entry in given:
        listed[_place_of(entry, names, n_columns)] = True
    return listed


def _place_of(entry, names, n_columns):
    """Return the place of a column given by its place or its name."""
    if isinstance(entry, str):
        if names is None:
            raise ValueError(
                f"categorical_features holds the name {entry!r}, but X has no names of columns. "
                "Use places or a mask."
            )
        if entry not in names:
            raise ValueError(f"categorical_features holds {entry!r}, which is no column of X.")
        return names.index(entry)
    if isinstance(entry, int | np.integer) and not isinstance(entry, bool):
        if 0 <= entry < n_columns:
            return int(entry)
        raise ValueError(
            f"categorical_features must hold places from 0 to {n_columns - 1}. Got {entry}."
        )
    raise ValueError(
        f"categorical_features must hold names, places or bools of columns. Got {entry!r}."
    )


def kinds_of(table, listed):
    """Return the kinds of all columns.

    Parameters
    ----------
    table : Table
    listed : array of bool of shape (n_columns,)
        Columns that are categories whatever their type.

    Returns
    -------
    kinds : list of str
    """
    kinds = []
    for column, is_listed in zip(table.columns, listed, strict=True):
        categorical = is_listed or column.is_categorical or column.family in (TEXT, BOOLEAN)
        kind = CATEGORY_KIND if categorical else NUMBER_KIND
        kinds.append(DROPPED_KIND if column.family == EMPTY else kind)
    return kinds


def check_families(table, families):
    """Check that the columns hold what they held in `fit`.

    Parameters
    ----------
    table : Table
    families : sequence of str
        Of the columns in `fit`. A column that has missing values only, now or then, fits.

    Raises
    ------
    TypeError
        If columns differ, which it names.
    """
    different = [
        f"{column.label} holds {column.family}, but held {family} in fit"
        for column, family in zip(table.columns, families, strict=True)
        if column.family != family and EMPTY not in (column.family, family)
    ]
    if different:
        raise TypeError(f"X must have columns of the types of fit: {'; '.join(different)}.")


def infinite_dropped(table, kinds):
    """Return the names of dropped columns that hold infinite numbers.

    Infinite numbers are refused in all columns of numbers; the others are read by the encoding.

    Parameters
    ----------
    table : Table
    kinds : sequence of str
        Of the columns in `fit`.

    Returns
    -------
    labels : list of str
    """
    return [
        column.label
        for column, kind in zip(table.columns, kinds, strict=True)
        if kind == DROPPED_KIND
        and column.family == NUMBER
        and not column.is_categorical
        and np.isinf(column.numbers(0, table.n_rows)).any()
    ]
