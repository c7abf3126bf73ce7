"""All weights equal, ``W_ij = value``.

All units of a hidden layer compute the same and get the same gradient: training never tells them
apart. It is fit for networks without hidden layers only.
"""

import numpy as np

from skdeep.formulas.parameter import Parameter

SYMMETRIC = True
PARAMETERS = {"value": Parameter(0.1, "Every weight.")}


def draw(random_state, fan_in, fan_out, value):
    """Return `value` for every weight."""
    return np.full((fan_in, fan_out), float(value))
