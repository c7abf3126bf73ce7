"""The exponential function.

``e^x = 2^k e^r`` with ``k = round(x / ln 2)`` and ``r = x - k ln 2``, ``|r| <= ln(2) / 2``.
``r`` is formed with ``ln 2`` split in two (Cody & Waite 1980) and ``e^r - 1`` is a Taylor
polynomial, cut where its error falls below half an ulp. ``2^k`` is applied in two factors, so that
results beyond the range of normal numbers overflow to infinity and underflow through the denormals
to zero.
"""

import numpy as np

from skdeep.formulas.elementary.precision import by_precision

F = np.float32
D = np.float64

LOG2_E_32, LN2_HIGH_32, LN2_LOW_32 = F(1.44269504), F(0.693359375), F(-2.12194440e-4)
LOG2_E_64 = D(1.4426950408889634)
LN2_HIGH_64, LN2_LOW_64 = D(6.93147180369123816490e-01), D(1.90821492927058770002e-10)
# Adding and subtracting 1.5 * 2^(mantissa bits) rounds to an integer, which the low bits then hold.
ROUND_32, ROUND_64 = F(12582912.0), D(6755399441055744.0)
ROUND_BITS_32, ROUND_BITS_64 = ROUND_32.view(np.int32), ROUND_64.view(np.int64)
ONE_32, HALF_32 = F(1), F(0.5)
ONE_64, HALF_64 = D(1), D(0.5)

C32_3, C32_4, C32_5, C32_6, C32_7 = F(1 / 6), F(1 / 24), F(1 / 120), F(1 / 720), F(1 / 5040)
C64_3, C64_4, C64_5, C64_6 = D(1 / 6), D(1 / 24), D(1 / 120), D(1 / 720)
C64_7, C64_8, C64_9, C64_10 = D(1 / 5040), D(1 / 40320), D(1 / 362880), D(1 / 3628800)
C64_11, C64_12, C64_13 = D(1 / 39916800), D(1 / 479001600), D(1 / 6227020800)

LOWEST_32, HIGHEST_32 = F(-105), F(89)
LOWEST_64, HIGHEST_64 = D(-746), D(710)
BIAS_32, BIAS_64 = np.int32(127), np.int64(1023)
SHIFT_32, SHIFT_64 = np.int32(23), np.int64(52)
HALVE_32, HALVE_64 = np.int32(1), np.int64(1)


def expm1_reduced32(r):
    """Return ``e^r - 1`` for ``|r| <= ln(2) / 2`` in float32."""
    p = C32_6 + r * C32_7
    p = C32_5 + r * p
    p = C32_4 + r * p
    p = C32_3 + r * p
    p = HALF_32 + r * p
    return r + r * r * p


def expm1_reduced64(r):
    """Return ``e^r - 1`` for ``|r| <= ln(2) / 2`` in float64."""
    p = C64_12 + r * C64_13
    p = C64_11 + r * p
    p = C64_10 + r * p
    p = C64_9 + r * p
    p = C64_8 + r * p
    p = C64_7 + r * p
    p = C64_6 + r * p
    p = C64_5 + r * p
    p = C64_4 + r * p
    p = C64_3 + r * p
    p = HALF_64 + r * p
    return r + r * r * p


def exp32(x):
    """Return ``e^x`` in float32."""
    x = min(max(x, LOWEST_32), HIGHEST_32)
    shifted = x * LOG2_E_32 + ROUND_32
    k = np.float32(shifted).view(np.int32) - ROUND_BITS_32
    rounded = shifted - ROUND_32
    r = (x - rounded * LN2_HIGH_32) - rounded * LN2_LOW_32
    half = k >> HALVE_32
    first = np.int32((half + BIAS_32) << SHIFT_32).view(np.float32)
    second = np.int32((k - half + BIAS_32) << SHIFT_32).view(np.float32)
    return (ONE_32 + expm1_reduced32(r)) * first * second


def exp64(x):
    """Return ``e^x``.

    Parameters
    ----------
    x : np.float32 or np.float64
        The exponent.

    Returns
    -------
    y : float of the same type
        ``e^x``: ``inf`` above the range, denormals and then 0 below it, NaN for NaN.

    Examples
    --------
    >>> from skdeep.formulas.elementary import exp
    >>> float(exp(1.0))
    2.718281828459045
    """
    x = min(max(x, LOWEST_64), HIGHEST_64)
    shifted = x * LOG2_E_64 + ROUND_64
    k = np.float64(shifted).view(np.int64) - ROUND_BITS_64
    rounded = shifted - ROUND_64
    r = (x - rounded * LN2_HIGH_64) - rounded * LN2_LOW_64
    half = k >> HALVE_64
    first = np.int64((half + BIAS_64) << SHIFT_64).view(np.float64)
    second = np.int64((k - half + BIAS_64) << SHIFT_64).view(np.float64)
    return (ONE_64 + expm1_reduced64(r)) * first * second


exp = by_precision(exp32, exp64)
