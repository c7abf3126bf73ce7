"""Exponential linear unit, ``f(a) = a`` above 0 and ``e^a - 1`` below.

Clevert, Unterthiner & Hochreiter, "Fast and accurate deep network learning by exponential linear
units", ICLR 2016, with their ``alpha = 1``.
"""

import numpy as np

from skdeep.formulas.elementary import expm1
from skdeep.formulas.interval import Interval

RANGE = Interval(-1, np.inf)
ZERO, ONE = np.float32(0), np.float32(1)


def forward(a):
    """Return ``a`` above 0, ``e^a - 1`` below."""
    below = expm1(ZERO if a > ZERO else a)
    return a if a > ZERO else below


def derivative(h):
    """Return 1 above 0, else ``e^a = h + 1``."""
    return ONE if h > ZERO else h + ONE
