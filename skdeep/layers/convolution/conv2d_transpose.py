"""Transposed convolutions, which make larger images of smaller ones."""

import numpy as np
from sklearn.base import clone
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
    check_size_of_outputs,
    size_of,
    windows_of_kernel,
)
from skdeep.layers.operation import Operation, ParameterBlock, normalisation, per_unit


class Conv2DTranspose(Layer):
    """Transposed convolution over images.

    ``h_YX = f(sum x_yx W_ij + b)``, where the sum goes over all input pixels ``(y, x)`` and
    places ``(i, j)`` of the kernel with ``Y = s y + d i - p`` and ``X = s x + d j - q``, for a
    kernel ``W`` of shape (rows, columns, channels, filters), biases ``b`` of shape (filters,),
    the stride ``s``, the dilation ``d``, and ``p`` rows and ``q`` columns that are cut off. It
    is the transpose of the linear map of a `Conv2D` with the same kernel size, strides, padding
    and dilation, and restores the size of the inputs of that layer.

    The input shape of a sample is (height, width, channels), the output shape (new_height,
    new_width, filters).

    Parameters
    ----------
    filters : int
        Number of filters.
    kernel_size : int or tuple of two int
        Number of rows and columns of the kernel; an int is used for both.
    strides : int or tuple of two int, default=1
        Number of output rows and columns between the windows of two neighbouring pixels.
    padding : {'valid', 'same'}, default='valid'
        'valid' keeps all outputs: ``(height - 1) s + d (rows - 1) + 1`` rows, and correspondingly
        many columns. 'same' keeps ``s * height`` rows and cuts off the others, half of them at
        each side.
    dilation : int or tuple of two int, default=1
        Distance between neighbouring rows and columns of the kernel.
    output_size : int, tuple of two int or None, default=None
        Number of rows and columns of the outputs, which must be a size of images that a `Conv2D`
        with the same parameters maps to the size of the inputs; with a stride, there are several.
        If None, the size given at `padding`.
    shape_of : str or None, default=None
        Name of an earlier layer; the outputs get the height and width of its inputs. If None,
        `output_size`.
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
    UpSampling2D : Repeat rows and columns of images, without parameters.
    Conv2D : Convolution over images.

    Notes
    -----
    Initial weights are drawn as for a dense layer with ``rows * columns * channels`` inputs.

    References
    ----------
    .. [1] M. D. Zeiler, D. Krishnan, G. W. Taylor and R. Fergus, "Deconvolutional networks", CVPR
       2010.
    .. [2] V. Dumoulin and F. Visin, "A guide to convolution arithmetic for deep learning",
       arXiv:1603.07285, 2016.

    Examples
    --------
    >>> from skdeep.layers import Conv2D, Conv2DTranspose
    >>> Conv2D(8, 3, strides=2, padding="same").connect((9, 9, 1), source=0)[1]
    (5, 5, 8)
    >>> layer = Conv2DTranspose(1, 3, strides=2, padding="same", output_size=9)
    >>> layer.connect((5, 5, 8), source=1)[1]
    (9, 9, 1)
    """

    _parameter_constraints: dict = {
        "filters": SIZE,
        "kernel_size": PAIR,
        "strides": PAIR,
        "padding": [StrOptions({"valid", "same"})],
        "dilation": PAIR,
        "output_size": [*PAIR, None],
        "shape_of": [str, None],
        "activation": ACTIVATION,
        **OF_OUTPUTS,
        "dropconnect": [*RATE, None],
        "batch_norm": ["boolean", None],
        **OF_PARAMETERS,
        **INPUTS,
    }
    kind = "conv2d_transpose"
    reads_images = True

    def __init__(
        self,
        filters,
        kernel_size,
        *,
        strides=1,
        padding="valid",
        dilation=1,
        output_size=None,
        shape_of=None,
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
        self.output_size = output_size
        self.shape_of = shape_of
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
            If one is out of its range.
        """
        super().check()
        check_pairs(self, "kernel_size", "strides", "dilation")
        check_size_of_outputs(self)
        return self

    def restored(self, shape):
        """Return the layer with the size of outputs that `shape_of` asks for.

        Parameters
        ----------
        shape : tuple of int
            Of what the layer of that name reads.

        Returns
        -------
        layer : Conv2DTranspose
        """
        return clone(self).set_params(output_size=size_of(self, shape), shape_of=None)

    def _axes(self, shape):
        """Return, for rows and columns, how many are given, and how many are cut off before."""
        parts = zip(*map(as_sizes, (self.kernel_size, self.strides, self.dilation)), strict=True)
        wanted = (None, None) if self.output_size is None else as_sizes(self.output_size)
        called, found = (("height", "rows"), ("width", "columns")), []
        for number, length, each, axis in zip(shape, wanted, parts, called, strict=True):
            size, stride, dilation = each
            given = length
            if length is None and self.padding == "same":
                given = number * stride
            elif length is None:
                given = (number - 1) * stride + dilation * (size - 1) + 1
            windows, before = windows_of_kernel(given, *each, self.padding, axis)
            if windows != number:
                raise ValueError(
                    f"output_size={self.output_size!r} asks for {given} {axis[1]}, of which a "
                    f"convolution makes {windows}, but samples of {axis[0]} {number} arrive."
                )
            found.append((given, before))
        return found

    def connect(self, shape, source):
        """Return the operation of the layer and the shape of its outputs."""
        check_image(shape)
        height, width, channels = shape
        (rows, above), (columns, before) = self._axes(shape[:2])
        size, filters = as_sizes(self.kernel_size), int(self.filters)
        steps = *as_sizes(self.strides), *as_sizes(self.dilation)
        operation = Operation(
            self.kind,
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
        (rows, above), (columns, before) = self._axes((height, width))
        (down, across), (far, apart) = as_sizes(self.strides), as_sizes(self.dilation)
        a = np.zeros((len(X), rows, columns, len(biases)), dtype=X.dtype) + biases
        for y, x, i, j in np.ndindex(height, width, *weights.shape[:2]):
            row, column = y * down + i * far - above, x * across + j * apart - before
            if 0 <= row < rows and 0 <= column < columns:
                a[:, row, column] += X[:, y, x] @ weights[i, j]
        return activated(self.activation, a)
