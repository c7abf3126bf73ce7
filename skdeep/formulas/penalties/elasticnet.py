"""Mixture of L1 and L2, ``alpha * (r * sum(abs(w)) + (1 - r) / 2 * sum(w^2))``; ``r = l1_ratio``.

Zou & Hastie, "Regularization and variable selection via the elastic net", JRSS B 67, 2005.
"""

import numpy as np

from skdeep.formulas.parameter import Parameter
from skdeep.formulas.penalties import l1, l2

CLASS = "ElasticNet"
PARAMETERS = {"l1_ratio": Parameter(0.15, "Proportion of L1 in the mixture.", 0, 1, "both")}
ONE = np.float32(1)


def value(w, r):
    """Return ``r |w| + (1 - r) w^2 / 2``."""
    return r * l1.value(w, r) + (ONE - r) * l2.value(w, r)


def derivative(w, r):
    """Return ``r sign(w) + (1 - r) w``."""
    return r * l1.derivative(w, r) + (ONE - r) * l2.derivative(w, r)
