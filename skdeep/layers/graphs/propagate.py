"""Means over the neighbours of a node."""

import math

from skdeep.layers._base import INPUTS, Layer
from skdeep.layers.operation import Operation


class Propagate(Layer):
    r"""Weighted sum of the features of each node and its neighbours, ``H' = A H``.

    For `GraphConvClassifier` and `GraphConvRegressor`, whose samples are the nodes of a graph, with
    the normalised adjacency matrix ``A = D^(-1/2) (adjacency + I) D^(-1/2)``, where ``D`` is the
    diagonal matrix of the row sums of ``adjacency + I`` [1]_. Samples can have any shape. The layer
    has no trainable parameters.

    Parameters
    ----------
    inputs : str, list of str or None, default=None
        Name of an earlier layer whose output is the input of this layer, or names of several, whose
        outputs are concatenated; "features" stands for the features. If None, the previous layer.

    See Also
    --------
    GraphConv : This layer, followed by a dense layer.

    References
    ----------
    .. [1] T. N. Kipf and M. Welling, "Semi-supervised classification with graph convolutional
       networks", ICLR 2017.

    Examples
    --------
    >>> import numpy as np
    >>> from scipy.sparse import csr_array
    >>> from skdeep import GraphConvRegressor
    >>> from skdeep.layers import Dense, Propagate
    >>> X, y = np.eye(4), np.array([0.0, np.nan, np.nan, 1.0])
    >>> path = csr_array(np.eye(4, k=1))
    >>> layers = [Propagate(), Propagate(), Dense(8, "tanh")]
    >>> reg = GraphConvRegressor(layers, solver="lbfgs", random_state=0)
    >>> reg.fit(X, y, adjacency=path).predict(X).argsort()
    array([0, 1, 2, 3])
    """

    _parameter_constraints: dict = {**INPUTS}
    kind = "propagate"

    def __init__(self, *, inputs=None):
        self.inputs = inputs

    def connect(self, shape, source):
        """Return the operation of the layer, in which every node has itself alone as a neighbour.

        The network knows the graph.
        """
        fields = (source,), math.prod(shape), shape, None, None, "identity", (0,)
        return Operation("propagate", *fields), shape

    def reference(self, X, weights=None, biases=None, adjacency=None):
        """Compute the outputs in NumPy, to compare engines with.

        Parameters
        ----------
        X : ndarray of shape (n_nodes, ...)
        weights, biases : None
        adjacency : ndarray of shape (n_nodes, n_nodes) or None, default=None
            Normalised; None for nodes without neighbours.

        Returns
        -------
        outputs : ndarray of shape (n_nodes, ...)
        """
        return X if adjacency is None else adjacency @ X
