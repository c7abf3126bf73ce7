"""Dense layers, which read others side by side, and some of whose weights may be missing."""

import numpy as np

from skdeep.exporting.tensors import copy


def onnx_nodes(write, layer, reads, index):
    """Add the nodes of a layer."""
    read = reads[0] if len(reads) == 1 else write.node("Concat", *reads, axis=1)
    weights = write.constant(layer.weights.astype(write.dtype), f"coefs_{index}")
    biases = write.constant(layer.biases.astype(write.dtype), f"intercepts_{index}")
    return write.node("Gemm", read, weights, biases)


def alone(layer):
    """Return whether the module of a layer does all by itself."""
    return layer.mask is None


def torch_module(torch, layer, dtype):
    """Return the module of a layer."""
    linear = torch.nn.utils.skip_init(torch.nn.Linear, *layer.weights.shape, dtype=dtype)
    copy(torch, linear.weight, layer.weights.T)
    copy(torch, linear.bias, layer.biases)
    return linear


def torch_nodes(torch, root, graph, name, layer, reads):
    """Add the nodes of a layer."""
    h = reads[0] if len(reads) == 1 else graph.call_function(torch.cat, (reads,), {"dim": 1})
    if layer.mask is None:
        return graph.call_module(name, (h,))
    return _masked(torch, root, graph, name, layer.mask, h)


def _masked(torch, root, graph, name, mask, h):
    """Add a layer whose weights are connections where the mask says so, also when trained."""
    tensor = torch.from_numpy(np.array(mask.T)).to(getattr(root, name).weight.dtype)
    called = f"mask{name.removeprefix('layer')}"
    root.register_buffer(called, tensor)
    weights = graph.get_attr(f"{name}.weight")
    weights = graph.call_function(torch.mul, (weights, graph.get_attr(called)))
    biases = graph.get_attr(f"{name}.bias")
    return graph.call_function(torch.nn.functional.linear, (h, weights, biases))


def numpy_outputs(layer, reads):
    """Compute the outputs of a layer before its activation."""
    read = reads[0] if len(reads) == 1 else np.concatenate(reads, axis=1)
    return read @ layer.weights + layer.biases
