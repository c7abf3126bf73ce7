"""Pair the float32 and the float64 form of a function."""

import functools

import numpy as np

#: Every function that has one form per precision; engines compile each form for their device.
FUNCTIONS = []


def by_precision(float32, float64):
    """Return one function that picks its form by the type of its argument.

    Parameters
    ----------
    float32, float64 : callable
        The function for ``np.float32`` and for ``np.float64`` (or ``float``) arguments.

    Returns
    -------
    function : callable
        With the two forms as attributes ``float32`` and ``float64``.

    Examples
    --------
    >>> import numpy as np
    >>> from skdeep.formulas.elementary import exp
    >>> exp(np.float32(0)).dtype, exp(0.0).dtype
    (dtype('float32'), dtype('float64'))
    """

    @functools.wraps(float64)
    def function(x):
        if isinstance(x, np.float32):
            return float32(x)
        return float64(np.float64(x))

    function.__name__ = function.__qualname__ = float64.__name__.removesuffix("64")
    function.float32, function.float64 = float32, float64
    FUNCTIONS.append(function)
    return function


def _machine_epsilon32(x):
    return np.float32(1.1920929e-07)


def _machine_epsilon64(x):
    """Return the gap between 1 and the next number of the precision of ``x``."""
    return np.float64(2.220446049250313e-16)


machine_epsilon = by_precision(_machine_epsilon32, _machine_epsilon64)


def constant(value):
    """Return a constant as a function that gives it in the precision of its argument.

    For constants that float32 does not hold exactly: ``np.float32(0.1)`` would be off by 1e-9 in
    float64 arithmetic, a bare ``0.1`` would turn float32 arithmetic into float64.

    Parameters
    ----------
    value : float

    Returns
    -------
    function : callable

    Examples
    --------
    >>> import numpy as np
    >>> from skdeep.formulas.elementary import constant
    >>> tenth = constant(0.1)
    >>> tenth(np.float32(2)).dtype, float(tenth(2.0))
    (dtype('float32'), 0.1)
    """
    single, double = np.float32(value), np.float64(value)

    def constant32(x):
        return single

    def constant64(x):
        return double

    return by_precision(constant32, constant64)
