"""Means of windows, and of whole images and sequences."""

import numpy as np
import pytest

from skdeep import NetworkClassifier, check_gradient
from skdeep.layers import (
    Add,
    AveragePool1D,
    AveragePool2D,
    Conv1D,
    Conv2D,
    Dense,
    Flatten,
    GlobalAveragePool,
)
from tests.helpers import assert_close
from tests.layers.problems import centred, fitted, predicted_outputs, reference_outputs, sequences

#: name -> shape of a sample, layers
LAYERS = {
    "all steps": ((9, 3), [Conv1D(4, 2, activation="tanh"), AveragePool1D(), Dense(5, "tanh")]),
    "steps": ((9, 3), [Conv1D(11, 2, activation="tanh"), AveragePool1D(3, strides=2), Flatten()]),
    "image": ((7, 6, 3), [Conv2D(4, 2, activation="tanh"), AveragePool2D(), Dense(5, "tanh")]),
    "windows": ((7, 6, 3), [Conv2D(8, 2, activation="tanh"), AveragePool2D(2), Flatten()]),
    "windows that overlap": (
        (7, 6, 3),
        [Conv2D(11, 2, activation="tanh"), AveragePool2D((3, 2), strides=(2, 1)), Flatten()],
    ),
    "features": (
        (7, 6, 3),
        [AveragePool2D(2), Conv2D(3, 2, activation="tanh"), GlobalAveragePool(dropout=0.2)],
    ),
    "any axes": ((3, 2, 3, 4), [GlobalAveragePool()]),
    "sequence": ((9, 3), [Conv1D(4, 2, activation="tanh"), GlobalAveragePool(), Dense(3, "tanh")]),
    "several readers": (
        (7, 6, 3),
        [
            ("conv", Conv2D(5, 2, activation="tanh")),
            ("one", AveragePool2D(2)),
            ("other", AveragePool2D(2, strides=2, inputs="conv")),
            Add(["one", "other"]),
            Flatten(),
        ],
    ),
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
    layers = [Conv2D(9, 3), AveragePool2D(2, dropout=0.1), Conv2D(8, 2), GlobalAveragePool()]
    models = [
        fitted(layers, X, y, batch_size=batch_size, n_threads=n, max_iter=1) for n in (1, 2, 3, 5)
    ]
    for model in models:
        assert model.coefs_[0].dtype == dtype
        assert np.array_equal(model._vector, models[0]._vector)
        assert np.array_equal(model.predict_proba(X), models[0].predict_proba(X))


@pytest.mark.parametrize(
    "shape, layer, message",
    [
        ((9, 3), AveragePool1D(10), "pool_size=10 is more than the 9 steps that arrive"),
        ((9, 3), AveragePool1D(strides=3), "one window of all steps: give pool_size, too"),
        ((9, 3), AveragePool1D((2, 2)), "'pool_size' parameter of AveragePool1D must be"),
        ((9,), AveragePool2D(2), r"takes samples of shape \(height, width, channels\), but \(9,"),
        ((4, 5, 3), AveragePool1D(2), r"takes samples of shape \(steps, channels\), but \(4, 5, 3"),
        ((4, 5, 3), AveragePool2D(5), "pool_size=5 is more than the 4 rows that arrive"),
        ((4, 5, 3), AveragePool2D(strides=3), "one window of all pixels: give pool_size, too"),
        ((9,), GlobalAveragePool(), r"takes samples of shape \(..., channels\), but \(9,\) arr"),
        ((9, 3), GlobalAveragePool(dropout=1), "'dropout' parameter of GlobalAveragePool must be"),
    ],
)
def test_layers_that_do_not_fit(shape, layer, message):
    X, y = sequences(shape=shape)
    with pytest.raises(ValueError, match=message):
        NetworkClassifier([layer, Flatten()], input_shape=shape).fit(X, y)
