"""Find out what kind of table X is, check its form and its names, and read its columns."""

import sys
from collections import Counter

import numpy as np
from scipy.sparse import issparse
from sklearn.utils.validation import check_array, validate_data

from skdeep.tabular.reading.array_tables import read_array
from skdeep.tabular.reading.arrow_tables import read_arrow
from skdeep.tabular.reading.pandas_frames import read_pandas
from skdeep.tabular.reading.polars_frames import read_polars

#: Library -> the names of its classes of tables, what reads them, and where their names are.
_FRAMES = {
    "pandas": (("DataFrame",), read_pandas, lambda X: list(X.columns)),
    "polars": (("DataFrame",), read_polars, lambda X: list(X.columns)),
    "pyarrow": (("Table", "RecordBatch"), read_arrow, lambda X: list(X.schema.names)),
}


def _reader_of(X):
    """Return what reads a frame, and its names; None, None for what is no frame."""
    for library, (classes, read, names) in _FRAMES.items():
        module = sys.modules.get(library)
        if module and isinstance(X, tuple(getattr(module, name) for name in classes)):
            return read, names(X)
    return None, None


def column_names(X):
    """Return the names of the columns of a frame.

    Parameters
    ----------
    X : object

    Returns
    -------
    names : list or None
        None if X is no frame.
    """
    return _reader_of(X)[1]


def read_table(estimator, X, *, reset):
    """Check a table and return its columns.

    Parameters
    ----------
    estimator : TabularEncoder
        Its ``n_features_in_`` and ``feature_names_in_`` are set, or compared with.
    X : array-like or frame of shape (n_rows, n_columns)
    reset : bool
        Whether to set them.

    Returns
    -------
    table : Table

    Raises
    ------
    TypeError, ValueError
        If X is no table, or differs from what was fitted, or has cells that cannot be encoded.
    """
    read, names = _reader_of(X)
    if type(X).__name__ == "RecordBatch" and read is read_arrow:
        X = sys.modules["pyarrow"].Table.from_batches([X])  # whose names scikit-learn reads
    if read is None:
        return read_array(_check_array(estimator, X, reset))
    _check_names(names)
    if X.shape[0] == 0 or X.shape[1] == 0:
        kind = "sample" if X.shape[0] == 0 else "feature"
        raise ValueError(
            f"Found array with 0 {kind}(s) (shape={tuple(X.shape)}) while a minimum of 1 is "
            "required."
        )
    validate_data(estimator, X, reset=reset, skip_check_array=True)
    return read(X)


def _check_names(names):
    """Refuse names that several columns have."""
    twice = [str(name) for name, count in Counter(names).items() if count > 1]
    if twice:
        raise ValueError(
            f"X must have a name of its own for every column, but {', '.join(map(repr, twice))} "
            f"{'stands' if len(twice) == 1 else 'stand'} for several."
        )


def _check_array(estimator, X, reset):
    """Return X as an array with two dimensions, of the type that its cells have."""
    _refuse_other_tables(X)
    options = {"dtype": None, "ensure_all_finite": False}
    array = check_array(X, **options)
    if array.dtype.kind in "SU" and getattr(X, "dtype", None) != array.dtype:
        # NumPy makes text of lists of numbers and text.
        array = check_array(X, **{**options, "dtype": object})
    validate_data(
        estimator, X if hasattr(X, "shape") else array, reset=reset, skip_check_array=True
    )
    return array


def _refuse_other_tables(X):
    if issparse(X):
        raise TypeError(
            "Sparse data was passed, but X must be dense: X.toarray() is. Scores of numbers are "
            "not 0 where the numbers are."
        )
    if isinstance(X, np.ndarray) and X.dtype.names is not None:
        raise TypeError(
            "X must be a frame or an array with two dimensions. Got a structured array; "
            "pandas.DataFrame(X) is a frame of its fields."
        )
    if hasattr(X, "collect") and hasattr(X, "collect_schema"):
        raise TypeError("X must be a frame, but is a lazy one; X.collect() is a frame.")
    if not hasattr(X, "__array__") and any(
        hasattr(X, name) for name in ("__dataframe__", "__arrow_c_stream__")
    ):
        raise TypeError(
            f"X must be an array or a frame of pandas, polars or pyarrow. Got {type(X).__name__}; "
            "most frames have a method to_pandas() or to_arrow()."
        )
