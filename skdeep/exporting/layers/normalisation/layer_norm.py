"""Normalisation over channels."""

import math

import numpy as np

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


def numpy_outputs(layer, reads):
    """Compute the outputs of a layer before its activation."""
    h = reads[0].reshape(len(reads[0]), -1, layer.output_shape[-1])
    h = h - h.mean(axis=2, keepdims=True)
    variance = (h * h).mean(axis=2, keepdims=True) + h.dtype.type(1e-5)
    return h / np.sqrt(variance) * layer.weights[0] + layer.biases
