"""Absolute error, ``|y - o|``; its minimiser is the conditional median.

Laplace, "Memoire sur la probabilite des causes par les evenements", 1774. At ``o = y`` the
subgradient 0 is used.
"""

import numpy as np

CANONICAL = ()
TASKS = ("regression",)
DEFAULT_OUTPUT = "identity"
ZERO, ONE = np.float32(0), np.float32(1)


def value(y, o):
    """Return ``|y - o|``."""
    return abs(y - o)


def derivative(y, o):
    """Return the sign of ``o - y``."""
    below = -ONE if o < y else ZERO
    return ONE if o > y else below
