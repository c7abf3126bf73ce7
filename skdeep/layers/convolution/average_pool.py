"""Means of windows of sequences and images, and of all steps or pixels."""

import numpy as np

from skdeep.layers._base import INPUTS, OF_OUTPUTS, SIZE, Layer
from skdeep.layers.convolution._windows import (
    PAIR,
    check_image,
    check_pairs,
    pool_operation,
    pool_sizes,
)

KIND = "average_pool"


def _means(layer, X):
    """Return the means of windows of samples of shape (height, width, channels)."""
    (high, wide), (down, across), (rows, columns) = pool_sizes(layer, X.shape[1:3])
    found = np.empty((len(X), rows, columns, X.shape[3]), dtype=X.dtype)
    for y, x in np.ndindex(rows, columns):
        top, left = y * down, x * across
        found[:, y, x] = X[:, top : top + high, left : left + wide].mean(axis=(1, 2))
    return found


class AveragePool1D(Layer):
    """Average pooling for sequences, ``h_tc = sum_j x_(s t + j)c / pool_size``.

    The input shape of a sample is (steps, channels). The output shape is (new_steps, channels), or
    (channels,) if the window is the whole sequence. The layer has no trainable parameters.

    Parameters
    ----------
    pool_size : int or None, default=None
        Number of steps of a window. If None, the window is the whole sequence.
    strides : int or None, default=None
        Number of steps between two windows; if None, `pool_size`. There are ``(steps - pool_size)
        // strides + 1`` windows.
    dropout : float in [0, 1), default=0.0
        Dropout rate of the outputs, as in `Dense`.
    auxiliary_output : bool, default=False
        Whether to add an auxiliary output layer after this layer, as in `Dense`.
    inputs : str, list of str or None, default=None
        Name of an earlier layer whose output is the input of this layer, or names of several, whose
        outputs are concatenated; "features" stands for the features. If None, the previous layer.

    See Also
    --------
    MaxPool1D : Max pooling for sequences.

    References
    ----------
    .. [1] Y. LeCun et al., "Gradient-based learning applied to document recognition", Proceedings
       of the IEEE 86, 1998.

    Examples
    --------
    >>> from skdeep.layers import AveragePool1D
    >>> AveragePool1D(3).connect((10, 4), source=0)[1]
    (3, 4)
    """

    _parameter_constraints: dict = {
        "pool_size": [*SIZE, None],
        "strides": [*SIZE, None],
        **OF_OUTPUTS,
        **INPUTS,
    }
    kind = KIND
    reads_sequences = True

    def __init__(
        self, pool_size=None, *, strides=None, dropout=0.0, auxiliary_output=False, inputs=None
    ):
        self.pool_size = pool_size
        self.strides = strides
        self.dropout = dropout
        self.auxiliary_output = auxiliary_output
        self.inputs = inputs

    def connect(self, shape, source):
        """Return the operation of the layer and the shape of its outputs."""
        if len(shape) != 2:
            raise ValueError(f"it takes samples of shape (steps, channels), but {shape} arrives.")
        return pool_operation(KIND, self, shape, source)

    def reference(self, X, weights=None, biases=None):
        """Compute the outputs in NumPy, to compare engines with."""
        (size,), (stride,), (number,) = pool_sizes(self, X.shape[1:2])
        found = [X[:, t * stride : t * stride + size].mean(axis=1) for t in range(number)]
        return found[0] if self.pool_size is None else np.stack(found, axis=1)


class AveragePool2D(Layer):
    """Average pooling for images, ``h_yxc = mean_ij x_(s y + i)(s x + j)c``.

    The input shape of a sample is (height, width, channels). The output shape is (new_height,
    new_width, channels), or (channels,) if the window is the whole image. The layer has no
    trainable parameters.

    Parameters
    ----------
    pool_size : int, tuple of two int or None, default=None
        Number of rows and columns of a window; an int is used for both. If None, the window is the
        whole image.
    strides : int, tuple of two int or None, default=None
        Number of rows and columns between two windows; if None, `pool_size`. There are ``(height -
        rows) // strides + 1`` rows of windows, and correspondingly many columns.
    dropout : float in [0, 1), default=0.0
        Dropout rate of the outputs, as in `Dense`.
    auxiliary_output : bool, default=False
        Whether to add an auxiliary output layer after this layer, as in `Dense`.
    inputs : str, list of str or None, default=None
        Name of an earlier layer whose output is the input of this layer, or names of several, whose
        outputs are concatenated; "features" stands for the features. If None, the previous layer.

    See Also
    --------
    MaxPool2D : Max pooling for images.
    GlobalAveragePool : Means over whole images or sequences.

    References
    ----------
    .. [1] Y. LeCun et al., "Gradient-based learning applied to document recognition", Proceedings
       of the IEEE 86, 1998.

    Examples
    --------
    >>> from skdeep.layers import AveragePool2D
    >>> AveragePool2D((2, 3)).connect((8, 6, 4), source=0)[1]
    (4, 2, 4)
    """

    _parameter_constraints: dict = {
        "pool_size": [*PAIR, None],
        "strides": [*PAIR, None],
        **OF_OUTPUTS,
        **INPUTS,
    }
    kind = KIND
    reads_images = True

    def __init__(
        self, pool_size=None, *, strides=None, dropout=0.0, auxiliary_output=False, inputs=None
    ):
        self.pool_size = pool_size
        self.strides = strides
        self.dropout = dropout
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
        check_pairs(self, "pool_size", "strides")
        return self

    def connect(self, shape, source):
        """Return the operation of the layer and the shape of its outputs."""
        check_image(shape)
        return pool_operation(KIND, self, shape, source)

    def reference(self, X, weights=None, biases=None):
        """Compute the outputs in NumPy, to compare engines with."""
        found = _means(self, X)
        return found[:, 0, 0] if self.pool_size is None else found
