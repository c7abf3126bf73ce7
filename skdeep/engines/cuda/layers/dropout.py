"""What is random in training, from the same numbers as on processors.

Everything is a function of the seed, the number of the update, the layer, the purpose and the place
of the element (`skdeep.formulas.randomness`).
"""

from typing import NamedTuple

import numpy as np

from skdeep.engines.cuda.hardware.shim import device
from skdeep.engines.cuda.memory.structures import KEPT
from skdeep.engines.randomness import STREAMS

NO_KEY = np.uint64(0)


@device
def key_of(code, task, layer, purpose, update):
    """Return the key of a stream of a layer."""
    stream = np.uint64(layer * STREAMS + purpose)
    return code.stream_key(np.uint64(task.plan.seed), np.uint64(update), stream)


@device
def of_units(index):
    """Return the number of a layer's units among all that can be dropped; features are 0."""
    return 1 + index


@device
def of_weights(task, index):
    """Return the number of a layer's weights among all that can be dropped."""
    return 1 + task.plan.n_layers + index


class Mask(NamedTuple):
    """Which elements of a kind are kept.

    Attributes
    ----------
    drops : bool
        Whether any are dropped.
    least : uint64
        The least random bits that keep an element.
    growth : float
        What those that are kept are multiplied by.
    key : uint64
        Of their stream.
    """

    drops: bool
    least: int
    growth: float
    key: int


@device
def mask_of(code, task, what, layer, purpose, update):
    """Return the mask of what has a number among all that can be dropped, in an update."""
    least = task.integers[task.plan.leasts + what]
    growth = task.memory[task.plan.constants + KEPT + what]
    key = NO_KEY
    if least > 0:
        key = np.uint64(key_of(code, task, layer, purpose, update))
    return Mask(least > 0, np.uint64(least), growth, key)


@device
def keep(code, mask, place, x):
    """Return an element times its growth, or 0 if it is dropped."""
    if code.squares(np.uint64(place), mask.key) >= mask.least:
        return x * mask.growth
    return x - x
