"""The largest pixels of windows of images."""

import numpy as np

from skdeep.exporting.numpy_modules.numpy_parts import windows_of_images
from skdeep.exporting.windows import onnx_image_windows, pool_windows, torch_on_images


def onnx_nodes(write, layer, reads, index):
    """Add the nodes of a layer."""
    windows = onnx_image_windows(write, *reads, pool_windows(layer), index)
    return write.flatten(write.node("ReduceMax", windows, axes=[2], keepdims=0))


def torch_module(torch, layer, dtype):
    """Return the module of a layer."""
    windows = pool_windows(layer)
    return torch.nn.MaxPool2d(windows.sizes, windows.strides)


def torch_nodes(torch, root, graph, name, layer, reads):
    """Add the nodes of a layer."""
    return torch_on_images(torch, graph, name, *reads, pool_windows(layer))


def numpy_outputs(layer, reads):
    """Compute the outputs of a layer before its activation."""
    largest, *others = windows_of_images(layer, *reads)
    for window in others:
        largest = np.maximum(largest, window)
    return largest
