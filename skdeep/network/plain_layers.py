"""A network as plain layers of weights, biases and activations: what it needs to predict."""

import math
from typing import NamedTuple

import numpy as np

from skdeep.engines.table import ACTIVATION, FIRST_SOURCE, LAST_SOURCE
from skdeep.formulas.activations import BY_CODE as ACTIVATIONS_BY_CODE
from skdeep.formulas.normalisation import BATCH_EPSILON
from skdeep.network.layout import BatchNorm, normalisation_of, operation_views


class Dense(NamedTuple):
    """A layer, ``f(norm(read @ weights + biases))``.

    Attributes
    ----------
    weights : array of shape (n_inputs, n_units)
    biases : array of shape (n_units,)
    activation : str
        Name of ``f``.
    sources : tuple of int
        What it reads, side by side: 0 are the features, ``k`` the outputs of layer ``k - 1``.
    norm : BatchNorm or None
    mask : array of bool of shape (n_inputs, n_units) or None
        Which weights are connections, where not all are; the others are 0.
    """

    weights: np.ndarray
    biases: np.ndarray
    activation: str
    sources: tuple
    norm: BatchNorm | None = None
    mask: np.ndarray | None = None
    kind = title = "dense"

    @property
    def output_shape(self):
        """Shape of what it gives for a sample."""
        return (len(self.biases),)

    def folded(self):
        """Return a layer that does the same without batch normalisation.

        Returns
        -------
        layer : Dense
        """
        return folded(self)


def folded(layer):
    """Return a layer that does the same without batch normalisation.

    Parameters
    ----------
    layer : NamedTuple
        With `weights`, whose last axis is that of the units, `biases` and `norm`.

    Returns
    -------
    layer : NamedTuple
    """
    if layer.norm is None:
        return layer
    scale, shift, mean, variance = (part.astype(np.float64) for part in layer.norm)
    slope = scale / np.sqrt(variance + BATCH_EPSILON)
    dtype = layer.weights.dtype
    weights = (layer.weights * slope).astype(dtype)
    biases = ((layer.biases - mean) * slope + shift).astype(dtype)
    return layer._replace(weights=weights, biases=biases, norm=None)


class Network(NamedTuple):
    """Layers, of which the last gives the outputs.

    Attributes
    ----------
    n_features : int
    layers : tuple of Dense
    """

    n_features: int
    layers: tuple

    @property
    def dtype(self):
        """Type of the weights."""
        return self.layers[-1].weights.dtype

    @property
    def output_steps(self):
        """Steps of a sequence that have outputs, as a tuple: empty where samples have outputs."""
        shape = tuple(getattr(self.layers[-1], "output_shape", ()))
        return shape[:-1] if len(shape) == 2 else ()

    @property
    def n_outputs(self):
        """Outputs of a sample, or of a step."""
        return math.prod(self.layers[-1].output_shape[len(self.output_steps) :])

    @property
    def is_chain(self):
        """Whether every layer reads the one before it and nothing else."""
        return all(layer.sources == (index,) for index, layer in enumerate(self.layers))

    def folded(self):
        """Return a network that does the same without batch normalisation.

        Returns
        -------
        network : Network
        """
        return self._replace(layers=tuple(layer.folded() for layer in self.layers))


def describe(layout, vector):
    """Describe a network in plain layers; auxiliary outputs are left out.

    Parameters
    ----------
    layout : Layout
    vector : array of shape (n_parameters,)
        The layers hold views into it.

    Returns
    -------
    network : Network

    Examples
    --------
    >>> import numpy as np
    >>> from skdeep.network.plain_layers import describe
    >>> from skdeep.network.layout import make_layout
    >>> network = describe(make_layout([2, 3, 1], ["relu", "identity"]), np.zeros(13))
    >>> [(layer.weights.shape, layer.activation) for layer in network.layers]
    [((2, 3), 'relu'), ((3, 1), 'identity')]
    """
    layers = []
    for row, operation in layout.operations_with_roles(auxiliary=False):
        weights, biases = operation_views(row, operation, vector)
        sources = tuple(range(int(row[FIRST_SOURCE]), int(row[LAST_SOURCE]) + 1))
        norm, name = normalisation_of(row, vector), ACTIVATIONS_BY_CODE[int(row[ACTIVATION])].name
        layers.append(Dense(weights, biases, name, sources, norm, operation.weights.connections))
    return Network(layout.n_features, tuple(layers))
