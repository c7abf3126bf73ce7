"""First values of the weights and biases."""

import itertools

import numpy as np

from skdeep.network.layout import flatten


def glorot_uniform(units, factor, random_state, dtype):
    """Draw all parameters uniformly from ``[-b, b]``, ``b = sqrt(factor / (fan_in + fan_out))``.

    Glorot & Bengio, "Understanding the difficulty of training deep feedforward neural networks",
    AISTATS 2010. Numbers are drawn in scikit-learn's order: layer by layer, weights before biases.

    Parameters
    ----------
    units : sequence of int
        Features, units of every hidden layer, outputs.
    factor : float
        6, or 2 for logistic units.
    random_state : numpy.random.RandomState
    dtype : numpy dtype

    Returns
    -------
    vector : array of shape (n_parameters,)
        In the arrangement of `skdeep.network.layout`.

    Examples
    --------
    >>> import numpy as np
    >>> from skdeep.network.initialisation import glorot_uniform
    >>> glorot_uniform([2, 3, 1], 6.0, np.random.RandomState(0), np.float64).shape
    (13,)
    """
    coefs, intercepts = [], []
    for fan_in, fan_out in itertools.pairwise(units):
        bound = np.sqrt(factor / (fan_in + fan_out))
        coefs.append(random_state.uniform(-bound, bound, (fan_in, fan_out)))
        intercepts.append(random_state.uniform(-bound, bound, fan_out))
    return flatten(coefs, intercepts, dtype)
