"""``log(1 + x)`` for ``0 <= x <= 1``, as softplus needs it, at less than half the cost.

With ``s = x / (2 + x) <= 1/3``, ``log(1 + x) = 2 artanh s = 2 s (1 + z P(z))`` and ``z = s^2``. The
coefficients of ``P`` are those of Chebyshev interpolation on [0, 1/9], worked out with 40 digits.
"""

import numpy as np

from skdeep.formulas.elementary.precision import by_precision

F = np.float32
D = np.float64

TWO_32, TWO_64 = F(2), D(2)
C32_0, C32_1, C32_2, C32_3 = F(0.3333332017), F(0.2000378032), F(0.141183099), F(0.1342574901)
C64_0, C64_1 = D(0.33333333333333329281), D(0.20000000000007291337)
C64_2, C64_3 = D(0.14285714283554378581), D(0.11111111358713931495)
C64_4, C64_5 = D(0.090908947180664290846), D(0.076927850324793115517)
C64_6, C64_7 = D(0.066570721048274680752), D(0.060005364047953562676)
C64_8, C64_9 = D(0.044003692430723369411), D(0.080820228059717661105)


def log1p_share32(x):
    """Return ``log(1 + x)`` for ``0 <= x <= 1`` in float32."""
    s = x / (TWO_32 + x)
    z = s * s
    p = C32_0 + z * (C32_1 + z * (C32_2 + z * C32_3))
    s = s + s
    return s + s * (z * p)


def log1p_share64(x):
    """Return ``log(1 + x)`` for ``0 <= x <= 1``.

    Parameters
    ----------
    x : np.float32 or np.float64
        The argument.

    Returns
    -------
    y : float of the same type
        Wrong for other arguments.

    Examples
    --------
    >>> from skdeep.formulas.elementary import log1p_share
    >>> round(float(log1p_share(1.0)), 12)
    0.69314718056
    """
    s = x / (TWO_64 + x)
    z = s * s
    p = C64_6 + z * (C64_7 + z * (C64_8 + z * C64_9))
    p = C64_2 + z * (C64_3 + z * (C64_4 + z * (C64_5 + z * p)))
    p = C64_0 + z * (C64_1 + z * p)
    s = s + s
    return s + s * (z * p)


log1p_share = by_precision(log1p_share32, log1p_share64)
