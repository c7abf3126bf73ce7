"""Functions in pairs, of which compiled code gets the one for the type of its task.

The other one is not compiled along: dense tasks do without the code for sparse rows, and plain ones
without that for batch normalisation, dropout and the like.
"""

import numba
from numba import types
from numba.extending import overload

from skdeep.engines.cpu.jit import INNER_OPTIONS


def by_features(dense, sparse):
    """Return one function that picks its form by the type of ``task.features``.

    Parameters
    ----------
    dense, sparse : callable
        Plain functions ``(task, arguments)``.

    Returns
    -------
    function : callable
    """
    return _pair(dense, sparse, "features", 1)


def by_extension(plain, extended):
    """Return one function that picks its form by the type of ``task.extended``.

    Parameters
    ----------
    plain, extended : callable
        Plain functions ``(task, arguments)``, of which the second is for tasks with regularisation
        or normalisation.

    Returns
    -------
    function : callable
    """
    return _pair(plain, extended, "extended", 1)


def by_limits(plain, limited):
    """Return one function that picks its form by the length of ``task.extended``.

    Parameters
    ----------
    plain, limited : callable
        Plain functions ``(task, arguments)``, of which the second is for tasks that need the
        gradient of all weights before any is changed.

    Returns
    -------
    function : callable
    """
    return _pair(plain, limited, "extended", 2)


def _pair(first, second, field, length):
    """Return a function that is the second where a field of the task is a tuple of some length."""

    def function(task, arguments):
        value = getattr(task, field)
        long_enough = isinstance(value, tuple) and len(value) >= length
        return (second if long_enough else first)(task, arguments)

    if not numba.config.DISABLE_JIT:

        @overload(function, strict=False, jit_options=INNER_OPTIONS)
        def choose(task, arguments):
            found = task.types[task.fields.index(field)]
            long_enough = isinstance(found, types.BaseTuple) and found.count >= length
            return second if long_enough else first

    return function
