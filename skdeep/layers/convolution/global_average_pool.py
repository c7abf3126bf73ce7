"""The mean over all steps of a sequence, or all pixels of an image."""

import math

from skdeep.layers._base import INPUTS, OF_OUTPUTS, Layer
from skdeep.layers.operation import Operation


class GlobalAveragePool(Layer):
    """Mean of every channel over all steps of a sequence or all pixels of an image.

    The input shape of a sample is (..., channels), with at least one axis before the channels; the
    output shape is (channels,). Masked steps are ignored. The layer has no trainable parameters.

    Parameters
    ----------
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

    References
    ----------
    .. [1] M. Lin, Q. Chen and S. Yan, "Network in network", ICLR 2014.

    Examples
    --------
    >>> from skdeep.layers import GlobalAveragePool
    >>> GlobalAveragePool().connect((8, 6, 4), source=0)[1]
    (4,)
    """

    _parameter_constraints: dict = {**OF_OUTPUTS, **INPUTS}
    kind = "global_average_pool"
    reads_mask = True

    def __init__(self, *, dropout=0.0, auxiliary_output=False, inputs=None):
        self.dropout = dropout
        self.auxiliary_output = auxiliary_output
        self.inputs = inputs

    def operations(self, shape, source, mask=None):
        """Return the operation of the layer, and the shape of its outputs: see `Layer`."""
        operation, given = self.connect(shape, source)
        if mask is not None:
            sources = (source,) if mask[0] == source else (source, mask[0])
            settings = (*operation.settings[:2], *mask)
            operation = operation._replace(sources=sources, settings=settings)
        return (operation,), given

    def connect(self, shape, source):
        """Return the operation of the layer and the shape of its outputs."""
        if len(shape) < 2:
            raise ValueError(f"it takes samples of shape (..., channels), but {shape} arrives.")
        size, channels = math.prod(shape[:-1]), shape[-1]
        fields = (source,), size * channels, (channels,), None, None, "identity"
        settings = size, channels, -1, -1
        operation = Operation(self.kind, *fields, settings, float(self.dropout))
        return operation, operation.output_shape

    def reference(self, X, weights=None, biases=None):
        """Compute the outputs in NumPy, to compare engines with."""
        return X.mean(axis=tuple(range(1, X.ndim - 1)))
