"""Scaled dot-product attention of projections that lie side by side."""

import numpy as np

from skdeep.exporting.masks import refuse_masks
from skdeep.exporting.numpy_modules.numpy_activations import softmax
from skdeep.exporting.numpy_modules.numpy_parts import seen_steps

#: Whether `numpy_outputs` reads the masks of steps behind the features.
READS_MASKS = True

#: Queries are the first of what attention reads; keys and values follow.
QUERIES = 0


def _sizes(layer):
    """Return steps that read, those read, heads, and numbers of a head; two properties.

    Whether a step sees no later ones, and whether one source has queries, keys and values.
    """
    readers, steps, width, heads, causal, _, place_of_mask, *sources = layer.settings
    refuse_masks(layer, place_of_mask)
    return (readers, steps, heads, width // heads), bool(causal), len(set(sources)) == 1


def _places(alone):
    """Return of queries, keys and values which input has them, its parts, and their place there."""
    return [(0, 3, part) for part in range(3)] if alone else [(0, 1, 0), (1, 2, 0), (1, 2, 1)]


def onnx_nodes(write, layer, reads, index):
    """Add the nodes of a layer."""
    (readers, steps, heads, depth), causal, alone = _sizes(layer)
    orders = [(0, 2, 1, 3), (0, 2, 3, 1), (0, 2, 1, 3)]  # keys are transposed
    found = []
    for part, (which, n_parts, place) in enumerate(_places(alone)):
        n_steps = readers if part == QUERIES else steps
        parts = write.reshape(reads[which], (n_steps, n_parts, heads, depth))
        place = write.constant(np.array(place, dtype=np.int64), f"part_{index}_{part}")
        one = write.reshape(write.node("Gather", parts, place, axis=2), (n_steps, heads, depth))
        found.append(write.node("Transpose", one, perm=orders[part]))
    queries, keys, values = found
    scores = write.node("MatMul", queries, keys)
    scores = write.node("Mul", scores, write.number(1 / np.sqrt(depth)))
    if causal:
        later = np.where(np.tri(steps, dtype=bool), 0, -np.inf).astype(write.dtype)
        scores = write.node("Add", scores, write.constant(later, f"later_{index}"))
    shares = write.node("Softmax", scores, axis=-1)
    outputs = write.node("Transpose", write.node("MatMul", shares, values), perm=(0, 2, 1, 3))
    return write.flatten(outputs)


def torch_nodes(torch, root, graph, name, layer, reads):
    """Add the nodes of a layer."""
    (readers, steps, heads, depth), causal, alone = _sizes(layer)
    arguments = []
    for part, (which, n_parts, place) in enumerate(_places(alone)):
        n_steps = readers if part == QUERIES else steps
        shape = (n_steps, n_parts, heads, depth)
        parts = graph.call_method("unflatten", (reads[which], 1, shape))
        one = graph.call_method("select", (parts, 2, place))
        arguments.append(graph.call_method("transpose", (one, 1, 2)))
    attend = torch.nn.functional.scaled_dot_product_attention
    outputs = graph.call_function(attend, tuple(arguments), {"is_causal": causal})
    return graph.call_method("flatten", (graph.call_method("transpose", (outputs, 1, 2)), 1))


def numpy_outputs(layer, reads):
    """Compute the outputs of a layer before its activation."""
    readers, steps, width, heads, causal, source, place, *sources = layer.settings
    seen = seen_steps(layer, reads, source, place, steps)[:, None, None, :]
    if causal:
        seen = seen & np.tri(steps, dtype=bool)
    first, second = (reads[layer.sources.index(each)] for each in sources)
    sizes = heads, width // heads
    if sources[0] == sources[1]:
        parts = first[:, : 3 * steps * width].reshape(-1, steps, 3, *sizes)
        queries, keys, values = parts.transpose(2, 0, 3, 1, 4)
    else:
        queries = first[:, : readers * width].reshape(-1, readers, *sizes).swapaxes(1, 2)
        parts = second[:, : 2 * steps * width].reshape(-1, steps, 2, *sizes)
        keys, values = parts.transpose(2, 0, 3, 1, 4)
    scores = queries @ keys.swapaxes(2, 3) / reads[0].dtype.type(np.sqrt(width // heads))
    lowest = np.finfo(scores.dtype).min
    shares = np.where(seen, softmax(np.where(seen, scores, lowest)), 0)
    return (shares @ values).swapaxes(1, 2)
