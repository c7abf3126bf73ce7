"""What makes data of many kinds out of plain numbers that all kinds can hold."""

import numpy as np
import pandas as pd

#: Multiples of a quarter, zeros among them.
X = np.random.RandomState(0).randint(-4, 5, (12, 3)) / 4
#: Small integers, which all integer types hold.
COUNTS = np.abs(4 * X).astype(int)
CODES = np.arange(12) % 3
BITS = np.arange(12) % 2
TARGETS = X @ [1.0, 2.0, -0.5]
WEIGHTS = 1.0 + np.arange(12) % 4
NAMES = ["a", "b", "c"]


class ArrayLike:
    """Something that only offers ``__array__``."""

    def __init__(self, values):
        self.values = np.asarray(values)

    def __array__(self, dtype=None, copy=None):
        return np.array(self.values, dtype=dtype)

    def __len__(self):
        return len(self.values)


class Duck(ArrayLike):
    """An array of another library: a shape, a type, indexing, and ``__array__``."""

    shape = property(lambda self: self.values.shape)
    dtype = property(lambda self: self.values.dtype)
    ndim = property(lambda self: self.values.ndim)

    def __getitem__(self, key):
        return Duck(self.values[key])


class Interchange:
    """A frame that only offers the interchange protocol."""

    def __init__(self, values):
        self.frame = pd.DataFrame(values)

    def __dataframe__(self, nan_as_null=False, allow_copy=True):
        return self.frame.__dataframe__(nan_as_null, allow_copy)

    def __len__(self):
        return len(self.frame)


def objects(values):
    """Return an array of Python objects."""
    return np.array(np.asarray(values).tolist(), dtype=object)


def each(function, values):
    """Return an array of Python objects, made of numbers one by one."""
    made = np.empty(np.shape(values), dtype=object)
    for place, value in np.ndenumerate(values):
        made[place] = function(value.item())
    return made


def frame(values, names=NAMES, dtype=None):
    """Return a frame of pandas."""
    return pd.DataFrame(np.asarray(values), columns=names, dtype=dtype)


def with_first(made, value):
    """Return an array or a frame with another first value."""
    if isinstance(made, pd.DataFrame):
        made.iloc[0, 0] = value
    elif isinstance(made, pd.Series):
        made.iloc[0] = value
    else:
        made = made.copy()
        made.flat[0] = value
    return made


def structured(values):
    """Return a structured array with a field for every column."""
    values = np.asarray(values, dtype=float)
    columns = values.reshape(len(values), -1).T
    return np.rec.fromarrays(list(columns), names=NAMES[: len(columns)]).view(np.ndarray)


def masked(values, mask):
    """Return a masked array in which the first value is masked, or none."""
    made = np.ma.array(values, mask=False)
    if mask:
        made.mask.flat[0] = True
    return made


def ragged(values):
    """Return nested lists of which the last row is short."""
    rows = values.tolist()
    return [*rows[:-1], rows[-1][:-1]]


def wide(matrix):
    """Return a sparse matrix with indices of 64 bits."""
    matrix.indices, matrix.indptr = matrix.indices.astype("i8"), matrix.indptr.astype("i8")
    return matrix


def column(values, dtype=None):
    """Return a series of pandas with a name."""
    return pd.Series(values, name="target", dtype=dtype)
