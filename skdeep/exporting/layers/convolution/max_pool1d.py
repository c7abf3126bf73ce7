"""The largest of some steps of a sequence."""

import numpy as np

from skdeep.exporting.numpy_modules.numpy_parts import places_read
from skdeep.exporting.windows import Windows, onnx_windows, torch_on_sequences


def _windows(layer):
    channels, size, stride, n_windows = layer.settings
    return Windows(layer.n_inputs // channels, channels, size, stride, n_windows)


def onnx_nodes(write, layer, reads, index):
    """Add the nodes of a layer."""
    windows = onnx_windows(write, *reads, _windows(layer), index)
    return write.flatten(write.node("ReduceMax", windows, axes=[2], keepdims=0))


def torch_module(torch, layer, dtype):
    """Return the module of a layer."""
    windows = _windows(layer)
    return torch.nn.MaxPool1d(windows.size, windows.stride)


def torch_nodes(torch, root, graph, name, layer, reads):
    """Add the nodes of a layer."""
    return torch_on_sequences(torch, graph, name, *reads, _windows(layer))


def numpy_outputs(layer, reads):
    """Compute the outputs of a layer before its activation."""
    channels, size, stride, number = layer.settings
    steps = reads[0].reshape(len(reads[0]), -1, channels)
    windows = [steps[:, places_read(i, (size, stride, 1), number)] for i in range(size)]
    return np.max(windows, axis=0)
