"""Pinball loss, ``q (y - o)`` where ``y >= o``, else ``(1 - q) (o - y)``; minimised by a quantile.

Koenker & Bassett, "Regression quantiles", Econometrica 46, 1978. At ``o = y`` the subgradient 0 is
used.
"""

import numpy as np

from skdeep.formulas.parameter import Parameter

CANONICAL = ()
TASKS = ("regression",)
DEFAULT_OUTPUT = "identity"
PARAMETERS = {"quantile": Parameter(0.5, "The quantile that predictions aim at.", 0, 1)}
ZERO, ONE = np.float32(0), np.float32(1)


def value(y, o, q):
    """Return ``q (y - o)`` or ``(1 - q) (o - y)``."""
    return q * (y - o) if y >= o else (ONE - q) * (o - y)


def derivative(y, o, q):
    """Return ``-q`` below the target and ``1 - q`` above it."""
    below = -q if o < y else ZERO
    return ONE - q if o > y else below
