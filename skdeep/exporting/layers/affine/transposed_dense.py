"""Dense layers with the transposed weights of another, which exports copy."""

from skdeep.exporting.tensors import copy


def onnx_nodes(write, layer, reads, index):
    """Add the nodes of a layer."""
    weights = write.constant(layer.weights.astype(write.dtype), f"coefs_{index}")
    biases = write.constant(layer.biases.astype(write.dtype), f"intercepts_{index}")
    return write.node("Gemm", *reads, weights, biases, transB=1)


def torch_module(torch, layer, dtype):
    """Return the module of a layer."""
    shape = layer.weights.shape[::-1]
    linear = torch.nn.utils.skip_init(torch.nn.Linear, *shape, dtype=dtype)
    copy(torch, linear.weight, layer.weights)
    copy(torch, linear.bias, layer.biases)
    return linear


def torch_nodes(torch, root, graph, name, layer, reads):
    """Add the nodes of a layer."""
    return graph.call_module(name, tuple(reads))
