"""Sigmoid-weighted linear unit, ``f(a) = a s(a)`` with ``s(a) = 1 / (1 + e^-a)``; also "swish".

``f'(a) = s (1 + a (1 - s))``. Elfwing, Uchibe & Doya, "Sigmoid-weighted linear units for neural
network function approximation in reinforcement learning", Neural Networks 107, 2018.
"""

import numpy as np

from skdeep.formulas.elementary import logistic
from skdeep.formulas.interval import Interval

RANGE = Interval(-0.2785, np.inf)
ALIASES = ("swish",)
ONE = np.float32(1)


def forward(a):
    """Return ``a s(a)``."""
    return a * logistic(a)


def derivative_at(a):
    """Return ``s (1 + a (1 - s))``."""
    s = logistic(a)
    return s * (ONE + a * (ONE - s))
