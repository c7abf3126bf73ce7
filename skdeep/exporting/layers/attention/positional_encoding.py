"""Encodings of positions, which are added to the steps of a sequence."""

from skdeep.exporting.tensors import parameters


def onnx_nodes(write, layer, reads, index):
    """Add the nodes of a layer."""
    vectors = layer.weights.reshape(1, -1).astype(write.dtype)
    return write.node("Add", reads[0], write.constant(vectors, f"coefs_{index}"))


def torch_module(torch, layer, dtype):
    """Return the module of a layer."""
    return parameters(torch, dtype, weight=layer.weights)


def torch_nodes(torch, root, graph, name, layer, reads):
    """Add the nodes of a layer."""
    vectors = graph.call_method("flatten", (graph.get_attr(f"{name}.weight"),))
    return graph.call_function(torch.add, (reads[0], vectors))


def numpy_outputs(layer, reads):
    """Compute the outputs of a layer before its activation."""
    return reads[0] + layer.weights.reshape(1, -1)
