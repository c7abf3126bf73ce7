"""Means over all steps of a sequence, or all pixels of an image."""

from skdeep.exporting.masks import refuse_masks


def _shape(layer):
    """Return the shape of a sample as pixels with their channels."""
    pixels, channels, _, place_of_mask = layer.settings
    refuse_masks(layer, place_of_mask)
    return pixels, channels


def onnx_nodes(write, layer, reads, index):
    """Add the nodes of a layer."""
    pixels = write.reshape(reads[0], _shape(layer))
    return write.node("ReduceMean", pixels, axes=[1], keepdims=0)


def torch_nodes(torch, root, graph, name, layer, reads):
    """Add the nodes of a layer."""
    pixels = graph.call_method("unflatten", (reads[0], 1, _shape(layer)))
    return graph.call_method("mean", (pixels, 1))
