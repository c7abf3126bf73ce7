"""Residual connections."""

from skdeep.layers._base import ACTIVATION, INPUTS, OF_OUTPUTS
from skdeep.layers.containers.container import Container, chain
from skdeep.layers.joining.add import Add


class Residual(Container):
    """Add what some layers read to what the last of them gives, ``h = f(x + g(x))``.

    ``g`` are the layers, each of which reads the one before. They learn what is to be added to the
    inputs, and what they give must have the shape of these.

    Parameters
    ----------
    layers : list of layer or of tuple of str and layer
        The layers. A search reaches their parameters: ``layers__2__layers__0__units``, where
        ``2`` is the place or the name of this layer.
    activation : str, default='identity'
        Name of the activation ``f``, as `activation` of `MLPClassifier`.
    dropout : float in [0, 1), default=0.0
        Rate at which outputs are dropped in every update, as in `Dense`.
    auxiliary_output : bool, default=False
        Whether outputs of the network are also computed from this layer alone, in training only,
        as in `Dense`.
    inputs : str or None, default=None
        Name of the earlier layer that it reads; "features" are the features. None for the layer
        before.

    See Also
    --------
    Add : The sum of the outputs of any layers, by their names.
    Branches : Several layers that read the same.

    Notes
    -----
    The fitted network, ``layers_``, has its layers one by one, with an `Add` at the end.

    References
    ----------
    .. [1] K. He, X. Zhang, S. Ren and J. Sun, "Deep residual learning for image recognition",
       CVPR 2016.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from skdeep import NetworkClassifier
    >>> from skdeep.layers import Dense, Residual
    >>> X, y = load_iris(return_X_y=True)
    >>> layers = [Dense(8), Residual([Dense(16), Dense(8, "identity")], activation="relu")]
    >>> clf = NetworkClassifier(layers, solver="lbfgs", random_state=0).fit(X, y)
    >>> [name for name, _ in clf.layers_], [coef.shape for coef in clf.coefs_]
    (['0', '1_0', '1_1', '1'], [(4, 8), (8, 16), (16, 8), (8, 3)])
    """

    _parameter_constraints: dict = {
        "layers": [list, tuple],
        "activation": ACTIVATION,
        **OF_OUTPUTS,
        **INPUTS,
    }

    def __init__(
        self,
        layers=(),
        *,
        activation="identity",
        dropout=0.0,
        auxiliary_output=False,
        inputs=None,
    ):
        self.layers = layers
        self.activation = activation
        self.dropout = dropout
        self.auxiliary_output = auxiliary_output
        self.inputs = inputs

    def expand(self, name, before):
        """Return the layers that it stands for: see `Container.expand`."""
        self.check()
        reads = self.input_names() or (before,)
        if len(reads) > 1:
            raise ValueError(f"it reads one layer, but inputs={self.inputs!r} are {len(reads)}.")
        if not len(self.layers):
            raise ValueError("layers must hold at least one layer.")
        pairs, last = chain(name, self.layers, reads)
        total = Add(
            [*reads, *last],
            activation=self.activation,
            dropout=self.dropout,
            auxiliary_output=self.auxiliary_output,
        )
        return [*pairs, (name, total)]
