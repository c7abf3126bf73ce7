"""Sequences of different lengths, and steps that are masked."""

import pickle

import numpy as np
import pytest
from sklearn.model_selection import cross_val_score

from skdeep import NetworkClassifier, NetworkRegressor, check_gradient
from skdeep.layers import (
    Conv1D,
    Dense,
    Dropout,
    Embedding,
    Flatten,
    GlobalAveragePool,
    LayerNorm,
    PositionalEncoding,
    Residual,
    Scale,
    SelfAttention,
)
from tests.helpers import quiet

LAYERS = [PositionalEncoding(), Residual([SelfAttention(2)]), GlobalAveragePool(), Dense(4, "tanh")]


def sequences(dtype=np.float64):
    """Return sequences of 2 to 8 steps, labels, and the same as an array filled up with 7.5."""
    rng = np.random.default_rng(0)
    found = [rng.normal(size=(n, 6)).astype(dtype) for n in rng.integers(2, 9, size=80)]
    y = np.array([int(each[:, 0].mean() > 0) for each in found])
    filled = np.full((80, 8, 6), 7.5, dtype)
    for row, each in zip(filled, found, strict=True):
        row[: len(each)] = each
    return found, y, filled


def fitted(X, y, layers=LAYERS, **parameters):
    options = {"max_iter": 3, "random_state": 0, **parameters}
    with quiet():
        return NetworkClassifier(layers, **options).fit(X, y)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_list_is_what_a_filled_array_is(dtype):
    """And what a sequence by itself is, whatever others are beside it."""
    X, y, filled = sequences(dtype)
    model = fitted(X, y)
    expected = model.predict_proba(X)
    assert expected.dtype == dtype and model.masked_ and model.input_shape_ == (8, 6)
    alone = np.vstack([model.predict_proba([each]) for each in X])
    assert np.array_equal(alone, expected)
    of_array = fitted(filled, y, mask_value=7.5)
    assert np.array_equal(of_array.predict_proba(filled), expected)
    gaps = np.where(filled == 7.5, np.nan, filled)
    assert np.array_equal(fitted(gaps, y, mask_value=np.nan).predict_proba(gaps), expected)
    matrix = filled.reshape(80, -1)
    of_matrix = fitted(matrix, y, mask_value=7.5, input_shape=(8, 6))
    assert np.array_equal(of_matrix.predict_proba(matrix), expected)


def test_masked_steps_say_nothing():
    """In the middle of a sequence as well as at its end, and whatever they hold."""
    _, y, filled = sequences()
    filled[:, 1] = 7.5
    model = fitted(filled, y, mask_value=7.5)
    first = filled[:5].copy()
    without = [np.delete(each, 1, axis=0) for each in first]
    # Without encodings of positions, a step that is masked is as if it were not there.
    unordered = fitted(filled, y, [SelfAttention(2), GlobalAveragePool()], mask_value=7.5)
    np.testing.assert_allclose(
        unordered.predict_proba(first), unordered.predict_proba(without), rtol=1e-12
    )
    assert check_gradient(model, filled, y) < 1e-6


@pytest.mark.parametrize("batch_size", [20, 80])
def test_gradient_and_bits(batch_size):
    X, y, _ = sequences()
    models = [fitted(X, y, batch_size=batch_size, n_threads=n) for n in (1, 2, 3, 5)]
    assert check_gradient(models[0], X, y) < 1e-6
    assert all(np.array_equal(each._vector, models[0]._vector) for each in models)


def test_tokens():
    rng = np.random.default_rng(1)
    X = [rng.integers(1, 9, size=n).tolist() for n in rng.integers(2, 9, size=80)]
    y = [max(each) for each in X]
    layers = [Embedding(9, 4), *LAYERS]
    model = fitted(X, y, layers)
    filled = np.zeros((80, 8), int)
    for row, each in zip(filled, X, strict=True):
        row[: len(each)] = each
    of_array = fitted(filled, y, layers, mask_value=0)
    assert np.array_equal(of_array.predict_proba(filled), model.predict_proba(X))
    assert model.predict([[1, 2, 3]]).shape == (1,)
    assert model.predict([[1, 2, 3], [4, 5, 6]]).shape == (2,)
    with quiet():
        regressor = NetworkRegressor(layers, max_iter=2).fit(X, y)
    assert regressor.predict(X).shape == (80,)


def test_everything_around_it():
    X, y, filled = sequences()
    model = fitted(X, y, early_stopping=True)
    again = pickle.loads(pickle.dumps(model))
    assert np.array_equal(again.predict_proba(X), model.predict_proba(X))
    with quiet():
        model.fit(X, y, X_val=X[:10], y_val=y[:10])
        model.set_params(early_stopping=False).partial_fit(X, y)
        scores = cross_val_score(model, X, y, cv=3)
        same = cross_val_score(model.set_params(mask_value=7.5), filled, y, cv=3)
    assert np.array_equal(scores, same)
    # Sequences of one length need no masks afterwards.
    with quiet():
        assert not model.set_params(mask_value=None).fit(filled, y).masked_
    with pytest.raises(ValueError, match="fitted to sequences of one length"):
        model.predict(X)


def test_layers_that_compute_each_step_alone():
    X, y, _ = sequences()
    layers = [Residual([LayerNorm(), SelfAttention(2)]), Scale(), Dropout(0.1), GlobalAveragePool()]
    model = fitted(X, y, layers)
    assert check_gradient(model, X, y) < 1e-6
    alone = np.vstack([model.predict_proba([each]) for each in X])
    assert np.array_equal(alone, model.predict_proba(X))


