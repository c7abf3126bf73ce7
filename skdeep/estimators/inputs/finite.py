"""Large arrays are checked for NaN and infinities by several threads.

`sklearn.utils.check_array` sums an array: the sum is finite if all numbers are, but for overflow.
One thread of a large machine is slower at that than a GPU, or all cores, at predicting.
"""

import itertools

import numpy as np
from sklearn import get_config

from skdeep.engines.cpu.threads.team import available_threads, run_each

#: The least bytes for which other threads are asked, the least of a thread, and the most threads:
#: a few have all the bandwidth that the memory has.
LEAST_BYTES, BYTES_OF_A_THREAD, MOST_THREADS = 1 << 25, 1 << 23, 16


def known_to_be_finite(X, n_threads=None):
    """Return whether a large array of floats holds finite numbers alone.

    Parameters
    ----------
    X : object
        Whatever a user has passed.
    n_threads : int or None, default=None
        Most threads; None for as many as there are.

    Returns
    -------
    finite : bool
        False also where that is not known: for anything but a large array of float32 or float64,
        and where the sum of finite numbers overflows.
    """
    if type(X) is not np.ndarray or X.dtype not in (np.float32, np.float64) or X.ndim < 2:
        return False
    if X.nbytes < LEAST_BYTES or get_config()["assume_finite"]:
        return False
    most = min(n_threads or available_threads(), MOST_THREADS)
    n_parts = min(most, X.nbytes // BYTES_OF_A_THREAD, len(X))
    if n_parts < 2:
        return False
    ends = np.linspace(0, len(X), n_parts + 1).astype(int)
    parts = [X[begin:end] for begin, end in itertools.pairwise(ends)]
    return all(run_each(has_finite_sum, parts, n_parts))


def has_finite_sum(X):
    """Return whether the sum of an array of floats is finite, and so are all its numbers.

    Parameters
    ----------
    X : array

    Returns
    -------
    finite : bool
        False also where the sum of finite numbers overflows.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        return bool(np.isfinite(X.sum()))
