"""Rectified linear unit, ``f(a) = max(0, a)``.

Nair & Hinton, "Rectified linear units improve restricted Boltzmann machines", ICML 2010. At the
kink the left derivative is used, ``f'(0) = 0``.
"""

import numpy as np

from skdeep.formulas.interval import Interval

RANGE = Interval(0, np.inf, with_low=True)
ZERO, ONE = np.float32(0), np.float32(1)


def forward(a):
    """Return ``max(0, a)``; NaN stays NaN."""
    return ZERO if a < ZERO else a


def derivative(h):
    """Return 1 where the unit is active, else 0."""
    return ONE if h > ZERO else ZERO
