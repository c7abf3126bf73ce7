"""``loss_gradient`` and ``check_gradient``: finite differences and the oracle, over everything.

A new hidden activation is covered by its entry in the registry.
"""

import warnings

import numpy as np
import pytest

import skdeep
from skdeep import check_gradient
from skdeep.formulas.activations import REGISTRY
from tests import datasets, oracle
from tests.helpers import CONTAINERS, assert_close, quiet, unchanged

HIDDEN = sorted(name for name, spec in REGISTRY.items() if spec.hidden)
for _name in HIDDEN:
    oracle.learn(_name, REGISTRY[_name].forward, REGISTRY[_name].derivative)

# name -> (data, parameters of the estimator, output activation)
TARGETS = {
    "binary": ("binary", {}, "logistic"),
    "multiclass": ("multiclass", {}, "softmax"),
    "multilabel": ("multilabel", {}, "logistic"),
    "regression": ("regression", {}, "identity"),
    "multi-output": ("multioutput", {}, "identity"),
    "poisson": ("counts", {"loss": "poisson"}, "exp"),
}
DEPTHS = {"shallow": (), "one layer": (5,), "three layers": (4, 1, 3)}
ROWS = 13


def _data(name, dtype=np.float64):
    X, y = datasets.load(name)
    X = np.where(np.abs(X) < 0.3, 0.0, X)[:ROWS]  # zeros for the sparse forms
    if name == "multiclass":
        y = np.concatenate([[0, 1, 2, 3], y])  # every class is there
    y = y[:ROWS]
    return X.astype(dtype), y.astype(dtype) if datasets.is_regression(name) else y


def _weights():
    return np.random.RandomState(19).uniform(0.0, 2.0, ROWS)


def _model(target, activation, hidden=(5,), dtype=np.float64, alpha=0.7):
    """Fit one epoch: a network away from its start, with the data it was fitted on."""
    data, parameters, _ = TARGETS[target]
    X, y = _data(data, dtype)
    name = "MLPRegressor" if datasets.is_regression(data) else "MLPClassifier"
    model = getattr(skdeep, name)(
        hidden_layer_sizes=hidden,
        activation=activation,
        alpha=alpha,
        max_iter=1,
        random_state=0,
        **parameters,
    )
    with quiet():
        model.fit(X, y)
    return model, X, y


def _indicator(model, y):
    """Targets as the network sees them: one column per output."""
    if model.out_activation_ == "softmax":
        return (np.asarray(y)[:, None] == model.classes_).astype(float)
    return np.asarray(y, dtype=float).reshape(len(y), -1)


def _flat(loss, coef_grads, intercept_grads):
    return np.concatenate([np.ravel(g) for g in [*coef_grads, *intercept_grads]])


@pytest.mark.parametrize("hidden", DEPTHS.values(), ids=DEPTHS)
@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("activation", HIDDEN)
def test_gradient(activation, target, hidden, device):
    model, X, y = _model(target, activation, hidden)
    assert model.out_activation_ == TARGETS[target][2]
    network = oracle.Network.of(model)
    for weights in (None, _weights()):
        loss, *gradients = model.loss_gradient(X, y, sample_weight=weights)
        got = _flat(loss, *gradients)

        def objective():
            return model.loss_gradient(X, y, sample_weight=weights)[0]  # noqa: B023

        numeric = oracle.central_differences(objective, model.coefs_ + model.intercepts_)
        numeric = np.concatenate([g.ravel() for g in numeric])
        np.testing.assert_allclose(got, numeric, rtol=1e-5, atol=1e-8)
        expected = network.loss_gradient(X, _indicator(model, y), weights, model.alpha)
        assert float(loss) == pytest.approx(expected[0], rel=1e-12)
        assert_close(got, _flat(*expected), 1e-10)
        for name in ("csr", "csc"):
            sparse = model.loss_gradient(CONTAINERS[name](X), y, sample_weight=weights)
            assert float(sparse[0]) == pytest.approx(float(loss), rel=1e-12)
            assert_close(_flat(*sparse), got, 1e-10, name)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("activation", HIDDEN)