def test_rows_with_masks_are_told_from_other_rows():
    """A matrix as wide as rows with masks is one only if its last columns are masks."""
    rng = np.random.default_rng(2)
    X = [rng.integers(1, 5, size=k % 6 + 1).tolist() for k in range(30)]
    model = fitted(X, [max(each) for each in X], [Embedding(5, 3), GlobalAveragePool()])
    with pytest.raises(ValueError, match=r"X\[0\] has 12 steps, but the network reads at most 6"):
        model.predict(rng.integers(2, 5, size=(4, 12)))
    with pytest.raises(ValueError, match="at most 6"):
        model.predict(np.zeros((4, 12)))


def test_the_mask_value_of_the_fit():
    """Later changes of the parameter, and its type, change nothing."""
    X, y, filled = sequences(np.float32)
    filled[filled == 7.5] = 0.1
    model = fitted(filled, y, mask_value=np.float64(0.1))
    expected = model.predict_proba(filled)
    assert np.array_equal(expected, fitted(X, y).predict_proba(X))
    model.set_params(mask_value=None, input_noise=0.1)
    assert np.array_equal(model.predict_proba(filled), expected)
    with pytest.raises(ValueError, match="do not go together with input_noise"):
        model.partial_fit(filled, y)


def test_steps_of_vectors_that_are_shorter():
    rng = np.random.default_rng(3)
    X = [rng.normal(size=k) for k in (5, 3, 2, 1, 4, 5)]
    with quiet():
        model = NetworkRegressor([SelfAttention()], max_iter=2, input_shape=(5, 1)).fit(X, X)
    assert model.predict([X[1]]).shape == (1, 3)
    assert np.isfinite(model.score([X[1]] * 4, [X[1]] * 4))
    with pytest.raises(ValueError, match="there must be at least one step"):
        model.predict([np.ones((0, 1))])


@pytest.mark.parametrize(
    "change, message",
    [
        (
            lambda X: [*X, np.ones((12, 6))],
            r"X\[80\] has 12 steps, but the network reads at most",
        ),
        (lambda X: [*X, np.ones((3, 5))], "must have the same channels: .* X.80. of shape"),
        (lambda X: [np.ones((3, 5)), np.ones((2, 5))], r"X has samples of shape \(8, 5\)"),
        (lambda X: [*X, np.ones((0, 6))], r"X\[80\] is an empty sequence"),
        (lambda X: [*X, np.full((3, 6), np.nan)], "Input X contains NaN"),
        (lambda X: [["a", "b"], ["c"]], r"X\[0\] must be a sequence of numbers"),
        (lambda X: [[[1, 2], [3]], [[1, 2]]], r"steps of X\[0\] have different numbers"),
        # of one length, whose steps or shapes differ
        (
            lambda X: [np.ones((4, 6)), np.ones((4, 5))],
            r"same shape: X\[0\] has the shape \(4, 6\), and X\[1\] the shape \(4, 5\)",
        ),
        (lambda X: [[[1, 2], [3, 4]], [[1], [2]]], r"same shape: .* X\[1\] the shape \(2, 1\)"),
        (lambda X: [[[1, 2], [3]], [[1, 2], [3, 4]]], r"steps of X\[0\] have different numbers"),
        (lambda X: [np.ones((4, 6)), None], r"same shape: .* X\[1\] the shape \(\)"),
        (lambda X: [np.ones((4, 6, 1)), np.ones((5, 6, 1))], r"must have the same shape"),
    ],
)
def test_bad_sequences(change, message):
    X, y, _ = sequences()
    model = fitted(X, y)
    for call in (model.predict, lambda each: model.partial_fit(each, [0] * len(each))):
        before = pickle.dumps(vars(model))
        with pytest.raises(ValueError, match=message):
            call(change(X))
        assert pickle.dumps(vars(model)) == before


@pytest.mark.parametrize(
    "layers, parameters, message",
    [
        ([Flatten()], {}, "layers.0., Flatten.*some are masked"),
        ([Conv1D(3, 2), Flatten()], {}, "layers.0., Conv1D.*cannot leave these out"),
        ([SelfAttention(2), Flatten()], {}, "layers.1., Flatten.*some are masked"),
        (LAYERS, {"input_noise": 0.1}, "do not go together with input_noise"),
        ([Conv1D(3, 1), *LAYERS[2:]], {"batch_norm": True}, "batch_norm would count steps"),
        (
            [Conv1D(3, 1, auxiliary_output=True), *LAYERS[2:]],
            {},
            "layers.0., Conv1D.*auxiliary_output=True would read steps",
        ),
        (LAYERS, {"input_shape": (4, 6)}, "has 8 steps, but the network reads at most 4"),
        (LAYERS, {"mask_value": "0"}, "'mask_value' parameter of NetworkClassifier must be"),
    ],
)
def test_networks_that_cannot_have_masks(layers, parameters, message):
    X, y, filled = sequences()
    for samples, more in ((X, {}), (filled, {"mask_value": 7.5})):
        with pytest.raises(ValueError, match=message):
            fitted(samples, y, layers, **{**more, **parameters})
    filled[3] = 7.5
    with pytest.raises(ValueError, match=r"All steps of X\[3\] are masked"):
        fitted(filled, y, mask_value=7.5)
