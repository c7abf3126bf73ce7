"""First values of the weights and biases."""

import functools
import math

import numpy as np

from skdeep.formulas.initialisers import REGISTRY
from skdeep.network.layout import BatchNorm, flatten

#: scikit-learn's scheme.
AUTO = "auto"


def initialise(architecture, activations, initialiser, random_state, dtype, connections=None):
    """Draw all parameters of a network, layer by layer.

    Parameters
    ----------
    architecture : Architecture
    activations : sequence of str
        The one that ``"auto"`` goes by in every layer of weights: that of the layer's own units,
        and for the output layer that of the last hidden layer. Others do not look at them.
    initialiser : "auto" or object
        ``"auto"`` draws weights and biases as scikit-learn does. An object has the ``name`` of a
        scheme of `skdeep.formulas.initialisers` and, by ``get_params()``, the values of its
        parameters; biases are 0.
    random_state : numpy.random.RandomState
    dtype : numpy dtype
    connections : list of array of bool or None, default=None
        Which weights of every layer are connections. The weights into a unit are then drawn as in a
        layer with as many inputs as the unit has connections; those that are none are 0.

    Returns
    -------
    vector : array of shape (n_parameters,)
        In the arrangement of `skdeep.network.layout`. The scales of batch normalisation are 1, its
        shifts 0.

    Examples
    --------
    >>> import numpy as np
    >>> from skdeep.network.initialisation import initialise
    >>> from skdeep.network.layout import Architecture
    >>> random_state = np.random.RandomState(0)
    >>> architecture = Architecture((2, 3, 1), ("relu", "identity"))
    >>> initialise(architecture, ["relu", "relu"], "auto", random_state, np.float64).shape
    (13,)
    """
    units, auxiliary = architecture.units, architecture.auxiliary
    shapes, names = architecture.shapes(), [*activations, *[activations[-1]] * len(auxiliary)]
    shapes += [(units[layer + 1], units[-1]) for layer in auxiliary]
    masks = [*(connections or [None] * (len(shapes) - len(auxiliary))), *[None] * len(auxiliary)]
    coefs, intercepts = [], []
    for shape, activation, mask in zip(shapes, names, masks, strict=True):
        draw = functools.partial(_draw, initialiser, activation, random_state)
        weights, biases = draw(*shape) if mask is None else _draw_connections(draw, mask)
        coefs.append(weights)
        intercepts.append(biases)
    hidden = units[1:-1] if architecture.batch_norm else []
    norms = [BatchNorm(np.ones(n), np.zeros(n), np.zeros(n), np.ones(n)) for n in hidden]
    main = len(shapes) - len(auxiliary)
    heads = coefs[main:], intercepts[main:]
    return flatten(coefs[:main], intercepts[:main], dtype, norms, heads)


def _draw(initialiser, activation, random_state, fan_in, fan_out):
    """Draw the weights and biases of a layer."""
    if isinstance(initialiser, str) and initialiser == AUTO:
        return _as_scikit_learn(fan_in, fan_out, activation, random_state)
    draw = REGISTRY[initialiser.name].draw
    return draw(random_state, fan_in, fan_out, **initialiser.get_params()), np.zeros(fan_out)


def _draw_connections(draw, mask):
    """Draw weights that are connections: units with as many of them come from one dense layer."""
    counts = mask.sum(axis=0)
    weights, biases = np.zeros(mask.shape), np.zeros(mask.shape[1])
    for count in np.unique(counts):
        dense, offsets = draw(int(count), mask.shape[1])
        for unit in np.flatnonzero(counts == count):
            weights[mask[:, unit], unit], biases[unit] = dense[:, unit], offsets[unit]
    return weights, biases


def _as_scikit_learn(fan_in, fan_out, activation, random_state):
    """Draw weights, then biases, uniformly from ``[-b, b)``, ``b = sqrt(f / (fan_in + fan_out))``.

    ``f`` is 6, or 2 for logistic units. Glorot & Bengio, "Understanding the difficulty of training
    deep feedforward neural networks", AISTATS 2010.
    """
    factor = 2.0 if activation == "logistic" else 6.0
    bound = math.sqrt(factor / (fan_in + fan_out))
    weights = random_state.uniform(-bound, bound, (fan_in, fan_out))
    return weights, random_state.uniform(-bound, bound, fan_out)


def is_symmetric(name):
    """Return whether a scheme makes all units of a layer alike, so that they stay alike.

    Parameters
    ----------
    name : str
        ``"auto"``, or of a scheme of `skdeep.formulas.initialisers`.

    Returns
    -------
    symmetric : bool

    Examples
    --------
    >>> from skdeep.network.initialisation import is_symmetric
    >>> is_symmetric("zeros"), is_symmetric("auto")
    (True, False)
    """
    return name != AUTO and REGISTRY[name].symmetric
