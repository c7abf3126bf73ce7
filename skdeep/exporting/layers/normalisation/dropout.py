"""Copies of inputs, some of which training drops."""


def onnx_nodes(write, layer, reads, index):
    """Add the nodes of a layer: predictions drop nothing."""
    return write.node("Identity", *reads)


def alone(layer):
    """Return whether the module of a layer does all by itself."""
    return True


def torch_module(torch, layer, dtype):
    """Return the module of a layer: what is exported drops nothing."""
    return torch.nn.Identity()


def torch_nodes(torch, root, graph, name, layer, reads):
    """Add the nodes of a layer."""
    return graph.call_module(name, tuple(reads))


def numpy_outputs(layer, reads):
    """Compute the outputs of a layer before its activation."""
    return reads[0]
