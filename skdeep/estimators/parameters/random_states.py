"""The random generator that the parameter ``random_state`` stands for.

`numpy.random.RandomState` first collects entropy, which takes ten times as long as to set a seed:
generators of calls of ``partial_fit`` are used again.
"""

import numpy as np
from sklearn.utils import check_random_state

#: One more than the largest seed of `numpy.random.RandomState`.
END_OF_SEEDS = 1 << 32
#: Maximum number of generators that are kept.
MOST_GENERATORS = 8

_unused = []


def is_seed(random_state):
    """Return whether a ``random_state`` is a seed, whose generator nobody else has.

    Parameters
    ----------
    random_state : object

    Returns
    -------
    is_seed : bool
    """
    return type(random_state) is int and 0 <= random_state < END_OF_SEEDS


def generator_of(random_state):
    """Return the generator of a ``random_state``, as `sklearn.utils.check_random_state` does.

    Parameters
    ----------
    random_state : int, RandomState instance or None

    Returns
    -------
    generator : RandomState

    Raises
    ------
    ValueError
        If it is none of these.
    """
    if not is_seed(random_state):
        return check_random_state(random_state)
    try:
        generator = _unused.pop()
    except IndexError:
        return np.random.RandomState(random_state)
    generator.seed(random_state)
    return generator


def give_back(generator):
    """Keep a generator that `generator_of` has made of a seed, and that nothing uses any more.

    Parameters
    ----------
    generator : RandomState
    """
    if type(generator) is np.random.RandomState and len(_unused) < MOST_GENERATORS:
        _unused.append(generator)
