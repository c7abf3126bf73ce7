"""The directions and gains of weight normalisation, in the network's arrangement and the engine's.

Outside the engine a network is its weights; directions and gains are kept with the solver's state.
"""

from typing import NamedTuple

import numpy as np

from skdeep.engines.cpu.layers import GAINS, USED
from skdeep.engines.cpu.memory import pack, unpack
from skdeep.engines.cpu.structures import STATE_STEP
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


def with_weights_used(plan):
    """Return a plan whose weights are those that products read."""
    layers = plan.layers.copy()
    layers[:, WEIGHTS] = layers[:, USED]
    return plan._replace(layers=layers)


def _gains(plan, memory):
    return [memory[row[GAINS] : row[GAINS] + row[FAN_OUT]] for row in plan.layers]


def _norms(layout, vector):
    """Return the norm of the weights into every unit."""
    weights = [
        vector[row[WEIGHTS] : row[WEIGHTS] + row[FAN_IN] * row[FAN_OUT]].reshape(row[FAN_IN], -1)
        for row in layout.table
    ]
    return np.concatenate([np.sqrt((w.astype(float) ** 2).sum(axis=0)) for w in weights])


def _gain_states(plan, task):
    """Return the rule's states for the gains of every layer, state by state."""
    step = plan.integers[STATE_STEP]
    return [_gains(plan, task.states[index * step :]) for index in range(plan.n_states)]


def put_directions(plan, layout, vector, task, directions):
    """Write directions and gains into the engine's memory.

    Parameters
    ----------
    plan : Plan
    layout : Layout
    vector : array of shape (n_parameters,)
        The network's parameters.
    task : Task
    directions : Directions or None
        Those of an earlier run; heeded if they stand for these parameters. Otherwise the weights
        are the directions, and their norms the gains.
    """
    ends, memory = np.cumsum(plan.layers[:, FAN_OUT])[:-1], task.memory
    pack(with_weights_used(plan), layout, vector, memory)
    if directions is None or not np.array_equal(directions.weights, vector):
        gains = _norms(layout, vector)
        pack(plan, layout, vector, memory)
    else:
        gains = directions.gains
        pack(plan, layout, directions.vector, memory)
        for places, state in zip(_gain_states(plan, task), directions.states, strict=True):
            for place, values in zip(places, np.split(state, ends), strict=True):
                place[:] = values
    for place, values in zip(_gains(plan, memory), np.split(gains, ends), strict=True):
        place[:] = values


def get_directions(plan, layout, task):
    """Return the directions and gains in the engine's memory."""
    gains = np.concatenate(_gains(plan, task.memory))
    states = [np.concatenate(places) for places in _gain_states(plan, task)]
    return Directions(
        unpack(with_weights_used(plan), layout, task.memory),
        unpack(plan, layout, task.memory),
        gains,
        np.array(states).reshape(plan.n_states, len(gains)),
    )
