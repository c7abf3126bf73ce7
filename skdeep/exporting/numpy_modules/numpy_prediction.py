"""Predictions of a network in NumPy: functions of the modules that `numpy_module` writes.

Here ``_LAYERS`` is empty; in a module it has the function of every kind of layer.
"""

import functools
import json
import math
import pathlib
import types

import numpy as np

from skdeep.exporting.numpy_modules.numpy_activations import ACTIVATIONS

#: Samples that are computed at a time.
ROWS_AT_A_TIME = 512
#: ``_LAYERS[kind](layer, reads)`` computes the outputs of a layer before its activation.
_LAYERS = {}
#: Kinds of layers that read masks of steps, which are behind the features.
_READING_MASKS = set()


@functools.cache
def _load(dtype=None):
    """Return settings, the layers with parameters of a type, and the labels of classes."""
    with np.load(pathlib.Path(__file__).with_suffix(".npz"), allow_pickle=False) as file:
        arrays = dict(file)
    settings, layers = json.loads(str(arrays["settings"])), []
    for place, (kind, activation, sources) in enumerate(settings["layers"]):
        numbers, shape = (
            tuple(arrays[f"layer_{place}.{name}"].tolist()) for name in ("settings", "output_shape")
        )
        parameters = {
            name: arrays[f"layer_{place}.{name}"].astype(dtype or settings["dtype"])
            for name in ("weights", "biases")
        }
        layer = types.SimpleNamespace(
            kind=kind,
            activation=activation,
            sources=sources,
            settings=numbers,
            output_shape=shape,
            **parameters,
        )
        layers.append(layer)
    return settings, layers, arrays.get("classes")


def classes():
    """Return the labels of the classes.

    Returns
    -------
    labels : array of shape (n_classes,)
    """
    return _load()[2]


def predict(X):
    """Return labels, or numbers.

    Parameters
    ----------
    X : array-like of shape (n_samples, ...)
        Samples as the network was fitted to, or as vectors.

    Returns
    -------
    y : array of shape (n_samples, ...)
        With outputs for every step of sequences of different lengths, a list of arrays. Several
        quantiles are in ascending order.
    """
    (settings, _, labels), outputs = _load(), _outputs(X)
    if settings["is_sorted"]:
        outputs = np.sort(outputs, axis=-1)
    if labels is None:
        return _per_sample(X, outputs[..., 0] if outputs.shape[-1] == 1 else outputs)
    if settings["head"] == "multiclass":
        return _per_sample(X, labels[outputs.argmax(axis=-1)])
    yes = outputs > settings["threshold"]
    if settings["head"] == "multilabel":
        return _per_sample(X, yes.astype(np.int64))
    return _per_sample(X, labels[np.minimum(yes[..., 0], len(labels) - 1)])


def predict_proba(X):
    """Return the probabilities of the classes.

    Parameters
    ----------
    X : array-like of shape (n_samples, ...)
        Samples as the network was fitted to, or as vectors.

    Returns
    -------
    probabilities : array of shape (n_samples, n_classes)
        With outputs for every step of sequences of different lengths, a list of arrays.
    """
    settings, outputs = _load()[0], _outputs(X)
    if outputs.shape[-1] == 1:
        outputs = np.concatenate([1 - outputs, outputs], axis=-1)
    elif settings["shares"]:
        total = outputs.sum(axis=-1, keepdims=True)
        shares = outputs / np.where(total > 0, total, 1)
        outputs = np.where(total > 0, shares, outputs.dtype.type(1 / outputs.shape[-1]))
    return _per_sample(X, outputs)


def decision_function(X):
    """Return how far outputs are beyond the threshold between no and yes.

    Parameters
    ----------
    X : array-like of shape (n_samples, ...)
        Samples as the network was fitted to, or as vectors.

    Returns
    -------
    decisions : array of shape (n_samples,) or (n_samples, n_classes)
        With outputs for every step of sequences of different lengths, a list of arrays.
    """
    outputs = _outputs(X)
    decisions = outputs - outputs.dtype.type(_load()[0]["threshold"])
    return _per_sample(X, decisions[..., 0] if decisions.shape[-1] == 1 else decisions)


def reconstruct(X):
    """Return what the autoencoder makes of samples.

    Parameters
    ----------
    X : array-like of shape (n_samples, ...)
        Samples as the network was fitted to, or as vectors.

    Returns
    -------
    X_reconstructed : array of shape (n_samples, n_features)
    """
    outputs = _outputs(X)
    return outputs.reshape(len(outputs), -1)


def transform(X):
    """Return the codes of samples.

    Parameters
    ----------
    X : array-like of shape (n_samples, ...)
        Samples as the network was fitted to, or as vectors.

    Returns
    -------
    codes : array of shape (n_samples, n_codes)
    """
    end = _load()[0]["n_encoder_layers"]
    codes = _in_parts(_rows(X), 0, end)
    return codes.reshape(len(codes), -1)


