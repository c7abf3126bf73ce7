"""Convolutions over the rows and columns of images."""

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
from skdeep.layers.convolution._windows import (
    PAIR,
    as_sizes,
    check_image,
    check_pairs,
    windows_of_kernel,
)
from skdeep.layers.operation import Operation, ParameterBlock, normalisation, per_unit


class Conv2D(Layer):
    """Convolution over images.

    ``h_yx = f(sum_ij x_(s y + d i - p)(s x + d j - q) W_ij + b)`` for a kernel ``W`` of shape
    (rows, columns, channels, filters), biases ``b`` of shape (filters,), the stride ``s``, the
    dilation ``d`` and ``p`` rows and ``q`` columns of padding with zeros.

    The input shape of a sample is (height, width, channels), the output shape (new_height,
    new_width, filters). As the first layer it also accepts samples of shape (height, width) as
    images with one channel, and matrices if `input_shape` of the network is given.

    Parameters
    ----------
    filters : int
        Number of filters.
    kernel_size : int or tuple of two int
        Number of rows and columns of the kernel; an int is used for both.
    strides : int or tuple of two int, default=1
        Number of rows and columns between two windows.
    padding : {'valid', 'same'}, default='valid'
        'valid' uses only windows that lie completely within the image, which gives ``(height - d
        (rows - 1) - 1) // s + 1`` output rows, and correspondingly many columns. 'same' pads the
        image with zeros, which gives ``ceil(height / s)`` rows; if the number of padded rows or
        columns is odd, the additional one is at the bottom or on the right.
    dilation : int or tuple of two int, default=1
        Distance between neighbouring rows and columns of a window.
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
    MaxPool2D : Max pooling for images.
    Flatten : Flatten images to vectors, as required by `Dense`.

    Notes
    -----
    Initial weights are drawn as for a dense layer whose input is one window.

    References
    ----------
    .. [1] Y. LeCun et al., "Backpropagation applied to handwritten zip code recognition", Neural
       Computation 1, 1989.
    .. [2] Y. LeCun, L. Bottou, Y. Bengio and P. Haffner, "Gradient-based learning applied to
       document recognition", Proceedings of the IEEE 86, 1998.

    Examples
    --------
    >>> import numpy as np
    >>> from skdeep import NetworkClassifier
    >>> from skdeep.layers import Conv2D, Flatten, MaxPool2D
    >>> X = np.random.default_rng(0).normal(size=(200, 8, 8, 1))
    >>> y = X[:, 2:6, 2:6, 0].mean(axis=(1, 2)) > 0
    >>> layers = [Conv2D(4, kernel_size=3), MaxPool2D(2), Flatten()]
    >>> clf = NetworkClassifier(layers, solver="lbfgs", random_state=0).fit(X, y)
    >>> [coef.shape for coef in clf.coefs_]
    [(3, 3, 1, 4), (36, 1)]
    """

    _parameter_constraints: dict = {
        "filters": SIZE,
        "kernel_size": PAIR,
        "strides": PAIR,
        "padding": [StrOptions({"valid", "same"})],
        "dilation": PAIR,
        "activation": ACTIVATION,
        **OF_OUTPUTS,
        "dropconnect": [*RATE, None],
        "batch_norm": ["boolean", None],
        **OF_PARAMETERS,
        **INPUTS,
    }
    kind = "conv2d"
    reads_images = True

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

    def check(self):
        """Check the values of the parameters.

        Returns
        -------
        self : object
            The layer itself.

        Raises
        ------
        ValueError
            If a parameter is out of its range.
        """
        super().check()
        check_pairs(self, "kernel_size", "strides", "dilation")
        return self

    def _windows(self, shape):
        """Return, for rows and columns, how many windows there are, and the padding before them."""
        sizes = zip(*map(as_sizes, (self.kernel_size, self.strides, self.dilation)), strict=True)
        called = ("height", "rows"), ("width", "columns")
        return [
            windows_of_kernel(length, *each, self.padding, axis)
            for length, each, axis in zip(shape, sizes, called, strict=True)
        ]

    def connect(self, shape, source):
        """Return the operation of the layer and the shape of its outputs."""
        check_image(shape)
        height, width, channels = shape
        (rows, above), (columns, before) = self._windows(shape[:2])
        size, filters = as_sizes(self.kernel_size), int(self.filters)
        steps = *as_sizes(self.strides), *as_sizes(self.dilation)
        operation = Operation(
            "conv2d",
            (source,),
            height * width * channels,
            (rows, columns, filters),
            ParameterBlock((*size, channels, filters)),
            per_unit(filters),
            NAMES[self.activation],
            (height, width, channels, *size, *steps, above, before, rows, columns),
            float(self.dropout),
            **(normalisation(filters) if self.batch_norm else {}),
        )
        return operation, operation.output_shape

    def reference(self, X, weights, biases):
        """Compute the outputs in NumPy, to compare engines with."""
        height, width = X.shape[1:3]
        (rows, above), (columns, before) = self._windows((height, width))
        (down, across), (far, apart) = as_sizes(self.strides), as_sizes(self.dilation)
        a = np.zeros((len(X), rows, columns, len(biases)), dtype=X.dtype) + biases
        for y, x, i, j in np.ndindex(rows, columns, *weights.shape[:2]):
            row, column = y * down + i * far - above, x * across + j * apart - before
            if 0 <= row < height and 0 <= column < width:
                a[:, y, x] += X[:, row, column] @ weights[i, j]
        return activated(self.activation, a)
