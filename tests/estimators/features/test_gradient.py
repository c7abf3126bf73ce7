"""``loss_gradient`` and ``check_gradient``: finite differences and the oracle, over everything.

New activations and losses are covered by their entries in the registries.
"""

import warnings

import numpy as np
import pytest

import skdeep
from skdeep import check_gradient
from skdeep.formulas.activations import REGISTRY
from tests import oracle
from tests.estimators.problems import CASES, IDS, ROWS, coded, flat, model, network, weights
from tests.helpers import CONTAINERS, assert_close, quiet, slope_of, unchanged

HIDDEN = sorted(name for name, spec in REGISTRY.items() if spec.hidden and spec.trainable)
for _name in HIDDEN:
    oracle.learn(_name, REGISTRY[_name].forward, slope_of(REGISTRY[_name]))

FIRST = [case for case in CASES if case[1] in ("log_loss", "squared_error")]
DEPTHS = {"shallow": (), "one layer": (5,), "three layers": (4, 1, 3)}
LIMIT = 1e-6  # of the relative error of central differences


def _compare(fitted, kind, X, y, rtol=1e-10):
    """Compare loss and gradient with those of the oracle, with and without weights."""
    for w in (None, weights(len(y))):
        got = fitted.loss_gradient(X, y, sample_weight=w)
        Y = coded(fitted, kind, y)
        expected = network(fitted, kind).loss_gradient(X, Y, w, fitted.alpha)
        assert float(got[0]) == pytest.approx(expected[0], rel=0.1 * rtol)
        assert_close(flat(*got), flat(*expected), rtol)


@pytest.mark.parametrize("kind, loss", CASES, ids=IDS)
@pytest.mark.parametrize("activation", HIDDEN)
def test_gradient(activation, kind, loss, device):
    fitted, X, y = model(kind, loss, activation)
    _compare(fitted, kind, X, y)
    with unchanged(fitted):
        assert 0 <= check_gradient(fitted, X, y) < LIMIT
        assert 0 <= check_gradient(fitted, X, y, sample_weight=weights()) < LIMIT
    fitted.set_params(alpha=0.0)
    assert check_gradient(fitted, X, y) < LIMIT
    _compare(fitted, kind, X, y)


@pytest.mark.parametrize("hidden", DEPTHS.values(), ids=DEPTHS)
@pytest.mark.parametrize("kind, loss", CASES, ids=IDS)
def test_depths_and_containers(kind, loss, hidden, device):
    fitted, X, y = model(kind, loss, "tanh", hidden)
    _compare(fitted, kind, X, y)
    assert check_gradient(fitted, X, y, sample_weight=weights()) < LIMIT
    dense = fitted.loss_gradient(X, y, sample_weight=weights())
    for name in ("csr", "csc"):
        sparse = fitted.loss_gradient(CONTAINERS[name](X), y, sample_weight=weights())
        assert float(sparse[0]) == pytest.approx(float(dense[0]), rel=1e-12)
        assert_close(flat(*sparse), flat(*dense), 1e-10, name)


@pytest.mark.parametrize("kind, loss", FIRST, ids=["-".join(case) for case in FIRST])
def test_central_differences_of_what_is_public(kind, loss, device):
    """Moving the numbers of ``coefs_`` and ``intercepts_`` moves the loss as its gradient says."""
    fitted, X, y = model(kind, loss)
    gradient = flat(*fitted.loss_gradient(X, y, sample_weight=weights()))

    def objective():
        return fitted.loss_gradient(X, y, sample_weight=weights())[0]

    numeric = oracle.central_differences(objective, fitted.coefs_ + fitted.intercepts_)
    numeric = np.concatenate([g.ravel() for g in numeric])
    np.testing.assert_allclose(gradient, numeric, rtol=1e-5, atol=1e-8)


@pytest.mark.parametrize("activation", HIDDEN)
def test_sparse(activation):
    for kind, loss in FIRST:
        fitted, X, y = model(kind, loss, activation)
        with unchanged(fitted):
            assert check_gradient(fitted, CONTAINERS["csr"](X), y) < LIMIT


MIXED = {
    "by name": ["tanh", "relu", "gelu"],
    "all with a slope of their own": ("silu", "mish", "hard_tanh"),
    "array and aliases": np.array(["swish", "linear", "sigmoid"]),
    "the same": ["elu", "elu", "elu"],
}


@pytest.mark.parametrize("mixed", MIXED)
@pytest.mark.parametrize("kind, loss", FIRST, ids=["-".join(case) for case in FIRST])
def test_one_activation_per_layer(kind, loss, mixed, device):
    fitted, X, y = model(kind, loss, MIXED[mixed], (5, 4, 3))
    assert network(fitted, kind).layers == [oracle.ALIASES.get(n, n) for n in MIXED[mixed]]
    _compare(fitted, kind, X, y)
    assert check_gradient(fitted, X, y) < LIMIT
    assert check_gradient(fitted, CONTAINERS["csr"](X), y, sample_weight=weights()) < LIMIT
    expected = network(fitted, kind).forward(X)[-1]
    outputs = fitted._outputs(X)
    assert_close(outputs, expected, 1e-10)


