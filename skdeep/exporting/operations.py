"""A network of layers of any kind, described for exports."""

from typing import NamedTuple

import numpy as np

from skdeep.network.layout import BatchNorm, normalisation_of, operation_views
from skdeep.network.plain_layers import Dense, Network, folded


class OtherLayer(NamedTuple):
    """A layer that is not dense.

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
    mask : None
        As of dense layers all of whose weights are connections.
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
    mask: None = None

    def folded(self):
        """Return a layer that does the same without batch normalisation."""
        return folded(self)


def kind_of(layer):
    """Return the kind of a layer.

    Parameters
    ----------
    layer : Dense or OtherLayer

    Returns
    -------
    kind : str
    """
    return getattr(layer, "kind", "dense")


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
        Of layers that are `Dense` or `OtherLayer`.
    """
    layers, pairs = [], layout.operations_with_roles(auxiliary=False)
    for (row, operation), title in zip(pairs, titles, strict=True):
        weights, biases = operation_views(row, operation, vector)
        name, sources = operation.activation, operation.sources
        norm = normalisation_of(row, vector)
        if operation.kind == "dense":
            mask = operation.weights.connections
            layers.append(Dense(weights, biases, name, sources, norm, mask))
        else:
            own = operation.kind, title, operation.settings, operation.n_inputs
            arrays = operation.output_shape, weights, biases
            layers.append(OtherLayer(*own, *arrays, name, sources, norm))
    return Network(layout.n_features, tuple(layers))


def check_kinds(network, forms, library):
    """Check that all kinds of layers of a network have a form in a library.

    Parameters
    ----------
    network : Network
    forms : dict
        Those that there are, by kind.
    library : str
        Its name.

    Raises
    ------
    ValueError
        If one has none.
    """
    for layer in network.layers:
        if kind_of(layer) not in forms:
            raise ValueError(f"{layer.title} has no form in {library}.")


def window_steps(layer):
    """Return which steps of its inputs a convolution or pooling reads for a step of its outputs.

    Parameters
    ----------
    layer : OtherLayer
        Of the kind "conv1d" or "max_pool1d".

    Returns
    -------
    shape : tuple of int
        Steps and channels of the inputs.
    padding : tuple of int
        Steps of zeros before and behind them.
    steps : array of int64 of shape (steps_out, size)
        Of the inputs with the padding.
    """
    if layer.kind == "conv1d":
        _, channels, size, stride, dilation, before, steps_out = layer.settings
    else:
        channels, size, stride, steps_out = layer.settings
        dilation, before = 1, 0
    n_steps = layer.n_inputs // channels
    reach = (steps_out - 1) * stride + dilation * (size - 1) + 1
    behind = max(0, reach - before - n_steps)
    steps = stride * np.arange(steps_out)[:, None] + dilation * np.arange(size)
    return (n_steps, channels), (before, behind), steps


def look_ups(layer):
    """Return what an embedding looks up.

    Parameters
    ----------
    layer : OtherLayer
        Of the kind "embedding".

    Returns
    -------
    columns, first_rows : array of int64 of shape (n_columns,)
        Columns of codes, and the rows of the table that code 0 of each stands for.
    others : array of int64
        Columns that are passed on.
    """
    n_columns, n_others = layer.settings[:2]
    tables = np.array(layer.settings[2:], dtype=np.int64)
    others = tables[len(tables) - n_others :]
    columns, first_rows, _ = tables[: 3 * n_columns].reshape(n_columns, 3).T
    return columns, first_rows, others


def joined_rows(layer):
    """Return how samples are put side by side.

    Parameters
    ----------
    layer : OtherLayer
        Of the kind "concatenate".

    Returns
    -------
    n_rows : int
        Rows that a sample has, as a matrix.
    widths : tuple of int
        Columns of every matrix that is read.
    """
    _, n_rows, *pairs = layer.settings
    return n_rows, tuple(pairs[1::2])
