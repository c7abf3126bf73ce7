"""Normalisation of every channel over a batch."""

from skdeep.layers._base import INPUTS, OF_OUTPUTS, Layer
from skdeep.layers.first_values import Constant
from skdeep.layers.normalisation.scale import scaling
from skdeep.layers.operation import ParameterBlock, Step, normalisation, per_unit


class BatchNorm(Layer):
    """Normalise every channel over a batch, and over all steps or pixels.

    ``h_c = s_c (x_c - mean_c) / sqrt(variance_c + 1e-5) + t_c``. In training, means and variances
    are those of the batch; in predictions, running ones, which follow the batches of training. It
    takes samples of any shape (..., channels), of which vectors are features or units, and gives
    samples of the same shape. Layers with `batch_norm` normalise before their activation, which
    costs less; this one stands anywhere.

    Parameters
    ----------
    dropout : float in [0, 1), default=0.0
        Rate at which outputs are dropped in every update, as in `Dense`.
    auxiliary_output : bool, default=False
        Whether outputs of the network are also computed from this layer alone, in training only,
        as in `Dense`.
    inputs : str, list of str or None, default=None
        Name of the earlier layer that it reads, or names of several, whose outputs are put side by
        side; "features" are the features. None for the layer before.

    See Also
    --------
    LayerNorm : Normalises every sample by itself.

    Notes
    -----
    Scales ``s``, shifts ``t``, means and variances are in `batch_norm_` of the network. In `coefs_`
    and `intercepts_`, the layer has weights of 1 and biases of 0, which stay so.

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
