"""Layers as nodes of ONNX.

Tensors between layers have the shape (n_samples, n_outputs). As ONNX Runtime convolves float32
alone, windows of sequences are gathered and multiplied by the weights, in both precisions.
"""

import numpy as np

from skdeep.exporting.operations import joined_rows, look_ups, window_steps


def _dense(write, layer, reads, index):
    read = reads[0] if len(reads) == 1 else write.node("Concat", *reads, axis=1)
    weights = write.constant(layer.weights.astype(write.dtype), f"coefs_{index}")
    biases = write.constant(layer.biases.astype(write.dtype), f"intercepts_{index}")
    return write.node("Gemm", read, weights, biases)


def _windows(write, layer, reads, index):
    """Write the windows of a sequence: of shape (n_samples, n_windows, size, channels)."""
    (read,) = reads
    (n_steps, channels), (before, behind), steps = window_steps(layer)
    sequence = write.reshape(read, (n_steps, channels))
    if before or behind:
        pads = np.array([0, before, 0, 0, behind, 0], dtype=np.int64)
        sequence = write.node("Pad", sequence, write.constant(pads, f"padding_{index}"), write.zero)
    return write.node("Gather", sequence, write.constant(steps, f"steps_{index}"), axis=1)


def _conv1d(write, layer, reads, index):
    windows = _windows(write, layer, reads, index)
    kernel = layer.weights.reshape(-1, layer.weights.shape[-1]).astype(write.dtype)
    windows = write.reshape(windows, (layer.output_shape[0], len(kernel)))
    sums = write.node("MatMul", windows, write.constant(kernel, f"coefs_{index}"))
    biases = write.constant(layer.biases.astype(write.dtype), f"intercepts_{index}")
    return write.flatten(write.node("Add", sums, biases))


def _max_pool1d(write, layer, reads, index):
    windows = _windows(write, layer, reads, index)
    return write.flatten(write.node("ReduceMax", windows, axes=[2], keepdims=0))


def _embedding(write, layer, reads, index):
    (read,) = reads
    columns, first_rows, others = look_ups(layer)
    codes = write.node("Gather", read, write.constant(columns, f"columns_{index}"), axis=1)
    codes = write.cast(codes, np.int64)
    rows = write.node("Add", codes, write.constant(first_rows, f"first_rows_{index}"))
    table = write.constant(layer.weights.astype(write.dtype), f"coefs_{index}")
    found = write.flatten(write.node("Gather", table, rows, axis=0))
    if not len(others):
        return found
    passed = write.node("Gather", read, write.constant(others, f"others_{index}"), axis=1)
    return write.node("Concat", found, passed, axis=1)


def _columns(write, layer, reads, index):
    columns = write.constant(np.array(layer.settings, dtype=np.int64), f"columns_{index}")
    return write.node("Gather", *reads, columns, axis=1)


def _add(write, layer, reads, index):
    return write.node("Sum", *reads)


def _concatenate(write, layer, reads, index):
    n_rows, widths = joined_rows(layer)
    if n_rows == 1:
        return write.node("Concat", *reads, axis=1)
    parts = [
        write.reshape(read, (n_rows, width)) for read, width in zip(reads, widths, strict=True)
    ]
    return write.flatten(write.node("Concat", *parts, axis=2))


#: ``form(write, layer, reads, index)`` adds the nodes of a layer, but for its activation, for the
#: tensors that it reads and returns the name of the result.
FORMS = {
    "add": _add,
    "columns": _columns,
    "concatenate": _concatenate,
    "conv1d": _conv1d,
    "dense": _dense,
    "embedding": _embedding,
    "max_pool1d": _max_pool1d,
}