def inverse_transform(X):
    """Return what the decoder makes of codes.

    Parameters
    ----------
    X : array-like of shape (n_samples, n_codes)

    Returns
    -------
    X_original : array of shape (n_samples, n_features)
    """
    settings, layers, _ = _load()
    first, X = settings["n_encoder_layers"], np.asarray(X)
    n_codes = math.prod(layers[first - 1].output_shape)
    if X.ndim != 2 or X.shape[1] != n_codes:
        raise ValueError(f"X must have {n_codes} columns. Got the shape {X.shape}.")
    outputs = _in_parts(X, first, len(layers))
    return outputs.reshape(len(outputs), -1)


def _outputs(X):
    """Return the outputs of the network."""
    return _in_parts(_rows(X), 0, len(_load()[0]["layers"]))


def _in_parts(rows, first, end):
    """Return the outputs of the last of some layers, some rows at a time."""
    own = np.dtype(_load()[0]["dtype"])
    dtype = own if rows.dtype == np.float32 else np.dtype(np.float64)
    starts = range(0, len(rows), ROWS_AT_A_TIME)
    parts = [rows[start : start + ROWS_AT_A_TIME].astype(dtype) for start in starts]
    return np.concatenate([_network(part, first, end) for part in parts])


def _network(rows, first, end):
    """Return the outputs of the last of some layers."""
    layers = _load(rows.dtype)[1]
    tensors = first * [None] + [rows]
    n_features = math.prod(_load()[0]["input_shape"])
    for layer in layers[first:end]:
        reads = [tensors[source] for source in layer.sources]
        if layer.kind not in _READING_MASKS and layer.sources[0] == 0:
            reads[0] = reads[0][:, :n_features]
        a = _LAYERS[layer.kind](layer, reads)
        shaped = a.reshape(len(rows), *layer.output_shape)
        shaped = ACTIVATIONS[layer.activation](shaped).astype(rows.dtype, copy=False)
        tensors.append(shaped.reshape(len(rows), -1))
    return shaped


def _rows(X):
    """Return samples as rows of numbers, which are finite."""
    settings = _load()[0]
    if hasattr(X, "toarray"):
        X = X.toarray()
    if len(X) == 0:
        raise ValueError("X must have at least one sample. Got none.")
    if settings["masked"]:
        rows = _masked_rows(X, tuple(settings["input_shape"]), settings["mask_value"])
    else:
        rows = np.asarray(X)
        shape, expected = rows.shape[1:], tuple(settings["input_shape"])
        is_vector = len(shape) == 1 and shape[0] == math.prod(expected)
        if len(rows.shape) < 2 or not (is_vector or (*shape, 1) == expected or shape == expected):
            raise ValueError(
                f"X must have samples of shape {expected}. Got the shape {rows.shape}."
            )
        rows = rows.reshape(len(rows), math.prod(expected))
    if rows.dtype != np.float32:
        rows = rows.astype(np.float64)
    if not np.isfinite(rows).all():
        raise ValueError("X must not hold NaN or infinite numbers.")
    return rows


def _steps(each, shape):
    """Return a sequence with an axis of its steps and one of their channels."""
    each = np.asarray(each)
    if each.ndim == 1 and len(shape) > 1 and len(each) == math.prod(shape):
        each = each.reshape(shape)
    return each.reshape(len(each), -1)


def _masked_rows(X, shape, mask_value):
    """Return sequences as rows, behind which there is 1 for every step that is not masked."""
    n_steps, channels = shape[0], math.prod(shape[1:])
    sequences = [_steps(each, shape) for each in X]
    dtype = np.result_type(*{each.dtype for each in sequences})
    rows = np.zeros((len(sequences), n_steps, channels), dtype=dtype)
    seen = np.zeros((len(sequences), n_steps), dtype=bool)
    for place, each in enumerate(sequences):
        if not 1 <= len(each) <= n_steps or each.shape[1] != channels:
            raise ValueError(
                f"X[{place}] must have 1 to {n_steps} steps of {channels} channels. "
                f"Got the shape {each.shape}."
            )
        rows[place, : len(each)], seen[place, : len(each)] = each, True
    if mask_value is not None:
        value = dtype.type(mask_value) if dtype.kind == "f" else mask_value
        masked = np.isnan(rows) if mask_value != mask_value else rows == value
        seen &= ~masked.all(axis=2)
    if not seen.any(axis=1).all():
        raise ValueError(f"All steps of X[{seen.any(axis=1).argmin()}] are masked.")
    rows[~seen] = 0
    return np.hstack([rows.reshape(len(rows), -1), seen.astype(dtype)])


def _per_sample(X, values):
    """Return what samples have for every step, as long as the samples are."""
    settings = _load()[0]
    if not settings["trims"]:
        return values
    lengths = [len(_steps(each, tuple(settings["input_shape"]))) for each in X]
    if len(set(lengths)) == 1:
        return values[:, : lengths[0]]
    return [row[:length] for row, length in zip(values, lengths, strict=True)]
