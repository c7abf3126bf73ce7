"""Columns that are selected."""

import numpy as np

from skdeep.exporting.tensors import constant


def _places(layer):
    return np.array(layer.settings, dtype=np.int64)


def onnx_nodes(write, layer, reads, index):
    """Add the nodes of a layer."""
    columns = write.constant(_places(layer), f"columns_{index}")
    return write.node("Gather", *reads, columns, axis=1)


def torch_nodes(torch, root, graph, name, layer, reads):
    """Add the nodes of a layer."""
    columns = constant(torch, root, graph, f"{name}_columns", _places(layer))
    return graph.call_function(torch.index_select, (*reads, 1, columns))


def numpy_outputs(layer, reads):
    """Compute the outputs of a layer before its activation."""
    return reads[0][:, list(layer.settings)]
