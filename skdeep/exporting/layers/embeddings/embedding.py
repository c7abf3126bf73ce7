"""Embeddings of codes, beside columns that are passed on."""

import numpy as np

from skdeep.exporting.tensors import constant, copy


def _look_ups(layer):
    """Return what an embedding looks up.

    Returns
    -------
    columns, first_rows : array of int64 of shape (n_columns,)
        Columns of codes, and the rows of the table that code 0 of each stands for.
    others : array of int64
        Columns that are passed on.
    """
    n_columns, n_others = layer.settings[:2]
    tables = np.array(layer.settings[2:], dtype=np.int64)
    others = tables[len(tables) - n_others :]
    columns, first_rows, _ = tables[: 3 * n_columns].reshape(n_columns, 3).T
    return columns, first_rows, others


def onnx_nodes(write, layer, reads, index):
    """Add the nodes of a layer."""
    (read,) = reads
    columns, first_rows, others = _look_ups(layer)
    codes = write.node("Gather", read, write.constant(columns, f"columns_{index}"), axis=1)
    codes = write.cast(codes, np.int64)
    rows = write.node("Add", codes, write.constant(first_rows, f"first_rows_{index}"))
    table = write.constant(layer.weights.astype(write.dtype), f"coefs_{index}")
    found = write.flatten(write.node("Gather", table, rows, axis=0))
    if not len(others):
        return found
    passed = write.node("Gather", read, write.constant(others, f"others_{index}"), axis=1)
    return write.node("Concat", found, passed, axis=1)


def torch_module(torch, layer, dtype):
    """Return the module of a layer."""
    module = torch.nn.utils.skip_init(torch.nn.Embedding, *layer.weights.shape, dtype=dtype)
    copy(torch, module.weight, layer.weights)
    return module


def torch_nodes(torch, root, graph, name, layer, reads):
    """Add the nodes of a layer."""
    (h,), (columns, first_rows, others) = reads, _look_ups(layer)
    columns = constant(torch, root, graph, f"{name}_columns", columns)
    first_rows = constant(torch, root, graph, f"{name}_first_rows", first_rows)
    codes = graph.call_function(torch.index_select, (h, 1, columns))
    rows = graph.call_function(torch.add, (graph.call_method("long", (codes,)), first_rows))
    found = graph.call_method("flatten", (graph.call_module(name, (rows,)), 1))
    if not len(others):
        return found
    others = constant(torch, root, graph, f"{name}_others", others)
    passed = graph.call_function(torch.index_select, (h, 1, others))
    return graph.call_function(torch.cat, ([found, passed],), {"dim": 1})


def numpy_outputs(layer, reads):
    """Compute the outputs of a layer before its activation."""
    n_columns, n_others = layer.settings[:2]
    tables, read = np.array(layer.settings[2:], dtype=np.int64), reads[0]
    columns, first_rows, sizes = tables[: 3 * n_columns].reshape(n_columns, 3).T
    codes = read[:, columns]
    if not ((codes >= 0) & (codes < sizes) & (codes == np.floor(codes))).all():
        raise ValueError(f"Columns {columns.tolist()} must hold codes below {sizes.tolist()}.")
    found = layer.weights[codes.astype(np.int64) + first_rows].reshape(len(read), -1)
    return np.concatenate([found, read[:, tables[len(tables) - n_others :]]], axis=1)
