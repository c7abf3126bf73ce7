"""Normalisation over channels."""

import math

from skdeep.exporting.tensors import parameters
from skdeep.formulas.normalisation import BATCH_EPSILON


def _by_channels(layer):
    *steps, channels = layer.output_shape
    return math.prod(steps), channels


def onnx_nodes(write, layer, reads, index):
    """Add the nodes of a layer."""
    weights = write.constant(layer.weights[0].astype(write.dtype), f"coefs_{index}")
    biases = write.constant(layer.biases.astype(write.dtype), f"intercepts_{index}")
    h = write.reshape(*reads, _by_channels(layer))
    h = write.node("Sub", h, write.node("ReduceMean", h, axes=[2], keepdims=1))
    variance = write.node("ReduceMean", write.node("Mul", h, h), axes=[2], keepdims=1)
    deviation = write.node("Sqrt", write.node("Add", variance, write.number(BATCH_EPSILON)))
    products = write.node("Mul", write.node("Div", h, deviation), weights)
    return write.flatten(write.node("Add", products, biases))


def torch_module(torch, layer, dtype):
    """Return a module with the parameters of a layer."""
    return parameters(torch, dtype, weight=layer.weights[0], bias=layer.biases)


def torch_nodes(torch, root, graph, name, layer, reads):
    """Add the nodes of a layer."""
    h = graph.call_method("unflatten", (*reads, 1, _by_channels(layer)))
    weights, biases = graph.get_attr(f"{name}.weight"), graph.get_attr(f"{name}.bias")
    arguments = h, (layer.output_shape[-1],), weights, biases, BATCH_EPSILON
    h = graph.call_function(torch.nn.functional.layer_norm, arguments)
    return graph.call_method("flatten", (h, 1))
