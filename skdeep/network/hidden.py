"""The outputs of the hidden layers of a network, each computed as a network of one layer."""

import numpy as np
from scipy.sparse import csr_matrix, hstack, issparse

from skdeep.network.layout import flatten, make_layout


def hidden_outputs(network, X, predict):
    """Yield the outputs of the hidden layers, one after the other.

    Parameters
    ----------
    network : Network
        In plain layers, see `skdeep.network.plain_layers.describe`.
    X : {array, CSR matrix} of shape (n_rows, n_features)
        Of the type of the weights.
    predict : callable
        ``predict(layout, vector, X)`` returns the outputs of a network.

    Yields
    ------
    outputs : array of shape (n_rows, n_units)
    """
    read = X
    for layer in network.layers[:-1]:
        h = predict(*_alone(layer, network.dtype), read)
        yield h
        read = h if network.is_chain else _side_by_side(read, h)


def _alone(layer, dtype):
    """Return the layout and the parameters of a hidden layer as a network of its own."""
    coefs, intercepts, names = [layer.weights], [layer.biases], [layer.activation]
    norms = [] if layer.norm is None else [layer.norm]
    if norms:  # of hidden layers only: one that passes on what it gets makes it hidden
        coefs.append(np.eye(len(layer.biases)))
        intercepts.append(np.zeros(len(layer.biases)))
        names.append("identity")
    units = [len(layer.weights), *map(len, intercepts)]
    return make_layout(units, names, bool(norms)), flatten(coefs, intercepts, dtype, norms)


def _side_by_side(X, h):
    """Return features or activations with further ones beside them."""
    if issparse(X):
        return hstack([X, csr_matrix(h)], format="csr", dtype=h.dtype)
    return np.hstack([X, h])
