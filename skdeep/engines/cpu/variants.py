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
    return _pair(dense, sparse, "features", types.BaseNamedTuple, tuple)


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
    return _pair(plain, extended, "extended", types.BaseTuple, tuple)


def _pair(first, second, field, numba_kind, kind):
    """Return a function that is the second where a field of the task is of some kind."""

    def function(task, arguments):
        chosen = second if isinstance(getattr(task, field), kind) else first
        return chosen(task, arguments)

    if not numba.config.DISABLE_JIT:

        @overload(function, strict=False, jit_options=INNER_OPTIONS)
        def choose(task, arguments):
            found = task.types[task.fields.index(field)]
            return second if isinstance(found, numba_kind) else first

    return function
