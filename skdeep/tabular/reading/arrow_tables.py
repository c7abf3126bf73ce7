"""Columns of tables of pyarrow."""

import sys

import numpy as np

from skdeep.tabular.reading.array_tables import number_levels
from skdeep.tabular.reading.cell_values import family_of
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


class _ArrowColumn(Column):
    """A column of numbers, strings or booleans."""

    def __init__(self, chunks, label, family):
        self._chunks, self.label, self.family = chunks, label, family

    def numbers(self, start, stop):
        """Return the numbers of some rows, NaN where they are missing."""
        pa = sys.modules["pyarrow"]
        rows = self._chunks.slice(start, stop - start).cast(pa.float64(), safe=False)
        return rows.to_numpy(zero_copy_only=False)

    def levels(self):
        """Return the cells as codes of distinct values."""
        if self.family == NUMBER:
            return number_levels(self.numbers(0, len(self._chunks)))
        return _levels_of_dictionary(_as_one(self._chunks.dictionary_encode()))


class _DictionaryColumn(Column):
    """A column of Arrow's type for categories."""

    is_categorical = True

    def __init__(self, chunks, label):
        self._dictionary, self.label = _as_one(chunks), label
        self._values = self._dictionary.dictionary.to_pylist()
        self.family = family_of(self._values, label)

    def numbers(self, start, stop):
        """Return the numbers of some rows, NaN where they are missing."""
        codes, values = self.levels()
        return np.append(np.array(values, dtype=np.float64), np.nan)[codes[start:stop]]

    def levels(self):
        """Return the cells as codes of distinct values."""
        return _levels_of_dictionary(self._dictionary)


def _as_one(chunks):
    """Return chunks with dictionaries as one array with one dictionary."""
    whole = chunks.unify_dictionaries().combine_chunks()
    return whole.chunk(0) if hasattr(whole, "num_chunks") else whole


def _levels_of_dictionary(encoded):
    codes = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    return Levels(codes.astype(np.int64), encoded.dictionary.to_pylist())


def _read_chunks(chunks, label):
    types, kind = sys.modules["pyarrow"].types, chunks.type
    if types.is_temporal(kind):
        refuse_dates(label, kind)
    if types.is_dictionary(kind):
        return _DictionaryColumn(chunks, label)
    if types.is_integer(kind) or types.is_floating(kind) or types.is_decimal(kind):
        return _ArrowColumn(chunks, label, NUMBER)
    if types.is_boolean(kind):
        return _ArrowColumn(chunks, label, BOOLEAN)
    if types.is_string(kind) or types.is_large_string(kind):
        return _ArrowColumn(chunks, label, TEXT)
    if types.is_null(kind):
        return _ArrowColumn(chunks, label, EMPTY)
    return refuse_type(label, kind)


def read_arrow(X):
    """Return the columns of a table of pyarrow.

    Parameters
    ----------
    X : pyarrow.Table

    Returns
    -------
    table : Table

    Raises
    ------
    TypeError, ValueError
        If cells cannot be encoded.
    """
    columns = [
        _read_chunks(X.column(place), label_of(name, place))
        for place, name in enumerate(X.schema.names)
    ]
    return Table(X.num_rows, columns)
