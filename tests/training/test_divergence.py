"""Fits that diverge say so, once; fits that do not never do."""

import warnings

import numpy as np
import pytest
from sklearn import neural_network
from sklearn.datasets import load_diabetes, load_digits
from sklearn.exceptions import ConvergenceWarning

import skdeep
from skdeep import MLPClassifier, MLPRegressor
from skdeep.losses import Quantile
from tests.helpers import CONTAINERS, assert_close, quiet, unchanged

RNG = np.random.default_rng(0)
X = 1000 * RNG.normal(size=(60, 5))
Y = 3 * X[:, 0]
TARGETS = {
    "MLPRegressor": Y,
    "MLPClassifier": (Y > 0).astype(int),
}
SMALL = dict(hidden_layer_sizes=(4,), random_state=0, solver="sgd", learning_rate_init=0.1)
STOPPED = dict(early_stopping=True, validation_fraction=0.2, max_iter=15)


def _fit(name, X=X, y=None, library=skdeep, **parameters):
    y = TARGETS[name] if y is None else y
    return getattr(library, name)(**{**SMALL, **parameters}).fit(X, y)


def _warned(call, match="Training diverged"):
    """Return the result of a call that warns of divergence and of nothing else."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        result = call()
    assert [w.category for w in caught] == [ConvergenceWarning]
    message = str(caught[0].message)
    assert match in message and "scaled" in message and caught[0].filename == __file__
    return result, message


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("container", ["dense", "csr"])
@pytest.mark.parametrize("name", TARGETS)
def test_unscaled_features_with_early_stopping(name, container, dtype):
    """One warning, and the numbers of scikit-learn."""
    rows = CONTAINERS[container](X.astype(dtype))
    model, message = _warned(lambda: _fit(name, rows, **STOPPED))
    assert model.stop_reason_ == "diverged"
    assert "learning_rate_init=0.1" in message and "best validation score" in message
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        theirs = _fit(name, rows, library=neural_network, **STOPPED)
    assert model.n_iter_ == theirs.n_iter_
    finite = np.isfinite(theirs.loss_curve_)  # float32 overflows to inf here and to NaN there
    np.testing.assert_array_equal(np.isfinite(model.loss_curve_), finite)
    for curve in ("loss_curve_", "validation_scores_"):
        ours, expected = (np.array(getattr(m, curve))[finite] for m in (model, theirs))
        assert_close(ours, expected, 1e-6 if dtype == np.float64 else 1e-2)


@pytest.mark.parametrize("name", TARGETS)
def test_not_finite_weights_are_an_error_and_nothing_else(name):
    model = getattr(skdeep, name)(**{**SMALL, "learning_rate_init": 1e200})
    with warnings.catch_warnings(), unchanged(model):
        warnings.simplefilter("error")
        with pytest.raises(ValueError, match="Solver produced non-finite parameter weights"):
            model.fit(X, TARGETS[name])


@pytest.mark.parametrize("alpha", [0.0, 1e-4])
def test_losses_that_are_bounded(alpha):
    """The cross-entropy cannot exceed 36 or so; the weights tell."""
    model, message = _warned(lambda: _fit("MLPClassifier", alpha=alpha, max_iter=15))
    assert model.stop_reason_ == "diverged" and "worse" in message
    assert np.isfinite(model.loss_curve_).all() and np.abs(model.coefs_[0]).max() > 1e6


def test_losses_of_classifiers_without_bound():
    parameters = dict(loss="hinge", hidden_layer_sizes=(), max_iter=3, momentum=0.0, tol=0.0)
    model = _warned(lambda: _fit("MLPClassifier", **parameters, learning_rate_init=1e3))[0]
    assert model.stop_reason_ == "diverged"


@pytest.mark.parametrize("solver", ["lbfgs", "cg", "bold_driver"])
def test_full_batch_solvers(solver):
    """A loss that is not finite from the first."""
    call = lambda: _fit("MLPRegressor", 1e160 * X, solver=solver)  # noqa: E731
    model, message = _warned(call)
    assert model.stop_reason_ == "diverged" and not np.isfinite(model.loss_)
    assert ("learning_rate_init" in message) == (solver == "bold_driver")


@pytest.mark.parametrize("solver", ["adam", "sgd"])
def test_partial_fit_of_single_rows_has_not_diverged(solver):
    """Half of the targets are 0, where weights of 0 have no loss at all."""
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(200, 3))
    y = np.where(rng.random(200) < 0.5, 0.0, 10.0 * rows[:, 0])
    model = MLPRegressor(hidden_layer_sizes=(8,), solver=solver, alpha=0.0, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for i in range(len(rows)):
            model.partial_fit(rows[i : i + 1], y[i : i + 1])
            assert model.stop_reason_ != "diverged"
    assert abs(model.predict(rows)).max() < 100


def test_partial_fit_notices_a_slow_rise():
    """By less than a factor of 1000 in every call."""
    rows, y = X[:40] / 1000, Y[:40] / 3000
    model = MLPRegressor(**{**SMALL, "hidden_layer_sizes": (), "momentum": 0.0})
    model.set_params(learning_rate_init=3.0, batch_size=40)
    reasons = []
    for _ in range(30):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            model.partial_fit(rows, y)
        reasons.append(model.stop_reason_)
        assert len(caught) == (reasons[-1] == "diverged")
    losses = np.array(model.loss_curve_)
    assert (losses[1:] < 100 * losses[:-1]).all() and losses[-1] > 1e6
    first = reasons.index("diverged")
    assert 0 < first and set(reasons[:first]) == {"partial_fit"}
    assert set(reasons[first:]) == {"diverged"} and losses[first] < 1e8


def test_warm_start():
    with quiet():
        model = _fit("MLPRegressor", X / 1000, Y / 3000, learning_rate_init=0.01, warm_start=True)
    assert model.stop_reason_ != "diverged"
    model.set_params(learning_rate_init=0.1, max_iter=5, momentum=0.0)
    _warned(lambda: model.fit(X / 100, Y))
    assert model.stop_reason_ == "diverged"


def test_validation_set_without_early_stopping():
    y = TARGETS["MLPClassifier"]
    model = MLPClassifier(**SMALL, max_iter=8)
    _warned(lambda: model.fit(X, y, X_val=X[:9], y_val=y[:9]))
    assert model.stop_reason_ == "diverged" and len(model.validation_scores_) == model.n_iter_


def test_restarts():
    """One that diverged is only chosen if all did, and only then there is a warning."""
    losers, winners = 0, 0
    for rate in (0.66, 0.7, 0.9):
        model = MLPClassifier(**{**SMALL, "learning_rate_init": rate}, n_restarts=8, max_iter=20)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            model.fit(X / 100, TARGETS["MLPClassifier"])
        reasons = [restart.stop_reason for restart in model.restarts_]
        best = reasons[model.best_restart_]
        assert (
            (best == "diverged")
            == (set(reasons) == {"diverged"})
            == (sum("diverged" in str(w.message) for w in caught) == 1)
        )
        assert model.stop_reason_ == best
        losers += best != "diverged" and "diverged" in reasons
        winners += best == "diverged"
    assert losers and winners, "choose other rates"


def test_interrupted_and_objective_keep_their_reason():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = _fit("MLPRegressor", X / 1000, tol_objective=1e9, learning_rate_init=1e-3)
    assert model.stop_reason_ == "objective"


FINE = {
    "tiny targets": ("MLPRegressor", X / 1000, 1e-9 * Y, {}),
    "tiny targets, many batches": ("MLPRegressor", X / 1000, 1e-9 * Y, dict(batch_size=7)),
    "huge targets": ("MLPRegressor", X / 1000, 1e9 * Y, {}),
    "huge targets, many batches": ("MLPRegressor", X / 1000, 1e9 * Y, dict(batch_size=7)),
    "constant targets": ("MLPRegressor", X / 1000, 0 * Y, dict(batch_size=7)),
    "far from 0": ("MLPRegressor", X / 1000, 1e6 + Y, dict(batch_size=7)),
    "sorted": ("MLPRegressor", X / 1000, np.sort(np.maximum(Y, 0)), dict(batch_size=7)),
    "unscaled features": ("MLPRegressor", X, Y / 1e6, dict(batch_size=7)),
    "huge penalty": ("MLPRegressor", X / 1000, Y / 3000, dict(alpha=1e5)),
    "quantile": ("MLPRegressor", X / 1000, Y, dict(loss=Quantile(0.9))),
    "huber": ("MLPRegressor", X / 1000, Y, dict(loss="huber")),
    "poisson": ("MLPRegressor", X / 1000, np.exp(Y / 1e3), dict(loss="poisson", batch_size=9)),
    "hinge": ("MLPClassifier", X / 1000, Y > 0, dict(loss="hinge", batch_size=9)),
    "unscaled features of a classifier": ("MLPClassifier", X, Y > 0, dict(batch_size=9)),
    "unscaled features, rprop": ("MLPClassifier", X, Y > 0, dict(solver="rprop")),
    "tiny features": ("MLPClassifier", X / 1e9, Y > 0, dict(solver="lbfgs")),
    "batch_norm": ("MLPClassifier", X, Y > 0, dict(batch_norm=True, batch_size=9)),
}


@pytest.mark.parametrize("case", FINE)
def test_no_false_alarm(case):
    name, rows, y, parameters = FINE[case]
    defaults = {"solver": "adam", "learning_rate_init": 0.001, "max_iter": 30}
    with quiet():
        model = _fit(name, rows, y, **{**defaults, **parameters})
        assert model.stop_reason_ != "diverged"
        if model.solver == "adam" and not model.batch_norm:
            for _ in range(5):
                assert model.partial_fit(rows, y).stop_reason_ == "partial_fit"
        model.set_params(early_stopping=model.solver != "lbfgs", warm_start=True)
        assert model.fit(rows, y).stop_reason_ != "diverged"


def test_a_bad_first_epoch_is_no_divergence():
    """The loss begins a million times above where outputs of 0 would have it."""
    model = MLPRegressor(**{**SMALL, "solver": "adam", "learning_rate_init": 0.05}, max_iter=300)
    with quiet():
        model.fit(X, Y / 1e6)
    assert model.loss_curve_[0] > 1e6 * np.mean((Y / 1e6) ** 2)
    assert model.stop_reason_ != "diverged"


def test_data_as_users_have_them():
    """Unscaled diabetes, whose targets have a mean square of 29,000, and digits."""
    with quiet():
        for X, y in (load_diabetes(return_X_y=True), load_digits(return_X_y=True)):
            model = MLPRegressor(hidden_layer_sizes=(10,), max_iter=20, random_state=0).fit(X, y)
            assert model.stop_reason_ == "max_iter"
        model = MLPClassifier((10,), max_iter=10, random_state=0).fit(X, y)
        assert model.stop_reason_ == "max_iter"


def test_weights_of_samples():
    """Rows without weight do not count, wherever they are."""
    weights = np.where(np.arange(60) % 7 == 3, 1.0, 0.0)
    rows = np.where(weights[:, None] == 0, 1e8, X / 1000)
    with quiet():
        model = MLPRegressor(hidden_layer_sizes=(4,), max_iter=5, random_state=0).fit(
            rows, Y / 3000, weights
        )
    assert model.stop_reason_ == "max_iter"


def test_partial_fit_stays_diverged():
    """A network that has diverged in one call is still useless after the next ones."""
    X = np.random.default_rng(2).normal(size=(300, 8)) * 1e4
    y = 50 * X[:, 0] + X[:, 1]
    model = MLPRegressor(hidden_layer_sizes=(6,), learning_rate_init=1000.0, random_state=0)
    reasons = []
    with quiet():
        for _ in range(4):
            reasons.append(model.partial_fit(X, y).stop_reason_)
    assert reasons == 4 * ["diverged"]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("stopped", [False, True])
def test_huge_weights_that_predict_a_constant(dtype, stopped):
    """The first steps make all units inactive: only the penalty tells of their weights."""
    X, y = load_digits(return_X_y=True)
    X, y = (X[:500] * 10 / 16).astype(dtype), 100.0 * y[:500]
    parameters = dict(max_iter=50, learning_rate_init=0.5, early_stopping=stopped)
    model, message = _warned(lambda: _fit("MLPRegressor", X, y, **parameters))
    assert model.stop_reason_ == "diverged" and "learning_rate_init=0.5" in message
    assert np.ptp(model.predict(X)) == 0
    assert np.isfinite(model.loss_) and model.loss_ > 1000 * np.mean(y**2)
    theirs = _fit("MLPRegressor", X, y, neural_network, **parameters)
    assert_close(model.loss_curve_, theirs.loss_curve_, 1e-5 if dtype == np.float64 else 1e-2)
    model = MLPRegressor(**SMALL).set_params(learning_rate_init=0.5)
    with quiet():
        reasons = [model.partial_fit(X, y).stop_reason_ for _ in range(5)]
    assert reasons == 5 * ["diverged"]
