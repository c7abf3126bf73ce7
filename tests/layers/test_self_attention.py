"""Self-attention: projections, and an operation without parameters between them."""

import numpy as np
import pytest

from skdeep import NetworkClassifier, check_gradient
from skdeep.layers import Conv1D, Dense, Flatten, PositionalEncoding, SelfAttention
from tests.helpers import assert_close, quiet
from tests.layers.problems import centred, fitted, predicted_outputs, reference_outputs, sequences

LAYERS = {
    "one head": [SelfAttention(), Flatten()],
    "heads": [SelfAttention(3, 6), Flatten(), Dense(5, "tanh")],
    "causal": [Conv1D(4, 2, activation="tanh"), SelfAttention(2, causal=True), Flatten()],
    "two": [
        PositionalEncoding(),
        SelfAttention(2, 4),
        SelfAttention(4, 8, dropout=0.1),
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
    X, y = sequences(2200, (12, 8), dtype)
    layers = [PositionalEncoding(True), SelfAttention(2, dropout=0.1), Flatten(), Dense(10)]
    models = [
        fitted(layers, X, y, batch_size=batch_size, n_threads=n, max_iter=1) for n in (1, 2, 3, 5)
    ]
    for model in models:
        assert model.coefs_[1].dtype == dtype
        assert np.array_equal(model._vector, models[0]._vector)
        assert np.array_equal(model.predict_proba(X), models[0].predict_proba(X))


def test_large_scores():
    """Shares of steps whose scores differ by thousands are 0 and 1, and no NaN."""
    X = 1e4 * sequences(30)[0]
    model = fitted([SelfAttention(3), Flatten()], X, X[:, 0, 0], max_iter=1)
    assert np.isfinite(model.predict(X)).all()
    assert_close(predicted_outputs(model, X), reference_outputs(model, X), 1e-6)


def test_shares_are_those_of_the_outputs():
    X, y = sequences(5)
    layer = SelfAttention(3, causal=True)
    model = fitted([layer, Flatten()], X, y)
    shares = layer.shares(X, model.coefs_[0], model.intercepts_[0])
    assert shares.shape == (5, 3, 9, 9)
    assert_close(shares.sum(axis=-1), np.ones((5, 3, 9)), 1e-12)
    assert (np.triu(shares, 1) == 0).all()
    values = np.split(X @ model.coefs_[0][0] + model.intercepts_[0], 3, axis=-1)[2]
    heads = np.einsum("nhij,njh->nih", shares, values)
    expected = heads @ model.coefs_[1][0] + model.intercepts_[1]
    assert_close(expected, layer.reference(X, model.coefs_[:2], model.intercepts_[:2]), 1e-12)


def test_everything_around_it():
    X, y = sequences()
    layers = [("a", SelfAttention(3, auxiliary_output=False, trainable=False)), Flatten()]
    model = fitted(layers, X, y, record_gradient_norms=True)
    assert [coef.shape for coef in model.coefs_] == [(1, 3, 9), (1, 3, 3), (27, 3)]
    assert model.gradient_norms_.shape == (3, 4)
    first = model.coefs_[0].copy()
    with quiet():
        model.set_params(warm_start=True, layers__a__trainable=True).fit(X, y)
    assert not np.array_equal(first, model.coefs_[0])


@pytest.mark.parametrize(
    "layer, message",
    [
        (SelfAttention(2), "heads=2 does not divide dim, which is 3"),
        (SelfAttention(3, 8), "heads=3 does not divide dim, which is 8"),
        (SelfAttention(0), "'heads' parameter of SelfAttention must be"),
    ],
)
def test_layers_that_do_not_fit(layer, message):
    with pytest.raises(ValueError, match=message):
        NetworkClassifier([layer, Flatten()]).fit(*sequences())


def test_vectors_are_refused():
    with pytest.raises(ValueError, match=r"samples of shape \(steps, channels\), but \(4,\)"):
        NetworkClassifier([SelfAttention()]).fit(np.ones((6, 4)), [0, 1] * 3)
