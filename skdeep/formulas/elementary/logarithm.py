"""The natural logarithm.

``log x = k ln 2 + log m`` with ``x = 2^k m`` and ``sqrt(1/2) <= m < sqrt(2)``; with
``s = f / (2 + f)`` and ``f = m - 1``, ``log m = 2 artanh s = 2 (s + s^3/3 + s^5/5 + ...)``,
arranged as ``f - (f^2/2 - s (f^2/2 + R(s^2)))`` so that no digits are lost (the arrangement of
fdlibm's ``e_log.c``, Sun Microsystems 1993).
"""

import numpy as np

from skdeep.formulas.elementary.precision import by_precision

F = np.float32
D = np.float64

ZERO_32, ONE_32, TWO_32, HALF_32 = F(0), F(1), F(2), F(0.5)
ZERO_64, ONE_64, TWO_64, HALF_64 = D(0), D(1), D(2), D(0.5)
LN2_HIGH_32, LN2_LOW_32 = F(0.693359375), F(-2.12194440e-4)
LN2_HIGH_64, LN2_LOW_64 = D(6.93147180369123816490e-01), D(1.90821492927058770002e-10)
INFINITY_32, INFINITY_64 = F(np.inf), D(np.inf)
NAN_32, NAN_64 = F(np.nan), D(np.nan)
# Denormals are lifted into the normal range first.
SMALLEST_32, SMALLEST_64 = F(1.17549435e-38), D(2.2250738585072014e-308)
LIFT_32, LIFT_64 = F(2.0**25), D(2.0**54)
LIFT_BITS_32, LIFT_BITS_64 = F(25), D(54)
# The bits of sqrt(1/2): subtracting them puts the mantissa into [sqrt(1/2), sqrt(2)).
ROOT_32, ROOT_64 = np.int32(0x3F3504F3), np.int64(0x3FE6A09E667F3BCD)
SHIFT_32, SHIFT_64 = np.int32(23), np.int64(52)
# float(k) for the small integers k in the low bits: the same magic number as in exp.
ROUND_32, ROUND_64 = F(12582912.0), D(6755399441055744.0)
ROUND_BITS_32, ROUND_BITS_64 = ROUND_32.view(np.int32), ROUND_64.view(np.int64)
C32_1, C32_2, C32_3, C32_4 = F(2 / 3), F(2 / 5), F(2 / 7), F(2 / 9)
C64_1, C64_2, C64_3, C64_4 = D(2 / 3), D(2 / 5), D(2 / 7), D(2 / 9)
C64_5, C64_6, C64_7, C64_8 = D(2 / 11), D(2 / 13), D(2 / 15), D(2 / 17)
C64_9, C64_10 = D(2 / 19), D(2 / 21)


def log_scaled32(f, exponent):
    """Return ``log(2^exponent (1 + f))`` for ``sqrt(1/2) <= 1 + f < sqrt(2)`` in float32."""
    s = f / (TWO_32 + f)
    z = s * s
    rest = z * (C32_1 + z * (C32_2 + z * (C32_3 + z * C32_4)))
    half = HALF_32 * f * f
    y = exponent * LN2_LOW_32 + s * (half + rest)
    return exponent * LN2_HIGH_32 - ((half - y) - f)


def log32(x):
    """Return the natural logarithm in float32."""
    tiny = x < SMALLEST_32
    lifted = x * LIFT_32 if tiny else x
    bits = np.float32(lifted).view(np.int32)
    k = np.int32(bits - ROOT_32) >> SHIFT_32
    m = np.int32(bits - (k << SHIFT_32)).view(np.float32)
    exponent = np.int32(k + ROUND_BITS_32).view(np.float32) - ROUND_32
    exponent = exponent - LIFT_BITS_32 if tiny else exponent
    y = log_scaled32(m - ONE_32, exponent)
    y = x if x == INFINITY_32 else y
    y = y if x > ZERO_32 else NAN_32
    return -INFINITY_32 if x == ZERO_32 else y


def log_scaled64(f, exponent):
    """Return ``log(2^exponent (1 + f))`` for ``sqrt(1/2) <= 1 + f < sqrt(2)`` in float64."""
    s = f / (TWO_64 + f)
    z = s * s
    rest = C64_8 + z * (C64_9 + z * C64_10)
    rest = C64_4 + z * (C64_5 + z * (C64_6 + z * (C64_7 + z * rest)))
    rest = z * (C64_1 + z * (C64_2 + z * (C64_3 + z * rest)))
    half = HALF_64 * f * f
    y = exponent * LN2_LOW_64 + s * (half + rest)
    return exponent * LN2_HIGH_64 - ((half - y) - f)


def log64(x):
    """Return the natural logarithm.

    Parameters
    ----------
    x : np.float32 or np.float64
        The argument.

    Returns
    -------
    y : float of the same type
        ``log x``: ``-inf`` at 0, NaN below 0.

    Examples
    --------
    >>> from skdeep.formulas.elementary import log
    >>> float(log(10.0))
    2.302585092994046
    """
    tiny = x < SMALLEST_64
    lifted = x * LIFT_64 if tiny else x
    bits = np.float64(lifted).view(np.int64)
    k = (bits - ROOT_64) >> SHIFT_64
    m = np.int64(bits - (k << SHIFT_64)).view(np.float64)
    exponent = np.int64(k + ROUND_BITS_64).view(np.float64) - ROUND_64
    exponent = exponent - LIFT_BITS_64 if tiny else exponent
    y = log_scaled64(m - ONE_64, exponent)
    y = x if x == INFINITY_64 else y
    y = y if x > ZERO_64 else NAN_64
    return -INFINITY_64 if x == ZERO_64 else y


log = by_precision(log32, log64)
