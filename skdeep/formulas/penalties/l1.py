"""Sum of the magnitudes, ``alpha * sum(abs(w))``: shrinks weights to exactly 0.

Tibshirani, "Regression shrinkage and selection via the lasso", JRSS B 58, 1996. The subgradient at
0 is 0.
"""

import numpy as np

ZERO, ONE = np.float32(0), np.float32(1)


def value(w, _p):
    """Return ``|w|``."""
    return abs(w)


def derivative(w, _p):
    """Return the sign of ``w``, 0 at 0."""
    positive = ONE if w > ZERO else ZERO
    return positive - (ONE if w < ZERO else ZERO) + ZERO * w
