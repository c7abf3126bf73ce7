"""Gaussian error linear unit, ``f(a) = a Phi(a)``, with the normal distribution function ``Phi``.

``Phi(a) = (1 + erf(a / sqrt 2)) / 2`` and ``f'(a) = Phi(a) + a e^(-a^2 / 2) / sqrt(2 pi)``.
Hendrycks & Gimpel, "Gaussian error linear units", arXiv:1606.08415, 2016.
"""

import math

import numpy as np

from skdeep.formulas.elementary import constant, erf, exp
from skdeep.formulas.interval import Interval

RANGE = Interval(-0.17, np.inf)
HALF, ONE = np.float32(0.5), np.float32(1)
INVERSE_ROOT_2 = constant(1 / math.sqrt(2))
INVERSE_ROOT_2_PI = constant(1 / math.sqrt(2 * math.pi))


def forward(a):
    """Return ``a Phi(a)``."""
    return a * (HALF * (ONE + erf(a * INVERSE_ROOT_2(a))))


def derivative_at(a):
    """Return ``Phi(a) + a phi(a)``."""
    x = a * INVERSE_ROOT_2(a)
    return HALF * (ONE + erf(x)) + a * (exp(-(x * x)) * INVERSE_ROOT_2_PI(a))
