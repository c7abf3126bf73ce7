"""A network as one flat vector, with what tells the meaning of its numbers."""

from typing import NamedTuple

import numpy as np

from skdeep.network.layout import Architecture, Layout, parameter_views


class FlatNetwork(NamedTuple):
    """A network as training takes and returns it.

    Attributes
    ----------
    architecture : Architecture
    vector : array of shape (n_parameters,)
        Its parameters.
    connections : list of array of bool or None
        Which of the weights of every layer are connections; None where all are.
    """

    architecture: Architecture
    vector: np.ndarray
    connections: list | None = None

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
        return connection_masks(self.layout, self.connections)


def connection_masks(layout: Layout, connections):
    """Return 0 for every weight that is no connection, 1 for all other parameters, or None.

    Parameters
    ----------
    layout : Layout
    connections : list of array of bool or None
        Which of the weights of every layer are connections; None where all are.

    Returns
    -------
    masks : array of float64 of shape (n_parameters,) or None
    """
    if connections is None:
        return None
    masks = np.ones(layout.n_parameters)
    for view, mask in zip(parameter_views(layout, masks)[0], connections, strict=True):
        view[:] = mask
    return masks
