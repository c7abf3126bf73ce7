"""Tables of all kinds of columns, and the forms in which libraries hold them."""

import numpy as np

NUMBERS = (
    "normal",
    "heavy",
    "zeros",
    "whole",
    "two",
    "one_or_missing",
    "holes",
    "constant",
    "gone",
)


def make_table(n_rows, seed=0):
    """Return a dict of lists of Python's numbers, strings, booleans and None."""
    rng = np.random.default_rng(seed)
    holes = rng.normal(size=n_rows)
    columns = {
        "normal": rng.normal(3.0, 2.0, n_rows),
        "heavy": np.exp(3 * rng.normal(size=n_rows)),
        "zeros": np.where(rng.random(n_rows) < 0.8, 0.0, rng.exponential(50.0, n_rows)),
        "whole": rng.integers(0, 7, n_rows),
        "two": rng.integers(0, 2, n_rows) * 5.0,
        "one_or_missing": [1.0 if x < 0.5 else None for x in rng.random(n_rows)],
        "holes": [None if x < 0.2 else h for x, h in zip(rng.random(n_rows), holes, strict=True)],
        "constant": np.full(n_rows, 4.5),
        "gone": [None] * n_rows,
        "colour": rng.choice(["red", "green", "blue"], n_rows, p=[0.6, 0.3, 0.1]),
        "answer": rng.choice(["yes", "no"], n_rows),
        "gaps": [None if w == "" else w for w in rng.choice(["", "u", "v", "w"], n_rows).tolist()],
        "flag": rng.random(n_rows) < 0.3,
        "rare": [f"r{min(99, int(x))}" for x in rng.exponential(3.0, n_rows)],
        "id": [f"id {i}" for i in range(n_rows)],
    }
    return {
        name: column.tolist() if isinstance(column, np.ndarray) else column
        for name, column in columns.items()
    }


def as_object_array(columns):
    """Return a table as an array of objects."""
    array = np.empty((len(next(iter(columns.values()))), len(columns)), dtype=object)
    for place, column in enumerate(columns.values()):
        array[:, place] = column
    return array


def _pandas(columns, **dtypes):
    import pandas as pd

    frame = pd.DataFrame({name: pd.Series(c, dtype=object) for name, c in columns.items()})
    return frame.astype({k: v for k, v in dtypes.items() if k in columns})


def _by_kind(columns, number, text, flag):
    kinds = {name: number for name in columns if name in NUMBERS}
    return kinds | {
        name: flag if name == "flag" else text for name in columns if name not in NUMBERS
    }


def pandas_forms():
    """Return functions that make frames of pandas of a dict of columns."""
    return {
        "pandas": lambda c: _pandas(c, **_by_kind(c, "float64", "object", "bool")),
        "pandas objects": _pandas,
        "pandas nullable": lambda c: _pandas(c, **_by_kind(c, "Float64", "string", "boolean")),
        "pandas categories": lambda c: _pandas(c, **_by_kind(c, "float64", "category", "category")),
        "pandas whole": lambda c: _pandas(
            c, **{**_by_kind(c, "float64", "object", "boolean"), "whole": "Int8", "two": "uint16"}
        ),
    }


def _polars(columns, text=None):
    import polars as pl

    kinds = {name: pl.Float64 if name in NUMBERS else pl.String for name in columns}
    if "flag" in columns:
        kinds["flag"] = pl.Boolean
    frame = pl.DataFrame(columns, schema=kinds, strict=False)
    words = [name for name in columns if kinds[name] == pl.String]
    return frame if text is None else frame.with_columns(pl.col(words).cast(text(pl)))


def polars_forms():
    """Return functions that make frames of polars of a dict of columns."""
    return {
        "polars": _polars,
        "polars categories": lambda c: _polars(c, lambda pl: pl.Categorical),
    }


def arrow_forms():
    """Return functions that make tables of pyarrow of a dict of columns."""
    import pyarrow as pa

    def table(columns):
        kinds = [
            pa.bool_() if name == "flag" else pa.float64() if name in NUMBERS else pa.string()
            for name in columns
        ]
        return pa.table(
            {k: pa.array(v, type=t) for (k, v), t in zip(columns.items(), kinds, strict=True)}
        )

    def dictionaries(columns):
        found = table(columns)
        for place, name in enumerate(columns):
            if found.schema.types[place] == pa.string():
                encoded = found.column(place).dictionary_encode()
                found = found.set_column(place, name, encoded)
        return found

    def in_chunks(columns):
        half = len(columns["flag"]) // 2
        parts = (
            {k: v[:half] for k, v in columns.items()},
            {k: v[half:] for k, v in columns.items()},
        )
        return pa.concat_tables([dictionaries(part) for part in parts])

    return {
        "pyarrow": table,
        "pyarrow dictionaries": dictionaries,
        "pyarrow chunks": in_chunks,
        "pyarrow batch": lambda c: table(c).combine_chunks().to_batches()[0],
        "pandas of pyarrow": lambda c: table(c).to_pandas(types_mapper=_arrow_dtype),
    }


def _arrow_dtype(kind):
    import pandas as pd

    return pd.ArrowDtype(kind)
