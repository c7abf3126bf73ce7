"""Encodings of positions, which are added to the steps of a sequence."""

import numpy as np

from skdeep.layers._base import INPUTS, OF_OUTPUTS, OF_PARAMETERS, Layer
from skdeep.layers.first_values import Normal, Sinusoids
from skdeep.layers.operation import Operation, ParameterBlock, Step

#: Standard deviation of the first values of encodings that are learned.
DEVIATION = 0.02


class PositionalEncoding(Layer):
    """Add to every step of a sequence a vector that tells where it is.

    ``h_tc = x_tc + p_tc``, with ``p_tc = sin(t / 10000^(c / channels))`` for even channels ``c``
    and ``p_tc = cos(t / 10000^((c - 1) / channels))`` for odd ones. `SelfAttention` alone does not
    know the order of the steps. It takes and gives samples of shape (steps, channels).

    Parameters
    ----------
    learned : bool, default=False
        Whether the vectors are parameters that are trained; they begin as normal numbers of
        standard deviation 0.02. Otherwise they are the sines and cosines above.
    dropout : float in [0, 1), default=0.0
        Rate at which outputs are dropped in every update, as in `Dense`.
    trainable : bool, default=True
        Whether training changes vectors that are learned.
    learning_rate_factor : float, default=1.0
        What the learning rate is multiplied by in the updates of this layer.
    alpha_factor : float, default=1.0
        What `alpha` of the network, the strength of the penalty, is multiplied by for vectors that
        are learned; 0 for no penalty.
    weights_of : str or None, default=None
        Name of an earlier layer of the same kind, whose vectors this layer uses, as in `Dense`.
    auxiliary_output : bool, default=False
        Whether outputs of the network are also computed from this layer alone, in training only,
        as in `Dense`.
    inputs : str, list of str or None, default=None
        Name of the earlier layer that it reads, or names of several, whose outputs are put side by
        side; "features" are the features. None for the layer before.

    Notes
    -----
    ``coefs_`` has the vectors, an array of shape (steps, channels), and ``intercepts_`` an empty
    array.

    References
    ----------
    .. [1] A. Vaswani et al., "Attention is all you need", NeurIPS 2017.

    Examples
    --------
    >>> import numpy as np
    >>> from skdeep.layers import PositionalEncoding
    >>> PositionalEncoding().connect((10, 4), source=0)[1]
    (10, 4)
    """

    _parameter_constraints: dict = {
        "learned": ["boolean"],
        **OF_OUTPUTS,
        **OF_PARAMETERS,
        **INPUTS,
    }
    kind = "positional_encoding"

    def __init__(
        self,
        learned=False,
        *,
        dropout=0.0,
        trainable=True,
        learning_rate_factor=1.0,
        alpha_factor=1.0,
        weights_of=None,
        auxiliary_output=False,
        inputs=None,
    ):
        self.learned = learned
        self.dropout = dropout
        self.trainable = trainable
        self.learning_rate_factor = learning_rate_factor
        self.alpha_factor = alpha_factor
        self.weights_of = weights_of
        self.auxiliary_output = auxiliary_output
        self.inputs = inputs

    def gives_steps(self):
        """Return whether each step that it gives is made of that step alone: True."""
        return True

    def steps(self):
        """Return what is known of the operation, whose vectors are never dropped."""
        return (Step(self.kind, dropout=float(self.dropout), dropconnect=0.0),)

    def connect(self, shape, source):
        """Return the operation of the layer and the shape of its outputs."""
        if len(shape) != 2:
            raise ValueError(f"it takes samples of shape (steps, channels), but {shape} arrives.")
        n_steps, channels = shape
        if self.learned:
            vectors = ParameterBlock(shape, Normal(DEVIATION))
        else:
            vectors = ParameterBlock(shape, Sinusoids(), trained=False, decay=0.0)
        operation = Operation(
            self.kind,
            (source,),
            n_steps * channels,
            shape,
            vectors,
            None,
            "identity",
            (),
            float(self.dropout),
        )
        return operation, shape

    def reference(self, X, weights, biases=None):
        """Compute the outputs in NumPy, to compare engines with."""
        return X + np.asarray(weights)
