"""A change of shape: a sample of several axes becomes a vector."""

import math

from skdeep.layers._base import INPUTS, Layer


class Flatten(Layer):
    """Flatten samples to vectors: shape (steps, channels) becomes (steps * channels,).

    The channels of a step remain adjacent. The layer has no trainable parameters.

    Parameters
    ----------
    inputs : str, list of str or None, default=None
        Name of an earlier layer whose output is the input of this layer, or names of several, whose
        outputs are concatenated; "features" stands for the features. If None, the previous layer.

    See Also
    --------
    Dense : Requires vectors.

    Examples
    --------
    >>> from skdeep.layers import Flatten
    >>> Flatten().connect((10, 4), source=0)
    (None, (40,))
    """

    _parameter_constraints: dict = {**INPUTS}
    selects = True

    def __init__(self, *, inputs=None):
        self.inputs = inputs

    def connect(self, shape, source):
        """Return None, as there is no operation, and the shape of the vector."""
        return None, (math.prod(shape),)

    def reference(self, X, weights=None, biases=None):
        """Compute the outputs in NumPy, to compare engines with."""
        return X.reshape(len(X), -1)
