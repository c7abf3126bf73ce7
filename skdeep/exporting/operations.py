"""A network of layers of any kind, described for exports."""

from typing import NamedTuple

import numpy as np

from skdeep.network.layout import BatchNorm, normalisation_of, operation_views
from skdeep.network.plain_layers import Network, folded


class ExportedLayer(NamedTuple):
    """A layer of any kind.

    What it reads and gives are vectors, whatever shape they stand for.

    Attributes
    ----------
    kind : str
        Of `skdeep.engines.table.KINDS`.
    title : str
        What messages call the layer.
    settings : tuple of int
        What they are says the kind.
    n_inputs : int
        Numbers that it reads for a sample.
    output_shape : tuple of int
        Of what it gives for a sample.
    weights, biases : array
        Of the shapes of the layer's blocks; empty where there are none.
    activation : str
    sources : tuple of int
        What it reads: 0 are the features, ``k`` the outputs of layer ``k - 1``.
    norm : BatchNorm or None
    mask : array of bool or None
        Which weights are connections, where not all are; the others are 0.
    """

    kind: str
    title: str
    settings: tuple
    n_inputs: int
    output_shape: tuple
    weights: np.ndarray
    biases: np.ndarray
    activation: str
    sources: tuple
    norm: BatchNorm | None = None
    mask: np.ndarray | None = None

    def folded(self):
        """Return a layer that does the same without batch normalisation."""
        return folded(self)


def describe_operations(layout, vector, titles):
    """Describe a network of layers of any kind.

    Parameters
    ----------
    layout : Layout
    vector : array of shape (n_parameters,)
        The layers hold views into it.
    titles : sequence of str
        What messages call the operations.

    Returns
    -------
    network : Network
        Of layers that are `ExportedLayer`.
    """
    layers, pairs = [], layout.operations_with_roles(auxiliary=False)
    for (row, operation), title in zip(pairs, titles, strict=True):
        weights, biases = operation_views(row, operation, vector)
        name, sources = operation.activation, operation.sources
        norm = normalisation_of(row, vector)
        mask = None if operation.weights is None else operation.weights.connections
        own = operation.kind, title, operation.settings, operation.n_inputs
        arrays = operation.output_shape, weights, biases
        layers.append(ExportedLayer(*own, *arrays, name, sources, norm, mask))
    return Network(layout.n_features, tuple(layers))
