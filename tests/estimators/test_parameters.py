"""``coefs_`` and ``intercepts_`` are the network: users may write into them or replace them."""

import numpy as np
import pytest

from skdeep import MLPClassifier, MLPRegressor
from tests import datasets, oracle
from tests.helpers import assert_close, quiet

X, Y = datasets.load("regression")


@pytest.fixture
def model():
    """A fitted regressor with one hidden layer of four units."""
    with quiet():
        return MLPRegressor(
            hidden_layer_sizes=(4,), activation="tanh", max_iter=1, random_state=0
        ).fit(X, Y)


def _check(model, network, rtol=1e-10):
    assert_close(model.predict(X), network.forward(X)[-1][:, 0], rtol)
    loss, coefs, intercepts = model.loss_gradient(X, Y)
    expected = network.loss_gradient(X, Y, alpha=model.alpha)
    assert float(loss) == pytest.approx(expected[0], rel=rtol)
    for got, exact in zip(coefs + intercepts, expected[1] + expected[2], strict=True):
        assert_close(got, exact, rtol)


def test_written_in_place(model):
    network = oracle.Network.of(model)
    model.coefs_[0][1, 2] = network.coefs[0][1, 2] = 3.0
    model.intercepts_[1][...] = network.intercepts[1] = np.array([-2.0])
    _check(model, network)


OTHER_ARRAYS = {
    "fortran": np.asfortranarray,
    "float32": lambda w: w.astype(np.float32),
    "integers": lambda w: (4 * w).astype(int),
    "big-endian": lambda w: w.astype(">f8"),
    "backwards": lambda w: np.ascontiguousarray(w[::-1])[::-1],
}


@pytest.mark.parametrize("form", OTHER_ARRAYS)
def test_replaced_arrays(model, form):
    network = oracle.Network.of(model)
    for i in range(2):
        model.coefs_[i] = OTHER_ARRAYS[form](network.coefs[i])
        network.coefs[i] = np.array(model.coefs_[i], dtype=float)
        model.intercepts_[i] = OTHER_ARRAYS[form](network.intercepts[i])
        network.intercepts[i] = np.array(model.intercepts_[i], dtype=float)
    _check(model, network, 1e-4 if form == "float32" else 1e-10)


def test_replaced_lists(model):
    network = oracle.Network.of(model)
    model.coefs_ = [2 * w for w in model.coefs_]
    model.intercepts_ = [b + 1 for b in model.intercepts_]
    network.coefs = [2 * w for w in network.coefs]
    network.intercepts = [b + 1 for b in network.intercepts]
    _check(model, network)


@pytest.mark.parametrize("solver", ["sgd", "adam"])
@pytest.mark.parametrize("call", ["fit", "partial_fit"])
def test_training_goes_on_from_what_was_written(model, call, solver):
    model.set_params(warm_start=True, solver=solver)
    model.coefs_[0][...] = 0.5
    model.coefs_[1] = np.full((4, 1), -0.25)
    changed = [w.copy() for w in model.coefs_]
    with quiet():
        getattr(model, call)(X, Y)
    moved = [np.abs(w - v).max() for w, v in zip(model.coefs_, changed, strict=True)]
    assert all(0 < m < 0.1 for m in moved)


def test_activation_changed_after_the_fit(model):
    model.set_params(activation="logistic")
    _check(model, oracle.Network.of(model))


# What does not fit together, written by the function; nothing may be read beside the arrays.
MISFITS = {
    "fewer rows": lambda m: m.coefs_.__setitem__(0, np.zeros((3, 4))),
    "more rows": lambda m: m.coefs_.__setitem__(0, np.zeros((6, 4))),
    "more columns": lambda m: m.coefs_.__setitem__(0, np.zeros((5, 9))),
    "second layer": lambda m: m.coefs_.__setitem__(1, np.zeros((7, 1))),
    "more outputs": lambda m: m.coefs_.__setitem__(1, np.zeros((4, 3))),
    "one dimension": lambda m: m.coefs_.__setitem__(1, np.zeros(4)),
    "longer bias": lambda m: m.intercepts_.__setitem__(0, np.zeros(8)),
    "no bias": lambda m: m.intercepts_.pop(),
    "one layer less": lambda m: (m.coefs_.pop(), m.intercepts_.pop()),
    "words": lambda m: m.coefs_.__setitem__(1, np.full((4, 1), "a")),
}


@pytest.mark.parametrize("misfit", MISFITS)
def test_arrays_that_do_not_fit_together(model, misfit):
    MISFITS[misfit](model)
    for method in ("predict", "score", "loss_gradient", "partial_fit"):
        arguments = (X,) if method == "predict" else (X, Y)
        with pytest.raises((ValueError, TypeError)):
            getattr(model, method)(*arguments)


def _names(dtypes):
    return [np.dtype(dtype).name for dtype in dtypes]


@pytest.mark.parametrize("trained", [np.float32, np.float64], ids=_names([np.float32, np.float64]))
@pytest.mark.parametrize("given", [np.float32, np.float64, np.int64], ids=str)
def test_precision_of_predictions(trained, given):
    """As in scikit-learn: the wider of that of the weights and that of X."""
    labels = (Y > 0).astype(int)
    Z = (3 * X).astype(given)
    expected = np.float32 if trained == given == np.float32 else np.float64
    with quiet():
        regressor = MLPRegressor(hidden_layer_sizes=(3,), max_iter=1)
        regressor.fit(X.astype(trained), Y.astype(trained))
        classifier = MLPClassifier((3,), max_iter=1).fit(X.astype(trained), labels)
    assert regressor.predict(Z).dtype == expected
    assert classifier.predict_proba(Z).dtype == expected
    assert classifier.predict(Z).dtype == labels.dtype


@pytest.mark.parametrize("first, second", [(np.float32, np.float64), (np.float64, np.float32)])
def test_precision_stays_that_of_the_first_fit(first, second):
    with quiet():
        model = MLPRegressor(hidden_layer_sizes=(3,), max_iter=1, random_state=0)
        model.fit(X.astype(first), Y.astype(first))
    model.partial_fit(X.astype(second), Y.astype(second))
    assert {w.dtype for w in model.coefs_ + model.intercepts_} == {np.dtype(first)}
