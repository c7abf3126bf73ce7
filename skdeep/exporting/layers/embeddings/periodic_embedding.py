"""Periodic embeddings of numbers."""

import math

import numpy as np

from skdeep.exporting.tensors import parameters


def _parts(layer):
    """Return frequencies, phases, and the weights and biases of the sums, by their names."""
    k, m = layer.settings
    weights = np.asarray(layer.weights)
    w, c, v, b = np.split(weights, [k, 2 * k, (2 + m) * k])
    shape = (k, m, weights.shape[1])
    return {"frequencies": w, "phases": c, "weight": v.reshape(shape), "bias": b}


def onnx_nodes(write, layer, reads, index):
    """Add the nodes of a layer."""
    parts = {name: array.astype(write.dtype) for name, array in _parts(layer).items()}
    parts["frequencies"] = (2 * math.pi * parts["frequencies"]).astype(write.dtype)
    names = {name: write.constant(array, f"{name}_{index}") for name, array in parts.items()}
    _, n_inputs = parts["bias"].shape
    angles = write.node("Mul", write.reshape(reads[0], (1, n_inputs)), names["frequencies"])
    angles = write.node("Add", angles, names["phases"])
    # ONNX Runtime has the cosine of float32 alone.
    cosines = write.node("Sin", write.node("Add", angles, write.number(math.pi / 2)))
    cosines = write.reshape(cosines, (layer.settings[0], 1, n_inputs))
    products = write.node("Mul", cosines, names["weight"])
    axis = write.constant(np.array([1], dtype=np.int64), f"axis_{index}")
    sums = write.node("ReduceSum", products, axis, keepdims=0)
    sums = write.flatten(write.node("Add", sums, names["bias"]))
    return write.node("Concat", reads[0], sums, axis=1)


def torch_module(torch, layer, dtype):
    """Return the module of a layer."""
    return parameters(torch, dtype, **_parts(layer))


def torch_nodes(torch, root, graph, name, layer, reads):
    """Add the nodes of a layer."""
    frequencies, phases, weight, bias = (
        graph.get_attr(f"{name}.{part}") for part in ("frequencies", "phases", "weight", "bias")
    )
    z = graph.call_method("unsqueeze", (reads[0], 1))
    turns = graph.call_function(torch.mul, (z, frequencies))
    angles = graph.call_function(
        torch.add, (graph.call_function(torch.mul, (turns, 2 * math.pi)), phases)
    )
    cosines = graph.call_function(torch.cos, (angles,))
    sums = graph.call_function(torch.einsum, ("nki,kji->nji", cosines, weight))
    sums = graph.call_method("flatten", (graph.call_function(torch.add, (sums, bias)), 1))
    return graph.call_function(torch.cat, ([reads[0], sums],), {"dim": 1})


def numpy_outputs(layer, reads):
    """Compute the outputs of a layer before its activation."""
    k, m = layer.settings
    w, c, v, b = np.split(layer.weights, [k, 2 * k, (2 + m) * k])
    turn = layer.weights.dtype.type(2 * math.pi)
    cosines = np.cos(turn * (reads[0][:, None] * w) + c)
    sums = np.einsum("nki,kji->nji", cosines, v.reshape(k, m, -1)) + b
    return np.concatenate([reads[0], sums.reshape(len(sums), -1)], axis=1)
