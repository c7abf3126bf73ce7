"""Windows of sequences and images, which convolutions and poolings read.

As ONNX Runtime convolves float32 alone, windows are gathered there, in both precisions.
"""

from typing import NamedTuple

import numpy as np


class Windows(NamedTuple):
    """The windows that a layer reads.

    Attributes
    ----------
    n_steps, channels : int
        Of the inputs.
    size : int
        Steps of a window.
    stride : int
        Steps from one window to the next.
    n_windows : int
    dilation : int, default=1
        Distance between the steps of a window.
    before : int, default=0
        Steps of zeros before the inputs.
    """

    n_steps: int
    channels: int
    size: int
    stride: int
    n_windows: int
    dilation: int = 1
    before: int = 0

    @property
    def padding(self):
        """Steps of zeros before and behind the inputs."""
        reach = (self.n_windows - 1) * self.stride + self.dilation * (self.size - 1) + 1
        return self.before, max(0, reach - self.before - self.n_steps)

    def steps(self):
        """Return the steps of every window, counted with the padding.

        Returns
        -------
        steps : array of int64 of shape (n_windows, size)
        """
        firsts = self.stride * np.arange(self.n_windows)
        return firsts[:, None] + self.dilation * np.arange(self.size)


def onnx_windows(write, read, windows, index):
    """Add nodes that gather windows.

    Parameters
    ----------
    write : Writer
    read : str
        Name of the tensor of sequences.
    windows : Windows
    index : int
        Place of the layer.

    Returns
    -------
    name : str
        Of a tensor of shape (n_samples, n_windows, size, channels).
    """
    sequence, (before, behind) = write.reshape(read, windows[:2]), windows.padding
    if before or behind:
        pads = np.array([0, before, 0, 0, behind, 0], dtype=np.int64)
        sequence = write.node("Pad", sequence, write.constant(pads, f"padding_{index}"), write.zero)
    steps = write.constant(windows.steps(), f"steps_{index}")
    return write.node("Gather", sequence, steps, axis=1)


def torch_on_sequences(torch, graph, name, read, windows):
    """Add nodes that apply a module which takes samples of shape (channels, steps).

    Parameters
    ----------
    torch : module
    graph : torch.fx.Graph
    name : str
        Of the module.
    read : torch.fx.Node
    windows : Windows

    Returns
    -------
    node : torch.fx.Node
        With samples that are vectors, step by step.
    """
    h = graph.call_method("unflatten", (read, 1, windows[:2]))
    h = graph.call_method("transpose", (h, 1, 2))
    if any(windows.padding):
        h = graph.call_function(torch.nn.functional.pad, (h, windows.padding))
    h = graph.call_method("transpose", (graph.call_module(name, (h,)), 1, 2))
    return graph.call_method("flatten", (h, 1))


class ImageWindows(NamedTuple):
    """The windows of images that a layer reads.

    Attributes
    ----------
    rows, columns : Windows
        Along the two axes.
    """

    rows: Windows
    columns: Windows

    @property
    def sizes(self):
        """Rows and columns of a window."""
        return self.rows.size, self.columns.size

    @property
    def strides(self):
        """Rows and columns from one window to the next."""
        return self.rows.stride, self.columns.stride

    @property
    def shape(self):
        """Shape of the images."""
        return self.rows.n_steps, self.columns.n_steps, self.rows.channels

    def pixels(self):
        """Return the pixels of every window, counted row by row with the padding.

        Returns
        -------
        pixels : array of int64 of shape (n_windows, n_pixels)
        """
        width = self.columns.n_steps + sum(self.columns.padding)
        rows, columns = self.rows.steps(), self.columns.steps()
        pixels = rows[:, None, :, None] * width + columns[None, :, None, :]
        return pixels.reshape(len(rows) * len(columns), -1)


def onnx_image_windows(write, read, windows, index):
    """Add nodes that gather windows of images.

    Parameters
    ----------
    write : Writer
    read : str
        Name of the tensor of images.
    windows : ImageWindows
    index : int
        Place of the layer.

    Returns
    -------
    name : str
        Of a tensor of shape (n_samples, n_windows, n_pixels, channels).
    """
    image, (above, below) = write.reshape(read, windows.shape), windows.rows.padding
    left, right = windows.columns.padding
    height, width, channels = windows.shape
    if above or below or left or right:
        pads = np.array([0, above, left, 0, 0, below, right, 0], dtype=np.int64)
        image = write.node("Pad", image, write.constant(pads, f"padding_{index}"), write.zero)
    n_pixels = (height + above + below) * (width + left + right)
    pixels = write.constant(windows.pixels(), f"pixels_{index}")
    return write.node("Gather", write.reshape(image, (n_pixels, channels)), pixels, axis=1)


def torch_on_images(torch, graph, name, read, windows):
    """Add nodes that apply a module which takes samples of shape (channels, height, width).

    Parameters
    ----------
    torch : module
    graph : torch.fx.Graph
    name : str
        Of the module.
    read : torch.fx.Node
    windows : ImageWindows

    Returns
    -------
    node : torch.fx.Node
        With samples that are vectors, pixel by pixel.
    """
    h = graph.call_method("unflatten", (read, 1, windows.shape))
    h = graph.call_method("permute", (h, 0, 3, 1, 2))
    padding = *windows.columns.padding, *windows.rows.padding
    if any(padding):
        h = graph.call_function(torch.nn.functional.pad, (h, padding))
    h = graph.call_method("permute", (graph.call_module(name, (h,)), 0, 2, 3, 1))
    return graph.call_method("flatten", (h, 1))


def pool_windows(layer):
    """Return the windows of a pooling of images.

    Parameters
    ----------
    layer : ExportedLayer

    Returns
    -------
    windows : ImageWindows
    """
    height, width, channels, *axes = layer.settings
    lengths = (height, width)
    each = zip(lengths, axes[0:2], axes[2:4], axes[4:6], strict=True)
    return ImageWindows(*(Windows(length, channels, *sizes) for length, *sizes in each))
