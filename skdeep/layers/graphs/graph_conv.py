"""Graph convolutions: dense layers of nodes that read their neighbours."""

from skdeep.layers._base import ACTIVATION, INPUTS, RATE, SIZE
from skdeep.layers.affine.dense import Dense
from skdeep.layers.containers.container import Container
from skdeep.layers.graphs.propagate import Propagate


class GraphConv(Container):
    """Graph convolution, ``H' = f(A H W + b)``.

    For `GraphConvClassifier` and `GraphConvRegressor`. ``A`` is the normalised adjacency matrix of
    the graph [1]_, see `Propagate`. The input shape of a sample is (n_inputs,), the output shape
    (units,). In ``layers_`` of the fitted network, the layer is replaced by a `Propagate` and a
    `Dense` layer.

    Parameters
    ----------
    units : int
        Number of units.
    activation : str, default='relu'
        Activation function ``f``; the names are those of `MLPClassifier`.
    dropout : float in [0, 1), default=0.0
        Dropout rate of the units, as in `Dense`.
    inputs : str, list of str or None, default=None
        Name of an earlier layer whose output is the input of this layer, or names of several, whose
        outputs are concatenated; "features" stands for the features. If None, the previous layer.

    See Also
    --------
    Dense : The same without the neighbours of a node.

    References
    ----------
    .. [1] T. N. Kipf and M. Welling, "Semi-supervised classification with graph convolutional
       networks", ICLR 2017.

    Examples
    --------
    >>> import numpy as np
    >>> from scipy.sparse import block_diag
    >>> from skdeep import GraphConvClassifier
    >>> from skdeep.layers import GraphConv
    >>> graph = block_diag([np.ones((5, 5)), np.ones((5, 5))])
    >>> y = np.array([0, -1, -1, -1, -1, 1, -1, -1, -1, -1])
    >>> clf = GraphConvClassifier([GraphConv(4, "tanh")], solver="lbfgs", random_state=0)
    >>> clf.fit(np.eye(10), y, adjacency=graph).predict(np.eye(10))
    array([0, 0, 0, 0, 0, 1, 1, 1, 1, 1])
    """

    _parameter_constraints: dict = {
        "units": SIZE,
        "activation": ACTIVATION,
        "dropout": RATE,
        **INPUTS,
    }
    _layer_lists = ()

    def __init__(self, units, activation="relu", *, dropout=0.0, inputs=None):
        self.units = units
        self.activation = activation
        self.dropout = dropout
        self.inputs = inputs

    def expand(self, name, before):
        """Return the layers that it stands for: see `Container.expand`."""
        self.check()
        mean = f"{name}_mean"
        dense = Dense(self.units, self.activation, dropout=self.dropout, inputs=[mean])
        return [(mean, Propagate(inputs=self.inputs)), (name, dense)]
