"""Every channel times a weight of its own."""

import math

from skdeep.layers._base import INPUTS, OF_OUTPUTS, OF_PARAMETERS, Layer
from skdeep.layers.first_values import Constant
from skdeep.layers.operation import Operation, ParameterBlock, Step, per_unit


def scaling(kind, shape, source, dropout, **blocks):
    """Return an operation with a weight and a bias for every channel, 1 and 0 at first.

    Parameters
    ----------
    kind : str
        Of the operation.
    shape : tuple of int
        Of a sample; the last axis is that of the channels.
    source : int
    dropout : float
    **blocks : dict of str to ParameterBlock
        That it has otherwise.

    Returns
    -------
    operation : Operation
    """
    channels, size = shape[-1], math.prod(shape)
    weights = ParameterBlock((1, channels), Constant(1.0))
    own = {"weights": weights, "biases": per_unit(channels, first_values=Constant(0.0)), **blocks}
    weights, biases = own.pop("weights"), own.pop("biases")
    fields = (source,), size, shape, weights, biases, "identity", ()
    return Operation(kind, *fields, float(dropout), **own)


class Scale(Layer):
    """Multiply each channel by a weight and add a bias, ``h_c = w_c x_c + b_c``.

    The input and output shape of a sample is (..., channels).

    Parameters
    ----------
    dropout : float in [0, 1), default=0.0
        Dropout rate of the outputs, as in `Dense`.
    trainable : bool, default=True
        Whether the weights and biases are trained.
    learning_rate_factor : float, default=1.0
        Factor of the learning rate for this layer.
    alpha_factor : float, default=1.0
        Factor of the network's `alpha` (the strength of the penalty) for the weights of this layer;
        0 disables the penalty.
    weights_of : str or None, default=None
        Name of an earlier layer of the same kind with which this layer shares its weights and
        biases, as in `Dense`.
    auxiliary_output : bool, default=False
        Whether to add an auxiliary output layer after this layer, as in `Dense`.
    inputs : str, list of str or None, default=None
        Name of an earlier layer whose output is the input of this layer, or names of several, whose
        outputs are concatenated; "features" stands for the features. If None, the previous layer.

    See Also
    --------
    LayerNorm : Normalises each sample before scaling.
    BatchNorm : Normalises each channel before scaling.

    Notes
    -----
    Initial weights are 1, initial biases 0.

    Examples
    --------
    >>> import numpy as np
    >>> from skdeep import NetworkRegressor
    >>> from skdeep.layers import Dense, Scale
    >>> X = np.random.default_rng(0).normal(size=(100, 3))
    >>> layers = [Scale(), Dense(4, activation="tanh")]
    >>> reg = NetworkRegressor(layers, solver="lbfgs", random_state=0).fit(X, X[:, 0])
    >>> [coef.shape for coef in reg.coefs_]
    [(1, 3), (3, 4), (4, 1)]
    """

    _parameter_constraints: dict = {**OF_OUTPUTS, **OF_PARAMETERS, **INPUTS}
    kind = "scale"

    def __init__(
        self,
        *,
        dropout=0.0,
        trainable=True,
        learning_rate_factor=1.0,
        alpha_factor=1.0,
        weights_of=None,
        auxiliary_output=False,
        inputs=None,
    ):
        self.dropout = dropout
        self.trainable = trainable
        self.learning_rate_factor = learning_rate_factor
        self.alpha_factor = alpha_factor
        self.weights_of = weights_of
        self.auxiliary_output = auxiliary_output
        self.inputs = inputs

    def steps(self):
        """Return what is known of the operation, whose weights are never dropped."""
        return (Step(self.kind, dropout=float(self.dropout), dropconnect=0.0),)

    def gives_steps(self):
        """Return whether each step that it gives is made of that step alone: True."""
        return True

    def connect(self, shape, source):
        """Return the operation of the layer and the shape of its outputs."""
        return scaling(self.kind, shape, source, self.dropout), shape

    def reference(self, X, weights, biases):
        """Compute the outputs in NumPy, to compare engines with."""
        return X * weights[0] + biases
