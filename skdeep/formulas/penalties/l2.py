"""Half of the squared norm, ``alpha / 2 * sum(w^2)``: weight decay.

Hoerl & Kennard, "Ridge regression", Technometrics 12, 1970.
"""

import numpy as np

HALF = np.float32(0.5)


def value(w, _p):
    """Return ``w^2 / 2``."""
    return HALF * w * w


def derivative(w, _p):
    """Return ``w``."""
    return w
