"""Windows over one axis of samples, which convolutions and poolings read."""

import math
from numbers import Integral

import numpy as np

from skdeep.layers._base import LARGEST, SIZE
from skdeep.layers.operation import Operation

#: What sizes, strides and dilations of two axes may be: a number for both, or one for each.
PAIR = [*SIZE, tuple, list]


def as_sizes(value, n_axes=2):
    """Return a number for each of some axes.

    Parameters
    ----------
    value : int or sequence of int
        One for all axes, or one for each.
    n_axes : int, default=2

    Returns
    -------
    sizes : tuple of int
    """
    return (int(value),) * n_axes if isinstance(value, Integral) else tuple(map(int, value))


def check_pairs(layer, *names):
    """Check parameters of a layer that are a number, or one for each of two axes.

    Parameters
    ----------
    layer : Layer
    *names : str
        Of the parameters. None is left alone.

    Raises
    ------
    ValueError
        If one is neither.
    """
    for name in names:
        value = getattr(layer, name)
        if value is None or isinstance(value, Integral):
            continue
        good = len(value) == 2 and all(_is_size(each) for each in value)
        if not good:
            raise ValueError(
                f"The {name!r} parameter must be an int >= 1, or two of them, for rows and "
                f"columns, got {value!r}."
            )


def _is_size(value):
    is_number = isinstance(value, Integral) and not isinstance(value, bool | np.bool_)
    return is_number and 1 <= value <= LARGEST


def check_size_of_outputs(layer):
    """Check the size of outputs that a layer is asked for.

    Parameters
    ----------
    layer : Layer
        With `output_size` and `shape_of`.

    Raises
    ------
    ValueError
        If it is asked for twice, or is no size.
    """
    check_pairs(layer, "output_size")
    if layer.output_size is not None and layer.shape_of is not None:
        raise ValueError(
            f"output_size={layer.output_size!r} and shape_of={layer.shape_of!r} both say how large "
            "the outputs are: give one of them."
        )


def size_of(layer, shape):
    """Return the rows and columns of images.

    Parameters
    ----------
    layer : Layer
        Whose parameter `shape_of` asks for them.
    shape : tuple of int

    Returns
    -------
    size : tuple of int

    Raises
    ------
    ValueError
        If samples of this shape are no images.
    """
    if len(shape) != 3:
        raise ValueError(
            f"shape_of={layer.shape_of!r} must be the name of a layer that reads samples of shape "
            f"(height, width, channels), but it reads samples of shape {shape}."
        )
    return shape[:2]


def check_image(shape):
    """Check that samples are images.

    Parameters
    ----------
    shape : tuple of int
        Of a sample that arrives at a layer.

    Raises
    ------
    ValueError
        If it has not three axes.
    """
    if len(shape) != 3:
        raise ValueError(
            f"it takes samples of shape (height, width, channels), but {shape} arrives."
        )


def windows_of_kernel(length, size, stride, dilation, padding, called):
    """Return how many windows a kernel has along an axis, and the padding before it.

    Parameters
    ----------
    length, size, stride, dilation : int
        Of the axis, and of the kernel along it.
    padding : {'valid', 'same'}
    called : tuple of str
        What messages call the axis, and one and several of its places.

    Returns
    -------
    number, before : int

    Raises
    ------
    ValueError
        If a window is longer than the axis, and there is no padding.
    """
    span = dilation * (size - 1) + 1
    if padding == "same":
        number = -(-length // stride)
        return number, max(0, (number - 1) * stride + span - length) // 2
    if span > length:
        of = f"kernel_size={size}" + (f" with dilation={dilation}" if dilation > 1 else "")
        axis, several = called
        raise ValueError(
            f"{of} spans {span} {several}, but samples of {axis} {length} arrive: use a smaller "
            "kernel or padding='same'."
        )
    return (length - span) // stride + 1, 0


def pool_sizes(layer, lengths):
    """Return the windows of a pooling.

    Parameters
    ----------
    layer : Layer
        With `pool_size` and `strides`: a number for all axes, one for each, or None.
    lengths : tuple of int
        Of the axes, one or two.

    Returns
    -------
    sizes, strides, numbers : tuple of int
        For every axis, the places of a window, those from one to the next, and how many there are.

    Raises
    ------
    ValueError
        If a window is longer than an axis.
    """
    if layer.pool_size is None and layer.strides is not None:
        called = "steps" if len(lengths) == 1 else "pixels"
        raise ValueError(
            f"strides={layer.strides} is between two windows, but without pool_size there is "
            f"one window of all {called}: give pool_size, too."
        )
    sizes = lengths if layer.pool_size is None else as_sizes(layer.pool_size, len(lengths))
    for size, length, called in zip(sizes, lengths, _PLACES[len(lengths)], strict=True):
        if size > length:
            raise ValueError(
                f"pool_size={layer.pool_size} is more than the {length} {called} that arrive."
            )
    strides = sizes if layer.strides is None else as_sizes(layer.strides, len(lengths))
    axes = zip(lengths, sizes, strides, strict=True)
    return sizes, strides, tuple((length - size) // stride + 1 for length, size, stride in axes)


#: What places of one axis, and of two, are called.
_PLACES = {1: ("steps",), 2: ("rows", "columns")}


def pool_operation(kind, layer, shape, source):
    """Return the operation of a pooling and the shape of its outputs.

    Parameters
    ----------
    kind : str
        Of the operation.
    layer : Layer
        With `pool_size`, `strides` and `dropout`.
    shape : tuple of int
        Of a sample that arrives: one axis or two, and the channels.
    source : int

    Returns
    -------
    operation : Operation
    shape : tuple of int
    """
    *lengths, channels = shape
    windows = pool_sizes(layer, tuple(lengths))
    given = (channels,) if layer.pool_size is None else (*windows[2], channels)
    # Sequences are images of one column.
    one = (1,) * (2 - len(lengths))
    settings = *lengths, *one, channels, *(size for each in windows for size in (*each, *one))
    fields = (source,), math.prod(shape), given, None, None, "identity"
    return Operation(kind, *fields, settings, float(layer.dropout)), given
