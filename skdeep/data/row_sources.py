"""Sources of rows: arrays on disk, and functions that make chunks."""

from abc import ABCMeta, abstractmethod
from typing import NamedTuple

import numpy as np

#: Bytes that a source holds at most, where none are given.
MAX_BYTES = 256 * 2**20
#: Of the rows in memory there are about so many copies: as they are read, checked and converted,
#: and in the order of a mini-batch.
COPIES = 4
#: Blocks of rows next to each other that make up a chunk, where rows are shuffled.
BLOCKS = 16


class Chunk(NamedTuple):
    """Some rows.

    Attributes
    ----------
    X : array, sparse matrix or frame of shape (n_rows, n_features)
    y : array of shape (n_rows,) or (n_rows, n_outputs)
    weights : array of shape (n_rows,) or None
    """

    X: object
    y: object
    weights: object = None


class RowSource(metaclass=ABCMeta):
    """Rows that are read chunk by chunk; `from_parquet` and others make objects of this class.

    ``fit`` of `MLPClassifier` and `MLPRegressor` takes one in the place of X, without y.

    Examples
    --------
    >>> import numpy as np
    >>> from skdeep.data import RowSource, from_arrays
    >>> isinstance(from_arrays(np.ones((3, 2)), np.arange(3)), RowSource)
    True
    """

    def __array__(self, dtype=None, copy=None):
        """Refuse to make an array of all rows."""
        raise TypeError(
            "Rows that are read chunk by chunk are no array: only fit takes them. Other methods "
            "take the X of chunks, over which read_chunks() iterates."
        )

    @abstractmethod
    def read_chunks(self, random_state=None):
        """Read all rows once.

        Parameters
        ----------
        random_state : numpy.random.RandomState or None, default=None
            What the order of the rows is drawn from; None for that of the source.

        Yields
        ------
        chunk : Chunk
        """


def check_bytes(max_bytes):
    """Check a number of bytes.

    Parameters
    ----------
    max_bytes : object

    Returns
    -------
    max_bytes : int

    Raises
    ------
    ValueError
        If it is no integer from 4096 on.
    """
    whole = isinstance(max_bytes, int | np.integer) and not isinstance(max_bytes, bool)
    if not whole or max_bytes < 4096:
        raise ValueError(f"max_bytes must be an integer from 4096 on, got {max_bytes!r}.")
    return int(max_bytes)


def rows_of_chunk(n_columns, max_bytes):
    """Return how many rows of float64 may be in memory at a time.

    Parameters
    ----------
    n_columns : int
        Features, targets and weights together.
    max_bytes : int

    Returns
    -------
    n_rows : int

    Raises
    ------
    ValueError
        If there is not enough memory for one row.
    """
    bytes_of_row = 8 * n_columns * COPIES
    if max_bytes < bytes_of_row:
        raise ValueError(
            f"max_bytes must be {bytes_of_row} at least, for one row of {n_columns} columns and "
            f"its copies, got {max_bytes}."
        )
    return max_bytes // bytes_of_row


class ArraySource(RowSource):
    """Rows of arrays on disk. Made by `from_arrays`."""

    def __init__(self, X, y, sample_weight, max_bytes):
        self.X, self.y, self.sample_weight, self.max_bytes = X, y, sample_weight, max_bytes

    def read_chunks(self, random_state=None):
        """Read all rows once, in blocks of rows next to each other."""
        n_chunk = rows_of_chunk(_n_columns(self.X, self.y), self.max_bytes)
        n_blocks = 1 if random_state is None else min(BLOCKS, n_chunk)
        n_block = n_chunk // n_blocks
        starts = np.arange(0, self.X.shape[0], n_block)
        if random_state is not None:
            random_state.shuffle(starts)
        for first in range(0, len(starts), n_blocks):
            blocks = sorted(starts[first : first + n_blocks])
            slices = [slice(start, start + n_block) for start in blocks]
            yield Chunk(*(_read(each, slices) for each in (self.X, self.y, self.sample_weight)))


def _n_columns(X, y):
    """Return how many numbers a row has: features, targets and a weight."""
    return int(np.prod(X.shape[1:])) + int(np.prod(y.shape[1:])) + 1


