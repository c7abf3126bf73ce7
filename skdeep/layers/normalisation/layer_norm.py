"""Normalisation of every sample, or of every step or pixel of one."""

import numpy as np

from skdeep.formulas.normalisation import BATCH_EPSILON
from skdeep.layers._base import INPUTS, OF_OUTPUTS, OF_PARAMETERS, Layer
from skdeep.layers.normalisation.scale import scaling
from skdeep.layers.operation import Step


class LayerNorm(Layer):
    """Layer normalisation, ``h_c = w_c (x_c - mean) / sqrt(variance + 1e-5) + b_c``.

    The mean and variance are computed over the channels, separately for each sample and each step
    of a sequence or pixel of an image, in training and in predictions. The input and output shape
    of a sample is (..., channels).

    Parameters
    ----------
    dropout : float in [0, 1), default=0.0
        Dropout rate of the outputs, as in `Dense`.
    trainable : bool, default=True
        Whether the weights and biases are trained.
    learning_rate_factor : float, default=1.0
        Factor of the learning rate for this layer.
    alpha_factor : float, default=0.0
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
    BatchNorm : Normalises each channel over a batch.

    Notes
    -----
    Initial weights are 1, initial biases 0.

    References
    ----------
    .. [1] J. L. Ba, J. R. Kiros and G. E. Hinton, "Layer normalization", arXiv:1607.06450, 2016.

    Examples
    --------
    >>> import numpy as np
    >>> from skdeep import NetworkRegressor
    >>> from skdeep.layers import Dense, LayerNorm
    >>> X = np.random.default_rng(0).normal(size=(100, 3))
    >>> layers = [Dense(4, activation="tanh"), LayerNorm()]
    >>> reg = NetworkRegressor(layers, solver="lbfgs", random_state=0).fit(X, X[:, 0])
    >>> [coef.shape for coef in reg.coefs_]
    [(3, 4), (1, 4), (4, 1)]
    """

    _parameter_constraints: dict = {**OF_OUTPUTS, **OF_PARAMETERS, **INPUTS}
    kind = "layer_norm"

    def __init__(
        self,
        *,
        dropout=0.0,
        trainable=True,
        learning_rate_factor=1.0,
        alpha_factor=0.0,
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
        apart = X - X.mean(axis=-1, keepdims=True)
        variance = (apart * apart).mean(axis=-1, keepdims=True)
        return apart / np.sqrt(variance + BATCH_EPSILON) * weights[0] + biases
