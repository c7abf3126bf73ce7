"""Every channel times a weight of its own."""

import math

from skdeep.exporting.tensors import parameters


def _by_channels(layer):
    *steps, channels = layer.output_shape
    return math.prod(steps), channels


def onnx_nodes(write, layer, reads, index):
    """Add the nodes of a layer."""
    weights = write.constant(layer.weights[0].astype(write.dtype), f"coefs_{index}")
    biases = write.constant(layer.biases.astype(write.dtype), f"intercepts_{index}")
    products = write.node("Mul", write.reshape(*reads, _by_channels(layer)), weights)
    return write.flatten(write.node("Add", products, biases))


def torch_module(torch, layer, dtype):
    """Return a module with the parameters of a layer."""
    return parameters(torch, dtype, weight=layer.weights, bias=layer.biases)


def torch_nodes(torch, root, graph, name, layer, reads):
    """Add the nodes of a layer."""
    h = graph.call_method("unflatten", (*reads, 1, _by_channels(layer)))
    h = graph.call_function(torch.mul, (h, graph.get_attr(f"{name}.weight")))
    h = graph.call_function(torch.add, (h, graph.get_attr(f"{name}.bias")))
    return graph.call_method("flatten", (h, 1))


def numpy_outputs(layer, reads):
    """Compute the outputs of a layer before its activation."""
    h = reads[0].reshape(len(reads[0]), -1, layer.output_shape[-1])
    return h * layer.weights[0] + layer.biases
