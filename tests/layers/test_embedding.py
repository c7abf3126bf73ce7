"""Embeddings: numbers beside NumPy's and one-hot codes, gradients, codes that are none."""

import numpy as np
import pytest
import scipy.sparse as sp

from skdeep import NetworkRegressor, check_gradient
from skdeep.layers import Conv1D, Dense, Embedding, Flatten
from tests.helpers import assert_close
from tests.layers.problems import (
    codes,
    fitted,
    predicted_outputs,
    reference_outputs,
)

LAYERS = {
    "one table": [Embedding(7, 3, columns=[0, 2]), Dense(5, activation="tanh")],
    "tables": [Embedding([7, 4], 3, columns=[0, 2]), Dense(5, activation="tanh")],
    "in another order": [Embedding((4, 7), 2, columns=np.array([2, 0]))],
    "dropout": [Embedding(7, 3, columns=[0], dropout=0.3), Dense(5)],
}


def test_shapes():
    operation, shape = Embedding(7, 3, columns=[0, 2]).connect((4,), source=0)
    assert shape == (2 * 3 + 2,) and operation.weights.shape == (7, 3)
    operation, shape = Embedding([7, 4], 3, columns=[0, 2]).connect((4,), source=0)
    assert shape == (2 * 3 + 2,) and operation.weights.shape == (11, 3)
    operation, shape = Embedding(50, 8).connect((20,), source=0)
    assert shape == (20, 8) and operation.weights.shape == (50, 8)
    assert operation.biases is None


@pytest.mark.parametrize("layers", LAYERS.values(), ids=LAYERS)
def test_same_as_numpy(layers):
    X, y = codes()
    model = fitted(layers, X, y)
    assert_close(predicted_outputs(model, X), reference_outputs(model, X), 1e-10)


@pytest.mark.parametrize("layers", LAYERS.values(), ids=LAYERS)
def test_gradient(layers):
    X, y = codes()
    assert check_gradient(fitted(layers, X, y, alpha=0.1), X, y) < 1e-6


def test_tokens_of_a_sequence():
    """All columns share a table, and make a sequence."""
    X = np.random.default_rng(0).integers(6, size=(50, 8))
    y = (X == 3).any(axis=1).astype(int)
    layers = [Embedding(6, 4), Conv1D(5, 3, activation="tanh"), Flatten()]
    model = fitted(layers, X, y)
    assert check_gradient(model, X, y) < 1e-6
    proba = model.predict_proba(X)[:, 1:]
    assert_close(np.log(proba / (1 - proba)), reference_outputs(model, X), 1e-8)
    assert np.array_equal(model.predict(X.astype(np.float32)), model.predict(X))


def test_same_as_one_hot_codes():
    """As a dense layer of identities that reads the codes in one-hot form, without its biases."""
    X, y = codes()
    options = dict(solver="lbfgs", alpha=0.01, max_iter=1)
    model = fitted([Embedding(7, 3, columns=[0])], X, y, **options)
    one_hot = np.hstack([np.eye(7)[X[:, 0].astype(int)], X[:, 1:]])
    loss, coefs, _ = model.loss_gradient(X, y)
    twin = fitted([Dense(6, activation="identity")], one_hot, y, **options)
    first, last = np.zeros((10, 6)), model.coefs_[1]
    first[:7, :3], first[7:, 3:] = model.coefs_[0], np.eye(3)
    twin.coefs_ = [first, last.copy()]
    twin.intercepts_ = [np.zeros(6), model.intercepts_[1].copy()]
    twin_loss, twin_coefs, _ = twin.loss_gradient(one_hot, y)
    assert_close(twin_coefs[0][:7, :3], coefs[0], 1e-10)
    # The identities are penalised there.
    assert_close(twin_loss - 0.005 * 3 / len(X), loss, 1e-10)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("batch_size", [32, 150, 1100])
def test_same_bits_for_any_number_of_threads(dtype, batch_size):
    X, y = codes(2200, dtype)
    layers = [Embedding([7, 4], 40, columns=[0, 2], dropout=0.1), Dense(60)]
    models = [
        fitted(layers, X, y, batch_size=batch_size, n_threads=n, max_iter=1) for n in (1, 2, 3, 5)
    ]
    for model in models:
        assert model.coefs_[0].dtype == dtype
        assert np.array_equal(model._vector, models[0]._vector)
        assert np.array_equal(model.predict(X), models[0].predict(X))


