"""Layers that are not dense as modules of PyTorch, and as nodes that connect them.

Tensors between layers have the shape (n_samples, n_outputs).
"""

import functools
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from skdeep.exporting.operations import joined_rows, look_ups, window_steps


class Form(NamedTuple):
    """How a kind of layer is computed in PyTorch.

    Attributes
    ----------
    modules : callable or None
        ``modules(torch, layer, dtype)`` returns the module that is used; None without one.
    connect : callable
        ``connect(torch, root, graph, name, layer, reads)`` adds the nodes that apply it, by the
        name that it has in `root`, to the nodes that it reads, and returns the last of them.
    """

    modules: Callable | None
    connect: Callable


def copy(torch, tensor, array):
    """Write an array into a tensor.

    Parameters
    ----------
    torch : module
    tensor : torch.Tensor
    array : array
    """
    with torch.no_grad():
        tensor.copy_(torch.from_numpy(np.array(array)))


def _conv1d(torch, layer, dtype):
    size, channels, filters = layer.weights.shape
    _, _, _, stride, dilation, _, _ = layer.settings
    sizes, options = (channels, filters, size, stride), {"dilation": dilation, "dtype": dtype}
    module = torch.nn.utils.skip_init(torch.nn.Conv1d, *sizes, **options)
    copy(torch, module.weight, layer.weights.transpose(2, 1, 0))
    copy(torch, module.bias, layer.biases)
    return module


def _max_pool1d(torch, layer, dtype):
    _, size, stride, _ = layer.settings
    return torch.nn.MaxPool1d(size, stride)


def _on_sequences(torch, root, graph, name, layer, reads):
    """Apply a module that takes samples of shape (channels, steps)."""
    shape, padding, _ = window_steps(layer)
    h = graph.call_method("unflatten", (*reads, 1, shape))
    h = graph.call_method("transpose", (h, 1, 2))
    if any(padding):
        h = graph.call_function(torch.nn.functional.pad, (h, padding))
    h = graph.call_method("transpose", (graph.call_module(name, (h,)), 1, 2))
    return graph.call_method("flatten", (h, 1))


def _embedding(torch, layer, dtype):
    module = torch.nn.utils.skip_init(torch.nn.Embedding, *layer.weights.shape, dtype=dtype)
    copy(torch, module.weight, layer.weights)
    return module


def _look_up(torch, root, graph, name, layer, reads):
    """Look up codes, and pass the other columns on."""
    (h,), (*looked_up, passed_on) = reads, look_ups(layer)

    def constant(called, array):
        root.register_buffer(f"{name}_{called}", torch.from_numpy(np.array(array)))
        return graph.get_attr(f"{name}_{called}")

    columns, first_rows = map(constant, ("columns", "first_rows"), looked_up)
    codes = graph.call_function(torch.index_select, (h, 1, columns))
    rows = graph.call_function(torch.add, (graph.call_method("long", (codes,)), first_rows))
    found = graph.call_method("flatten", (graph.call_module(name, (rows,)), 1))
    if not len(passed_on):
        return found
    others = constant("others", passed_on)
    passed = graph.call_function(torch.index_select, (h, 1, others))
    return graph.call_function(torch.cat, ([found, passed],), {"dim": 1})


def _pick(torch, root, graph, name, layer, reads):
    """Pick columns."""
    root.register_buffer(f"{name}_columns", torch.tensor(layer.settings, dtype=torch.long))
    columns = graph.get_attr(f"{name}_columns")
    return graph.call_function(torch.index_select, (*reads, 1, columns))


def _add(torch, root, graph, name, layer, reads):
    return functools.reduce(lambda a, b: graph.call_function(torch.add, (a, b)), reads)


def _join(torch, root, graph, name, layer, reads):
    """Put samples side by side."""
    n_rows, widths = joined_rows(layer)
    pairs = zip(reads, widths, strict=True)
    parts = [graph.call_method("unflatten", (h, 1, (n_rows, width))) for h, width in pairs]
    return graph.call_method("flatten", (graph.call_function(torch.cat, (parts, 2)), 1))


#: The form of every kind but "dense".
FORMS = {
    "add": Form(None, _add),
    "columns": Form(None, _pick),
    "concatenate": Form(None, _join),
    "conv1d": Form(_conv1d, _on_sequences),
    "embedding": Form(_embedding, _look_up),
    "max_pool1d": Form(_max_pool1d, _on_sequences),
}