def test_float32_gradient_against_the_oracle(activation, target, device):
    model, X, y = _model(target, activation, (6, 3), np.float32)
    loss, coef_grads, intercept_grads = model.loss_gradient(X, y, _weights())
    assert {g.dtype for g in coef_grads + intercept_grads} == {np.dtype(np.float32)}
    Y = _indicator(model, y)
    expected = oracle.Network.of(model).loss_gradient(X, Y, _weights(), model.alpha)
    assert float(loss) == pytest.approx(expected[0], rel=1e-5)
    assert_close(_flat(loss, coef_grads, intercept_grads), _flat(*expected), 1e-4)


@pytest.mark.parametrize("container", ["dense", "csr", "csc"])
@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("activation", HIDDEN)
def test_check_gradient_finds_nothing_wrong(activation, target, container):
    model, X, y = _model(target, activation)
    X = CONTAINERS[container](X)
    with unchanged(model):
        assert 0 <= check_gradient(model, X, y) < 1e-6
        assert 0 <= check_gradient(model, X, y, sample_weight=_weights()) < 1e-6


def test_check_gradient_of_a_float32_model():
    model, X, y = _model("multiclass", "tanh", dtype=np.float32)
    with unchanged(model):
        assert check_gradient(model, X, y) < 1e-6


def test_check_gradient_finds_a_wrong_gradient(monkeypatch):
    model, X, y = _model("multiclass", "tanh")
    right = type(model)._full_batch

    def wrong(self, *arguments):
        function, layout, vector = right(self, *arguments)

        def altered(vector):
            loss, gradient = function(vector)
            gradient[0] *= 1.01
            return loss, gradient

        return altered, layout, vector

    monkeypatch.setattr(type(model), "_full_batch", wrong)
    assert check_gradient(model, X, y) > 1e-4


def test_shapes_and_independence():
    """Gradients have the shapes of the parameters and belong to the caller."""
    model, X, y = _model("multi-output", "relu", (4, 2))
    with unchanged(model):
        first = model.loss_gradient(X, y)
        assert [g.shape for g in first[1]] == [w.shape for w in model.coefs_]
        assert [g.shape for g in first[2]] == [b.shape for b in model.intercepts_]
        kept = _flat(*first).copy()
        model.loss_gradient(X[:5], y[:5])
        np.testing.assert_array_equal(_flat(*first), kept)
        for g in first[1] + first[2]:
            g[...] = 0
    np.testing.assert_array_equal(_flat(*model.loss_gradient(X, y)), kept)


def test_doubled_rows_are_doubled_weights():
    """Writing a row twice is giving it the weight two."""
    model, X, y = _model("binary", "logistic", alpha=0.0)
    twice = np.arange(ROWS) % 3 == 0
    repeated = np.concatenate([X, X[twice]]), np.concatenate([y, y[twice]])
    weighted = model.loss_gradient(X, y, sample_weight=1 + twice)
    assert_close(_flat(*model.loss_gradient(*repeated)), _flat(*weighted), 1e-10)


def test_many_rows_and_wide_layers():
    """Several tiles of rows and of weights add up to the same gradient."""
    rng = np.random.RandomState(0)
    X, y = rng.standard_normal((1500, 37)), rng.randint(0, 3, 1500)
    model = skdeep.MLPClassifier((130, 67), max_iter=1, random_state=0)
    with quiet():
        model.fit(X[:50], y[:50])
    expected = oracle.Network.of(model).loss_gradient(X, _indicator(model, y), None, model.alpha)
    got = model.loss_gradient(X, y)
    assert float(got[0]) == pytest.approx(expected[0], rel=1e-11)
    assert_close(_flat(*got), _flat(*expected), 1e-9)


def test_extreme_outputs():
    """Certain and wrong: the loss is clipped as scikit-learn clips it, and stays finite."""
    model, X, y = _model("binary", "identity", ())
    model.coefs_[0][...] *= 1e6
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        loss, coef_grads, _ = model.loss_gradient(X, y)
    expected = oracle.Network.of(model).loss_gradient(X, _indicator(model, y), alpha=model.alpha)
    assert float(loss) == pytest.approx(expected[0], rel=1e-10)
    assert np.isfinite(coef_grads[0]).all()
