"""Larger images, whose pixels are those of smaller ones, repeated."""

import math

import numpy as np
from sklearn.base import clone

from skdeep.layers._base import INPUTS, OF_OUTPUTS, Layer
from skdeep.layers.convolution._windows import (
    PAIR,
    as_sizes,
    check_image,
    check_pairs,
    check_size_of_outputs,
    size_of,
)
from skdeep.layers.operation import Operation


class UpSampling2D(Layer):
    """Repeat rows and columns of images: ``h_yxc = x_(y // rows)(x // columns)c``.

    The input shape of a sample is (height, width, channels), the output shape (rows * height,
    columns * width, channels). The layer has no trainable parameters.

    Parameters
    ----------
    size : int or tuple of two int, default=2
        Number of times that each row and each column is repeated; an int is used for both.
    output_size : int, tuple of two int or None, default=None
        Number of rows and columns of the outputs, if they differ from the above: the last row and
        column are repeated more often or less, but at least once. If None, the size above.
    shape_of : str or None, default=None
        Name of an earlier layer; the outputs get the height and width of its inputs. If None,
        `output_size`.
    dropout : float in [0, 1), default=0.0
        Dropout rate of the outputs, as in `Dense`.
    auxiliary_output : bool, default=False
        Whether to add an auxiliary output layer after this layer, as in `Dense`.
    inputs : str, list of str or None, default=None
        Name of an earlier layer whose output is the input of this layer, or names of several, whose
        outputs are concatenated; "features" stands for the features. If None, the previous layer.

    See Also
    --------
    Conv2DTranspose : Transposed convolution, with trainable weights.
    MaxPool2D, AveragePool2D : Pooling, which makes images smaller.

    References
    ----------
    .. [1] A. Odena, V. Dumoulin and C. Olah, "Deconvolution and checkerboard artifacts", Distill,
       2016.

    Examples
    --------
    >>> from skdeep.layers import UpSampling2D
    >>> UpSampling2D((2, 3)).connect((4, 5, 8), source=0)[1]
    (8, 15, 8)
    """

    _parameter_constraints: dict = {
        "size": PAIR,
        "output_size": [*PAIR, None],
        "shape_of": [str, None],
        **OF_OUTPUTS,
        **INPUTS,
    }
    kind = "up_sampling2d"
    reads_images = True

    def __init__(
        self,
        size=2,
        *,
        output_size=None,
        shape_of=None,
        dropout=0.0,
        auxiliary_output=False,
        inputs=None,
    ):
        self.size = size
        self.output_size = output_size
        self.shape_of = shape_of
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
            If one is out of its range.
        """
        super().check()
        check_pairs(self, "size")
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
        layer : UpSampling2D
        """
        return clone(self).set_params(output_size=size_of(self, shape), shape_of=None)

    def _lengths(self, shape):
        """Return how many rows and columns are given."""
        sizes = as_sizes(self.size)
        if self.output_size is None:
            return tuple(n * size for n, size in zip(shape, sizes, strict=True))
        wanted = as_sizes(self.output_size)
        for n, size, length, called in zip(shape, sizes, wanted, ("rows", "columns"), strict=True):
            if length <= (n - 1) * size:
                raise ValueError(
                    f"output_size={self.output_size!r} asks for {length} {called}, but the {n} "
                    f"that arrive need at least {(n - 1) * size + 1}: {n - 1} are repeated {size} "
                    "times each, the last at least once."
                )
        return wanted

    def connect(self, shape, source):
        """Return the operation of the layer and the shape of its outputs."""
        check_image(shape)
        lengths = self._lengths(shape[:2])
        given, settings = (*lengths, shape[2]), (*shape, *as_sizes(self.size), *lengths)
        fields = (source,), math.prod(shape), given, None, None, "identity", settings
        return Operation(self.kind, *fields, float(self.dropout)), given

    def reference(self, X, weights=None, biases=None):
        """Compute the outputs in NumPy, to compare engines with."""
        places = [
            np.minimum(np.arange(length) // size, n - 1)
            for n, size, length in zip(
                X.shape[1:3], as_sizes(self.size), self._lengths(X.shape[1:3]), strict=True
            )
        ]
        return X[:, places[0]][:, :, places[1]]
