"""Hyperbolic tangent, ``f(a) = tanh(a)``, with ``f'(a) = 1 - h^2``.

LeCun, Bottou, Orr & Mueller, "Efficient backprop", in Neural Networks: Tricks of the Trade, 1998.
"""

import numpy as np

from skdeep.formulas.elementary import tanh
from skdeep.formulas.interval import Interval

RANGE = Interval(-1, 1)
ONE = np.float32(1)


def forward(a):
    """Return ``tanh(a)``."""
    return tanh(a)


def derivative(h):
    """Return ``1 - h^2``."""
    return ONE - h * h
