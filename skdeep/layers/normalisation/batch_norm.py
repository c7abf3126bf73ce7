"""Normalisation of every channel over a batch."""

from skdeep.layers._base import INPUTS, OF_OUTPUTS, Layer
from skdeep.layers.first_values import Constant
from skdeep.layers.normalisation.scale import scaling
from skdeep.layers.operation import ParameterBlock, Step, normalisation, per_unit


class BatchNorm(Layer):
    """Batch normalisation of each channel.

    ``h_c = s_c (x_c - mean_c) / sqrt(variance_c + 1e-5) + t_c``. In training, means and variances
    are computed over the batch and all steps or pixels; predictions use running averages. The input
    and output shape of a sample is (..., channels). The parameter `batch_norm` of other layers
    normalises before their activation function and is faster; this layer can be placed anywhere.

    Parameters
    ----------
    dropout : float in [0, 1), default=0.0
        Dropout rate of the outputs, as in `Dense`.
    auxiliary_output : bool, default=False
        Whether to add an auxiliary output layer after this layer, as in `Dense`.
    inputs : str, list of str or None, default=None
        Name of an earlier layer whose output is the input of this layer, or names of several, whose
        outputs are concatenated; "features" stands for the features. If None, the previous layer.

    See Also
    --------
    LayerNorm : Normalises each sample separately.

    Notes
    -----
    Scales ``s``, shifts ``t``, means and variances are in `batch_norm_` of the network. In `coefs_`
    and `intercepts_`, the layer has constant weights of 1 and biases of 0.

    References
    ----------
    .. [1] S. Ioffe and C. Szegedy, "Batch normalization: accelerating deep network training by
       reducing internal covariate shift", ICML 2015.

    Examples
    --------
    >>> import numpy as np
    >>> from skdeep import NetworkRegressor
    >>> from skdeep.layers import BatchNorm, Dense
    >>> X = 5 + np.random.default_rng(0).normal(size=(100, 3))
    >>> layers = [BatchNorm(), Dense(4, activation="tanh")]
    >>> reg = NetworkRegressor(layers, batch_size=10, tol=0.1, random_state=0).fit(X, X[:, 0])
    >>> reg.batch_norm_[0].mean.round().tolist()
    [5.0, 5.0, 5.0]
    """

    _parameter_constraints: dict = {**OF_OUTPUTS, **INPUTS}
    kind = "scale"
    #: Outputs are normalised over the batch, as those of other layers can be.
    batch_norm = True

    def __init__(self, *, dropout=0.0, auxiliary_output=False, inputs=None):
        self.dropout = dropout
        self.auxiliary_output = auxiliary_output
        self.inputs = inputs

    def steps(self):
        """Return what is known of the operation, whose weights are never dropped."""
        return (Step(self.kind, dropout=float(self.dropout), dropconnect=0.0),)

    def connect(self, shape, source):
        """Return the operation of the layer and the shape of its outputs."""
        channels = shape[-1]
        fixed = {
            "weights": ParameterBlock((1, channels), Constant(1.0), trained=False, decay=0.0),
            "biases": per_unit(channels, trained=False, first_values=Constant(0.0)),
        }
        blocks = {**fixed, **normalisation(channels)}
        return scaling(self.kind, shape, source, self.dropout, **blocks), shape

    def reference(self, X, weights=None, biases=None):
        """Return its inputs: what they are normalised by is not among the weights."""
        return X
