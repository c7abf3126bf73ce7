"""First values of the weights and biases."""

import functools
import math

import numpy as np

from skdeep.engines.table import WEIGHTS
from skdeep.formulas.initialisers import REGISTRY
from skdeep.layers.first_values import Uniform
from skdeep.network.blocks import BLOCK_PLACES
from skdeep.network.layout import operation_views

#: scikit-learn's scheme.
AUTO = "auto"


def initialise(architecture, activations, initialiser, random_state, dtype):
    """Draw all parameters of a network, layer by layer.

    Parameters
    ----------
    architecture : Architecture
    activations : sequence of str
        The one that ``"auto"`` goes by in every operation: that of the layer's own units,
        and for the output layer that of the last hidden layer. Others do not look at them.
    initialiser : "auto" or object
        ``"auto"`` draws weights and biases as scikit-learn does. An object has the ``name`` of a
        scheme of `skdeep.formulas.initialisers` and, by ``get_params()``, the values of its
        parameters; biases are 0.
    random_state : numpy.random.RandomState
    dtype : numpy dtype

    Returns
    -------
    vector : array of shape (n_parameters,)
        In the arrangement of `skdeep.network.layout`. What several operations use is drawn once, as
        for the first of them. Where not all weights are connections, those into a unit are drawn as
        in a layer with as many inputs as the unit has connections, and the others are 0. The scales
        of batch normalisation are 1, its shifts 0.

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
    layout = architecture.layout()
    vector = np.zeros(layout.n_parameters, dtype=dtype)
    main, heads = (list(layout.operations_with_roles(auxiliary)) for auxiliary in (False, True))
    layers = list(zip(main, activations, strict=True))
    layers += [(head, activations[-1]) for head in heads]
    drawn = set()
    for (row, operation), activation in layers:
        draw = functools.partial(_draw, initialiser, activation, random_state)
        if operation.weights is not None and row[WEIGHTS] not in drawn:
            _draw_layer(draw, row, operation, vector)
        for name, block in operation.blocks().items():
            place = int(row[BLOCK_PLACES[name]])
            if block.first_values is not None and place not in drawn:
                view = vector[place : place + block.size].reshape(block.shape)
                block.first_values.set(view, random_state, draw)
            drawn.add(place)
    return vector


def _draw_layer(draw, row, operation, vector):
    """Draw the weights and biases of an operation by the scheme of the network."""
    weights, biases = operation_views(row, operation, vector)
    mask = operation.weights.connections
    if operation.weights.first_values is not None:
        return
    if mask is None:
        draw(weights.reshape(-1, weights.shape[-1]), biases)
    else:
        _draw_connections(draw, weights, biases, mask)


def _draw(initialiser, activation, random_state, weights, biases):
    """Draw the weights and biases of a layer."""
    if isinstance(initialiser, str) and initialiser == AUTO:
        _as_scikit_learn(weights, biases, activation, random_state)
    else:
        draw = REGISTRY[initialiser.name].draw
        weights[:] = draw(random_state, *weights.shape, **initialiser.get_params())
        biases[:] = 0


def _draw_connections(draw, weights, biases, mask):
    """Draw weights that are connections: units with as many of them come from one dense layer."""
    counts, n_units = mask.sum(axis=0), mask.shape[1]
    for count in np.unique(counts):
        dense, offsets = np.empty((int(count), n_units)), np.empty(n_units)
        draw(dense, offsets)
        for unit in np.flatnonzero(counts == count):
            weights[mask[:, unit], unit], biases[unit] = dense[:, unit], offsets[unit]


def _as_scikit_learn(weights, biases, activation, random_state):
    """Draw weights, then biases, uniformly from ``[-b, b)``, ``b = sqrt(f / (fan_in + fan_out))``.

    ``f`` is 6, or 2 for logistic units. Glorot & Bengio, "Understanding the difficulty of training
    deep feedforward neural networks", AISTATS 2010.
    """
    factor = 2.0 if activation == "logistic" else 6.0
    bound = math.sqrt(factor / sum(weights.shape))
    for out in weights, biases:
        Uniform(bound).set(out, random_state, None)


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
