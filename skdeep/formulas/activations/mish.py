"""Mish, ``f(a) = a tanh(log(1 + e^a))``.

With ``e = e^a`` and ``n = e (e + 2)``, ``tanh(log(1 + e)) = n / (n + 2)`` and ``f'(a) =
n / (n + 2) + 4 a e (e + 1) / (n + 2)^2``. Misra, "Mish: a self regularized non-monotonic
activation function", BMVC 2020.
"""

import numpy as np

from skdeep.formulas.elementary import exp
from skdeep.formulas.interval import Interval

RANGE = Interval(-0.3089, np.inf)
ONE, TWO, FOUR = np.float32(1), np.float32(2), np.float32(4)
# Beyond this, n / (n + 2) is 1 to the last bit, and n^2 does not overflow yet.
HIGHEST = np.float32(20)


def forward(a):
    """Return ``a tanh(log(1 + e^a))``."""
    e = exp(HIGHEST if a > HIGHEST else a)
    n = e * (e + TWO)
    return a * (n / (n + TWO))


def derivative_at(a):
    """Return ``n / (n + 2) + 4 a e (e + 1) / (n + 2)^2``."""
    a = HIGHEST if a > HIGHEST else a
    e = exp(a)
    n = e * (e + TWO)
    m = n + TWO
    return n / m + a * (FOUR * e * (e + ONE) / (m * m))
