"""Units that are dropped in training."""

import math
from numbers import Real

from sklearn.utils._param_validation import Interval

from skdeep.layers._base import INPUTS, Layer
from skdeep.layers.operation import Operation, Step


class Dropout(Layer):
    """Set random inputs to 0 in each update, and multiply the others by ``1 / (1 - rate)``.

    Samples can have any shape. Predictions are not affected. The parameter `dropout` of other
    layers drops their outputs and is faster; this layer can be placed anywhere, also before the
    first layer.

    Parameters
    ----------
    rate : float in [0, 1), default=0.5
        Probability with which an input is set to 0.
    inputs : str, list of str or None, default=None
        Name of an earlier layer whose output is the input of this layer, or names of several, whose
        outputs are concatenated; "features" stands for the features. If None, the previous layer.

    References
    ----------
    .. [1] N. Srivastava, G. Hinton, A. Krizhevsky, I. Sutskever and R. Salakhutdinov, "Dropout: a
       simple way to prevent neural networks from overfitting", JMLR 15, 2014.

    Examples
    --------
    >>> from skdeep.layers import Dropout
    >>> Dropout(0.2).connect((8, 6, 4), source=0)[1]
    (8, 6, 4)
    """

    _parameter_constraints: dict = {"rate": [Interval(Real, 0, 1, closed="left")], **INPUTS}
    kind = "dropout"

    def __init__(self, rate=0.5, *, inputs=None):
        self.rate = rate
        self.inputs = inputs

    def steps(self):
        """Return what is known of the operation."""
        return (Step(self.kind, dropout=float(self.rate)),)

    def gives_steps(self):
        """Return whether each step that it gives is made of that step alone: True."""
        return True

    def connect(self, shape, source):
        """Return the operation of the layer and the shape of its outputs."""
        fields = (source,), math.prod(shape), shape, None, None, "identity", ()
        return Operation(self.kind, *fields, float(self.rate)), shape

    def reference(self, X, weights=None, biases=None):
        """Compute the outputs of predictions in NumPy, to compare engines with."""
        return X
