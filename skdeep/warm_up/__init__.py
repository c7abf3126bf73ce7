"""Compile ahead of time, for example when building container images or before benchmarks."""

import time
from collections.abc import Iterable
from typing import NamedTuple

import numba
import numpy as np

from skdeep.engines.cpu.compiling import telling
from skdeep.engines.cpu.compiling.telling import COUNTS

__all__ = ["warm_up"]

#: The precisions that networks have.
PRECISIONS = ("float64", "float32")


class WarmUp(NamedTuple):
    """Result of `warm_up`.

    Attributes
    ----------
    fits : int
        Number of small fits that were run.
    compiled : int
        Number of functions that were compiled and cached on disk.
    loaded : int
        Number of functions that were loaded from the cache or the package.
    seconds : float
    """

    fits: int
    compiled: int
    loaded: int
    seconds: float


def _check(precisions, **switches):
    """Return the precisions as a list; raise if a parameter is invalid."""
    one = isinstance(precisions, str) or not isinstance(precisions, Iterable)
    kinds = [precisions] if one else list(precisions)
    for kind in kinds or [precisions]:
        if not isinstance(kind, str) or kind not in PRECISIONS:
            raise ValueError(f"precisions must be 'float32' or 'float64', or both. Got {kind!r}.")
    for name, value in switches.items():
        if not isinstance(value, bool | np.bool_):
            raise TypeError(f"{name} must be True or False. Got {value!r}.")
    return kinds


def warm_up(*, precisions=PRECISIONS, sparse=True, regularised=True):
    """Compile the functions that common fits and predictions need.

    Runs small fits and predictions with the losses, activations and solvers of scikit-learn. The
    compiled functions are cached on disk, in the package folder or the user's cache folder, and
    loaded by this and later processes. Other activations, losses and solvers are compiled by the
    first fit that uses them. With ``NUMBA_DISABLE_JIT=1`` nothing is compiled.

    Parameters
    ----------
    precisions : str or sequence of str, default=("float64", "float32")
        Precisions to compile for, of the features and networks.
    sparse : bool, default=True
        Whether to compile for sparse features as well.
    regularised : bool, default=True
        Whether to compile dropout, batch normalisation, penalties and limits of norms as well.

    Returns
    -------
    done : WarmUp
        Number of fits, of compiled functions and of loaded functions, and the time in seconds.

    Raises
    ------
    ValueError
        If a precision is neither "float32" nor "float64".
    TypeError
        If `sparse` or `regularised` is not a bool.

    Examples
    --------
    >>> import skdeep
    >>> done = skdeep.warm_up(precisions="float64", sparse=False, regularised=False)
    >>> done.fits > 0
    True
    """
    kinds = _check(precisions, sparse=sparse, regularised=regularised)
    if numba.config.DISABLE_JIT:  # nothing is compiled
        return WarmUp(0, 0, 0, 0.0)
    from skdeep.warm_up.cases import make_cases, run

    start, fits = time.perf_counter(), 0
    compiled, loaded = COUNTS.compiled, COUNTS.loaded
    with telling.silence():
        for case in make_cases(kinds, sparse, regularised):
            run(case)
            fits += 1
    seconds = time.perf_counter() - start
    return WarmUp(fits, COUNTS.compiled - compiled, COUNTS.loaded - loaded, seconds)