def _read(array, slices):
    if array is None:
        return None
    parts = [np.asarray(array[each]) for each in slices]
    # Of arrays on disk, the rows are copied: their pages need not stay in memory.
    return np.concatenate(parts) if len(parts) > 1 else np.array(parts[0])


def from_arrays(X, y, sample_weight=None, *, max_bytes=MAX_BYTES):
    """Return rows of arrays on disk, which are read chunk by chunk.

    Parameters
    ----------
    X : array-like of shape (n_samples, n_features)
        With a shape, and slices of rows that `numpy.asarray` makes arrays of: `numpy.memmap`, or
        the arrays of Zarr and h5py.
    y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        Likewise.
    sample_weight : array-like of shape (n_samples,), default=None
        Weights of the samples.
    max_bytes : int, default=268435456
        Most bytes that the rows in memory take at a time, their copies included. Labels are
        counted as one number each: beyond some ten classes, or as long strings, they take more.

    Returns
    -------
    source : RowSource
        Read in a new order in every epoch of a fit: 16 blocks of rows next to each other are in
        memory at a time, and their rows are shuffled together.

    Raises
    ------
    ValueError
        If X and y have different numbers of rows, or `max_bytes` is too small, also for one row.
    TypeError
        If they have no shape.

    Examples
    --------
    >>> import numpy as np
    >>> from skdeep import MLPRegressor
    >>> from skdeep.data import from_arrays
    >>> X = np.linspace(0, 1, 300).reshape(100, 3)
    >>> source = from_arrays(X, X.sum(axis=1), max_bytes=8192)
    >>> net = MLPRegressor(hidden_layer_sizes=(5,), tol=1, random_state=0).fit(source)
    >>> net.predict(X).shape
    (100,)
    """
    arrays = {"X": X, "y": y, "sample_weight": sample_weight}
    for name, array in arrays.items():
        if array is None and name == "sample_weight":
            continue
        if not hasattr(array, "shape") or not hasattr(array, "__getitem__"):
            raise TypeError(
                f"{name} must be an array with a shape and slices of rows, got {type(array)!r}."
            )
        if array.shape[:1] != X.shape[:1]:
            raise ValueError(
                "Found input variables with inconsistent numbers of samples: "
                f"{[X.shape[0], *array.shape[:1]]} (X and {name})"
            )
    rows_of_chunk(_n_columns(X, y), check_bytes(max_bytes))
    return ArraySource(X, y, sample_weight, int(max_bytes))


class FunctionSource(RowSource):
    """Rows of chunks that a function makes. Made by `from_chunks`."""

    def __init__(self, make_chunks):
        self.make_chunks = make_chunks

    def read_chunks(self, random_state=None):
        """Read the chunks that the function makes, in their order."""
        for number, chunk in enumerate(self.make_chunks()):
            if not isinstance(chunk, tuple) or len(chunk) not in (2, 3):
                raise TypeError(
                    f"Chunk {number} must be a tuple of X and y, or of X, y and the weights of the "
                    f"samples, got {type(chunk)!r}."
                )
            yield Chunk(*chunk)


def from_chunks(make_chunks):
    """Return the rows of chunks that a function makes, for every epoch anew.

    Parameters
    ----------
    make_chunks : callable
        ``make_chunks()`` returns an iterator of tuples ``(X, y)`` or ``(X, y, sample_weight)``:
        arrays, sparse matrices or frames. Their order is that of the epochs; the rows of a chunk
        are shuffled. It must give the same rows every time.

    Returns
    -------
    source : RowSource

    Raises
    ------
    TypeError
        If it is no function: an iterator could be read only once.

    Examples
    --------
    >>> import numpy as np
    >>> from skdeep import MLPClassifier
    >>> from skdeep.data import from_chunks
    >>> def make_chunks():
    ...     for seed in range(3):
    ...         X = np.random.RandomState(seed).normal(size=(50, 4))
    ...         yield X, (X[:, 0] > 0).astype(int)
    >>> net = MLPClassifier((5,), tol=1, random_state=0).fit(from_chunks(make_chunks))
    >>> net.classes_
    array([0, 1])
    """
    if not callable(make_chunks):
        raise TypeError(
            "make_chunks must be a function that returns an iterator of chunks, since every epoch "
            f"reads them anew, got {type(make_chunks)!r}."
        )
    return FunctionSource(make_chunks)
