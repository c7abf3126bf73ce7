"""Convolutions over the steps of a sequence."""

from skdeep.exporting.numpy_modules.numpy_parts import padded, places_read
from skdeep.exporting.tensors import copy
from skdeep.exporting.windows import Windows, onnx_windows, torch_on_sequences


def _windows(layer):
    n_steps, channels, size, stride, dilation, before, n_windows = layer.settings
    return Windows(n_steps, channels, size, stride, n_windows, dilation, before)


def onnx_nodes(write, layer, reads, index):
    """Add the nodes of a layer."""
    windows = onnx_windows(write, *reads, _windows(layer), index)
    kernel = layer.weights.reshape(-1, layer.weights.shape[-1]).astype(write.dtype)
    windows = write.reshape(windows, (layer.output_shape[0], len(kernel)))
    sums = write.node("MatMul", windows, write.constant(kernel, f"coefs_{index}"))
    biases = write.constant(layer.biases.astype(write.dtype), f"intercepts_{index}")
    return write.flatten(write.node("Add", sums, biases))


def torch_module(torch, layer, dtype):
    """Return the module of a layer."""
    (size, channels, filters), windows = layer.weights.shape, _windows(layer)
    sizes = channels, filters, size, windows.stride
    options = {"dilation": windows.dilation, "dtype": dtype}
    module = torch.nn.utils.skip_init(torch.nn.Conv1d, *sizes, **options)
    copy(torch, module.weight, layer.weights.transpose(2, 1, 0))
    copy(torch, module.bias, layer.biases)
    return module


def torch_nodes(torch, root, graph, name, layer, reads):
    """Add the nodes of a layer."""
    return torch_on_sequences(torch, graph, name, *reads, _windows(layer))


def numpy_outputs(layer, reads):
    """Compute the outputs of a layer before its activation."""
    n_steps, channels, size, stride, dilation, before, number = layer.settings
    window, found = (size, stride, dilation), layer.biases
    steps = padded(reads[0].reshape(-1, n_steps, channels), 1, window, number, before)
    for i in range(size):
        found = found + steps[:, places_read(i, window, number)] @ layer.weights[i]
    return found
