"""The logistic function ``1 / (1 + e^-x)``.

Computed as ``e^x / (1 + e^x)`` below zero, so that small results keep all their digits.
"""

import numpy as np

from skdeep.formulas.elementary.exponential import exp32, exp64
from skdeep.formulas.elementary.precision import by_precision

ZERO_32, ONE_32 = np.float32(0), np.float32(1)
ZERO_64, ONE_64 = np.float64(0), np.float64(1)


def logistic32(x):
    """Return the logistic function in float32."""
    e = exp32(x if x < ZERO_32 else -x)
    return (e if x < ZERO_32 else ONE_32) / (ONE_32 + e)


def logistic64(x):
    """Return the logistic function ``1 / (1 + e^-x)``.

    Parameters
    ----------
    x : np.float32 or np.float64
        The argument.

    Returns
    -------
    y : float of the same type
        Between 0 and 1.

    Examples
    --------
    >>> from skdeep.formulas.elementary import logistic
    >>> float(logistic(0.0))
    0.5
    """
    e = exp64(x if x < ZERO_64 else -x)
    return (e if x < ZERO_64 else ONE_64) / (ONE_64 + e)


logistic = by_precision(logistic32, logistic64)
