"""Check that the indices of a sparse matrix lie within its shape.

The constructors of scipy do not validate the values of index arrays, and neither scipy's compiled
code nor that of this package checks bounds: an index out of range would access memory outside of
the matrix. So matrices are validated once, before they are used.
"""

import itertools

import numpy as np
from scipy.sparse import issparse

__all__ = ["check_sparse_structure"]

#: scipy may convert the offsets of diagonals to this type.
OFFSETS = np.iinfo(np.int32)


def check_sparse_structure(X, name="X"):
    """Check that the index arrays of a sparse matrix or array are valid.

    Entries may come in any order, and more than once. The values of the entries are not looked at,
    and nothing is changed.

    Parameters
    ----------
    X : object
        Anything that is not sparse passes.
    name : str, default="X"
        What it is called in messages.

    Raises
    ------
    ValueError
        If an index array has another length, number of dimensions or type than the format has, or
        values out of range; the message names it.

    Examples
    --------
    >>> import numpy as np
    >>> from scipy.sparse import csr_array
    >>> from skdeep.estimators.inputs.sparse_structure import check_sparse_structure
    >>> check_sparse_structure(csr_array(np.eye(2)))
    >>> indices, indptr = np.array([0, 7]), np.array([0, 1, 2])
    >>> check_sparse_structure(csr_array((np.ones(2), indices, indptr), shape=(2, 2)))
    Traceback (most recent call last):
        ...
    ValueError: X is no valid CSR matrix: indices must be between 0 and 1, but are from 0 to 7.
    """
    if not issparse(X):
        return
    check = _CHECKS.get(X.format)
    if check is None:
        raise ValueError(f"{name} is a sparse matrix of the unknown format {X.format!r}.")
    error = check(X)
    if error:
        raise ValueError(f"{name} is no valid {X.format.upper()} matrix: {error}.")


def _describe_array_error(name, array, ndim=1):
    """Return what is wrong with the form of an array of integers, or None."""
    if not isinstance(array, np.ndarray) or array.ndim != ndim or array.dtype.kind not in "iu":
        found = type(array).__name__
        if isinstance(array, np.ndarray):
            found = f"an array of {array.dtype} with {array.ndim} dimensions"
        return f"{name} must be an array of integers with {ndim} dimension, but is {found}"
    return None


def _describe_values_error(values, name, indices, ndim=1):
    """Return what is wrong with the form of the array of values, or None."""
    if not isinstance(values, np.ndarray) or values.ndim != ndim:
        return f"data must be an array with {ndim} dimensions, but has the shape {np.shape(values)}"
    if len(values) != len(indices):
        return f"data has {len(values)} elements, but {name} has {len(indices)}"
    return None


def _describe_range_error(name, indices, bound):
    """Return which indices are out of range, or None."""
    if not indices.size:
        return None
    if not indices.dtype.isnative:
        indices = indices.astype(indices.dtype.newbyteorder("="))
    # Without a sign, negative numbers are larger than any other: one pass finds both.
    if int(indices.view(f"u{indices.itemsize}").max()) < bound:
        return None
    found = f"from {indices.min()} to {indices.max()}"
    if bound == 0:
        return f"{name} must be empty, but are {found}"
    return f"{name} must be between 0 and {bound - 1}, but are {found}"


def _describe_starts_error(indptr, n_major, n_entries):
    """Return what is wrong with where rows (or columns) begin, or None."""
    if len(indptr) != n_major + 1:
        return f"indptr has {len(indptr)} elements, but {n_major + 1} are needed"
    if indptr[0] != 0:
        return f"indptr must begin with 0, but begins with {indptr[0]}"
    # Not by differences, which can overflow.
    falls = indptr[1:] < indptr[:-1]
    if falls.any():
        place = int(falls.argmax())
        return (
            f"indptr must not decrease, but does from {indptr[place]} to {indptr[place + 1]} at "
            f"its element {place + 1}"
        )
    if indptr[-1] > n_entries:
        return f"indptr ends with {indptr[-1]}, but there are {n_entries} indices"
    return None


