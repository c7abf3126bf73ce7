"""Penalties on weights (never on biases): the function of one weight beside its derivative.

The squared norm, ``alpha / 2 * w^2`` (Hoerl & Kennard, "Ridge regression", Technometrics 12, 1970;
"weight decay" in the literature of neural networks).
"""

import numpy as np

HALF = np.float32(0.5)


def l2_value(w):
    """Return ``w^2 / 2``."""
    return HALF * w * w


def l2_derivative(w):
    """Return ``w``."""
    return w
