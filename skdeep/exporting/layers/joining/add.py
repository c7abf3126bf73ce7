"""The sum of several layers."""

import functools


def onnx_nodes(write, layer, reads, index):
    """Add the nodes of a layer."""
    return write.node("Sum", *reads)


def torch_nodes(torch, root, graph, name, layer, reads):
    """Add the nodes of a layer."""
    return functools.reduce(lambda a, b: graph.call_function(torch.add, (a, b)), reads)


def numpy_outputs(layer, reads):
    """Compute the outputs of a layer before its activation."""
    return sum(reads[1:], start=reads[0])