@pytest.mark.parametrize("alias", sorted(oracle.ALIASES))
def test_aliases_are_the_same_network(alias):
    """Also in the initial weights, which depend on the activation."""
    first, X, _ = model("multiclass", "log_loss", alias)
    second, _, _ = model("multiclass", "log_loss", oracle.ALIASES[alias])
    for one, other in zip(first.coefs_, second.coefs_, strict=True):
        np.testing.assert_array_equal(one, other)
    np.testing.assert_array_equal(first.predict_proba(X), second.predict_proba(X))


@pytest.mark.parametrize("kind, loss", [("multiclass", "log_loss"), ("multioutput", "huber")])
@pytest.mark.parametrize("activation", HIDDEN)
def test_float32_gradient_against_float64(activation, kind, loss, device):
    fitted, X, y = model(kind, loss, activation, dtype=np.float32)
    got = fitted.loss_gradient(X, y, weights())
    assert {g.dtype for g in got[1] + got[2]} == {np.dtype(np.float32)}
    assert check_gradient(fitted, X, y) < LIMIT  # in float64, whatever the model
    fitted.coefs_ = [w.astype(np.float64) for w in fitted.coefs_]
    fitted.intercepts_ = [b.astype(np.float64) for b in fitted.intercepts_]
    expected = fitted.loss_gradient(X.astype(np.float64), y, weights())
    assert {g.dtype for g in expected[1] + expected[2]} == {np.dtype(np.float64)}
    assert float(got[0]) == pytest.approx(float(expected[0]), rel=1e-5)
    assert_close(flat(*got), flat(*expected), 1e-4)


def test_check_gradient_finds_a_wrong_gradient(monkeypatch):
    fitted, X, y = model("multiclass", "log_loss")
    right = type(fitted)._full_batch

    def wrong(self, *arguments):
        function, layout, vector = right(self, *arguments)

        def altered(vector):
            loss, gradient = function(vector)
            gradient[0] *= 1.01
            return loss, gradient

        return altered, layout, vector

    monkeypatch.setattr(type(fitted), "_full_batch", wrong)
    assert check_gradient(fitted, X, y) > 1e-4


def test_shapes_and_independence():
    """Gradients have the shapes of the parameters and belong to the caller."""
    fitted, X, y = model("multioutput", "squared_error", "relu", (4, 2))
    with unchanged(fitted):
        first = fitted.loss_gradient(X, y)
        assert [g.shape for g in first[1]] == [w.shape for w in fitted.coefs_]
        assert [g.shape for g in first[2]] == [b.shape for b in fitted.intercepts_]
        kept = flat(*first).copy()
        fitted.loss_gradient(X[:5], y[:5])
        np.testing.assert_array_equal(flat(*first), kept)
        for g in first[1] + first[2]:
            g[...] = 0
    np.testing.assert_array_equal(flat(*fitted.loss_gradient(X, y)), kept)


@pytest.mark.parametrize("kind, loss", CASES, ids=IDS)
def test_doubled_rows_are_doubled_weights(kind, loss):
    """Writing a row twice is giving it the weight two."""
    fitted, X, y = model(kind, loss, "logistic", alpha=0.0)
    twice = np.arange(ROWS) % 3 == 0
    repeated = np.concatenate([X, X[twice]]), np.concatenate([y, y[twice]])
    weighted = fitted.loss_gradient(X, y, sample_weight=1 + twice)
    assert_close(flat(*fitted.loss_gradient(*repeated)), flat(*weighted), 1e-10)


@pytest.mark.parametrize("activation", ["relu", "gelu"])
def test_many_rows_and_wide_layers(activation):
    """Several tiles of rows and of weights add up to the same gradient."""
    rng = np.random.RandomState(0)
    X, y = rng.standard_normal((1500, 37)), rng.randint(0, 3, 1500)
    fitted = skdeep.MLPClassifier((130, 67), activation, max_iter=1, random_state=0)
    with quiet():
        fitted.fit(X[:50], y[:50])
    _compare(fitted, "multiclass", X, y, 1e-9)


@pytest.mark.parametrize("kind, loss", CASES, ids=IDS)
def test_extreme_outputs(kind, loss):
    """Certain and wrong: losses are clipped as scikit-learn clips them, and stay finite."""
    fitted, X, y = model(kind, loss, "identity", ())
    fitted.coefs_[0][...] *= 20 if fitted.out_activation_ == "exp" else 1e6
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        got, coef_grads, intercept_grads = fitted.loss_gradient(X, y)
    expected = network(fitted, kind).loss_gradient(X, coded(fitted, kind, y), alpha=fitted.alpha)
    assert float(got) == pytest.approx(expected[0], rel=1e-10)
    assert all(np.isfinite(g).all() for g in coef_grads + intercept_grads)
