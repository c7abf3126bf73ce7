"""Penalties on activations, which predictions do not depend on: what is read is passed on."""


def onnx_nodes(write, layer, reads, index):
    """Add the nodes of a layer."""
    return write.node("Identity", *reads)


def torch_nodes(torch, root, graph, name, layer, reads):
    """Add the nodes of a layer: none."""
    return reads[0]


def numpy_outputs(layer, reads):
    """Compute the outputs of a layer before its activation."""
    return reads[0]
