"""Exponential output, ``f(a) = e^a``: the inverse of the log link of Poisson regression.

Nelder & Wedderburn, "Generalized linear models", JRSS A 135, 1972.
"""

import numpy as np

from skdeep.formulas.elementary import exp
from skdeep.formulas.interval import Interval

RANGE = Interval(0, np.inf)
OUTPUT_ONLY = True


def forward(a):
    """Return ``e^a``."""
    return exp(a)


def derivative(h):
    """Return ``e^a = h``."""
    return h
