"""Large arrays are checked for NaN and infinities by several threads.

`sklearn.utils.check_array` sums an array: the sum is finite if all numbers are, but for overflow.
One thread of a large machine is slower at that than a GPU, or all cores, at predicting.
"""

import concurrent.futures
import itertools

import numpy as np
from sklearn import get_config

from skdeep.engines.cpu.threads.team import available_threads

#: The least bytes for which threads are begun, and the least of a thread.
LEAST_BYTES, BYTES_OF_A_THREAD = 1 << 25, 1 << 23


def known_to_be_finite(X):
    """Return whether a large array of floats holds finite numbers alone.

    Parameters
    ----------
    X : object
        Whatever a user has passed.

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
    n_threads = min(available_threads(), X.nbytes // BYTES_OF_A_THREAD, len(X))
    if n_threads < 2:
        return False
    ends = np.linspace(0, len(X), n_threads + 1).astype(int)
    parts = [X[begin:end] for begin, end in itertools.pairwise(ends)]
    with concurrent.futures.ThreadPoolExecutor(n_threads, "skdeep-finite") as threads:
        return all(threads.map(_has_finite_sum, parts))


def _has_finite_sum(X):
    with np.errstate(over="ignore", invalid="ignore"):
        return bool(np.isfinite(X.sum()))
