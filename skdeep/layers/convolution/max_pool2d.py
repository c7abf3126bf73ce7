"""The largest pixels of windows of images."""

import numpy as np

from skdeep.layers._base import INPUTS, OF_OUTPUTS, Layer
from skdeep.layers.convolution._windows import (
    PAIR,
    check_image,
    check_pairs,
    pool_operation,
    pool_sizes,
)


class MaxPool2D(Layer):
    """Max pooling for images, ``h_yxc = max_ij x_(s y + i)(s x + j)c``.

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
    AveragePool2D : Average pooling for images.
    Conv2D : Convolution over images.

    Notes
    -----
    If several values of a window are largest, the gradient is passed to the first of them, row by
    row.

    References
    ----------
    .. [1] Y.-L. Boureau, J. Ponce and Y. LeCun, "A theoretical analysis of feature pooling in
       visual recognition", ICML 2010.

    Examples
    --------
    >>> from skdeep.layers import MaxPool2D
    >>> MaxPool2D(2).connect((8, 6, 4), source=0)[1], MaxPool2D().connect((8, 6, 4), source=0)[1]
    ((4, 3, 4), (4,))
    """

    _parameter_constraints: dict = {
        "pool_size": [*PAIR, None],
        "strides": [*PAIR, None],
        **OF_OUTPUTS,
        **INPUTS,
    }
    kind = "max_pool2d"
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
        return pool_operation("max_pool2d", self, shape, source)

    def reference(self, X, weights=None, biases=None):
        """Compute the outputs in NumPy, to compare engines with."""
        (high, wide), (down, across), (rows, columns) = pool_sizes(self, X.shape[1:3])
        found = np.empty((len(X), rows, columns, X.shape[3]), dtype=X.dtype)
        for y, x in np.ndindex(rows, columns):
            top, left = y * down, x * across
            found[:, y, x] = X[:, top : top + high, left : left + wide].max(axis=(1, 2))
        return found[:, 0, 0] if self.pool_size is None else found
