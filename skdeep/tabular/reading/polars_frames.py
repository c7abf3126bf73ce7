"""Columns of polars frames."""

import sys

import numpy as np

from skdeep.tabular.reading.array_tables import number_levels
from skdeep.tabular.reading.cell_values import ObjectColumn
from skdeep.tabular.reading.table_columns import (
    BOOLEAN,
    EMPTY,
    NUMBER,
    TEXT,
    Column,
    Levels,
    Table,
    label_of,
    refuse_dates,
    refuse_type,
)


class _SeriesColumn(Column):
    """A column of numbers, strings, categories or booleans."""

    def __init__(self, series, label, family, is_categorical=False):
        self._series, self.label, self.family = series, label, family
        self.is_categorical = is_categorical

    def numbers(self, start, stop):
        """Return the numbers of some rows, NaN where they are missing."""
        pl = sys.modules["polars"]
        return self._series.slice(start, stop - start).cast(pl.Float64).to_numpy()

    def levels(self):
        """Return the cells as codes of distinct values."""
        if self.family == NUMBER:
            return number_levels(self.numbers(0, len(self._series)))
        pl = sys.modules["polars"]
        series = self._series.cast(pl.String) if self.family == TEXT else self._series
        values = series.unique(maintain_order=True).drop_nulls()
        if len(values) == 0:
            return Levels(np.full(len(series), -1, dtype=np.int32), [])
        places = pl.Series(np.arange(len(values), dtype=np.int32))
        codes = series.replace_strict(values, places, default=-1, return_dtype=pl.Int32)
        return Levels(codes.fill_null(-1).to_numpy(), values.to_list())


def _read_series(series, label):
    pl = sys.modules["polars"]
    dtype = series.dtype
    if dtype.is_numeric():
        return _SeriesColumn(series, label, NUMBER)
    if dtype.is_temporal():
        refuse_dates(label, dtype)
    if dtype == pl.Boolean:
        return _SeriesColumn(series, label, BOOLEAN)
    if dtype == pl.String:
        return _SeriesColumn(series, label, TEXT)
    if dtype in (pl.Categorical, pl.Enum):
        return _SeriesColumn(series, label, TEXT, is_categorical=True)
    if dtype == pl.Null:
        return _SeriesColumn(series, label, EMPTY)
    if dtype == pl.Object:
        cells = np.empty(len(series), dtype=object)
        cells[:] = series.to_list()
        return ObjectColumn(cells, label)
    return refuse_type(label, dtype)


def read_polars(X):
    """Return the columns of a frame of polars.

    Parameters
    ----------
    X : polars.DataFrame

    Returns
    -------
    table : Table

    Raises
    ------
    TypeError, ValueError
        If cells cannot be encoded.
    """
    columns = [
        _read_series(series, label_of(series.name, place))
        for place, series in enumerate(X.get_columns())
    ]
    return Table(X.height, columns)
