"""Convolutions over the steps of a sequence."""

import numpy as np
from sklearn.utils._param_validation import StrOptions

from skdeep.formulas.activations import NAMES
from skdeep.layers._base import (
    ACTIVATION,
    INPUTS,
    OF_OUTPUTS,
    OF_PARAMETERS,
    RATE,
    SIZE,
    Layer,
    activated,
)
from skdeep.layers.operation import Operation, ParameterBlock, normalisation, per_unit


class Conv1D(Layer):
    """Convolution over sequences.

    ``h_t = f(sum_j x_(s t + d j - p) W_j + b)`` for a kernel ``W`` of shape (kernel_size, channels,
    filters), biases ``b`` of shape (filters,), the stride ``s``, the dilation ``d`` and ``p`` steps
    of padding with zeros.

    The input shape of a sample is (steps, channels), the output shape (new_steps, filters). As the
    first layer it also accepts a matrix of features, whose columns are the steps of one channel
    unless `input_shape` of the network is given.

    Parameters
    ----------
    filters : int
        Number of filters.
    kernel_size : int
        Number of steps of the kernel.
    strides : int, default=1
        Number of steps between two windows.
    padding : {'valid', 'same'}, default='valid'
        'valid' uses only windows that lie completely within the sequence, which gives ``(steps - d
        (kernel_size - 1) - 1) // s + 1`` output steps. 'same' pads both ends with zeros, which
        gives ``ceil(steps / s)`` steps; if the number of zeros is odd, the additional one is at the
        end.
    dilation : int, default=1
        Distance between neighbouring steps of a window.
    activation : str, default='relu'
        Activation function ``f``; the names are those of `MLPClassifier`.
    dropout : float in [0, 1), default=0.0
        Dropout rate of the outputs, as in `Dense`.
    dropconnect : float in [0, 1) or None, default=None
        Probability with which weights are set to 0 in an update, as in `Dense`. If None,
        `dropconnect` of the network.
    batch_norm : bool or None, default=None
        Whether to use batch normalisation before the activation function, with statistics over all
        windows of a batch. If None, `batch_norm` of the network.
    trainable : bool, default=True
        Whether the weights and biases are trained. If False, they keep their initial values or,
        with `warm_start` and `partial_fit`, those of the previous call.
    learning_rate_factor : float, default=1.0
        Factor of the learning rate for this layer.
    alpha_factor : float, default=1.0
        Factor of the network's `alpha` (the strength of the penalty) for the weights of this layer;
        0 disables the penalty.
    weights_of : str or None, default=None
        Name of an earlier layer of the same kind with which this layer shares its weights and
        biases. The name of a layer without one is its position in the list, as in ``"0"``. If None,
        the layer has its own parameters.
    auxiliary_output : bool, default=False
        Whether to add an auxiliary output layer after this layer, as in `Dense`.
    inputs : str, list of str or None, default=None
        Name of an earlier layer whose output is the input of this layer, or names of several, whose
        outputs are concatenated; "features" stands for the features. If None, the previous layer.

    See Also
    --------
    Flatten : Flatten sequences to vectors, as required by `Dense`.

    Notes
    -----
    Initial weights are drawn as for a dense layer whose input is one window.

    References
    ----------
    .. [1] Y. LeCun et al., "Backpropagation applied to handwritten zip code recognition", Neural
       Computation 1, 1989.
    .. [2] A. Waibel et al., "Phoneme recognition using time-delay neural networks", IEEE
       Transactions on Acoustics, Speech and Signal Processing 37, 1989.

    Examples
    --------
    >>> import numpy as np
    >>> from skdeep import NetworkClassifier
    >>> from skdeep.layers import Conv1D, Flatten
    >>> X = np.random.default_rng(0).normal(size=(200, 30, 2))
    >>> y = X[:, 10:20, 0].max(axis=1) > 1.5
    >>> layers = [Conv1D(4, kernel_size=3), Flatten()]
    >>> clf = NetworkClassifier(layers, solver="lbfgs", random_state=0).fit(X, y)
    >>> [coef.shape for coef in clf.coefs_]
    [(3, 2, 4), (112, 1)]
    """

    _parameter_constraints: dict = {
        "filters": SIZE,
        "kernel_size": SIZE,
        "strides": SIZE,
        "padding": [StrOptions({"valid", "same"})],
        "dilation": SIZE,
        "activation": ACTIVATION,
        **OF_OUTPUTS,
        "dropconnect": [*RATE, None],
        "batch_norm": ["boolean", None],
        **OF_PARAMETERS,
        **INPUTS,
    }
    kind = "conv1d"
    reads_sequences = True

    def __init__(
        self,
        filters,
        kernel_size,
        *,
        strides=1,
        padding="valid",
        dilation=1,
        activation="relu",
        dropout=0.0,
        dropconnect=None,
        batch_norm=None,
        trainable=True,
        learning_rate_factor=1.0,
        alpha_factor=1.0,
        weights_of=None,
        auxiliary_output=False,
        inputs=None,
    ):
        self.filters = filters
        self.kernel_size = kernel_size
        self.strides = strides
        self.padding = padding
        self.dilation = dilation
        self.activation = activation
        self.dropout = dropout
        self.dropconnect = dropconnect
        self.batch_norm = batch_norm
        self.trainable = trainable
        self.learning_rate_factor = learning_rate_factor
        self.alpha_factor = alpha_factor
        self.weights_of = weights_of
        self.auxiliary_output = auxiliary_output
        self.inputs = inputs

    def _steps(self, steps):
        """Return the steps of the outputs, and those of padding before the inputs."""
        span = int(self.dilation) * (int(self.kernel_size) - 1) + 1
        stride = int(self.strides)
        if self.padding == "same":
            new_steps = -(-steps // stride)
            return new_steps, max(0, (new_steps - 1) * stride + span - steps) // 2
        if span > steps:
            of = f"kernel_size={self.kernel_size}"
            if self.dilation > 1:
                of += f" with dilation={self.dilation}"
            raise ValueError(
                f"{of} spans {span} steps, but samples of {steps} arrive: use a shorter kernel or "
                "padding='same'."
            )
        return (steps - span) // stride + 1, 0

    def gives_steps(self):
        """Return whether each step that it gives is made of that step alone."""
        return int(self.kernel_size) == 1 and int(self.strides) == 1

    def connect(self, shape, source):
        """Return the operation of the layer and the shape of its outputs."""
        if len(shape) != 2:
            raise ValueError(f"it takes samples of shape (steps, channels), but {shape} arrives.")
        steps, channels = shape
        new_steps, before = self._steps(steps)
        size, filters = int(self.kernel_size), int(self.filters)
        stride, dilation = int(self.strides), int(self.dilation)
        operation = Operation(
            "conv1d",
            (source,),
            steps * channels,
            (new_steps, filters),
            ParameterBlock((size, channels, filters)),
            per_unit(filters),
            NAMES[self.activation],
            (steps, channels, size, stride, dilation, before, new_steps),
            float(self.dropout),
            **(normalisation(filters) if self.batch_norm else {}),
        )
        return operation, operation.output_shape

    def reference(self, X, weights, biases):
        """Compute the outputs in NumPy, to compare engines with."""
        n_samples, steps, _ = X.shape
        new_steps, before = self._steps(steps)
        a = np.zeros((n_samples, new_steps, len(biases)), dtype=X.dtype) + biases
        for t in range(new_steps):
            for j, kernel in enumerate(weights):
                step = t * self.strides + j * self.dilation - before
                if 0 <= step < steps:
                    a[:, t] += X[:, step] @ kernel
        return activated(self.activation, a)
