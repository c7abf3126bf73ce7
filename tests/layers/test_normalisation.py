"""Layers that scale, normalise or drop what they read, and that give it another shape."""

import numpy as np
import pytest

from skdeep import NetworkClassifier, NetworkRegressor, check_gradient
from skdeep.layers import (
    BatchNorm,
    Conv1D,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    LayerNorm,
    MaxPool2D,
    Reshape,
    Scale,
)
from tests.helpers import assert_close
from tests.layers.problems import centred, fitted, predicted_outputs, reference_outputs, sequences

#: name -> shape of a sample, layers
LAYERS = {
    "scale": ((5,), [Scale(), Dense(6, "tanh"), Scale(dropout=0.1)]),
    "scale, sequence": ((9, 3), [Conv1D(4, 2, activation="tanh"), Scale(), Flatten()]),
    "layer norm": ((5,), [LayerNorm(), Dense(6, "tanh"), LayerNorm(dropout=0.1)]),
    "layer norm, image": ((4, 5, 2), [Conv2D(11, 2, activation="tanh"), LayerNorm(), Flatten()]),
    "dropout": ((5,), [Dropout(0.2), Dense(6, "tanh"), Dropout()]),
    "reshape": ((24,), [Reshape((4, 3, -1)), Conv2D(3, 2, activation="tanh"), Reshape([-1])]),
}


@pytest.mark.parametrize("shape, layers", LAYERS.values(), ids=LAYERS)
def test_same_as_numpy(shape, layers):
    X, y = sequences(shape=shape)
    model = fitted(layers, X, y)
    expected = centred(reference_outputs(model, X), model)
    assert_close(predicted_outputs(model, X), expected, 1e-10)


@pytest.mark.parametrize("shape, layers", LAYERS.values(), ids=LAYERS)
@pytest.mark.parametrize("n_samples", [60, 600])
def test_gradient(shape, layers, n_samples):
    X, y = sequences(n_samples, shape)
    assert check_gradient(fitted(layers, X, y, alpha=0.1), X, y) < 1e-6


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("batch_size", [32, 1100])
def test_same_bits_for_any_number_of_threads(dtype, batch_size):
    X, y = sequences(2200, (8, 9, 2), dtype)
    layers = [Conv2D(9, 3), BatchNorm(), MaxPool2D(2), LayerNorm(), Scale(), Dropout(0.1)]
    models = [
        fitted([*layers, Flatten()], X, y, batch_size=batch_size, n_threads=n, max_iter=1)
        for n in (1, 2, 3, 5)
    ]
    for model in models:
        assert model.coefs_[0].dtype == dtype
        assert np.array_equal(model._vector, models[0]._vector)
        assert np.array_equal(model.predict_proba(X), models[0].predict_proba(X))


@pytest.mark.parametrize("shape", [(5,), (9, 3), (4, 5, 2)])
def test_layers_begin_as_the_identity(shape):
    """What they scale by is 1 at first, and training changes it, but for what is normalised."""
    X, y = sequences(shape=shape)
    begun = fitted([Scale(), LayerNorm(), BatchNorm(), Flatten()], X, y, learning_rate_init=1e-300)
    model = fitted([Scale(), LayerNorm(), BatchNorm(), Flatten()], X, y)
    ones, zeros = np.ones((1, shape[-1])), np.zeros(shape[-1])
    for place in range(3):
        assert np.array_equal(begun.coefs_[place], ones)
        assert np.abs(begun.intercepts_[place]).max() < 1e-290
        assert np.array_equal(model.coefs_[place], ones) == (place == 2)
        assert np.array_equal(model.intercepts_[place], zeros) == (place == 2)
    assert not np.array_equal(model.batch_norm_[0].scale, ones[0])