def test_large_table_is_cut_into_tiles():
    """Of which each takes the codes that are its own."""
    rng = np.random.default_rng(0)
    X, y = rng.integers(5000, size=(90, 1)), rng.normal(size=90)
    layers = [Embedding(5000, 9), Flatten()]
    options = dict(solver="sgd", max_iter=1, alpha=0.0)
    model = fitted(layers, X, y, **options)
    begun = fitted(layers, X, y, **options | {"learning_rate_init": 1e-300})
    changed = np.flatnonzero((model.coefs_[0] != begun.coefs_[0]).any(axis=1))
    assert np.array_equal(changed, np.unique(X))


WRONG = {
    "too large": (7, r"column 0 of X must hold integers from 0 to 6, but holds 7.0 in row 3"),
    "negative": (-1, "but holds -1.0 in row 3"),
    "fractional": (2.5, "but holds 2.5 in row 3"),
    "huge": (1e300, "but holds 1e\\+300 in row 3"),
    "nan": (np.nan, "NaN"),
    "infinite": (np.inf, "infinity"),
}


@pytest.mark.parametrize("value, message", WRONG.values(), ids=WRONG)
def test_codes_that_are_none(value, message):
    X, y = codes()
    bad = X.copy()
    bad[3, 0] = value
    layers = [Embedding(7, 3, columns=[0])]
    model = NetworkRegressor(layers)
    before = dict(vars(model))
    with pytest.raises(ValueError, match=message):
        model.fit(bad, y)
    assert vars(model) == before
    model = fitted(layers, X, y)
    for call in (
        lambda: model.predict(bad),
        lambda: model.score(bad, y),
        lambda: model.partial_fit(bad, y),
        lambda: model.loss_gradient(bad, y),
        lambda: model.fit(X, y, X_val=bad, y_val=y),
        lambda: model.set_params(augment=lambda X, y, rng: (bad, y)).fit(X, y),
    ):
        vector = model._vector.copy()
        with pytest.raises(ValueError, match=message):
            call()
        assert np.array_equal(model._vector, vector)


@pytest.mark.parametrize("value", [7, -1, np.nan, 1e300])
def test_kernels_do_not_trust_codes(value):
    """A predictor checks nothing; what is no code gives no number, and reads nothing."""
    X, y = codes()
    model = fitted([Embedding(7, 3, columns=[0])], X, y)
    X[3, 0] = value
    outputs = model.make_predictor().predict(X)
    assert np.isnan(outputs[3]) and np.isfinite(np.delete(outputs, 3)).all()


BAD = [
    ([Embedding(7, 3, columns=[4])], r"columns=\[4\] holds 4, but there are columns 0 to 3"),
    ([Embedding(7, 3, columns=[0, 0])], "holds a column twice"),
    ([Embedding(7, 3, columns=[])], "'columns' parameter is empty"),
    ([Embedding(7, 3, columns=[-1])], "must hold integers >= 0, got -1"),
    ([Embedding(7, 3, columns=["a"])], "must hold integers >= 0, got 'a'"),
    ([Embedding([7, 0], 3, columns=[0, 2])], "must hold integers >= 1, got 0"),
    ([Embedding([7, 4, 2], 3, columns=[0, 2])], "n_levels has 3 numbers, but 2 columns"),
    ([Embedding(0, 3)], "'n_levels' parameter of Embedding must be"),
    ([Embedding(7, 0)], "'n_outputs' parameter of Embedding must be"),
    ([Dense(3), Embedding(7, 3)], r"layers\[1\], Embedding.*must be the first layer"),
    ([Embedding(7, 3), Dense(3)], r"layers\[1\], Dense.*\(4, 3\) arrives: put Flatten\(\)"),
]


@pytest.mark.parametrize("layers, message", BAD, ids=[message for _, message in BAD])
def test_layers_that_do_not_fit(layers, message):
    X, y = codes()
    with pytest.raises(ValueError, match=message):
        NetworkRegressor(layers).fit(X, y)


def test_noise_would_change_codes():
    X, y = codes()
    with pytest.raises(ValueError, match=r"input_noise=0\.1 would change the codes"):
        NetworkRegressor([Embedding(7, 3, columns=[0])], input_noise=0.1).fit(X, y)


def test_sparse_features_are_refused():
    X, y = codes()
    with pytest.raises(TypeError, match="Sparse data was passed for X"):
        NetworkRegressor([Embedding(7, 3, columns=[0])]).fit(sp.csr_array(X), y)
