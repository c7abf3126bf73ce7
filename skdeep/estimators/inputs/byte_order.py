"""The byte order of arrays that users pass."""

import copy

import numpy as np
from scipy.sparse import issparse

__all__ = ["in_native_order"]


def in_native_order(array):
    """Return the same numbers in the byte order of the processor.

    scikit-learn does not count float32 in the other order as float32 and makes float64 of it.

    Parameters
    ----------
    array : object
        Whatever a user passes: an array, a sparse matrix, a frame, a series, an object with a
        ``dtype`` and ``__array__``, or anything else.

    Returns
    -------
    array : object
        The same object where all of it is in native order, otherwise a converted copy: of the same
        kind, but an array for an object of another library.
    """
    if isinstance(array, np.ndarray):
        return array if array.dtype.isnative else array.astype(array.dtype.newbyteorder("="))
    if issparse(array):
        return _sparse_in_native_order(array)
    if hasattr(array, "iloc") and hasattr(array, "dtypes"):
        return _pandas_in_native_order(array)
    return array if _is_native(array) else in_native_order(np.asarray(array))


def _sparse_in_native_order(matrix):
    """Return a sparse matrix whose arrays are all in native order."""
    foreign = {name: part for name, part in vars(matrix).items() if not _is_native(part)}
    if not foreign:
        return matrix
    matrix = copy.copy(matrix)
    for name, part in foreign.items():
        several = isinstance(part, tuple)
        converted = tuple(map(in_native_order, part)) if several else in_native_order(part)
        vars(matrix)[name] = converted
    return matrix


def _pandas_in_native_order(data):
    """Return a frame whose columns are all in native order, or a series that is."""
    if data.ndim == 1:
        return data if _is_native(data) else data.astype(data.dtype.newbyteorder("="))
    if any(isinstance(dtype, np.dtype) and not dtype.isnative for dtype in data.dtypes.tolist()):
        return data.apply(_pandas_in_native_order)
    return data


def _is_native(part):
    """Return whether an array, a type, or a tuple of arrays is not in the other byte order."""
    if isinstance(part, tuple):  # the coordinates of COO matrices
        return all(map(_is_native, part))
    dtype = getattr(part, "dtype", part)
    return not isinstance(dtype, np.dtype) or dtype.isnative
