"""A network as one flat vector, with what tells the meaning of its numbers."""

from typing import NamedTuple

import numpy as np

from skdeep.network.layout import Architecture, Layout, operation_views, parameter_views


class FlatNetwork(NamedTuple):
    """A network as training takes and returns it.

    Attributes
    ----------
    architecture : Architecture
    vector : array of shape (n_parameters,)
        Its parameters.
    """

    architecture: Architecture
    vector: np.ndarray

    @property
    def layout(self):
        """Where the parameters are in the vector."""
        return self.architecture.layout()

    def masks(self):
        """Return 0 for every weight that is no connection, 1 for all other parameters, or None.

        Returns
        -------
        masks : array of float64 of shape (n_parameters,) or None
        """
        return connection_masks(self.layout)


def connection_masks(layout: Layout):
    """Return 0 for every weight that is no connection, 1 for all other parameters, or None.

    Parameters
    ----------
    layout : Layout

    Returns
    -------
    masks : array of float64 of shape (n_parameters,) or None
        None where all weights are connections.
    """
    masks = None
    for row, operation in zip(layout.table, layout.operations, strict=True):
        connections = None if operation.weights is None else operation.weights.connections
        if connections is not None:
            masks = np.ones(layout.n_parameters) if masks is None else masks
            operation_views(row, operation, masks)[0][...] = connections
    return masks


def connectivity(layout: Layout):
    """Return which of the weights of every layer are connections, or None where all are.

    Parameters
    ----------
    layout : Layout

    Returns
    -------
    connectivity : list of array of bool or None
        Of the shapes of the weights, those that several operations use once.
    """
    masks = connection_masks(layout)
    return None if masks is None else [mask > 0 for mask in parameter_views(layout, masks)[0]]
