"""Squared error, ``(y - o)^2 / 2``.

The reported loss is averaged over the outputs of a sample, the gradient is that of their sum, as
in scikit-learn's ``MLPRegressor``.
"""

import numpy as np

CANONICAL = ("identity",)
TASKS = ("classification", "regression")
DEFAULT_OUTPUT = None
AVERAGED = True
HALF = np.float32(0.5)


def value(y, o):
    """Return ``(y - o)^2 / 2``."""
    return HALF * (y - o) * (y - o)


def derivative(y, o):
    """Return ``o - y``."""
    return o - y