def _describe_compressed_error(X, n_major, n_minor, ndim=1):
    """Return what is wrong with a matrix that is compressed along one axis, or None."""
    return (
        _describe_array_error("indptr", X.indptr)
        or _describe_array_error("indices", X.indices)
        or _describe_values_error(X.data, "indices", X.indices, ndim)
        or _describe_starts_error(X.indptr, n_major, len(X.indices))
        # What lies behind the last row is no part of the matrix.
        or _describe_range_error("indices", X.indices[: X.indptr[-1]], n_minor)
    )


def _describe_csr_error(X):
    n_rows, n_columns = X.shape if X.ndim == 2 else (1, *X.shape)
    return _describe_compressed_error(X, n_rows, n_columns)


def _describe_csc_error(X):
    return _describe_compressed_error(X, X.shape[1], X.shape[0])


def _describe_bsr_error(X):
    (n_rows, n_columns), data = X.shape, X.data
    if not isinstance(data, np.ndarray) or data.ndim != 3:
        return f"data must be an array with 3 dimensions, but has the shape {np.shape(data)}"
    rows, columns = data.shape[1:]
    if rows < 1 or columns < 1 or n_rows % rows or n_columns % columns:
        return f"its blocks of the shape {data.shape[1:]} do not make up the shape {X.shape}"
    return _describe_compressed_error(X, n_rows // rows, n_columns // columns, ndim=3)


def _describe_coo_error(X):
    # Versions of scipy before 1.13 have matrices only.
    coords = getattr(X, "coords", None) or (X.row, X.col)
    if len(coords) != X.ndim:
        return f"it has {len(coords)} arrays of coordinates, but {X.ndim} dimensions"
    names = ("row", "col") if X.ndim == 2 else [f"coords[{axis}]" for axis in range(X.ndim)]
    for name, indices, bound in zip(names, coords, X.shape, strict=True):
        error = (
            _describe_array_error(name, indices)
            or _describe_values_error(X.data, name, indices)
            or _describe_range_error(name, indices, bound)
        )
        if error:
            return error
    return None


def _describe_dia_error(X):
    offsets = X.offsets
    error = _describe_array_error("offsets", offsets)
    error = error or _describe_values_error(X.data, "offsets", offsets, 2)
    if error or not len(offsets):
        return error
    low, high = int(offsets.min()), int(offsets.max())
    if low < OFFSETS.min or high > OFFSETS.max:
        return f"offsets must fit into 32 bits, but are from {low} to {high}"
    return None


def _describe_lil_error(X):
    n_rows, n_columns = X.shape if X.ndim == 2 else (1, *X.shape)
    for name, lists in (("rows", X.rows), ("data", X.data)):
        if np.shape(lists) != (n_rows,) or not all(isinstance(row, list) for row in lists):
            return f"{name} must be an array of {n_rows} lists"
    if list(map(len, X.rows)) != list(map(len, X.data)):
        return "the lists of rows and of data have other lengths"
    return _describe_integers_error("rows", itertools.chain.from_iterable(X.rows), n_columns)


def _describe_dok_error(X):
    if X.ndim == 1:
        return _describe_integers_error("keys", X.keys(), X.shape[0])
    keys = list(X.keys())
    if any(not isinstance(key, tuple) or len(key) != X.ndim for key in keys):
        return f"keys must be tuples of {X.ndim} integers"
    for axis, bound in enumerate(X.shape):
        error = _describe_integers_error(f"keys[{axis}]", (key[axis] for key in keys), bound)
        if error:
            return error
    return None


def _describe_integers_error(name, integers, bound):
    """Return what is wrong with integers of Python, or None."""
    try:
        return _describe_range_error(name, np.fromiter(integers, dtype=np.int64), bound)
    except (TypeError, ValueError, OverflowError) as error:
        return f"{name} must be integers ({error})"


#: Format -> function that describes what is wrong with a matrix of it.
_CHECKS = {
    "csr": _describe_csr_error,
    "csc": _describe_csc_error,
    "bsr": _describe_bsr_error,
    "coo": _describe_coo_error,
    "dia": _describe_dia_error,
    "lil": _describe_lil_error,
    "dok": _describe_dok_error,
}
