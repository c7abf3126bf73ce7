"""Huber's loss, ``e^2 / 2`` where ``|e| < delta``, else ``delta (|e| - delta / 2)``; ``e = y - o``.

Huber, "Robust estimation of a location parameter", Annals of Mathematical Statistics 35, 1964.
"""

import numpy as np

from skdeep.formulas.parameter import Parameter

CANONICAL = ()
TASKS = ("regression",)
DEFAULT_OUTPUT = "identity"
PARAMETERS = {
    "delta": Parameter(1.0, "Absolute error at which the loss changes from quadratic to linear.", 0)
}
HALF = np.float32(0.5)


def value(y, o, delta):
    """Return ``e^2 / 2`` or ``delta (|e| - delta / 2)``."""
    e = abs(y - o)
    return HALF * e * e if e < delta else delta * (e - HALF * delta)


def derivative(y, o, delta):
    """Return ``o - y``, cut off at ``-delta`` and ``delta``."""
    e = o - y
    e = delta if e > delta else e
    return -delta if e < -delta else e
