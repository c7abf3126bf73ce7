"""Pinball loss, ``q (y - o)`` where ``y >= o``, else ``(1 - q) (o - y)``; minimised by a quantile.

Koenker & Bassett, "Regression quantiles", Econometrica 46, 1978. At ``o = y`` the subgradient 0 is
used.
"""

from numbers import Real

import numpy as np

from skdeep.formulas.parameter import Parameter

CANONICAL = ()
TASKS = ("regression",)
DEFAULT_OUTPUT = "identity"
MEANING = (
    "The quantile that predictions aim at, or increasing quantiles: then the network has an output "
    "for each of them, and predictions are in ascending order, so that they do not cross."
)
PARAMETERS = {"quantile": Parameter(0.5, MEANING, 0, 1, several=True)}
ZERO, ONE = np.float32(0), np.float32(1)


def value(y, o, q):
    """Return ``q (y - o)`` or ``(1 - q) (o - y)``."""
    return q * (y - o) if y >= o else (ONE - q) * (o - y)


def derivative(y, o, q):
    """Return ``-q`` below the target and ``1 - q`` above it."""
    below = -q if o < y else ZERO
    return ONE - q if o > y else below


def conflict(quantile):
    """Return what is wrong with several quantiles, or None."""
    if isinstance(quantile, Real):
        return None
    values = np.asarray(quantile)
    is_list = values.ndim == 1 and values.size > 0 and values.dtype.kind == "f"
    if is_list and np.all(np.diff(values, prepend=0.0, append=1.0) > 0):
        return None
    return (
        "the 'quantile' parameter of Quantile must be a number between 0 and 1, or increasing "
        f"numbers between 0 and 1. Got {quantile!r}"
    )
