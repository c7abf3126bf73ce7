"""Parts of a network as networks of their own: the first operations, and those behind them."""

import numpy as np

from skdeep.network.blocks import BLOCK_PLACES
from skdeep.network.flat import FlatNetwork
from skdeep.network.stack import Stack


def first_operations(network, n_operations):
    """Return the first operations of a network, the last of which gives the outputs.

    Parameters
    ----------
    network : FlatNetwork
        A `Stack` with its parameters.
    n_operations : int

    Returns
    -------
    part : FlatNetwork
        With copies of the parameters.
    """
    part = Stack(network.architecture.given[:n_operations])
    return FlatNetwork(part, _parameters_of(part.layout(), network, 0))


def operations_behind(network, n_operations, part):
    """Return the last operations of a network, which read what those before them give.

    Parameters
    ----------
    network : FlatNetwork
        A `Stack` with its parameters.
    n_operations : int
        How many are before them.
    part : Stack
        The operations, reading features in the place of what those before them give. They have the
        parameters of the network's, transposed where a dense layer is in the place of a
        `TransposedDense`, and without those of later steps where it has fewer.

    Returns
    -------
    part : FlatNetwork
        With copies of the parameters.
    """
    return FlatNetwork(part, _parameters_of(part.layout(), network, n_operations))


def _parameters_of(layout, network, first):
    """Return the parameters of the operations of a layout, which are in a network from one on."""
    vector = np.empty(layout.n_parameters, dtype=network.vector.dtype)
    whole = list(network.layout.operations_with_roles(auxiliary=False))[first:]
    for (row, operation), (their_row, theirs) in zip(
        layout.operations_with_roles(auxiliary=False), whole, strict=False
    ):
        for name, block in operation.blocks().items():
            source = getattr(theirs, name)
            values = network.vector[their_row[BLOCK_PLACES[name]] :][: source.size]
            values = values.reshape(source.shape)
            is_transposed = theirs.kind != operation.kind and name == "weights"
            out = vector[row[BLOCK_PLACES[name]] :][: block.size].reshape(block.shape)
            if not is_transposed:
                values = values[tuple(map(slice, block.shape))]  # of fewer steps
            out[...] = values.T if is_transposed else values
    return vector
