"""A change of shape: the numbers of a sample in other axes."""

import math
from numbers import Integral

import numpy as np

from skdeep.layers._base import INPUTS, LARGEST, Layer


class Reshape(Layer):
    """Change the shape of samples.

    The layer has no trainable parameters.

    Parameters
    ----------
    shape : tuple of int or None, default=None
        Output shape of a sample, for example (height, width, channels) for `Conv2D`. One number may
        be -1; it is computed from the others. None if `shape_of` is given.
    shape_of : str or None, default=None
        Name of an earlier layer whose input shape is the output shape of this layer. None to use
        `shape`.
    inputs : str, list of str or None, default=None
        Name of an earlier layer whose output is the input of this layer, or names of several, whose
        outputs are concatenated; "features" stands for the features. If None, the previous layer.

    See Also
    --------
    Flatten : Flatten samples to vectors.

    Examples
    --------
    >>> from skdeep.layers import Reshape
    >>> Reshape((4, 5, -1)).connect((60,), source=0)
    (None, (4, 5, 3))
    """

    _parameter_constraints: dict = {"shape": [tuple, list, None], "shape_of": [str, None], **INPUTS}
    selects = True

    def __init__(self, shape=None, *, shape_of=None, inputs=None):
        self.shape = shape
        self.shape_of = shape_of
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
        if (self.shape is None) == (self.shape_of is None):
            raise ValueError(
                f"shape={self.shape!r} and shape_of={self.shape_of!r} were given: give one of them."
            )
        if self.shape is None:
            return self
        good = len(self.shape) > 0 and list(self.shape).count(-1) < 2
        if not good or not all(map(_is_size, self.shape)):
            raise ValueError(
                "The 'shape' parameter must hold integers >= 1, one of which may be -1 instead, "
                f"got {self.shape!r}."
            )
        return self

    def restored(self, shape):
        """Return the layer with the shape that `shape_of` asks for.

        Parameters
        ----------
        shape : tuple of int
            Of what the layer of that name reads.

        Returns
        -------
        layer : Reshape
        """
        return Reshape(shape, inputs=self.inputs)

    def connect(self, shape, source):
        """Return None, as there is no operation, and the shape of what it gives."""
        size, wanted = math.prod(shape), [int(each) for each in self.shape]
        known = math.prod(each for each in wanted if each > 0)
        given = tuple(size // known if each == -1 else each for each in wanted)
        if math.prod(given) != size or size == 0:
            raise ValueError(
                f"shape={self.shape!r} does not hold the {size} numbers of a sample of shape "
                f"{shape}."
            )
        return None, given

    def reference(self, X, weights=None, biases=None):
        """Compute the outputs in NumPy, to compare engines with."""
        return X.reshape(len(X), *self.shape)


def _is_size(value):
    is_number = isinstance(value, Integral) and not isinstance(value, bool | np.bool_)
    return is_number and (value == -1 or 1 <= value <= LARGEST)
