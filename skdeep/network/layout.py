"""The layer table and the flat parameter vector.

All weights and biases live in one contiguous vector: first the weights of every layer, row by
row, then the biases of every layer, then what normalised layers have. ``coefs_`` and
``intercepts_`` are views into it. A layer is a row of an integer table, so that kernels take any
depth, width and activation without being compiled anew.
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
    NORMALISATION,
    WEIGHTS,
)
from skdeep.formulas.activations import REGISTRY as ACTIVATIONS


class Layout(NamedTuple):
    """Where the parameters of a network are.

    Attributes
    ----------
    table : array of int64 of shape (n_layers, n_columns)
        One row per layer of weights.
    n_weights, n_parameters : int
        Weights, and all parameters; the first `n_weights` of the vector are weights.
    """

    table: np.ndarray
    n_weights: int
    n_parameters: int

    @property
    def n_outputs(self):
        """Outputs of the network."""
        return int(self.table[-1, FAN_OUT])


def make_layout(units, activations, batch_norm=False):
    """Lay out a feed-forward network.

    Parameters
    ----------
    units : sequence of int
        Features, units of every hidden layer, outputs.
    activations : sequence of str
        Names of the activations, one per layer of weights.
    batch_norm : bool, default=False
        Whether the units of hidden layers are normalised over the batch.

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
    end = int(bias_ends[-1])
    table[:, NORMALISATION] = -1
    for index in range(n_layers - 1 if batch_norm else 0):
        table[index, NORMALISATION] = end + table[index, FAN_OUT] * np.arange(len(NORMALISATION))
        end += len(NORMALISATION) * int(table[index, FAN_OUT])
    return Layout(table, n_weights, end)


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


class BatchNorm(NamedTuple):
    """The batch normalisation of a hidden layer: ``scale * (a - mean) / deviation + shift``.

    Attributes
    ----------
    scale, shift : array of shape (n_units,)
        Trained.
    mean, variance : array of shape (n_units,)
        Of the unit's weighted inputs over past batches, which predictions use.
    """

    scale: np.ndarray
    shift: np.ndarray
    mean: np.ndarray
    variance: np.ndarray


def normalisation_views(layout, vector):
    """Return the batch normalisations of the hidden layers as views into the flat vector.

    Parameters
    ----------
    layout : Layout
    vector : array of shape (n_parameters,)

    Returns
    -------
    normalisations : list of BatchNorm
        Empty without batch normalisation.
    """
    return [
        BatchNorm(*(vector[row[kind] : row[kind] + row[FAN_OUT]] for kind in NORMALISATION))
        for row in layout.table
        if row[NORMALISATION[0]] >= 0
    ]


def trained(layout, frozen):
    """Return which parameters are trained: those of layers that are not frozen.

    Parameters
    ----------
    layout : Layout
    frozen : int
        Layers, from the first, that keep their weights.

    Returns
    -------
    mask : array of bool of shape (n_parameters,)
        False also for the means and variances of batch normalisation.
    """
    mask = np.zeros(layout.n_parameters, dtype=bool)
    for row in layout.table[frozen:]:
        mask[row[WEIGHTS] : row[WEIGHTS] + row[FAN_IN] * row[FAN_OUT]] = True
        for place in (row[BIASES], *row[[*NORMALISATION[:2]]]):
            if place >= 0:
                mask[place : place + row[FAN_OUT]] = True
    return mask


def flatten(coefs, intercepts, dtype, normalisations=()):
    """Copy weights, biases and batch normalisations into one flat vector.

    Parameters
    ----------
    coefs, intercepts : list of array
    dtype : numpy dtype
    normalisations : sequence of BatchNorm, default=()

    Returns
    -------
    vector : array of shape (n_parameters,)
    """
    parts = [*coefs, *intercepts, *(part for norm in normalisations for part in norm)]
    parts = [np.asarray(part, dtype=dtype).reshape(-1) for part in parts]
    return np.concatenate(parts)
