"""``log(1 + x)``, which keeps its digits near zero.

As in the logarithm ``1 + x = 2^k (1 + f)``, with ``k`` from the rounded sum ``1 + x`` but
``f = 2^-k x + (2^-k - 1)`` from ``x`` itself, so that ``f = x`` near zero.
"""

import numpy as np

from skdeep.formulas.elementary.logarithm import (
    HALF_32,
    HALF_64,
    INFINITY_32,
    INFINITY_64,
    NAN_32,
    NAN_64,
    ONE_32,
    ONE_64,
    ROOT_32,
    ROOT_64,
    ROUND_32,
    ROUND_64,
    ROUND_BITS_32,
    ROUND_BITS_64,
    SHIFT_32,
    SHIFT_64,
    TWO_32,
    TWO_64,
    log_scaled32,
    log_scaled64,
)
from skdeep.formulas.elementary.precision import by_precision

# Subtracting k from the exponent of 2 gives 2^(1 - k), which is still a number at the largest k.
TWO_BITS_32, TWO_BITS_64 = TWO_32.view(np.int32), TWO_64.view(np.int64)


def log1p32(x):
    """Return ``log(1 + x)`` in float32."""
    k = np.int32(np.float32(ONE_32 + x).view(np.int32) - ROOT_32) >> SHIFT_32
    exponent = np.int32(k + ROUND_BITS_32).view(np.float32) - ROUND_32
    scale = k << SHIFT_32
    scaled = np.int32(np.float32(x).view(np.int32) - scale).view(np.float32)
    double = np.int32(TWO_BITS_32 - scale).view(np.float32)
    y = log_scaled32(scaled + (HALF_32 * double - ONE_32), exponent)
    y = x if x == INFINITY_32 else y
    y = y if x > -ONE_32 else NAN_32
    return -INFINITY_32 if x == -ONE_32 else y


def log1p64(x):
    """Return ``log(1 + x)``, accurate near zero too.

    Parameters
    ----------
    x : np.float32 or np.float64
        The argument.

    Returns
    -------
    y : float of the same type
        ``log(1 + x)``: ``-inf`` at -1, NaN below -1.

    Examples
    --------
    >>> from skdeep.formulas.elementary import log1p
    >>> float(log1p(1e-20))
    1e-20
    """
    k = (np.float64(ONE_64 + x).view(np.int64) - ROOT_64) >> SHIFT_64
    exponent = np.int64(k + ROUND_BITS_64).view(np.float64) - ROUND_64
    scale = k << SHIFT_64
    scaled = np.int64(np.float64(x).view(np.int64) - scale).view(np.float64)
    double = np.int64(TWO_BITS_64 - scale).view(np.float64)
    y = log_scaled64(scaled + (HALF_64 * double - ONE_64), exponent)
    y = x if x == INFINITY_64 else y
    y = y if x > -ONE_64 else NAN_64
    return -INFINITY_64 if x == -ONE_64 else y


log1p = by_precision(log1p32, log1p64)
