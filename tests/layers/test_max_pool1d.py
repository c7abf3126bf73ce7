"""Pooling: an operation without parameters."""

import numpy as np
import pytest

from skdeep import NetworkClassifier, check_gradient
from skdeep.layers import Conv1D, Dense, Flatten, MaxPool1D
from tests.helpers import assert_close
from tests.layers.problems import centred, fitted, predicted_outputs, reference_outputs, sequences

LAYERS = {
    "all steps": [Conv1D(4, 2, activation="tanh"), MaxPool1D(), Dense(5, "tanh")],
    "windows": [Conv1D(4, 2, activation="tanh"), MaxPool1D(3, strides=2), Flatten()],
    "features": [
        MaxPool1D(2),
        Conv1D(3, 2, activation="tanh"),
        MaxPool1D(2, dropout=0.2),
        Flatten(),
    ],
}


@pytest.mark.parametrize("layers", LAYERS.values(), ids=LAYERS)
def test_same_as_numpy(layers):
    X, y = sequences()
    model = fitted(layers, X, y)
    expected = centred(reference_outputs(model, X), model)
    assert_close(predicted_outputs(model, X), expected, 1e-10)


@pytest.mark.parametrize("layers", LAYERS.values(), ids=LAYERS)
@pytest.mark.parametrize("n_samples", [60, 1500])
def test_gradient(layers, n_samples):
    X, y = sequences(n_samples)
    assert check_gradient(fitted(layers, X, y, alpha=0.1), X, y) < 1e-6


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("batch_size", [32, 1100])
def test_same_bits_for_any_number_of_threads(dtype, batch_size):
    X, y = sequences(2200, (16, 4), dtype)
    layers = [Conv1D(16, 5), MaxPool1D(4, dropout=0.1), Flatten(), Dense(20)]
    models = [
        fitted(layers, X, y, batch_size=batch_size, n_threads=n, max_iter=1) for n in (1, 2, 3, 5)
    ]
    for model in models:
        assert model.coefs_[0].dtype == dtype
        assert np.array_equal(model._vector, models[0]._vector)
        assert np.array_equal(model.predict_proba(X), models[0].predict_proba(X))


def test_everything_around_it():
    """Norms of the gradient are 0 where there are no parameters."""
    X, y = sequences()
    model = fitted(LAYERS["all steps"], X, y, record_gradient_norms=True, clip_norm=1.0)
    assert [coef.shape for coef in model.coefs_] == [(2, 3, 4), (4, 5), (5, 3)]
    assert model.gradient_norms_.shape == (3, 4) and (model.gradient_norms_[:, 1] == 0).all()
    assert fitted(LAYERS["all steps"], X, y, solver="lbfgs").loss_ > 0


@pytest.mark.parametrize(
    "layer, message",
    [
        (MaxPool1D(10), "pool_size=10 is more than the 9 steps that arrive"),
        (MaxPool1D(strides=3), "strides=3 .* give pool_size, too"),
        (MaxPool1D(0), "'pool_size' parameter of MaxPool1D must be"),
    ],
)
def test_layers_that_do_not_fit(layer, message):
    with pytest.raises(ValueError, match=message):
        NetworkClassifier([layer, Flatten()]).fit(*sequences())
