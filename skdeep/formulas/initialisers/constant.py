"""All weights equal, ``W_ij = value``.

All units of a hidden layer have the same outputs and gradients, so they remain equal. Only useful
for networks without hidden layers.
"""

import numpy as np

from skdeep.formulas.parameter import Parameter

SYMMETRIC = True
PARAMETERS = {"value": Parameter(0.1, "Value of all weights.")}


def draw(random_state, fan_in, fan_out, value):
    """Return `value` for every weight."""
    return np.full((fan_in, fan_out), float(value))
