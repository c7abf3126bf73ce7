"""The largest values of windows of images."""

import numpy as np
import pytest

from skdeep import NetworkClassifier, check_gradient
from skdeep.layers import Add, Conv2D, Dense, Flatten, MaxPool2D
from tests.helpers import assert_close
from tests.layers.problems import centred, fitted, predicted_outputs, reference_outputs, sequences

#: Channels that fill no vector, some vectors, and some vectors and more.
LAYERS = {
    "whole image": [Conv2D(4, 2, activation="tanh"), MaxPool2D(), Dense(5, "tanh")],
    "windows": [Conv2D(8, 2, activation="tanh"), MaxPool2D(2), Flatten()],
    "windows that overlap": [
        Conv2D(6, 2, activation="tanh"),
        MaxPool2D((3, 2), strides=(2, 1)),
        Flatten(),
    ],
    "windows apart": [Conv2D(5, 2, activation="tanh"), MaxPool2D(1, strides=(2, 3)), Flatten()],
    "features": [
        MaxPool2D(2),
        Conv2D(3, 2, activation="tanh"),
        MaxPool2D((1, 2), dropout=0.2),
        Flatten(),
    ],
    "several readers": [
        ("conv", Conv2D(5, 2, activation="tanh")),
        ("one", MaxPool2D(2)),
        ("other", MaxPool2D(2, strides=2, inputs="conv")),
        Add(["one", "other"]),
        Flatten(),
    ],
}


@pytest.mark.parametrize("layers", LAYERS.values(), ids=LAYERS)
def test_same_as_numpy(layers):
    X, y = sequences(shape=(7, 6, 3))
    model = fitted(layers, X, y)
    expected = centred(reference_outputs(model, X), model)
    assert_close(predicted_outputs(model, X), expected, 1e-10)


@pytest.mark.parametrize("layers", LAYERS.values(), ids=LAYERS)
@pytest.mark.parametrize("n_samples", [60, 600])
def test_gradient(layers, n_samples):
    X, y = sequences(n_samples, (7, 6, 3))
    assert check_gradient(fitted(layers, X, y, alpha=0.1), X, y) < 1e-6


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("batch_size", [32, 1100])
def test_same_bits_for_any_number_of_threads(dtype, batch_size):
    X, y = sequences(2200, (8, 9, 2), dtype)
    layers = [Conv2D(9, 3), MaxPool2D(2, dropout=0.1), Flatten(), Dense(20)]
    models = [
        fitted(layers, X, y, batch_size=batch_size, n_threads=n, max_iter=1) for n in (1, 2, 3, 5)
    ]
    for model in models:
        assert model.coefs_[0].dtype == dtype
        assert np.array_equal(model._vector, models[0]._vector)
        assert np.array_equal(model.predict_proba(X), models[0].predict_proba(X))


def test_gradient_goes_to_the_first_of_equal_values():
    """As in PyTorch: windows of equal pixels move the weights of their first pixel alone."""
    X, y = np.ones((30, 2, 2, 1)), np.arange(30) % 2
    layers = [("each", Conv2D(1, 1, activation="identity")), MaxPool2D(2), Flatten()]
    model = fitted(layers, X, y)
    _, coefs, _ = model.loss_gradient(X, y)
    dense = fitted([Flatten(), Dense(1, "identity")], X[:, :1, :1], y)
    dense.coefs_[0][:], dense.coefs_[1][:] = model.coefs_[0].reshape(1, 1), model.coefs_[1]
    for ours, theirs in zip(dense.intercepts_, model.intercepts_, strict=True):
        ours[:] = theirs
    _, expected, _ = dense.loss_gradient(X[:, :1, :1], y)
    assert_close(coefs[0].reshape(-1), expected[0].reshape(-1), 1e-12)


@pytest.mark.parametrize(
    "layer, message",
    [
        (MaxPool2D(8), "pool_size=8 is more than the 7 rows that arrive"),
        (MaxPool2D((2, 7)), r"pool_size=\(2, 7\) is more than the 6 columns that arrive"),
        (MaxPool2D(strides=3), "strides=3 .* give pool_size, too"),
        (MaxPool2D(0), "'pool_size' parameter of MaxPool2D must be"),
        (MaxPool2D((2, 2, 2)), "'pool_size' parameter must be an int >= 1, or two of them"),
    ],
)
def test_layers_that_do_not_fit(layer, message):
    with pytest.raises(ValueError, match=message):
        NetworkClassifier([layer, Flatten()]).fit(*sequences(shape=(7, 6, 3)))


def test_samples_that_do_not_fit():
    X, y = sequences()
    with pytest.raises(ValueError, match=r"MaxPool2D.*\(height, width, channels\), but \(27,\)"):
        NetworkClassifier([Flatten(), MaxPool2D(2)]).fit(X, y)
