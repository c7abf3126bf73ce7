"""Kinds of features that users pass, good and bad: the name of a kind and what makes it."""

from array import array
from collections import UserList
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import polars as pl
import scipy.sparse as sp

from tests.estimators.inputs.kinds_of_data import (
    COUNTS,
    NAMES,
    ArrayLike,
    Duck,
    Interchange,
    X,
    each,
    frame,
    masked,
    objects,
    ragged,
    structured,
    wide,
    with_first,
)

FORMATS = ("csr", "csc", "coo", "bsr", "dia", "dok", "lil")

FEATURES = {
    # numbers of NumPy
    **{
        f"array of {name}": lambda name=name: COUNTS.astype(name)
        for name in ("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32")
    },
    "array of uint64 beyond 2**53": lambda: COUNTS.astype("uint64") + np.uint64(2**53 + 1),
    "array of float16": lambda: X.astype("float16"),
    "array of float32": lambda: X.astype("float32"),
    "array of longdouble": lambda: X.astype("longdouble"),
    "array of complex": lambda: X + 1j,
    "array of complex without imaginary part": lambda: X + 0j,
    "big-endian float32": lambda: X.astype(">f4"),
    "big-endian float64": lambda: X.astype(">f8"),
    "big-endian integers": lambda: COUNTS.astype(">i4"),
    "datetime64": lambda: COUNTS.astype("datetime64[D]"),
    "timedelta64": lambda: COUNTS.astype("timedelta64[s]"),
    # text
    "strings that are numbers": lambda: X.astype("U"),
    "strings that are words": lambda: np.full(X.shape, "word"),
    "bytes that are numbers": lambda: X.astype("S"),
    "bytes that are words": lambda: np.full(X.shape, b"word"),
    # Python objects
    "objects: float": lambda: objects(X),
    "objects: int": lambda: objects(COUNTS),
    "objects: huge int": lambda: with_first(objects(COUNTS), 10**30),
    "objects: int too large for float64": lambda: with_first(objects(COUNTS), 10**400),
    "objects: bool": lambda: objects(COUNTS > 1),
    "objects: complex": lambda: objects(X + 1j),
    "objects: strings that are numbers": lambda: objects(X.astype("U")),
    "objects: strings that are words": lambda: objects(np.full(X.shape, "word")),
    "objects: bytes that are numbers": lambda: objects(X.astype("S")),
    "objects: Decimal": lambda: each(Decimal, X),
    "objects: Decimal('NaN')": lambda: with_first(each(Decimal, X), Decimal("NaN")),
    "objects: Fraction": lambda: each(Fraction, X),
    "objects: None among floats": lambda: with_first(objects(X), None),
    "objects: NaN among floats": lambda: with_first(objects(X), np.nan),
    "objects: pandas.NA among floats": lambda: with_first(objects(X), pd.NA),
    "objects: lists": lambda: each(lambda value: [value], X),
    "objects: dicts": lambda: each(lambda value: {"a": value}, X),
    # forms
    "list of lists": X.tolist,
    "list of arrays": lambda: list(X),
    "list of float32 arrays": lambda: list(X.astype("float32")),
    "tuple of tuples": lambda: tuple(map(tuple, X.tolist())),
    "list of lists of strings that are numbers": lambda: X.astype("U").tolist(),
    "list of lists with None": lambda: with_first(objects(X), None).tolist(),
    "ragged list": lambda: ragged(X),
    "list of dicts": lambda: [dict(zip(NAMES, row, strict=True)) for row in X.tolist()],
    "list of range": lambda: [range(3) for _ in X],
    "range": lambda: range(12),
    "generator": lambda: (row for row in X.tolist()),
    "iterator": lambda: iter(X.tolist()),
    "set": lambda: {1.0, 2.0, 3.0},
    "dict": lambda: dict(enumerate(X.tolist())),
    "string": lambda: "1.0",
    "bytes": lambda: b"1.0",
    "memoryview": lambda: memoryview(X),
    "array.array": lambda: array("d", X[:, 0]),
    "UserList": lambda: UserList(X.tolist()),
    "None": lambda: None,
    "number": lambda: 3.0,
    "0 dimensions": lambda: np.array(3.0),
    "1 dimension": lambda: X[:, 0],
    "3 dimensions": lambda: X[:, :, None],
    "no rows": lambda: X[:0],
    "no columns": lambda: X[:, :0],
    "empty list": lambda: [],
    "Fortran order": lambda: np.asfortranarray(X),
    "negative strides": lambda: X[::-1, ::-1].copy()[::-1, ::-1],
    "zero strides": lambda: np.broadcast_to(X[:1], X.shape),
    "structured array": lambda: structured(X),
    "void": lambda: X.view("V8"),
    "recarray": lambda: structured(X).view(np.recarray),
    "matrix": lambda: np.asmatrix(X),
    "masked array, nothing masked": lambda: masked(X, False),
    "masked array": lambda: masked(X, True),
    "object with __array__": lambda: ArrayLike(X),
    "array of another library": lambda: Duck(X),
    "array of another library, float32": lambda: Duck(X.astype("float32")),
    "object with __dataframe__": lambda: Interchange(X),
    # sparse
    **{
        f"{name}_{kind}": lambda name=name, kind=kind: getattr(sp, f"{name}_{kind}")(X)
        for name in FORMATS
        for kind in ("matrix", "array")
    },
    "csr_matrix of integers": lambda: sp.csr_matrix(COUNTS),
    "csr_matrix of bool": lambda: sp.csr_matrix(COUNTS > 1),
    "csr_matrix of float32": lambda: sp.csr_matrix(X.astype("float32")),
    "csr_matrix of longdouble": lambda: sp.csr_matrix(X.astype("longdouble")),
    "csr_matrix of complex": lambda: sp.csr_matrix(X + 1j),
    "csr_matrix with int64 indices": lambda: wide(sp.csr_matrix(X)),
    "csc_matrix with int64 indices": lambda: wide(sp.csc_matrix(X)),
    "coo_array of 1 dimension": lambda: sp.coo_array(X[:, 0]),
    "csr_array of 1 dimension": lambda: sp.csr_array(X[:, 0]),
    "list of csr rows": lambda: list(sp.csr_matrix(X)),
    # frames
    "pandas frame": lambda: frame(X),
    "pandas frame of float32": lambda: frame(X, dtype="float32"),
    "pandas frame of float32 and float64": lambda: frame(X).astype({"a": "float32"}),
    "pandas frame of big-endian float32": lambda: frame(X.astype(">f4")),
    "pandas frame of integers and floats": lambda: frame(X).assign(a=COUNTS[:, 0]),
    "pandas frame of bool": lambda: frame(COUNTS > 1),
    "pandas frame of Int64": lambda: frame(COUNTS, dtype="Int64"),
    "pandas frame of Int64 with NA": lambda: with_first(frame(COUNTS, dtype="Int64"), pd.NA),
    "pandas frame of Float32": lambda: frame(X, dtype="Float32"),
    "pandas frame of Float64": lambda: frame(X, dtype="Float64"),
    "pandas frame of Float64 with NA": lambda: with_first(frame(X, dtype="Float64"), pd.NA),
    "pandas frame of boolean": lambda: frame(COUNTS > 1, dtype="boolean"),
    "pandas frame of boolean with NA": lambda: with_first(
        frame(COUNTS > 1, dtype="boolean"), pd.NA
    ),
    "pandas frame of Int64 and floats": lambda: frame(X).assign(
        a=pd.array(COUNTS[:, 0], dtype="Int64")
    ),
    "pandas frame of strings that are numbers": lambda: frame(X.astype("U")).astype("string"),
    "pandas frame of strings that are words": lambda: frame(X).assign(a="word"),
    "pandas frame of objects": lambda: frame(X).astype(object),
    "pandas frame of categories that are numbers": lambda: frame(X).astype("category"),
    "pandas frame of categories that are words": lambda: (
        frame(X).assign(a="word").astype("category")
    ),
    "pandas frame of datetimes": lambda: frame(COUNTS.astype("datetime64[s]")),
    "pandas frame of datetimes and floats": lambda: frame(X).assign(
        a=COUNTS[:, 0].astype("datetime64[s]")
    ),
    "pandas frame of timedeltas": lambda: frame(COUNTS.astype("timedelta64[s]")),
    "pandas frame of periods": lambda: frame(X).assign(a=pd.period_range("2020", periods=12)),
    "pandas frame of intervals": lambda: frame(X).assign(a=pd.interval_range(0, 12)),
    "pandas frame, sparse": lambda: frame(X).astype(pd.SparseDtype("float64", 0.0)),
    "pandas frame, one column sparse": lambda: frame(X).astype(
        {"a": pd.SparseDtype("float64", 0.0)}
    ),
    "pandas frame with MultiIndex columns": lambda: frame(
        X, pd.MultiIndex.from_tuples([("a", 1), ("a", 2), ("b", 1)])
    ),
    "pandas frame with names twice": lambda: frame(X, ["a", "a", "b"]),
    "pandas frame with names of two types": lambda: frame(X, ["a", 1, "b"]),
    "pandas frame with numbers as names": lambda: frame(X, [0, 1, 2]),
    "pandas frame with a column named dtype": lambda: frame(X, ["dtype", "shape", "ndim"]),
    "pandas frame without rows": lambda: frame(X).iloc[:0],
    "pandas series": lambda: pd.Series(X[:, 0]),
    "pandas series of arrays": lambda: pd.Series(list(X)),
    "polars frame": lambda: pl.DataFrame(X, NAMES),
    "polars frame of float32": lambda: pl.DataFrame(X, NAMES).cast(pl.Float32),
    "polars frame of integers": lambda: pl.DataFrame(COUNTS, NAMES),
    "polars frame of Boolean": lambda: pl.DataFrame(COUNTS > 1, NAMES),
    "polars frame with nulls": lambda: pl.DataFrame({"a": [None, *X[1:, 0]], "b": X[:, 1]}),
    "polars frame of Decimal": lambda: pl.DataFrame(X, NAMES).cast(pl.Decimal(10, 2)),
    "polars frame of Categorical": lambda: (
        pl.DataFrame(X, NAMES).cast(pl.String).cast(pl.Categorical)
    ),
    "polars frame of String": lambda: pl.DataFrame(X, NAMES).cast(pl.String),
    "polars frame of Date": lambda: pl.DataFrame(COUNTS, NAMES).cast(pl.Int32).cast(pl.Date),
    "polars frame of Datetime": lambda: pl.DataFrame(COUNTS, NAMES).cast(pl.Datetime),
    "polars frame of Duration": lambda: pl.DataFrame(COUNTS, NAMES).cast(pl.Duration),
    "polars frame of Array": lambda: pl.DataFrame({"a": X}),
    "polars series": lambda: pl.Series(X[:, 0]),
    "polars lazy frame": lambda: pl.DataFrame(X, NAMES).lazy(),
}
