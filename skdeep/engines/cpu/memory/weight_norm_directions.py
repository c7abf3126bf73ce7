"""The directions and gains of weight normalisation, between the network's arrangement and ours."""

import numpy as np

from skdeep.engines.cpu.memory.fields import PLAN_AT
from skdeep.engines.cpu.memory.parameters import pack, unpack
from skdeep.engines.directions import Directions, norms_of_units


def with_weights_used(plan):
    """Return a plan whose weights are those that products read."""
    used = map(int, plan.operations.used[plan.operations.fan_out > 0])
    spans = [span._replace(ours=place) for span, place in zip(plan.spans, used, strict=True)]
    return plan._replace(spans=spans, places=None)


def _gains(plan, memory):
    return [memory[row.gains : row.gains + row.fan_out] for row in plan.operations]


def _gain_states(plan, task):
    """Return the rule's states for the gains of every layer, state by state."""
    step = int(plan.integers[PLAN_AT.state_step])
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
    ends, memory = np.cumsum(plan.operations.fan_out)[:-1], task.memory
    pack(with_weights_used(plan), layout, vector, memory)
    if directions is None or not np.array_equal(directions.weights, vector):
        gains = norms_of_units(layout, vector)
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
