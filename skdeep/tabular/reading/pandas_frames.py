"""Columns of pandas frames."""

import numpy as np

from skdeep.tabular.reading.array_tables import number_levels, read_column
from skdeep.tabular.reading.cell_values import ObjectColumn, family_of
from skdeep.tabular.reading.table_columns import (
    BOOLEAN,
    NUMBER,
    TEXT,
    Column,
    Levels,
    Table,
    label_of,
    refuse_dates,
)


class _SeriesColumn(Column):
    """A column of an extension type: nullable, sparse, of strings or backed by Arrow."""

    def __init__(self, series, label, family):
        self._series, self.label, self.family = series, label, family

    def numbers(self, start, stop):
        """Return the numbers of some rows, NaN where they are missing."""
        return self._series.iloc[start:stop].to_numpy(dtype=np.float64, na_value=np.nan)

    def levels(self):
        """Return the cells as codes of distinct values."""
        if self.family == NUMBER:
            return number_levels(self.numbers(0, len(self._series)))
        codes, values = self._series.factorize()
        python = bool if self.family == BOOLEAN else str
        return Levels(codes, [python(value) for value in values])


class _CategoricalColumn(Column):
    """A column of pandas' type for categories."""

    is_categorical = True

    def __init__(self, series, label):
        self._series, self.label = series, label
        categories = series.cat.categories
        if str(categories.dtype).startswith(("interval", "period", "datetime", "timedelta")):
            # Of `pandas.cut`, for one. Each has a string of its own, whatever the others are.
            categories = np.array(list(map(str, categories)), dtype=object)
        self._values = np.asarray(categories, dtype=object)
        self.family = family_of(self._values, label)

    def numbers(self, start, stop):
        """Return the numbers of some rows, NaN where they are missing."""
        values = np.append(self._values.astype(np.float64), np.nan)
        return values[self._series.iloc[start:stop].cat.codes.to_numpy()]

    def levels(self):
        """Return the cells as codes of distinct values."""
        values = [v.item() if isinstance(v, np.generic) else v for v in self._values]
        return Levels(self._series.cat.codes.to_numpy(), values)


def _read_series(series, label):
    from pandas.api import types

    dtype = series.dtype
    if getattr(dtype, "name", None) == "category":
        return _CategoricalColumn(series, label)
    if isinstance(dtype, np.dtype):
        return read_column(series.to_numpy(), label)
    dates = (types.is_datetime64_any_dtype, types.is_timedelta64_dtype)
    if any(is_date(dtype) for is_date in dates) or str(dtype).startswith(
        ("period", "date", "time", "duration")
    ):
        refuse_dates(label, dtype)
    if types.is_bool_dtype(dtype):
        return _SeriesColumn(series, label, BOOLEAN)
    if types.is_numeric_dtype(dtype) and not types.is_complex_dtype(dtype):
        return _SeriesColumn(series, label, NUMBER)
    if types.is_string_dtype(dtype):
        return _SeriesColumn(series, label, TEXT)
    column = ObjectColumn(series.to_numpy(dtype=object), label)
    column.is_categorical = str(dtype).startswith("dictionary")
    return column


def read_pandas(X):
    """Return the columns of a frame of pandas.

    Parameters
    ----------
    X : pandas.DataFrame

    Returns
    -------
    table : Table

    Raises
    ------
    TypeError, ValueError
        If cells cannot be encoded.
    """
    columns = [
        _read_series(X.iloc[:, place], label_of(name, place))
        for place, name in enumerate(X.columns)
    ]
    return Table(len(X), columns)
