"""Small data for each kind of layer, and the outputs that NumPy computes."""

import numpy as np

from skdeep import NetworkClassifier, NetworkRegressor
from skdeep.layers import Add, Concatenate, CrossAttention, NeuronGraph, SelfAttention
from tests.helpers import quiet


def sequences(n_samples=60, shape=(9, 3), dtype=np.float64, n_classes=3):
    """Return samples of some shape, and labels."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n_samples, *shape)).astype(dtype)
    return X, rng.integers(n_classes, size=n_samples)


def codes(n_samples=60, dtype=np.float64):
    """Return two columns of codes, of 7 and 4 levels, beside two of numbers, and targets."""
    rng = np.random.default_rng(1)
    first, second = rng.integers(7, size=n_samples), rng.integers(4, size=n_samples)
    X = np.column_stack([first, rng.normal(size=n_samples), second, rng.normal(size=n_samples)])
    return X.astype(dtype), np.sin(first) + 0.3 * second + X[:, 1]


#: What the columns of `encoded_table` are, in the words of `EncodedDense`.
ENCODED = {"n_numbers": 2, "n_levels": [2, 5, 1], "n_bins": [4, 1, 9]}
#: The means of their bins.
MEANS = np.linspace(0, 1, 14) ** 2


def encoded_table(n_samples=60, dtype=np.float64):
    """Return numbers, codes and positions, of which a tenth are at edges, and targets."""
    rng = np.random.default_rng(2)
    numbers = rng.normal(size=(n_samples, 2))
    codes = rng.integers([3, 6, 2], size=(n_samples, 3))
    positions = rng.uniform(0, ENCODED["n_bins"], size=(n_samples, 3))
    at_edges = rng.random(positions.shape) < 0.1
    positions[at_edges] = np.round(positions[at_edges])
    y = np.sin(numbers[:, 0]) + codes[:, 1] % 2 + np.abs(positions[:, 2] - 4)
    return np.hstack([numbers, codes, positions]).astype(dtype), y


def fitted(layers, X, y, **parameters):
    """Return a network trained for a few epochs: of labels if they are integers."""
    cls = NetworkClassifier if y.dtype.kind == "i" else NetworkRegressor
    options = {"max_iter": 3, "random_state": 0, "learning_rate_init": 0.01, **parameters}
    with quiet():
        return cls(layers, **options).fit(X, y)


def layer_outputs(model, X):
    """Return what the features and every layer of a fitted network give, computed in NumPy."""
    outputs = {"features": X.reshape(len(X), *model.input_shape_)}
    before, used, parameters = "features", {}, zip(model.coefs_, model.intercepts_, strict=True)
    for name, layer in model.layers_:
        names = (*(layer.input_names() or (before,)), *layer.further_inputs())
        h = [outputs[each] for each in names]
        if not isinstance(layer, Add | Concatenate | CrossAttention):
            h = h[0] if len(h) == 1 else np.concatenate(h, axis=-1)
        source = getattr(layer, "weights_of", name)
        if hasattr(layer, "weights_of"):
            if source is not None:
                used[name] = used[source]
            elif getattr(layer, "bidirectional", False):
                used[name] = tuple(zip(*(next(parameters) for _ in range(2)), strict=True))
            else:
                used[name] = next(parameters)
        elif isinstance(layer, NeuronGraph):
            groups = layer.parsed().groups
            used[name] = zip(*(next(parameters) for _ in groups), strict=True)
        elif isinstance(layer, SelfAttention):
            used[name] = zip(*(next(parameters) for _ in range(2)), strict=True)
        elif isinstance(layer, CrossAttention):
            used[name] = zip(*(next(parameters) for _ in range(3)), strict=True)
        outputs[name], before = layer.reference(h, *used.get(name, ())), name
    return outputs


def inner_outputs(model, X):
    """Return what the last layer of a fitted network gives."""
    *_, last = layer_outputs(model, X).values()
    return last


def reference_outputs(model, X):
    """Return the outputs of a fitted network before their activation, computed in NumPy."""
    return inner_outputs(model, X) @ model.coefs_[-1] + model.intercepts_[-1]


def predicted_outputs(model, X):
    """Return what of the predictions compares with `reference_outputs`."""
    if hasattr(model, "classes_"):
        logs = model.predict_log_proba(X)
        return logs - logs.mean(axis=1, keepdims=True)
    return model.predict(X).reshape(len(X), -1)


def centred(outputs, model):
    """Return reference outputs without what the softmax does not tell."""
    if hasattr(model, "classes_"):
        return outputs - outputs.mean(axis=1, keepdims=True)
    return outputs
