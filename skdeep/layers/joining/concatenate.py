"""Outputs of several layers side by side."""

import numpy as np

from skdeep.layers._base import INPUTS, Layer
from skdeep.layers.operation import Operation


class Concatenate(Layer):
    """Concatenate the outputs of several layers along the last axis.

    The shapes of the inputs must be equal except for the last axis. Vectors become a longer vector,
    sequences a sequence with the channels of all of them. The layer has no trainable parameters.

    Parameters
    ----------
    inputs : list of str
        Names of the earlier layers to concatenate, in this order; "features" stands for the
        features.

    See Also
    --------
    Add : Add outputs of the same shape.

    Notes
    -----
    Layers with a single input, such as `Dense`, also concatenate several `inputs`.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from skdeep import NetworkClassifier
    >>> from skdeep.layers import Concatenate, Dense
    >>> X, y = load_iris(return_X_y=True)
    >>> layers = [
    ...     ("wide", Dense(8, inputs="features")),
    ...     ("small", Dense(3, activation="tanh", inputs="features")),
    ...     Concatenate(inputs=["wide", "small", "features"]),
    ... ]
    >>> clf = NetworkClassifier(layers, solver="lbfgs", random_state=0).fit(X, y)
    >>> [coef.shape for coef in clf.coefs_]
    [(4, 8), (4, 3), (15, 3)]
    """

    _parameter_constraints: dict = {**INPUTS}
    kind = "concatenate"
    joins = True
    selects = True

    def __init__(self, inputs=None):
        self.inputs = inputs

    def gives_steps(self):
        """Return whether each step that it gives is made of that step alone."""
        return True

    def connect(self, shape, source):
        """Return the operation of the layer and the shape of its outputs.

        Parameters
        ----------
        shape : list of tuple of int
            Of the samples of every input.
        source : tuple of int
            Where they come from.

        Returns
        -------
        operation : Operation
        shape : tuple of int
        """
        joined = joined_shape(shape)
        n_rows, widths = int(np.prod(joined[:-1])), [each[-1] for each in shape]
        pairs = [part for pair in zip(source, widths, strict=True) for part in pair]
        settings = len(widths), n_rows, *pairs
        n_inputs = n_rows * joined[-1]
        fields = tuple(source), n_inputs, joined, None, None, "identity", settings
        selected = range(n_inputs) if n_rows == 1 else None
        return Operation("concatenate", *fields, selected=selected), joined

    def reference(self, X, weights=None, biases=None):
        """Compute the outputs in NumPy, to compare engines with.

        Parameters
        ----------
        X : list of ndarray
            Samples of every input.
        weights, biases : None

        Returns
        -------
        outputs : ndarray
        """
        return np.concatenate(X, axis=-1)


def joined_shape(shapes):
    """Return the shape of samples side by side along the last axis.

    Parameters
    ----------
    shapes : list of tuple of int

    Returns
    -------
    shape : tuple of int

    Raises
    ------
    ValueError
        If they are not alike but for the last axis.
    """
    first = shapes[0]
    if any(shape[:-1] != first[:-1] for shape in shapes):
        raise ValueError(
            f"its inputs give samples of the shapes {shapes}, which cannot be put side by side: "
            "all axes but the last must agree."
        )
    return (*first[:-1], sum(shape[-1] for shape in shapes))
