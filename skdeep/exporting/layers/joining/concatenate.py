"""Outputs side by side, along the last axis of what they stand for."""

import numpy as np


def _rows_and_widths(layer):
    """Return the rows of a sample, and the columns of every matrix that is read."""
    _, n_rows, *pairs = layer.settings
    return n_rows, tuple(pairs[1::2])


def onnx_nodes(write, layer, reads, index):
    """Add the nodes of a layer."""
    n_rows, widths = _rows_and_widths(layer)
    if n_rows == 1:
        return write.node("Concat", *reads, axis=1)
    parts = [
        write.reshape(read, (n_rows, width)) for read, width in zip(reads, widths, strict=True)
    ]
    return write.flatten(write.node("Concat", *parts, axis=2))


def torch_nodes(torch, root, graph, name, layer, reads):
    """Add the nodes of a layer."""
    n_rows, widths = _rows_and_widths(layer)
    pairs = zip(reads, widths, strict=True)
    parts = [graph.call_method("unflatten", (h, 1, (n_rows, width))) for h, width in pairs]
    return graph.call_method("flatten", (graph.call_function(torch.cat, (parts, 2)), 1))


def numpy_outputs(layer, reads):
    """Compute the outputs of a layer before its activation."""
    n_rows = layer.settings[1]
    parts = [read.reshape(len(read), n_rows, -1) for read in reads]
    return np.concatenate(parts, axis=2)
