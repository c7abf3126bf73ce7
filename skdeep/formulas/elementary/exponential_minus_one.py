"""``e^x - 1``, which keeps its digits near zero.

As in the exponential function ``e^x = 2^k e^r``, and ``e^x - 1 = 2^k (e^r - 1) + (2^k - 1)``. Where
``2^k`` itself would overflow, ``2^(k - 1)`` is taken and the result doubled.
"""

import numpy as np

from skdeep.formulas.elementary.exponential import (
    BIAS_32,
    BIAS_64,
    HIGHEST_32,
    HIGHEST_64,
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

ONE_32, ONE_64 = np.float32(1), np.float64(1)
STEP_32, STEP_64 = np.int32(1), np.int64(1)
# Below these, the result is -1 to the last bit.
LOWEST_32, LOWEST_64 = np.float32(-20), np.float64(-40)
# The largest k for which 2^k is finite.
LARGEST_32, LARGEST_64 = np.float32(127), np.float64(1023)


def expm132(x):
    """Return ``e^x - 1`` in float32."""
    x = LOWEST_32 if x < LOWEST_32 else x
    x = HIGHEST_32 if x > HIGHEST_32 else x
    shifted = x * LOG2_E_32 + ROUND_32
    k = np.float32(shifted).view(np.int32) - ROUND_BITS_32
    rounded = shifted - ROUND_32
    r = (x - rounded * LN2_HIGH_32) - rounded * LN2_LOW_32
    huge = rounded > LARGEST_32
    k = k - STEP_32 if huge else k
    power = np.int32((k + BIAS_32) << SHIFT_32).view(np.float32)
    y = power * expm1_reduced32(r) + (power - ONE_32)
    return y + y if huge else y


def expm164(x):
    """Return ``e^x - 1``, accurate near zero too.

    Parameters
    ----------
    x : np.float32 or np.float64
        The exponent.

    Returns
    -------
    y : float of the same type
        ``e^x - 1``: ``inf`` above the range, -1 far below zero, NaN for NaN.

    Examples
    --------
    >>> from skdeep.formulas.elementary import expm1
    >>> float(expm1(1e-20))
    1e-20
    """
    x = LOWEST_64 if x < LOWEST_64 else x
    x = HIGHEST_64 if x > HIGHEST_64 else x
    shifted = x * LOG2_E_64 + ROUND_64
    k = np.float64(shifted).view(np.int64) - ROUND_BITS_64
    rounded = shifted - ROUND_64
    r = (x - rounded * LN2_HIGH_64) - rounded * LN2_LOW_64
    huge = rounded > LARGEST_64
    k = k - STEP_64 if huge else k
    power = np.int64((k + BIAS_64) << SHIFT_64).view(np.float64)
    y = power * expm1_reduced64(r) + (power - ONE_64)
    return y + y if huge else y


expm1 = by_precision(expm132, expm164)
