"""Penalties on activations: losses beside NumPy's, gradients, steps, what does not fit."""

import numpy as np
import pytest

from skdeep import NetworkClassifier, check_gradient
from skdeep.layers import ActivityPenalty, Dense
from tests.helpers import assert_close
from tests.layers.problems import fitted, inner_outputs, sequences

L1 = ActivityPenalty("l1", strength=0.37)
KL = ActivityPenalty("kl", strength=2.1, target=0.1)


def data(n_samples=60, dtype=np.float64):
    """Return samples of five features, and labels."""
    return sequences(n_samples, (5,), dtype)


def penalty_of(layer, h, weights):
    """Return a penalty, times its strength, in NumPy."""
    if layer.penalty == "l1":
        return layer.strength * np.average(np.abs(h).sum(axis=1), weights=weights)
    p, q = layer.target, np.average(h, axis=0, weights=weights)
    return layer.strength * np.sum(p * np.log(p / q) + (1 - p) * np.log((1 - p) / (1 - q)))


@pytest.mark.parametrize("layer", [L1, KL], ids=lambda layer: layer.penalty)
@pytest.mark.parametrize("n_samples", [5, 60, 1500])
@pytest.mark.parametrize("weighted", [False, True])
def test_loss_and_gradient(layer, n_samples, weighted):
    """The loss of a network with the penalty is that without, and the penalty."""
    X, y = data(n_samples)
    weights = np.random.default_rng(0).uniform(0, 2, n_samples) if weighted else None
    model = fitted([Dense(7, "logistic"), layer], X, y, alpha=0.1)
    plain = fitted([Dense(7, "logistic")], X, y, alpha=0.1)
    assert not np.array_equal(plain.coefs_[0], model.coefs_[0])
    expected = penalty_of(layer, inner_outputs(model, X), weights)
    plain = plain._with_parameters(model._vector)
    expected += plain.loss_gradient(X, y, weights)[0]
    assert_close(model.loss_gradient(X, y, weights)[0], expected, 1e-12)
    assert check_gradient(model, X, y, weights) < 1e-6
    assert np.array_equal(model.predict_proba(X), plain.predict_proba(X))


@pytest.mark.parametrize("layer", [L1, KL], ids=lambda layer: layer.penalty)
@pytest.mark.parametrize("batch_size", [5, 40, 1100])
def test_steps_and_reported_loss(layer, batch_size):
    """A step of gradient descent, and the loss before it."""
    X, y = data(batch_size)
    layers = [Dense(7, "logistic"), layer, Dense(4, "tanh")]
    options = {"solver": "sgd", "momentum": 0.0, "batch_size": batch_size, "shuffle": False}
    model = fitted(layers, X, y, max_iter=1, **options)
    before, rate = model._vector.copy(), model.learning_rate_init
    loss, coefs, intercepts = model.loss_gradient(X, y)
    model.partial_fit(X, y)
    gradient = np.concatenate([g.ravel() for g in (*coefs, *intercepts)])
    assert_close(model._vector, before - rate * gradient, 1e-9)
    assert_close(model.loss_, loss, 1e-9)


@pytest.mark.parametrize("layer", [L1, KL], ids=lambda layer: layer.penalty)
def test_few_units_are_active(layer):
    X, y = data(300)
    y = (X[:, 0] > 0).astype(int)
    options = {"solver": "lbfgs", "max_iter": 300}
    means = [
        inner_outputs(fitted([Dense(10, "logistic"), *more], X, y, **options), X).mean()
        for more in ([], [layer])
    ]
    assert means[1] < 0.5 * means[0]


def test_magnitudes_of_any_sign():
    """The slope of the magnitude is -1 below 0, and 0 at 0."""
    X, y = data()
    model = fitted([Dense(7, "tanh"), L1, Dense(3, "relu"), L1], X, y)
    assert check_gradient(model, X, y) < 1e-6


def test_what_is_not_trained_has_no_penalty():
    X, y = data()
    frozen, last = Dense(7, "logistic", trainable=False), Dense(4)
    for layer in (L1, KL):
        with_penalty, without = (fitted([frozen, *more, last], X, y) for more in ([layer], []))
        assert np.array_equal(with_penalty._vector, without._vector)
        assert with_penalty.loss_ == without.loss_


@pytest.mark.parametrize("layer", [L1, KL], ids=lambda layer: layer.penalty)
@pytest.mark.parametrize("normalised", [False, True])
def test_same_bits_for_any_number_of_threads(layer, normalised):
    """Also beside batch normalisation, whose statistics have the same memory."""
    for dtype, batch_size in ((np.float32, 32), (np.float64, 1100)):
        X, y = sequences(2200, (60,), dtype)
        layers = [Dense(70), Dense(50, "logistic", batch_norm=normalised, dropout=0.1), layer]
        models = [
            fitted([*layers, Dense(20)], X, y, batch_size=batch_size, n_threads=n, max_iter=1)
            for n in (1, 2, 3, 5)
        ]
        for model in models:
            assert model.coefs_[0].dtype == dtype
            assert np.array_equal(model._vector, models[0]._vector)
            assert model.loss_ == models[0].loss_


def test_gradient_beside_batch_normalisation():
    X, y = data(300)
    layers = [Dense(7, "logistic", batch_norm=True), KL, Dense(4, "tanh", batch_norm=True), L1]
    assert check_gradient(fitted(layers, X, y), X, y) < 1e-6


@pytest.mark.parametrize("strength", [0.0, 1e-30, 1e-3, 0.1, 1.0, 12345.678])
def test_numbers_reach_the_kernels(strength):
    """As they are, to the last digit."""
    X, y = data()
    model = fitted([Dense(7, "logistic"), ActivityPenalty(strength=strength)], X, y, max_iter=1)
    plain = fitted([Dense(7, "logistic")], X, y, max_iter=1)._with_parameters(model._vector)
    found = model.loss_gradient(X, y)[0] - plain.loss_gradient(X, y)[0]
    total = np.abs(inner_outputs(model, X)).sum(axis=1).mean()
    assert abs(found - strength * total) < 1e-14 * (1 + strength * total)


@pytest.mark.parametrize(
    "layers, message",
    [
        ([ActivityPenalty("kl")], "'kl' needs outputs between 0 and 1, .* it reads the features"),
        ([Dense(3, "tanh"), ActivityPenalty("kl")], "but it reads outputs of 'tanh'"),
        ([Dense(3), ActivityPenalty("l2")], "'penalty' parameter of ActivityPenalty"),
        ([Dense(3), ActivityPenalty(strength=-1)], "'strength' parameter of ActivityPenalty"),
        ([Dense(3), ActivityPenalty(strength=np.nan)], "'strength' parameter of ActivityPenalty"),
        ([Dense(3), ActivityPenalty(target=0)], "'target' parameter of ActivityPenalty"),
    ],
)
def test_layers_that_do_not_fit(layers, message):
    with pytest.raises(ValueError, match=message):
        NetworkClassifier(layers).fit(*data())
