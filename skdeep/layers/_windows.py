"""Windows over one axis of samples, which convolutions and poolings read."""

from numbers import Integral

import numpy as np

from skdeep.layers._base import LARGEST, SIZE

#: What sizes, strides and dilations of two axes may be: a number for both, or one for each.
PAIR = [*SIZE, tuple, list]


def as_pair(value):
    """Return a number for each of two axes.

    Parameters
    ----------
    value : int or sequence of two int

    Returns
    -------
    pair : tuple of int
    """
    return (int(value),) * 2 if isinstance(value, Integral) else (int(value[0]), int(value[1]))


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
        raise ValueError(f"it takes samples of shape (height, width, channels), but {shape} arrives.")


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


def windows_of_pool(length, size, stride, called):
    """Return how many windows a pool has along an axis.

    Parameters
    ----------
    length, size, stride : int
        Of the axis, and of the windows along it.
    called : str
        What messages call places of the axis.

    Returns
    -------
    number : int

    Raises
    ------
    ValueError
        If a window is longer than the axis.
    """
    if size > length:
        raise ValueError(f"pool_size={size} is more than the {length} {called} that arrive.")
    return (length - size) // stride + 1
