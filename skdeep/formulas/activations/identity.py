"""Identity, ``f(a) = a``: a linear unit."""

import numpy as np

from skdeep.formulas.interval import REALS

RANGE = REALS
ALIASES = ("linear",)
ONE = np.float32(1)


def forward(a):
    """Return ``a``."""
    return a


def derivative(h):
    """Return ``f'(a) = 1``."""
    return ONE
