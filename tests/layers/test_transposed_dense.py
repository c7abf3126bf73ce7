"""Dense layers with transposed weights: numbers, gradients of tied weights, what does not fit."""

import numpy as np
import pytest

from skdeep import NetworkClassifier, check_gradient
from skdeep.layers import Conv1D, Dense, TransposedDense
from tests.helpers import assert_close
from tests.layers.problems import fitted, predicted_outputs, sequences

LAYERS = {
    "of the first layer": [Dense(6, "tanh"), TransposedDense(5, "tanh", weights_of="0")],
    "of both": [
        ("wide", Dense(7, "tanh")),
        ("code", Dense(3, "logistic")),
        ("back", TransposedDense(7, "tanh", weights_of="code", dropout=0.0)),
        TransposedDense(5, "gelu", weights_of="wide"),
        Dense(4, "tanh"),
    ],
    "twice": [
        ("a", Dense(6, "tanh")),
        ("b", TransposedDense(5, "tanh", weights_of="a")),
        ("c", Dense(6, "tanh", weights_of="a")),
        TransposedDense(5, "tanh", weights_of="a"),
    ],
}


def data(n_samples=60, dtype=np.float64):
    """Return samples of five features, and labels."""
    return sequences(n_samples, (5,), dtype)


@pytest.mark.parametrize("layers", LAYERS.values(), ids=LAYERS)
def test_same_as_numpy(layers):
    X, y = data()
    y = X[:, 0] + y
    model = fitted(layers, X, y)
    h, weights, biases = X, {}, iter(model.intercepts_)
    coefs = iter(model.coefs_)
    for name, layer in model.layers_:
        source = layer.weights_of or name
        if source not in weights:
            weights[source] = next(coefs), next(biases)
        W, b = weights[source]
        if isinstance(layer, TransposedDense):
            b = next(biases)
        h = layer.reference(h, W, b)
    expected = h @ next(coefs) + next(biases)
    assert_close(predicted_outputs(model, X), expected, 1e-10)
    assert not [*coefs, *biases]


@pytest.mark.parametrize("layers", LAYERS.values(), ids=LAYERS)
@pytest.mark.parametrize("n_samples", [5, 60, 1500])
def test_gradient(layers, n_samples):
    """Of the sum over both uses, with few rows and many."""
    X, y = data(n_samples)
    weights = np.random.default_rng(0).uniform(0, 2, n_samples)
    model = fitted(layers, X, y, alpha=0.1)
    assert check_gradient(model, X, y) < 1e-6
    assert check_gradient(model, X, y, weights) < 1e-6


@pytest.mark.parametrize("frozen", [False, True])
@pytest.mark.parametrize("batch_size", [5, 40, 1100])
def test_steps_follow_the_gradient(frozen, batch_size):
    """A step of gradient descent, where tiles form the gradient and where parts do."""
    X, y = data(batch_size)
    first = ("first", Dense(6, "tanh", trainable=not frozen))
    layers = [first, TransposedDense(5, "tanh", weights_of="first")]
    options = {"solver": "sgd", "momentum": 0.0, "batch_size": batch_size, "shuffle": False}
    model = fitted(layers, X, y, max_iter=1, **options)
    before, rate = model._vector.copy(), model.learning_rate_init
    _, coefs, intercepts = model.loss_gradient(X, y)
    model.partial_fit(X, y)
    expected = before - rate * np.concatenate([g.ravel() for g in (*coefs, *intercepts)])
    if frozen:
        n_weights = sum(coef.size for coef in model.coefs_)
        for part in (slice(30), slice(n_weights, n_weights + 6)):
            expected[part] = before[part]
    assert_close(model._vector, expected, 1e-9)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("batch_size", [32, 1100])
def test_same_bits_for_any_number_of_threads(dtype, batch_size):
    X, y = sequences(2200, (90,), dtype)
    layers = [
        ("a", Dense(70)),
        ("b", Dense(33, dropout=0.2)),
        TransposedDense(70, weights_of="b"),
        TransposedDense(90, weights_of="a"),
    ]
    models = [
        fitted(layers, X, y, batch_size=batch_size, n_threads=n, max_iter=1) for n in (1, 2, 3, 5)
    ]
    for model in models:
        assert model.coefs_[0].dtype == dtype
        assert np.array_equal(model._vector, models[0]._vector)
        assert np.array_equal(model.predict_proba(X), models[0].predict_proba(X))


@pytest.mark.parametrize(
    "parameters",
    [
        {"weight_norm": True},
        {"max_norm": 2.0},
        {"dropconnect": 0.02},
        {"clip_norm": 0.1, "penalty": "l1"},
        {"solver": "lbfgs"},
        {"solver": "adamw"},
    ],
    ids=str,
)
def test_regularised(parameters):
    """Both layers still have one matrix of weights, and learn."""
    X, y = data(300)
    y = (X[:, 0] > 0).astype(int)
    layers = LAYERS["of both"]
    model = fitted(layers, X, y, max_iter=150, **parameters)
    assert model.score(X, y) > 0.9
    assert [coef.shape for coef in model.coefs_] == [(5, 7), (7, 3), (5, 4), (4, 1)]
    assert [b.shape for b in model.intercepts_] == [(7,), (3,), (7,), (5,), (4,), (1,)]


@pytest.mark.parametrize(
    "layers, message",
    [
        ([TransposedDense(5, weights_of="x")], "weights_of='x' is not the name of an earlier"),
        (
            [Dense(6), TransposedDense(4, weights_of="0")],
            r"parameters of this layer have the shapes {'weights': \(4, 6\)}, those of .* \(5, 6\)",
        ),
        (
            [Conv1D(4, 2), TransposedDense(4, weights_of="0")],
            r"weights of a dense layer are needed|takes samples of shape \(n_inputs,\)",
        ),
        ([Dense(6), TransposedDense(5, weights_of=None)], "'weights_of' parameter of Transposed"),
        ([Dense(6), TransposedDense(0, weights_of="0")], "'units' parameter of TransposedDense"),
    ],
)
def test_layers_that_do_not_fit(layers, message):
    with pytest.raises(ValueError, match=message):
        NetworkClassifier(layers).fit(*data())
