"""Dense layers with the transposed weights of another.

Modules of PyTorch share the weights, too; in ONNX models there are two copies.
"""

from skdeep.exporting.tensors import parameters

#: What the module shares with that of the dense layer; the biases are its own.
SHARED = ("weight",)


def onnx_nodes(write, layer, reads, index):
    """Add the nodes of a layer."""
    weights = write.constant(layer.weights.astype(write.dtype), f"coefs_{index}")
    biases = write.constant(layer.biases.astype(write.dtype), f"intercepts_{index}")
    return write.node("Gemm", *reads, weights, biases, transB=1)


def torch_module(torch, layer, dtype):
    """Return the module of a layer: its parameters."""
    return parameters(torch, dtype, weight=layer.weights.T, bias=layer.biases)


def torch_nodes(torch, root, graph, name, layer, reads):
    """Add the nodes of a layer."""
    weights = graph.call_function(torch.t, (graph.get_attr(f"{name}.weight"),))
    biases = graph.get_attr(f"{name}.bias")
    return graph.call_function(torch.nn.functional.linear, (*reads, weights, biases))


def numpy_outputs(layer, reads):
    """Compute the outputs of a layer before its activation."""
    return reads[0] @ layer.weights.T + layer.biases
