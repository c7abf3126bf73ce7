"""Cosines and positions in bins, beside the features that they are made of."""

from typing import NamedTuple

import numpy as np


class _Features(NamedTuple):
    """What the layer computes.

    Attributes
    ----------
    place : int
        Columns in front of the cosines.
    frequencies, phases : array of float64 of shape (n_columns, n_cosines)
    binned : list of int
    edges : list of array of float64
    """

    place: int
    frequencies: np.ndarray
    phases: np.ndarray
    binned: list
    edges: list


def features_of(layer):
    """Return what a layer computes.

    Parameters
    ----------
    layer : ExportedLayer

    Returns
    -------
    features : NamedTuple
        Of `place`, `frequencies`, `phases`, `binned` and `edges`, as `TableFeatures` has them.
    """
    settings = np.array(layer.settings, dtype=np.int64)
    place, n_columns, n_cosines, n_binned = settings[:4].tolist()
    shape, n = (n_columns, n_cosines), n_columns * n_cosines
    frequencies, phases = settings[4 : 4 + 2 * n].view(np.float64).reshape(2, *shape)
    binned, edges, rest = [], [], settings[4 + 2 * n :]
    for _ in range(n_binned):
        column, n_bins = rest[:2].tolist()
        binned.append(column)
        edges.append(rest[2 : n_bins + 3].view(np.float64))
        rest = rest[n_bins + 3 :]
    return _Features(place, frequencies, phases, binned, edges)


def _constant(write, array, name, index, dtype=None):
    array = np.asarray(array)
    return write.constant(array if dtype is None else array.astype(dtype), f"{name}_{index}")


def _onnx_cosines(write, read, features, index):
    """Add the cosines, in float32, as ONNX Runtime has no others."""
    n_columns, n_cosines = features.frequencies.shape
    columns = _constant(write, np.repeat(np.arange(n_columns), n_cosines), "of_cosines", index)
    z = write.cast(write.node("Gather", read, columns, axis=1), np.float32)
    frequencies = _constant(write, features.frequencies.ravel(), "frequencies", index, np.float32)
    turn = _constant(write, 2 * np.pi, "turn", index, np.float32)
    phases = _constant(write, features.phases.ravel(), "phases", index, np.float32)
    turns = write.node("Mul", turn, write.node("Mul", z, frequencies))
    return write.cast(write.node("Cos", write.node("Add", turns, phases)), write.dtype)


def _onnx_positions(write, read, features, index):
    """Add the positions, each the sum of what is passed of its bins, in float64."""
    sizes = [len(edges) - 1 for edges in features.edges]
    columns = _constant(write, np.repeat(features.binned, sizes), "of_bins", index)
    z = write.cast(write.node("Gather", read, columns, axis=1), np.float64)
    low = np.concatenate([edges[:-1] for edges in features.edges])
    widths = np.concatenate([np.diff(edges) for edges in features.edges])
    passed = write.node("Sub", z, _constant(write, low, "edges", index))
    passed = write.node("Div", passed, _constant(write, widths, "widths", index))
    zero, one = (_constant(write, value, f"of_bins_{value:.0f}", index) for value in (0.0, 1.0))
    passed = write.node("Min", write.node("Max", passed, zero), one)
    belongs = np.repeat(np.eye(len(sizes)), sizes, axis=0)
    positions = write.node("MatMul", passed, _constant(write, belongs, "belongs", index))
    return write.cast(positions, write.dtype)


def onnx_nodes(write, layer, reads, index):
    """Add the nodes of a layer."""
    (read,), features, parts = reads, features_of(layer), []
    ranges = (0, features.place), (features.place, layer.n_inputs)
    passed = [
        write.node("Gather", read, _constant(write, np.arange(*each), name, index), axis=1)
        if each[0] < each[1]
        else None
        for each, name in zip(ranges, ("before_cosines", "behind_cosines"), strict=True)
    ]
    cosines = _onnx_cosines(write, read, features, index) if features.frequencies.size else None
    positions = _onnx_positions(write, read, features, index) if features.binned else None
    parts = [each for each in (passed[0], cosines, passed[1], positions) if each is not None]
    return parts[0] if len(parts) == 1 else write.node("Concat", *parts, axis=1)


def numpy_outputs(layer, reads):
    """Compute the outputs of a layer before its activation."""
    settings, read = np.array(layer.settings, dtype=np.int64), reads[0]
    place, n_columns, n_cosines, n_binned = settings[:4].tolist()
    n, rest = n_columns * n_cosines, settings[4:]
    frequencies, phases = rest[: 2 * n].view(np.float64).astype(read.dtype).reshape(2, n)
    z = np.repeat(read[:, :n_columns], n_cosines, axis=1)
    cosines = np.cos(read.dtype.type(2 * np.pi) * (z * frequencies) + phases)
    parts, rest = [read[:, :place], cosines, read[:, place:]], rest[2 * n :]
    for _ in range(n_binned):
        column, n_bins = rest[:2].tolist()
        edges, rest = rest[2 : n_bins + 3].view(np.float64), rest[n_bins + 3 :]
        passed = (read[:, column, None].astype(np.float64) - edges[:-1]) / np.diff(edges)
        parts.append(np.clip(passed, 0, 1).sum(axis=1, keepdims=True).astype(read.dtype))
    return np.concatenate(parts, axis=1)
