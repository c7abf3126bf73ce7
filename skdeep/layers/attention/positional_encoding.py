"""Encodings of positions, which are added to the steps of a sequence."""

import numpy as np

from skdeep.layers._base import INPUTS, OF_OUTPUTS, OF_PARAMETERS, Layer
from skdeep.layers.first_values import Normal, Sinusoids
from skdeep.layers.operation import Operation, ParameterBlock, Step

#: Standard deviation of the first values of encodings that are learned.
DEVIATION = 0.02


class PositionalEncoding(Layer):
    """Positional encoding of the steps of a sequence.

    ``h_tc = x_tc + p_tc``, with ``p_tc = sin(t / 10000^(c / channels))`` for even channels ``c``
    and ``p_tc = cos(t / 10000^((c - 1) / channels))`` for odd ones. It is added before
    `SelfAttention`, which ignores the order of the steps. The input and output shape of a sample is
    (steps, channels).

    Parameters
    ----------
    learned : bool, default=False
        Whether the vectors ``p_t`` are learned, with initial values from a normal distribution with
        standard deviation 0.02. If False, they are the sines and cosines above.
    dropout : float in [0, 1), default=0.0
        Dropout rate of the outputs, as in `Dense`.
    trainable : bool, default=True
        Whether learned vectors are trained.
    learning_rate_factor : float, default=1.0
        Factor of the learning rate for this layer.
    alpha_factor : float, default=1.0
        Factor of the network's `alpha` (the strength of the penalty) for learned vectors; 0
        disables the penalty.
    weights_of : str or None, default=None
        Name of an earlier layer of the same kind with which this layer shares its vectors, as in
        `Dense`.
    auxiliary_output : bool, default=False
        Whether to add an auxiliary output layer after this layer, as in `Dense`.
    inputs : str, list of str or None, default=None
        Name of an earlier layer whose output is the input of this layer, or names of several, whose
        outputs are concatenated; "features" stands for the features. If None, the previous layer.

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
