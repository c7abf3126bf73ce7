"""Sparse weights: each unit has ``min(n_nonzero, fan_in)`` incoming weights, ``N(0, std^2)``.

The others are 0, so that the sum at a unit does not grow with the size of the layer before it.
Martens, "Deep learning via Hessian-free optimization", ICML 2010.
"""

from numbers import Integral

import numpy as np

from skdeep.formulas.parameter import Parameter

PARAMETERS = {
    "n_nonzero": Parameter(
        15, "Number of nonzero incoming weights of each unit.", 1, closed="left", kind=Integral
    ),
    "std": Parameter(1.0, "Standard deviation of those weights.", 0),
}


def draw(random_state, fan_in, fan_out, n_nonzero, std):
    """Return normal numbers in `n_nonzero` random rows of every column, and zeros elsewhere."""
    n_nonzero = min(n_nonzero, fan_in)
    ranks = random_state.random_sample((fan_in, fan_out)).argsort(axis=0, kind="stable")
    weights = np.zeros((fan_in, fan_out))
    values = random_state.normal(0.0, std, (n_nonzero, fan_out))
    np.put_along_axis(weights, ranks[:n_nonzero], values, axis=0)
    return weights
