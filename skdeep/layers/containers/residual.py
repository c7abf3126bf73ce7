"""Residual connections."""

from skdeep.layers._base import ACTIVATION, INPUTS, OF_OUTPUTS
from skdeep.layers.containers.container import Container, chain
from skdeep.layers.joining.add import Add


class Residual(Container):
    """Residual connection around some layers, ``h = f(x + g(x))``.

    The function ``g`` consists of the given layers, one after the other. Its output must have the
    same shape as its input.

    Parameters
    ----------
    layers : list of layer or of tuple of str and layer
        The layers. Their parameters can be tuned with `GridSearchCV` as
        ``layers__2__layers__0__units``, where ``2`` is the position or the name of this layer.
    activation : str, default='identity'
        Activation function ``f``; the names are those of `MLPClassifier`.
    dropout : float in [0, 1), default=0.0
        Dropout rate of the outputs, as in `Dense`.
    auxiliary_output : bool, default=False
        Whether to add an auxiliary output layer after this layer, as in `Dense`.
    inputs : str or None, default=None
        Name of an earlier layer whose output is the input of this layer; "features" stands for the
        features. If None, the previous layer.

    See Also
    --------
    Add : Add the outputs of any layers, by name.
    Branches : Parallel layers with the same input.

    Notes
    -----
    ``layers_`` of the fitted network contains the individual layers, followed by an `Add` layer.

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
