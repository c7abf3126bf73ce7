"""Logistic sigmoid, ``f(a) = 1 / (1 + e^-a)``, with ``f'(a) = h (1 - h)``.

Rumelhart, Hinton & Williams, "Learning representations by back-propagating errors", Nature 323,
1986.
"""

import numpy as np

from skdeep.formulas.elementary import logistic
from skdeep.formulas.interval import Interval

RANGE = Interval(0, 1)
ALIASES = ("sigmoid",)
ONE = np.float32(1)


def forward(a):
    """Return ``1 / (1 + e^-a)``."""
    return logistic(a)


def derivative(h):
    """Return ``h (1 - h)``."""
    return h * (ONE - h)
