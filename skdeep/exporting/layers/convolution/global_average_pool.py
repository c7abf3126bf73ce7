"""Means over all steps of a sequence, or all pixels of an image."""

import numpy as np

from skdeep.exporting.masks import refuse_masks
from skdeep.exporting.numpy_modules.numpy_parts import seen_steps

#: Whether `numpy_outputs` reads the masks of steps behind the features.
READS_MASKS = True


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


def numpy_outputs(layer, reads):
    """Compute the outputs of a layer before its activation."""
    pixels, channels, source, place = layer.settings
    seen = seen_steps(layer, reads, source, place, pixels)[:, :, None]
    read = reads[0][:, : pixels * channels].reshape(-1, pixels, channels)
    total = np.where(seen, read, 0).sum(axis=1)
    return total / np.maximum(seen.sum(axis=1), 1).astype(total.dtype)
