"""A change of shape: a sample of several axes becomes a vector."""

import math

from skdeep.layers._base import Layer


class Flatten(Layer):
    """Make a vector of a sample: shape (steps, channels) becomes (steps * channels,).

    The channels of a step stay side by side. Nothing is computed, and there are no parameters.

    See Also
    --------
    Dense : Takes vectors.

    Examples
    --------
    >>> from skdeep.layers import Flatten
    >>> Flatten().connect((10, 4), source=0)
    (None, (40,))
    """

    def connect(self, shape, source):
        """Return None, as there is no operation, and the shape of the vector."""
        return None, (math.prod(shape),)

    def reference(self, X, weights=None, biases=None):
        """Compute the outputs in NumPy, to compare engines with."""
        return X.reshape(len(X), -1)
