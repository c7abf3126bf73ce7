"""What is random in training, from the same numbers as on processors.

Everything is a function of the seed, the number of the update, the layer, the purpose and the place
of the element (`skdeep.formulas.randomness`).
"""

import numpy as np

from skdeep.engines.cuda.shim import device
from skdeep.engines.cuda.structures import CONSTANTS, KEPT, LEASTS, N_LAYERS, SEED
from skdeep.engines.randomness import STREAMS


@device
def key_of(code, task, layer, purpose, update):
    """Return the key of a stream of a layer."""
    stream = np.uint64(layer * STREAMS + purpose)
    return code.stream_key(np.uint64(task.plan[SEED]), np.uint64(update), stream)


@device
def of_units(index):
    """Return the number of a layer's units among all that can be dropped; features are 0."""
    return 1 + index


@device
def of_weights(task, index):
    """Return the number of a layer's weights among all that can be dropped."""
    return 1 + task.plan[N_LAYERS] + index


@device
def least(task, what):
    """Return the least random bits that keep an element; 0 if nothing is dropped."""
    return task.plan[task.plan[LEASTS] + what]


@device
def growth(task, what):
    """Return the share by which elements that are kept grow."""
    return task.memory[task.plan[CONSTANTS] + KEPT + what]


@device
def keep(code, task, what, key, place, x):
    """Return an element times its growth, or 0 if it is dropped."""
    if code.squares(np.uint64(place), key) >= np.uint64(least(task, what)):
        return x * growth(task, what)
    return x - x
