"""Check that a sparse matrix refers to nothing outside of itself.

The constructors of scipy do not look at the values of index arrays, and neither scipy's compiled
code nor that of this package looks at them again: an index out of range would be memory of somebody
else. So matrices are checked once, before anything is done with them.
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
    >>> from skdeep.estimators.sparse_structure import check_sparse_structure
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
    wrong = check(X)
    if wrong:
        raise ValueError(f"{name} is no valid {X.format.upper()} matrix: {wrong}.")


def _wrong_array(name, array, ndim=1):
    """Say what is wrong with the form of an array of integers, or return None."""
    if not isinstance(array, np.ndarray) or array.ndim != ndim or array.dtype.kind not in "iu":
        found = type(array).__name__
        if isinstance(array, np.ndarray):
            found = f"an array of {array.dtype} with {array.ndim} dimensions"
        return f"{name} must be an array of integers with {ndim} dimension, but is {found}"
    return None


def _wrong_values(values, name, indices, ndim=1):
    """Say what is wrong with the form of the array of values, or return None."""
    if not isinstance(values, np.ndarray) or values.ndim != ndim:
        return f"data must be an array with {ndim} dimensions, but has the shape {np.shape(values)}"
    if len(values) != len(indices):
        return f"data has {len(values)} elements, but {name} has {len(indices)}"
    return None


def _wrong_range(name, indices, bound):
    """Say which indices are out of range, or return None."""
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


def _wrong_starts(indptr, n_major, n_entries):
    """Say what is wrong with where rows (or columns) begin, or return None."""
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


def _wrong_compressed(X, n_major, n_minor, ndim=1):
    """Say what is wrong with a matrix that is compressed along one of its axes, or return None."""
    return (
        _wrong_array("indptr", X.indptr)
        or _wrong_array("indices", X.indices)
        or _wrong_values(X.data, "indices", X.indices, ndim)
        or _wrong_starts(X.indptr, n_major, len(X.indices))
        # What lies behind the last row is no part of the matrix.
        or _wrong_range("indices", X.indices[: X.indptr[-1]], n_minor)
    )


def _wrong_csr(X):
    n_rows, n_columns = X.shape if X.ndim == 2 else (1, *X.shape)
    return _wrong_compressed(X, n_rows, n_columns)


def _wrong_csc(X):
    return _wrong_compressed(X, X.shape[1], X.shape[0])


def _wrong_bsr(X):
    (n_rows, n_columns), data = X.shape, X.data
    if not isinstance(data, np.ndarray) or data.ndim != 3:
        return f"data must be an array with 3 dimensions, but has the shape {np.shape(data)}"
    rows, columns = data.shape[1:]
    if rows < 1 or columns < 1 or n_rows % rows or n_columns % columns:
        return f"its blocks of the shape {data.shape[1:]} do not make up the shape {X.shape}"
    return _wrong_compressed(X, n_rows // rows, n_columns // columns, ndim=3)


def _wrong_coo(X):
    # Versions of scipy before 1.13 have matrices only.
    coords = getattr(X, "coords", None) or (X.row, X.col)
    if len(coords) != X.ndim:
        return f"it has {len(coords)} arrays of coordinates, but {X.ndim} dimensions"
    names = ("row", "col") if X.ndim == 2 else [f"coords[{axis}]" for axis in range(X.ndim)]
    for name, indices, bound in zip(names, coords, X.shape, strict=True):
        wrong = (
            _wrong_array(name, indices)
            or _wrong_values(X.data, name, indices)
            or _wrong_range(name, indices, bound)
        )
        if wrong:
            return wrong
    return None


def _wrong_dia(X):
    offsets = X.offsets
    wrong = _wrong_array("offsets", offsets) or _wrong_values(X.data, "offsets", offsets, 2)
    if wrong or not len(offsets):
        return wrong
    low, high = int(offsets.min()), int(offsets.max())
    if low < OFFSETS.min or high > OFFSETS.max:
        return f"offsets must fit into 32 bits, but are from {low} to {high}"
    return None


def _wrong_lil(X):
    n_rows, n_columns = X.shape if X.ndim == 2 else (1, *X.shape)
    for name, lists in (("rows", X.rows), ("data", X.data)):
        if np.shape(lists) != (n_rows,) or not all(isinstance(row, list) for row in lists):
            return f"{name} must be an array of {n_rows} lists"
    if list(map(len, X.rows)) != list(map(len, X.data)):
        return "the lists of rows and of data have other lengths"
    return _wrong_integers("rows", itertools.chain.from_iterable(X.rows), n_columns)


def _wrong_dok(X):
    if X.ndim == 1:
        return _wrong_integers("keys", X.keys(), X.shape[0])
    keys = list(X.keys())
    if any(not isinstance(key, tuple) or len(key) != X.ndim for key in keys):
        return f"keys must be tuples of {X.ndim} integers"
    for axis, bound in enumerate(X.shape):
        wrong = _wrong_integers(f"keys[{axis}]", (key[axis] for key in keys), bound)
        if wrong:
            return wrong
    return None


def _wrong_integers(name, integers, bound):
    """Say what is wrong with integers of Python, or return None."""
    try:
        return _wrong_range(name, np.fromiter(integers, dtype=np.int64), bound)
    except (TypeError, ValueError, OverflowError) as error:
        return f"{name} must be integers ({error})"


#: Format -> what says what is wrong with a matrix of it.
_CHECKS = {
    "csr": _wrong_csr,
    "csc": _wrong_csc,
    "bsr": _wrong_bsr,
    "coo": _wrong_coo,
    "dia": _wrong_dia,
    "lil": _wrong_lil,
    "dok": _wrong_dok,
}
