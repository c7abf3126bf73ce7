"""Decoders that go back through the layers of an encoder of images, in reverse."""

import math

from skdeep.layers import (
    AveragePool2D,
    Conv2D,
    Conv2DTranspose,
    Dense,
    Dropout,
    Flatten,
    MaxPool2D,
    Reshape,
    UpSampling2D,
)
from skdeep.layers._base import RATE, Layer
from skdeep.network.wiring import title

#: What such an encoder may consist of.
POOLS = MaxPool2D, AveragePool2D
KINDS = Conv2D, Dense, Flatten, Dropout, *POOLS


class RestoringDense(Layer):
    """A dense layer with a unit for every number that another layer reads.

    It stands for a `Dense` until that is known.

    Parameters
    ----------
    shape_of : str
        Name of the other layer.
    activation : str, default="relu"
    dropout : float, default=0.0
    dropconnect : float or None, default=None
    batch_norm : bool or None, default=None
    """

    _parameter_constraints: dict = {
        "shape_of": [str],
        "activation": [str],
        "dropout": RATE,
        "dropconnect": [*RATE, None],
        "batch_norm": ["boolean", None],
    }
    kind = Dense.kind

    def __init__(
        self, shape_of, activation="relu", *, dropout=0.0, dropconnect=None, batch_norm=None
    ):
        self.shape_of = shape_of
        self.activation = activation
        self.dropout = dropout
        self.dropconnect = dropconnect
        self.batch_norm = batch_norm

    def restored(self, shape):
        """Return the dense layer.

        Parameters
        ----------
        shape : tuple of int
            Of what the other layer reads.

        Returns
        -------
        layer : Dense
        """
        own = self.get_params(deep=False)
        del own["shape_of"]
        return Dense(math.prod(shape), **own)

    def reference(self, X, weights, biases):
        """Raise an error: it is not computed, but the dense layer that it stands for."""
        raise NotImplementedError("RestoringDense stands for a Dense layer.")


def holds_images(pairs):
    """Return whether an encoder has layers that only images have.

    Parameters
    ----------
    pairs : list of tuple of str and Layer

    Returns
    -------
    holds : bool
    """
    return any(isinstance(layer, (Conv2D, *POOLS)) for _, layer in pairs)


def mirrored_images(pairs):
    """Return the layers of a decoder that goes through an encoder of images in reverse.

    Every layer gives the shape that its mirror image reads. That of the first convolution has as
    many filters as it, so that the outputs of a pixel are made of these.

    Parameters
    ----------
    pairs : list of tuple of str and Layer
        The encoder.

    Returns
    -------
    layers : list of Layer

    Raises
    ------
    ValueError
        If a layer has no mirror image.
    """
    decoder, chain = [], [pair for pair in pairs if not isinstance(pair[1], Dropout)]
    for name, layer in pairs:
        _check(name, layer)
    for place in reversed(range(len(chain))):
        name, layer = chain[place]
        before = [each for _, each in chain[:place] if isinstance(each, Conv2D | Dense)]
        if isinstance(layer, Flatten):
            decoder.append(Reshape(shape_of=name))
        elif isinstance(layer, POOLS):
            size = layer.pool_size if layer.strides is None else layer.strides
            decoder.append(UpSampling2D(size, shape_of=name))
        elif isinstance(layer, Conv2D):
            decoder.append(_mirrored_convolution(name, layer, (before or [layer])[-1]))
        elif before:  # the first dense layer of an encoder that begins with pools has no other
            decoder.append(RestoringDense(name, **_units(before[-1])))
        else:
            decoder.append(RestoringDense(name, **_units(layer)))
    return decoder


def _units(layer):
    """Return what layers say of their units."""
    names = "activation", "dropout", "dropconnect", "batch_norm"
    return {name: getattr(layer, name) for name in names}


def _mirrored_convolution(name, layer, before):
    """Return a transposed convolution to what a layer reads, with the units of the one before."""
    filters = before.filters if isinstance(before, Conv2D) else layer.filters
    same = {"strides": layer.strides, "padding": layer.padding, "dilation": layer.dilation}
    own = _units(before)
    return Conv2DTranspose(filters, layer.kernel_size, **same, shape_of=name, **own)


def _check(name, layer):
    """Check that a layer has a mirror image."""
    reads_another = getattr(layer, "inputs", None) or getattr(layer, "weights_of", None)
    if type(layer) not in KINDS or reads_another:
        raise ValueError(
            "decoder=None is made of an encoder of Dense, Conv2D, MaxPool2D, AveragePool2D, "
            "Flatten and Dropout layers, each of which reads the one before it. "
            f"{title(name, layer)} is something else: give the layers of the decoder."
        )
    if isinstance(layer, POOLS) and layer.pool_size is None:
        raise ValueError(
            "decoder=None is made of an encoder whose pooling has windows. "
            f"{title(name, layer)} has none: give the layers of the decoder."
        )
