"""Compile ahead what common fits and predictions need: for container images, before benchmarks."""

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
    """What `warm_up` has done.

    Attributes
    ----------
    fits : int
        Tiny fits that were made.
    compiled : int
        Functions compiled by them, and kept on disk.
    loaded : int
        Functions that were on disk, or came with the package.
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
    """Compile what common fits and predictions need, so that later ones need not.

    It makes tiny fits and predictions with scikit-learn's losses, activations and solvers. What
    they compile is kept on disk, beside the package or in the user's cache folder, and this process
    and later ones load it. A second call has nothing to compile. Activations, losses and solvers
    beyond scikit-learn's are compiled when a fit first uses them. Where ``NUMBA_DISABLE_JIT=1``,
    there is nothing to do.

    Parameters
    ----------
    precisions : str or sequence of str, default=("float64", "float32")
        Of the features, hence of the networks.
    sparse : bool, default=True
        Whether to make ready for sparse features, too.
    regularised : bool, default=True
        Whether to make ready for dropout, batch normalisation, penalties and limited norms, too.

    Returns
    -------
    done : WarmUp
        How many tiny fits were made, how many functions they compiled and loaded, and the seconds
        that took.

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
