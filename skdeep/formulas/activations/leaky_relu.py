"""Leaky rectified linear unit, ``f(a) = a`` above 0 and ``0.01 a`` below.

Maas, Hannun & Ng, "Rectifier nonlinearities improve neural network acoustic models", ICML 2013. At
the kink the left derivative is used, ``f'(0) = 0.01``.
"""

import numpy as np

from skdeep.formulas.elementary import constant
from skdeep.formulas.interval import REALS

RANGE = REALS
ZERO, ONE = np.float32(0), np.float32(1)
SLOPE = constant(0.01)


def forward(a):
    """Return ``a`` above 0, ``0.01 a`` below."""
    return a if a > ZERO else SLOPE(a) * a


def derivative(h):
    """Return 1 above 0, else 0.01."""
    return ONE if h > ZERO else SLOPE(h)
