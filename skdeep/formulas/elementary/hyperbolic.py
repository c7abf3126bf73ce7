"""The hyperbolic tangent ``(e^x - e^-x) / (e^x + e^-x)``.

With ``t = e^(2|x|) - 1`` it is ``t / (t + 2)``, signed as ``x``; ``t`` comes from the reduced
argument of the exponential, ``t = 2^k (e^r - 1) + (2^k - 1)``, so that small arguments keep all
their digits.
"""

import numpy as np

from skdeep.formulas.elementary.exponential import (
    BIAS_32,
    BIAS_64,
    LN2_HIGH_32,
    LN2_HIGH_64,
    LN2_LOW_32,
    LN2_LOW_64,
    LOG2_E_32,
    LOG2_E_64,
    ROUND_32,
    ROUND_64,
    ROUND_BITS_32,
    ROUND_BITS_64,
    SHIFT_32,
    SHIFT_64,
    expm1_reduced32,
    expm1_reduced64,
)
from skdeep.formulas.elementary.precision import by_precision

ZERO_32, ONE_32, TWO_32 = np.float32(0), np.float32(1), np.float32(2)
ZERO_64, ONE_64, TWO_64 = np.float64(0), np.float64(1), np.float64(2)
# Beyond these, 2|x| gives 1 to the last bit.
HIGHEST_32, HIGHEST_64 = np.float32(20), np.float64(44)


def tanh32(x):
    """Return the hyperbolic tangent in float32."""
    double = TWO_32 * (-x if x < ZERO_32 else x)
    double = HIGHEST_32 if double > HIGHEST_32 else double
    shifted = double * LOG2_E_32 + ROUND_32
    k = np.float32(shifted).view(np.int32) - ROUND_BITS_32
    rounded = shifted - ROUND_32
    r = (double - rounded * LN2_HIGH_32) - rounded * LN2_LOW_32
    power = np.int32((k + BIAS_32) << SHIFT_32).view(np.float32)
    t = power * expm1_reduced32(r) + (power - ONE_32)
    y = t / (t + TWO_32)
    return -y if x < ZERO_32 else y


def tanh64(x):
    """Return the hyperbolic tangent.

    Parameters
    ----------
    x : np.float32 or np.float64
        The argument.

    Returns
    -------
    y : float of the same type
        Between -1 and 1.

    Examples
    --------
    >>> from skdeep.formulas.elementary import tanh
    >>> round(float(tanh(1.0)), 12)
    0.761594155956
    """
    double = TWO_64 * (-x if x < ZERO_64 else x)
    double = HIGHEST_64 if double > HIGHEST_64 else double
    shifted = double * LOG2_E_64 + ROUND_64
    k = np.float64(shifted).view(np.int64) - ROUND_BITS_64
    rounded = shifted - ROUND_64
    r = (double - rounded * LN2_HIGH_64) - rounded * LN2_LOW_64
    power = np.int64((k + BIAS_64) << SHIFT_64).view(np.float64)
    t = power * expm1_reduced64(r) + (power - ONE_64)
    y = t / (t + TWO_64)
    return -y if x < ZERO_64 else y


tanh = by_precision(tanh32, tanh64)
