"""The layer table and the flat parameter vector.

All weights and biases live in one contiguous vector: first the weights of every layer, row by
row, then the biases of every layer. ``coefs_`` and ``intercepts_`` are views into it. A layer is a
row of an integer table, so that kernels take any depth, width and activation without being compiled
anew.
"""

from typing import NamedTuple

import numpy as np

from skdeep.engines.table import (
    ACTIVATION,
    BIASES,
    COLUMNS,
    DENSE,
    FAN_IN,
    FAN_OUT,
    KIND,
    WEIGHTS,
)
from skdeep.formulas.activations import REGISTRY as ACTIVATIONS


class Layout(NamedTuple):
    """Where the parameters of a network are.

    Attributes
    ----------
    table : array of int64 of shape (n_layers, 6)
        One row per layer of weights.
    n_weights, n_parameters : int
        Weights, and weights and biases; the first `n_weights` of the vector are weights.
    """

    table: np.ndarray
    n_weights: int
    n_parameters: int

    @property
    def n_outputs(self):
        """Outputs of the network."""
        return int(self.table[-1, FAN_OUT])


def make_layout(units, activations):
    """Lay out a feed-forward network.

    Parameters
    ----------
    units : sequence of int
        Features, units of every hidden layer, outputs.
    activations : sequence of str
        Names of the activations, one per layer of weights.

    Returns
    -------
    layout : Layout

    Examples
    --------
    >>> from skdeep.network.layout import make_layout
    >>> make_layout([4, 3, 1], ["relu", "identity"]).n_parameters
    19
    """
    n_layers = len(units) - 1
    table = np.zeros((n_layers, COLUMNS), dtype=np.int64)
    table[:, KIND] = DENSE
    table[:, FAN_IN], table[:, FAN_OUT] = units[:-1], units[1:]
    table[:, ACTIVATION] = [ACTIVATIONS[name].code for name in activations]
    ends = np.cumsum(table[:, FAN_IN] * table[:, FAN_OUT])
    table[1:, WEIGHTS] = ends[:-1]
    n_weights = int(ends[-1])
    bias_ends = n_weights + np.cumsum(table[:, FAN_OUT])
    table[0, BIASES] = n_weights
    table[1:, BIASES] = bias_ends[:-1]
    return Layout(table, n_weights, int(bias_ends[-1]))


def parameter_views(layout, vector):
    """Return the weights and biases of every layer as views into the flat vector.

    Parameters
    ----------
    layout : Layout
    vector : array of shape (n_parameters,)

    Returns
    -------
    coefs, intercepts : list of array
        Of shapes (fan_in, fan_out) and (fan_out,).
    """
    coefs, intercepts = [], []
    for row in layout.table:
        size = row[FAN_IN] * row[FAN_OUT]
        weights = vector[row[WEIGHTS] : row[WEIGHTS] + size]
        coefs.append(weights.reshape(row[FAN_IN], row[FAN_OUT]))
        intercepts.append(vector[row[BIASES] : row[BIASES] + row[FAN_OUT]])
    return coefs, intercepts


def flatten(coefs, intercepts, dtype):
    """Copy weights and biases into one flat vector.

    Parameters
    ----------
    coefs, intercepts : list of array
    dtype : numpy dtype

    Returns
    -------
    vector : array of shape (n_parameters,)
    """
    parts = [np.asarray(part, dtype=dtype).reshape(-1) for part in [*coefs, *intercepts]]
    return np.concatenate(parts)
