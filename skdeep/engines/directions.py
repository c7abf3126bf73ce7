"""The directions and gains of weight normalisation, in the network's arrangement.

Outside the engines a network is its weights; directions and gains are kept with the solver's state.
"""

from typing import NamedTuple

import numpy as np

from skdeep.engines.table import FAN_IN, FAN_OUT, WEIGHTS


class Directions(NamedTuple):
    """Directions and gains of a network.

    Attributes
    ----------
    weights : array of shape (n_parameters,)
        The network's parameters that they stand for.
    vector : array of shape (n_parameters,)
        The same, with the directions in place of the weights.
    gains : array of shape (n_units,)
        Of all units, layer by layer.
    states : array of shape (n_states, n_units)
        What the rule keeps for them.
    """

    weights: np.ndarray
    vector: np.ndarray
    gains: np.ndarray
    states: np.ndarray


def norms_of_units(layout, vector):
    """Return the norm of the weights into every unit.

    Parameters
    ----------
    layout : Layout
    vector : array of shape (n_parameters,)

    Returns
    -------
    norms : array of shape (n_units,)
        Of all units, layer by layer.
    """
    weights = [
        vector[row[WEIGHTS] :][: row[FAN_IN] * row[FAN_OUT]].reshape(row[FAN_IN], row[FAN_OUT])
        for row in layout.table
        if row[FAN_OUT]
    ]
    return np.concatenate([np.sqrt((w.astype(float) ** 2).sum(axis=0)) for w in weights])
