"""Periodic embeddings: cosines of every input, with parameters of its own."""

import numpy as np
import pytest

from skdeep import NetworkClassifier, NetworkRegressor, check_gradient
from skdeep.layers import Conv1D, Dense, PeriodicEmbedding
from tests.helpers import assert_close, quiet
from tests.layers.problems import fitted, predicted_outputs, reference_outputs

LAYERS = {
    "first": [PeriodicEmbedding(2, 4, scale=0.5), Dense(6, "tanh")],
    "behind others": [Dense(4, "tanh"), PeriodicEmbedding(3, 5, scale=0.5, dropout=0.1)],
}


def table(n_samples=60, dtype=np.float64):
    X = np.random.default_rng(0).normal(size=(n_samples, 5)).astype(dtype)
    return X, np.sin(3 * X[:, 0]) + X[:, 1]


@pytest.mark.parametrize("layers", LAYERS.values(), ids=LAYERS)
@pytest.mark.parametrize("n_samples", [60, 1500])
def test_same_as_numpy_and_gradient(layers, n_samples):
    X, y = table(n_samples)
    model = fitted(layers, X, y, alpha=0.1)
    assert_close(predicted_outputs(model, X), reference_outputs(model, X), 1e-10)
    assert check_gradient(model, X, y) < 1e-6


def test_first_values():
    X, y = table()
    layer = PeriodicEmbedding(7, 400, scale=0.3, trainable=False)
    values = fitted([layer], X, y, max_iter=1).coefs_[0]
    w, c, v, b = np.split(values, [400, 800, 3600])
    assert abs(w.std() - 0.3) < 0.02 and abs(c.std() - np.pi / np.sqrt(3)) < 0.1
    assert np.abs(c).max() < np.pi and abs(v.std() - 0.05) < 0.002 and np.abs(b).max() < 0.05


def test_slow_and_without_a_penalty_by_default():
    """The first step of SGD moves each parameter by a tenth of the learning rate."""
    X, y = table()
    options = dict(solver="sgd", momentum=0, batch_size=60, max_iter=1, alpha=10.0, random_state=0)
    moved = []
    for factor in (0.1, 1.0):
        layers = [PeriodicEmbedding(2, 4, learning_rate_factor=factor)]
        model = NetworkRegressor(layers, learning_rate_init=1e-3, **options)
        with quiet():
            first = model.set_params(learning_rate_init=1e-12).fit(X, y).coefs_[0].copy()
            moved.append(model.set_params(learning_rate_init=1e-3).fit(X, y).coefs_[0] - first)
    assert_close(10 * moved[0], moved[1], 1e-6)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("batch_size", [32, 1100])
def test_same_bits_for_any_number_of_threads(dtype, batch_size):
    X, y = table(2200, dtype)
    layers = [PeriodicEmbedding(), Dense(20)]
    models = [
        fitted(layers, X, y, batch_size=batch_size, n_threads=n, max_iter=1) for n in (1, 2, 3, 5)
    ]
    for model in models:
        assert model.coefs_[0].dtype == dtype
        assert np.array_equal(model._vector, models[0]._vector)
        assert np.array_equal(model.predict(X), models[0].predict(X))


def test_large_and_shared():
    X, y = table()
    layers = [("a", PeriodicEmbedding(4)), Dense(5, "tanh")]
    model = fitted(layers, 1e12 * X, y, max_iter=1)
    assert np.isfinite(model.predict(1e12 * X)).all()
    shared = PeriodicEmbedding(2, 3, weights_of="a", inputs="features")
    layers = [
        ("a", PeriodicEmbedding(2, 3)),
        Dense(4, "tanh"),
        ("b", shared),
        Dense(3, inputs=["1", "b"]),
    ]
    model = fitted(layers, X, y, alpha=0.1)
    assert check_gradient(model, X, y) < 1e-6


@pytest.mark.parametrize(
    "layers, message",
    [
        ([PeriodicEmbedding(0)], "'dim' parameter of PeriodicEmbedding must be"),
        ([PeriodicEmbedding(scale=0)], "'scale' parameter of PeriodicEmbedding must be"),
        ([Conv1D(2, 2), PeriodicEmbedding()], r"it takes samples of shape \(n_inputs,\), but"),
    ],
)
def test_what_does_not_fit(layers, message):
    with pytest.raises(ValueError, match=message):
        NetworkClassifier(layers).fit(np.ones((6, 4)), [0, 1] * 3)
