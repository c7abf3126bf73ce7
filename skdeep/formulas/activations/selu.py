"""Scaled exponential linear unit, ``f(a) = s a`` above 0 and ``s alpha (e^a - 1)`` below.

Klambauer, Unterthiner, Mayr & Hochreiter, "Self-normalizing neural networks", NIPS 2017, with
their constants, for which activations keep zero mean and unit variance. At the kink the left
derivative is used, ``f'(0) = s alpha``.
"""

import numpy as np

from skdeep.formulas.elementary import constant, expm1
from skdeep.formulas.interval import Interval

SCALE = constant(1.0507009873554804934193349852946)
SCALE_ALPHA = constant(1.0507009873554804934193349852946 * 1.6732632423543772848170429916717)
RANGE = Interval(-1.0507009873554804934193349852946 * 1.6732632423543772848170429916717, np.inf)
ZERO = np.float32(0)


def forward(a):
    """Return ``s a`` above 0, ``s alpha (e^a - 1)`` below."""
    below = SCALE_ALPHA(a) * expm1(ZERO if a > ZERO else a)
    return SCALE(a) * a if a > ZERO else below


def derivative(h):
    """Return ``s`` above 0, else ``s alpha e^a = h + s alpha``."""
    return SCALE(h) if h > ZERO else h + SCALE_ALPHA(h)