@pytest.mark.parametrize("shape", [(5,), (9, 3), (4, 5, 2)])
def test_batch_norm_over_everything_but_channels(shape):
    X, y = sequences(500, shape)
    X = X * np.arange(1, 1 + shape[-1]) + 3
    model = fitted([BatchNorm(), Flatten()], X, y, batch_size=500, max_iter=200, tol=0.0)
    flat, norm = X.reshape(-1, shape[-1]), model.batch_norm_[0]
    assert_close(norm.mean, flat.mean(axis=0), 1e-5)
    assert_close(norm.variance, flat.var(axis=0, ddof=1), 1e-5)
    z = (X - norm.mean) / np.sqrt(norm.variance + 1e-5) * norm.scale + norm.shift
    outputs = z.reshape(len(X), -1) @ model.coefs_[-1] + model.intercepts_[-1]
    assert_close(predicted_outputs(model, X), centred(outputs, model), 1e-8)


def test_same_as_batch_norm_of_a_layer():
    """Before an activation, where weighted inputs have no bias that matters."""
    X, y = sequences(200, (5,))
    options = {"batch_size": 50, "weight_init": "he_normal"}
    own = fitted([Dense(6, "identity", batch_norm=True)], X, y, **options)
    alone = fitted([Dense(6, "identity"), BatchNorm()], X, y, **options)
    assert_close(alone.predict_proba(X), own.predict_proba(X), 1e-6)


def test_dropout_changes_training_alone():
    X, y = sequences(200, (5,))
    before, within = [Dropout(0.3)], [Dense(6, "tanh"), Dropout(0.3)]
    same = fitted([Dense(6, "tanh", dropout=0.3)], X, y)
    assert fitted(within, X, y).loss_ > 0
    assert not np.array_equal(fitted(before, X, y)._vector, fitted([], X, y)._vector)
    assert np.array_equal(fitted([Dropout(0.0)], X, y)._vector, fitted([], X, y)._vector)
    assert same.coefs_[0].shape == (5, 6)


def test_everything_around_it():
    X, y = sequences(shape=(5,))
    layers = [("a", Scale()), ("b", LayerNorm(weights_of=None)), ("c", Scale(weights_of="a"))]
    model = fitted(layers, X, y, dropconnect=0.2)
    assert len(model.coefs_) == 3
    frozen = fitted([Scale(trainable=False)], X, y)
    assert np.array_equal(frozen.coefs_[0], np.ones((1, 5)))
    assert fitted([LayerNorm(), Dense(4, "tanh")], X, y, solver="lbfgs").loss_ > 0


BAD = [
    ([Dropout(1.0)], "'rate' parameter of Dropout must be a float in the range"),
    (
        [Reshape((4, 4))],
        r"shape=\(4, 4\) does not hold the 24 numbers of a sample of shape \(24,\)",
    ),
    ([Reshape((5, -1))], r"shape=\(5, -1\) does not hold the 24 numbers"),
    ([Reshape((-1, -1))], "'shape' parameter must hold integers >= 1, one of which may be -1"),
    ([Reshape((0, 3))], "'shape' parameter must hold integers >= 1, one of which may be -1"),
    ([Reshape(())], "'shape' parameter must hold integers >= 1, one of which may be -1"),
    ([Reshape((4, True, 6))], "'shape' parameter must hold integers >= 1"),
    ([Reshape(24)], "'shape' parameter of Reshape must be an instance of 'tuple'"),
    ([LayerNorm(alpha_factor=-1)], "'alpha_factor' parameter of LayerNorm must be a float"),
    ([Scale(dropout=1)], "'dropout' parameter of Scale must be a float in the range"),
    ([BatchNorm(dropout=1)], "'dropout' parameter of BatchNorm must be a float in the range"),
]


@pytest.mark.parametrize("layers, message", BAD, ids=[message for _, message in BAD])
@pytest.mark.parametrize("cls", [NetworkClassifier, NetworkRegressor])
def test_layers_that_do_not_fit(cls, layers, message):
    X, y = sequences(shape=(24,))
    with pytest.raises(ValueError, match=message):
        cls(layers).fit(X, y)
