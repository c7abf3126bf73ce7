"""Sine and cosine of an angle in turns, ``sin(2 pi x)`` and ``cos(2 pi x)``.

Whole turns change nothing, so ``f = x - round(x)`` is exact, unlike the reduction of an angle in
radians. Reflected into a quarter of a turn, ``|g| <= 1/4``, the sine is a Taylor polynomial, cut
where its error falls below half an ulp.
"""

import math

import numpy as np

from skdeep.formulas.elementary.exponential import ROUND_32, ROUND_64
from skdeep.formulas.elementary.precision import by_precision

F = np.float32
D = np.float64

#: From here on, numbers are taken as whole turns: adding the constant above no longer rounds them.
WHOLE_32, WHOLE_64 = F(2**22), D(2**51)
HALF_32, QUARTER_32 = F(0.5), F(0.25)
HALF_64, QUARTER_64 = D(0.5), D(0.25)
TWO_PI_32, TWO_PI_64 = F(2 * math.pi), D(2 * math.pi)

S32_3, S32_5, S32_7, S32_9, S32_11, S32_13 = (
    F((-1) ** (k // 2) / math.factorial(k)) for k in range(3, 14, 2)
)
S64_3, S64_5, S64_7, S64_9, S64_11, S64_13, S64_15, S64_17, S64_19, S64_21, S64_23 = (
    D((-1) ** (k // 2) / math.factorial(k)) for k in range(3, 24, 2)
)


def sine_of_quarter32(g):
    """Return ``sin(2 pi g)`` for ``|g| <= 1/4`` in float32."""
    x = TWO_PI_32 * g
    y = x * x
    p = S32_11 + y * S32_13
    p = S32_9 + y * p
    p = S32_7 + y * p
    p = S32_5 + y * p
    p = S32_3 + y * p
    return x + x * y * p


def sine_of_quarter64(g):
    """Return ``sin(2 pi g)`` for ``|g| <= 1/4`` in float64."""
    x = TWO_PI_64 * g
    y = x * x
    p = S64_21 + y * S64_23
    p = S64_19 + y * p
    p = S64_17 + y * p
    p = S64_15 + y * p
    p = S64_13 + y * p
    p = S64_11 + y * p
    p = S64_9 + y * p
    p = S64_7 + y * p
    p = S64_5 + y * p
    p = S64_3 + y * p
    return x + x * y * p


def share_of_turn32(x):
    """Return ``x`` less the nearest whole number in float32."""
    f = x - ((x + ROUND_32) - ROUND_32)
    return f if abs(x) < WHOLE_32 else x - x


def share_of_turn64(x):
    """Return ``x`` less the nearest whole number in float64."""
    f = x - ((x + ROUND_64) - ROUND_64)
    return f if abs(x) < WHOLE_64 else x - x


def sin_of_turns32(x):
    """Return ``sin(2 pi x)`` in float32."""
    f = share_of_turn32(x)
    g = HALF_32 - f if f > QUARTER_32 else f
    g = -HALF_32 - f if f < -QUARTER_32 else g
    return sine_of_quarter32(g)


def sin_of_turns64(x):
    """Return ``sin(2 pi x)``.

    Parameters
    ----------
    x : np.float32 or np.float64
        The angle, in turns.

    Returns
    -------
    y : float of the same type
        0 from 2^22 turns on in float32, and from 2^51 in float64; NaN for infinities and NaN.

    Examples
    --------
    >>> from skdeep.formulas.elementary import sin_of_turns
    >>> float(sin_of_turns(0.25))
    1.0
    """
    f = share_of_turn64(x)
    g = HALF_64 - f if f > QUARTER_64 else f
    g = -HALF_64 - f if f < -QUARTER_64 else g
    return sine_of_quarter64(g)


def cos_of_turns32(x):
    """Return ``cos(2 pi x)`` in float32."""
    return sine_of_quarter32(QUARTER_32 - abs(share_of_turn32(x)))


def cos_of_turns64(x):
    """Return ``cos(2 pi x)``.

    Parameters
    ----------
    x : np.float32 or np.float64
        The angle, in turns.

    Returns
    -------
    y : float of the same type
        1 from 2^22 turns on in float32, and from 2^51 in float64; NaN for infinities and NaN.

    Examples
    --------
    >>> from skdeep.formulas.elementary import cos_of_turns
    >>> float(cos_of_turns(0.5))
    -1.0
    """
    return sine_of_quarter64(QUARTER_64 - abs(share_of_turn64(x)))


sin_of_turns = by_precision(sin_of_turns32, sin_of_turns64)
cos_of_turns = by_precision(cos_of_turns32, cos_of_turns64)
