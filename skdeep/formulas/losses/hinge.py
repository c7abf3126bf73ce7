"""Hinge loss, ``max(0, 1 - y o)`` for targets ``y`` of -1 and 1.

Cortes & Vapnik, "Support-vector networks", Machine Learning 20, 1995. With several classes each
output tells one class from the others. At the kink the subgradient 0 is used.
"""

import numpy as np

from skdeep.formulas.interval import Interval

CANONICAL = ()
TASKS = ("classification",)
DEFAULT_OUTPUT = "identity"
NEEDED_OUTPUTS = "of both signs"
TARGETS = Interval(-1, 1, with_low=True, with_high=True)
CODING = (-1.0, 1.0)
ZERO, ONE = np.float32(0), np.float32(1)


def accepts(outputs):
    """Return whether outputs in an interval take both signs."""
    return outputs.low < 0 < outputs.high


def value(y, o):
    """Return ``max(0, 1 - y o)``."""
    margin = ONE - y * o
    return ZERO if margin < ZERO else margin


def derivative(y, o):
    """Return ``-y`` where the margin is below 1, else 0."""
    return -y if y * o < ONE else ZERO
