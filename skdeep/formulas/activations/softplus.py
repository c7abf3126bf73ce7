"""Softplus, ``f(a) = log(1 + e^a)``, with ``f'(a) = 1 / (1 + e^-a)``.

Dugas, Bengio, Belisle, Nadeau & Garcia, "Incorporating second-order functional knowledge for
better option pricing", NIPS 2000. Computed as ``max(a, 0) + log1p(e^-|a|)``; the derivative is made
of the same exponential.
"""

import numpy as np

from skdeep.formulas.elementary import exp, log1p_share
from skdeep.formulas.interval import Interval

RANGE = Interval(0, np.inf)
ZERO, ONE = np.float32(0), np.float32(1)


def forward(a):
    """Return ``log(1 + e^a)``."""
    e = exp(-abs(a))
    return (ZERO if a < ZERO else a) + log1p_share(e)


def derivative_at(a):
    """Return ``1 / (1 + e^-a)``."""
    e = exp(-abs(a))
    return (e if a < ZERO else ONE) / (ONE + e)
