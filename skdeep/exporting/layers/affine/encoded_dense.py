"""Dense layers of an encoded table, exported as the dense encoding and its product."""

from typing import NamedTuple

import numpy as np

from skdeep.exporting.tensors import constant, copy


class _Encoding(NamedTuple):
    """Where the columns of the dense encoding come from.

    Attributes
    ----------
    numbers : array of int64
        Columns that are read as they are.
    level_columns, levels : array of int64 of shape (n_level_columns,)
        For each column of levels the column of codes, and the code for which it is 1.
    opposite : array of int64 of shape (n_level_columns,)
        The code for which it is -1; -1 for none.
    bin_columns, bins : array of int64 of shape (n_bins_in_all,)
        For each bin the column of positions, and its number.
    means : array of float64 of shape (n_bins_in_all,)
    """

    numbers: np.ndarray
    level_columns: np.ndarray
    levels: np.ndarray
    opposite: np.ndarray
    bin_columns: np.ndarray
    bins: np.ndarray
    means: np.ndarray


def _encoding(layer):
    """Return the encoding that a layer reads."""
    n_numbers, n_categories, n_positions = layer.settings[:3]
    cells, end = n_categories + n_positions, 4 + 2 * (n_categories + n_positions)
    sizes = layer.settings[5:end:2]
    levels, binned = [], []
    for place, size in enumerate(sizes[:n_categories]):
        codes = [(1, 2)] if size == 2 else [(code, -1) for code in range(1, size + 1)]
        levels += [(n_numbers + place, *pair) for pair in codes]
    for place in range(n_categories, cells):
        binned += [(n_numbers + place, bin_) for bin_ in range(sizes[place])]
    level_parts = np.array(levels, dtype=np.int64).reshape(-1, 3).T
    bin_parts = np.array(binned, dtype=np.int64).reshape(-1, 2).T
    means = np.array(layer.settings[end:], dtype=np.float64) * 2.0**-53
    return _Encoding(np.arange(n_numbers), *level_parts, *bin_parts, means)


def _onnx_levels(write, read, encoding, index):
    """Add the columns of levels."""
    columns = write.constant(encoding.level_columns, f"level_columns_{index}")
    codes = write.cast(write.node("Gather", read, columns, axis=1), np.int64)
    levels = write.constant(encoding.levels, f"levels_{index}")
    found = write.cast(write.node("Equal", codes, levels), write.dtype)
    opposite = write.constant(encoding.opposite, f"opposite_levels_{index}")
    opposite = write.cast(write.node("Equal", codes, opposite), write.dtype)
    return write.node("Sub", found, opposite)


def _onnx_bins(write, read, encoding, index):
    """Add the columns of bins."""
    columns = write.constant(encoding.bin_columns, f"bin_columns_{index}")
    positions = write.node("Gather", read, columns, axis=1)
    bins = write.constant(encoding.bins.astype(write.dtype), f"bins_{index}")
    shares = write.node("Sub", positions, bins)
    shares = write.node("Min", write.node("Max", shares, write.zero), write.one)
    means = write.constant(encoding.means.astype(write.dtype), f"bin_means_{index}")
    return write.node("Sub", shares, means)


def onnx_nodes(write, layer, reads, index):
    """Add the nodes of a layer."""
    (read,), encoding, parts = reads, _encoding(layer), []
    if encoding.numbers.size:
        numbers = write.constant(encoding.numbers, f"numbers_{index}")
        parts.append(write.node("Gather", read, numbers, axis=1))
    if encoding.levels.size:
        parts.append(_onnx_levels(write, read, encoding, index))
    if encoding.bins.size:
        parts.append(_onnx_bins(write, read, encoding, index))
    encoded = parts[0] if len(parts) == 1 else write.node("Concat", *parts, axis=1)
    weights = write.constant(layer.weights.astype(write.dtype), f"coefs_{index}")
    biases = write.constant(layer.biases.astype(write.dtype), f"intercepts_{index}")
    return write.node("Gemm", encoded, weights, biases)


def torch_module(torch, layer, dtype):
    """Return the module of a layer."""
    linear = torch.nn.utils.skip_init(torch.nn.Linear, *layer.weights.shape, dtype=dtype)
    copy(torch, linear.weight, layer.weights.T)
    copy(torch, linear.bias, layer.biases)
    return linear


def _torch_levels(torch, keep, graph, encoding, read):
    """Add the columns of levels."""
    columns = keep("level_columns", encoding.level_columns)
    codes = graph.call_function(torch.index_select, (read, 1, columns))
    found, opposite = (
        graph.call_method("type_as", (graph.call_function(torch.eq, (codes, values)), read))
        for values in (keep("levels", encoding.levels), keep("opposite", encoding.opposite))
    )
    return graph.call_function(torch.sub, (found, opposite))


def _torch_bins(torch, keep, graph, encoding, read):
    """Add the columns of bins."""
    columns = keep("bin_columns", encoding.bin_columns)
    positions = graph.call_function(torch.index_select, (read, 1, columns))
    shares = graph.call_function(torch.sub, (positions, keep("bins", encoding.bins)))
    shares = graph.call_function(torch.clamp, (shares, 0, 1))
    means = graph.call_method("type_as", (keep("bin_means", encoding.means), read))
    return graph.call_function(torch.sub, (shares, means))


def torch_nodes(torch, root, graph, name, layer, reads):
    """Add the nodes of a layer."""
    (read,), encoding, parts = reads, _encoding(layer), []

    def keep(what, array):
        return constant(torch, root, graph, f"{name}_{what}", array)

    if encoding.numbers.size:
        columns = keep("numbers", encoding.numbers)
        parts.append(graph.call_function(torch.index_select, (read, 1, columns)))
    if encoding.levels.size:
        parts.append(_torch_levels(torch, keep, graph, encoding, read))
    if encoding.bins.size:
        parts.append(_torch_bins(torch, keep, graph, encoding, read))
    encoded = graph.call_function(torch.cat, (parts,), {"dim": 1})
    return graph.call_module(name, (encoded,))


def numpy_outputs(layer, reads):
    """Compute the outputs of a layer before its activation."""
    n_numbers, n_categories, n_positions = layer.settings[:3]
    end = 4 + 2 * (n_categories + n_positions)
    sizes, (read,) = layer.settings[5:end:2], reads
    parts, means = [read[:, :n_numbers]], layer.settings[end:]
    for place, size in enumerate(sizes):
        column = read[:, n_numbers + place, None]
        if place >= n_categories:
            mean = np.array(means[:size], dtype=np.float64) * 2.0**-53
            passed = np.clip(column - np.arange(size, dtype=read.dtype), 0, 1)
            parts.append(passed - mean.astype(read.dtype))
            means = means[size:]
            continue
        if not np.isin(column, np.arange(size + 1)).all():
            raise ValueError(f"Column {n_numbers + place} must hold codes from 0 to {size}.")
        levels = [(column == 1) * 1 - (column == 2)] if size == 2 else column == range(1, size + 1)
        parts.append(np.reshape(levels, (len(read), -1)).astype(read.dtype))
    return np.concatenate(parts, axis=1) @ layer.weights + layer.biases
