"""Images whose rows and columns are repeated, by the places of what is repeated."""

import numpy as np

from skdeep.exporting.tensors import constant


def _places(layer):
    """Return the pixels of the inputs, counted row by row, that the outputs repeat."""
    height, width, _, high, wide, rows, columns = layer.settings
    row = np.minimum(np.arange(rows) // high, height - 1)
    column = np.minimum(np.arange(columns) // wide, width - 1)
    return (row[:, None] * width + column).ravel()


def onnx_nodes(write, layer, reads, index):
    """Add the nodes of a layer."""
    height, width, channels = layer.settings[:3]
    pixels = write.reshape(reads[0], (height * width, channels))
    places = write.constant(_places(layer).astype(np.int64), f"repeated_{index}")
    return write.flatten(write.node("Gather", pixels, places, axis=1))


def torch_nodes(torch, root, graph, name, layer, reads):
    """Add the nodes of a layer."""
    height, width, channels = layer.settings[:3]
    pixels = graph.call_method("unflatten", (reads[0], 1, (height * width, channels)))
    places = constant(torch, root, graph, f"{name}_repeated", _places(layer))
    return graph.call_method(
        "flatten", (graph.call_function(torch.index_select, (pixels, 1, places)), 1)
    )


def numpy_outputs(layer, reads):
    """Compute the outputs of a layer before its activation."""
    height, width, channels, high, wide, rows, columns = layer.settings
    images = reads[0].reshape(-1, height, width, channels)
    row = np.minimum(np.arange(rows) // high, height - 1)
    return images[:, row][:, :, np.minimum(np.arange(columns) // wide, width - 1)]
