"""Functions in pairs, of which a routine gets the one for the features of its task.

The other one is not compiled along: routines of dense tasks do without the code for sparse rows.
"""

import numba
from numba.extending import overload

from skdeep.engines.cpu.compiling.jit import INNER_OPTIONS


def by_features(dense, sparse):
    """Return one function that is the second where the features are sparse.

    Parameters
    ----------
    dense, sparse : callable
        Plain functions ``(task, arguments)``.

    Returns
    -------
    function : callable
    """
    return _pair(dense, sparse, lambda kind: kind.sparse, lambda task: task.indptr.size > 1)


def by_dropped_features(stored, kept):
    """Return one function that is the second where some sparse features are dropped.

    Parameters
    ----------
    stored, kept : callable
        Plain functions ``(task, arguments)``.

    Returns
    -------
    function : callable
    """
    return _pair(stored, kept, lambda kind: kind.drops, lambda task: task.plan.drop_features != 0)


def _pair(first, second, is_second, is_second_in_python):
    def function(task, arguments):
        return (second if is_second_in_python(task) else first)(task, arguments)

    if not numba.config.DISABLE_JIT:

        @overload(function, strict=False, jit_options=INNER_OPTIONS)
        def choose(task, arguments):
            return second if is_second(task) else first

    return function
