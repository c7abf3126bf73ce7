"""Transposed convolutions over images."""

import numpy as np

from skdeep.exporting.tensors import copy


def _settings(layer):
    """Return the shape of the inputs, and of rows and columns what the kernel does there.

    Returns
    -------
    shape : tuple of int
    axes : list of tuple of int
        Of every axis the size of the kernel, its stride and dilation, what is cut off before the
        outputs, and their number.
    """
    shape, axes = layer.settings[:3], layer.settings[3:]
    return shape, [axes[0::2], axes[1::2]]


def _spread(shape, axes):
    """Return the matrix that adds the pixels of inputs, place by place of the kernel, to outputs.

    Returns
    -------
    places : array of int64 of shape (n_outputs, n_places)
        For every pixel of the outputs and place of the kernel, the pixel of the inputs, or the
        number of these where there is none.
    """
    found = []
    for length, (size, stride, dilation, before, number) in zip(shape, axes, strict=False):
        steps = np.arange(number)[:, None] + before - dilation * np.arange(size)
        there = (steps % stride == 0) & (steps >= 0) & (steps < length * stride)
        found.append((steps // stride, there))
    (rows, row_there), (columns, column_there) = found
    places = rows[:, None, :, None] * shape[1] + columns[None, :, None, :]
    there = row_there[:, None, :, None] & column_there[None, :, None, :]
    places = np.where(there, places, shape[0] * shape[1])
    return places.reshape(len(rows) * len(columns), -1)


def _behind(shape, axes):
    """Return, for rows and columns, how many outputs lie behind all that the kernel reaches.

    Less than 0 are cut off there.
    """
    return [
        number + before - ((length - 1) * stride + dilation * (size - 1) + 1)
        for length, (size, stride, dilation, before, number) in zip(shape, axes, strict=False)
    ]


def onnx_nodes(write, layer, reads, index):
    """Add the nodes of a layer: products of what every pixel of the outputs is made of."""
    (height, width, channels), axes = _settings(layer)
    pixels = write.reshape(reads[0], (height * width, channels))
    pads = write.constant(np.array([0, 0, 0, 0, 1, 0], dtype=np.int64), f"padding_{index}")
    pixels = write.node("Pad", pixels, pads, write.zero)
    places = write.constant(_spread((height, width), axes), f"pixels_{index}")
    kernel = layer.weights.reshape(-1, layer.weights.shape[-1]).astype(write.dtype)
    windows = write.node("Gather", pixels, places, axis=1)
    rows, columns, _ = layer.output_shape
    windows = write.reshape(windows, (rows * columns, len(kernel)))
    sums = write.node("MatMul", windows, write.constant(kernel, f"coefs_{index}"))
    biases = write.constant(layer.biases.astype(write.dtype), f"intercepts_{index}")
    return write.flatten(write.node("Add", sums, biases))


def torch_module(torch, layer, dtype):
    """Return the module of a layer, which cuts nothing off."""
    shape, axes = _settings(layer)
    _, strides, dilations = zip(*(axis[:3] for axis in axes), strict=True)
    behind = tuple(max(0, extra) for extra in _behind(shape, axes))
    *sizes, channels, filters = layer.weights.shape
    options = {"stride": strides, "dilation": dilations, "output_padding": behind, "dtype": dtype}
    kind = torch.nn.ConvTranspose2d
    module = torch.nn.utils.skip_init(kind, channels, filters, sizes, **options)
    copy(torch, module.weight, layer.weights.transpose(2, 3, 0, 1))
    copy(torch, module.bias, layer.biases)
    return module


def torch_nodes(torch, root, graph, name, layer, reads):
    """Add the nodes of a layer."""
    shape, axes = _settings(layer)
    cut = []  # of columns first
    for (*_, before, _), extra in zip(axes, _behind(shape, axes), strict=True):
        cut = [-before, min(0, extra), *cut]
    images = graph.call_method("unflatten", (reads[0], 1, shape))
    images = graph.call_method("permute", (images, 0, 3, 1, 2))
    images = graph.call_module(name, (images,))
    if any(cut):
        images = graph.call_function(torch.nn.functional.pad, (images, tuple(cut)))
    return graph.call_method("flatten", (graph.call_method("permute", (images, 0, 2, 3, 1)), 1))


def numpy_outputs(layer, reads):
    """Compute the outputs of a layer before its activation."""
    height, width, channels, *axes = layer.settings
    (down, across), (far, apart), (above, left), (rows, columns) = (
        axes[i : i + 2] for i in range(2, 10, 2)
    )
    images = reads[0].reshape(-1, height, width, channels)
    high, wide = ((n - 1) * d + 1 for n, d in ((height, down), (width, across)))
    size = above + max(rows, high + far * axes[0]), left + max(columns, wide + apart * axes[1])
    found = np.zeros((len(images), *size, layer.biases.size), dtype=images.dtype)
    for i in range(axes[0]):
        for j in range(axes[1]):
            y, x = i * far, j * apart
            found[:, y : y + high : down, x : x + wide : across] += images @ layer.weights[i, j]
    return found[:, above : above + rows, left : left + columns] + layer.biases
