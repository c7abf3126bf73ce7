"""The largest of some steps of a sequence."""

import numpy as np

from skdeep.layers._base import INPUTS, OF_OUTPUTS, SIZE, Layer
from skdeep.layers.operation import Operation


class MaxPool1D(Layer):
    """Max pooling for sequences, ``h_tc = max_j x_(s t + j)c``.

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

    Notes
    -----
    If several values of a window are largest, the gradient is passed to the first of them.

    References
    ----------
    .. [1] Y.-L. Boureau, J. Ponce and Y. LeCun, "A theoretical analysis of feature pooling in
       visual recognition", ICML 2010.

    Examples
    --------
    >>> from skdeep.layers import MaxPool1D
    >>> MaxPool1D().connect((10, 4), source=0)[1], MaxPool1D(2).connect((10, 4), source=0)[1]
    ((4,), (5, 4))
    """

    _parameter_constraints: dict = {
        "pool_size": [*SIZE, None],
        "strides": [*SIZE, None],
        **OF_OUTPUTS,
        **INPUTS,
    }
    kind = "max_pool1d"
    reads_sequences = True

    def __init__(
        self, pool_size=None, *, strides=None, dropout=0.0, auxiliary_output=False, inputs=None
    ):
        self.pool_size = pool_size
        self.strides = strides
        self.dropout = dropout
        self.auxiliary_output = auxiliary_output
        self.inputs = inputs

    def _windows(self, steps):
        """Return the steps of a window, those to the next, and how many windows there are."""
        if self.pool_size is None and self.strides is not None:
            raise ValueError(
                f"strides={self.strides} is between two windows, but without pool_size there is "
                "one window of all steps: give pool_size, too."
            )
        size = steps if self.pool_size is None else int(self.pool_size)
        if size > steps:
            raise ValueError(f"pool_size={size} is more than the {steps} steps that arrive.")
        stride = size if self.strides is None else int(self.strides)
        return size, stride, (steps - size) // stride + 1

    def connect(self, shape, source):
        """Return the operation of the layer and the shape of its outputs."""
        if len(shape) != 2:
            raise ValueError(f"it takes samples of shape (steps, channels), but {shape} arrives.")
        steps, channels = shape
        size, stride, n_windows = self._windows(steps)
        given = (channels,) if self.pool_size is None else (n_windows, channels)
        settings = (channels, size, stride, n_windows)
        operation = Operation(
            "max_pool1d",
            (source,),
            steps * channels,
            given,
            None,
            None,
            "identity",
            settings,
            float(self.dropout),
        )
        return operation, given

    def reference(self, X, weights=None, biases=None):
        """Compute the outputs in NumPy, to compare engines with."""
        size, stride, n_windows = self._windows(X.shape[1])
        found = [X[:, t * stride : t * stride + size].max(axis=1) for t in range(n_windows)]
        return found[0] if self.pool_size is None else np.stack(found, axis=1)
