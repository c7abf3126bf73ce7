"""Regularised networks in all the ways of a fit: frozen layers, copies, restarts, searches."""

import pickle

import joblib
import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, cross_val_predict

from skdeep import (
    HiddenLayerTransformer,
    MLPClassifier,
    MLPRegressor,
    check_gradient,
    greedy_pretraining,
)
from skdeep.formulas.optimizers import REGISTRY as RULES
from skdeep.training.full_batch import REGISTRY as FULL_BATCH
from tests import datasets, oracle
from tests.helpers import CONTAINERS, assert_close, quiet, same, unchanged
from tests.oracle_regularised import EPSILON, SHARE, Regularised, predict
from tests.oracle_solvers import SGD

X, Y = datasets.load("multiclass")
NORMED = {"batch_norm": True, "dropout": 0.2, "dropconnect": 0.1}
SEEDS = 2**31 - 1
SETTINGS = {"hidden_layer_sizes": (5, 4), "max_iter": 3, "batch_size": 20, "random_state": 0}


def fit(cls=MLPClassifier, y=Y, **parameters):
    with quiet():
        return cls(**{**SETTINGS, **parameters}).fit(X, y)


def state(model):
    """Return all that training leaves of a network."""
    return [model.coefs_, model.intercepts_, model.batch_norm_, model.loss_, model.t_]


@pytest.mark.parametrize("n_frozen", [1, 2])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("solver", sorted({*RULES, *FULL_BATCH}))
def test_frozen_layers_keep_their_bits(solver, dtype, n_frozen):
    """And all others are trained, whatever else the solver does to weights."""
    settings = {"solver": solver, "alpha": 0.5, "init_from": fit(), "frozen_layers": n_frozen}
    if solver in RULES:
        settings |= {"max_norm": 0.5, "clip_norm": 1.0, "dropout": 0.1, "dropconnect": 0.1}
    model = MLPClassifier(**{**SETTINGS, **settings})
    for method in ["fit", "warm fit", *(["partial_fit"] if solver in _INCREMENTAL else [])]:
        before = None if method == "fit" else [w.copy() for w in model.coefs_]
        model.set_params(warm_start=method == "warm fit")
        with quiet():
            getattr(model, method.removeprefix("warm "))(X.astype(dtype), Y)
        for layer in range(3):
            start = settings["init_from"].coefs_[layer] if before is None else before[layer]
            kept = same(model.coefs_[layer], start.astype(dtype))
            assert kept == (layer < n_frozen), (method, layer)
        for layer in range(n_frozen):
            bias = settings["init_from"].intercepts_[layer].astype(dtype)
            assert_array_equal(model.intercepts_[layer], bias)
    gradient = model.loss_gradient(X.astype(dtype), Y)[1]
    assert [bool(g.any()) for g in gradient] == [layer >= n_frozen for layer in range(3)]
    assert check_gradient(model, X, Y) < 1e-6


_INCREMENTAL = {name for name, rule in RULES.items() if not rule.full_batch}


def test_frozen_penalties_and_norms_do_not_count():
    origin = fit()
    model = fit(init_from=origin, frozen_layers=2, max_iter=1, record_gradient_norms=True)
    heavy = fit(init_from=origin, frozen_layers=2, max_iter=1, alpha=50.0)
    assert_array_equal(model.gradient_norms_[:, :2], 0)
    assert (model.gradient_norms_[:, 2] > 0).all()
    model.set_params(alpha=50.0)
    plain = float(heavy.set_params(alpha=0.0).loss_gradient(X, Y)[0])
    loss = float(heavy.set_params(alpha=50.0).loss_gradient(X, Y)[0])
    penalty = 0.5 * 50 * (heavy.coefs_[2] ** 2).sum() / len(X)
    assert loss - plain == pytest.approx(penalty, rel=1e-10)


def test_copies():
    model = fit(**NORMED)
    for other in (pickle.loads(pickle.dumps(model)), joblib.hash(model) and model):
        assert same(state(other), state(model))
        assert_array_equal(other.predict_proba(X), model.predict_proba(X))
        assert_close(other._outputs(X), predict(model, X), 1e-12)
    new = clone(model)
    assert not hasattr(new, "coefs_") and new.dropout == 0.2
    with quiet():
        assert same(state(new.fit(X, Y)), state(model))
        # What is read from disk can be trained on, as the original.
        more = [pickle.loads(pickle.dumps(model)), model]
        assert same(*(state(one.set_params(warm_start=True).fit(X, Y)) for one in more))


def test_partial_fit_beside_the_oracle():
    """The number of the update goes on; the seed is drawn by every call, as the order of rows."""
    X, y = datasets.load("regression")
    model = MLPRegressor(
        hidden_layer_sizes=5,
        activation="tanh",
        solver="sgd",
        learning_rate_init=0.01,
        batch_size=20,
        batch_norm=True,
        shuffle=False,
        random_state=0,
        input_dropout=0.1,
        dropout=0.2,
        dropconnect=0.3,
    )
    rates = {"dropout": (0.1, 0.2), "dropconnect": (0.3, 0.0)}
    rng = np.random.RandomState(0)
    network = Regularised.glorot([X.shape[1], 5, 1], "tanh", "identity", rng, **rates)
    network.normalise_all()
    rule = SGD(0.01)
    for _ in range(3):
        model.partial_fit(X, y)
        network.seed = rng.randint(SEEDS)
        oracle.train(network, rule, X, y[:, None], epochs=1, batch_size=20, alpha=1e-4)
        rng = np.random.RandomState(0)  # whose first number is the seed of the next call
    for w, v in zip(model.coefs_, network.coefs, strict=True):
        assert_close(w, v, 1e-10)
    for ours, theirs in zip(model.batch_norm_[0], network.norms[0], strict=True):
        assert_close(ours, theirs, 1e-10)


def test_warm_start_goes_on_with_the_statistics():
    model = fit(**NORMED, warm_start=True)
    before = [norm.mean.copy() for norm in model.batch_norm_]
    with quiet():
        model.fit(X, Y)
    assert len(model.loss_curve_) == 6
    fresh = fit(**NORMED)
    assert not same(before, [norm.mean for norm in model.batch_norm_])
    assert np.abs(model.batch_norm_[0].mean).sum() > np.abs(fresh.batch_norm_[0].mean).sum()


@pytest.mark.parametrize("given", [False, True])
def test_early_stopping_keeps_the_statistics_of_the_best_epoch(given):
    extra = {"X_val": X[:30], "y_val": Y[:30]} if given else {}
    settings = {**SETTINGS, **NORMED, "early_stopping": True, "learning_rate_init": 0.1}
    settings |= {"max_iter": 40, "n_iter_no_change": 40, "batch_size": 29}
    with quiet():
        model = MLPClassifier(**settings).fit(X, Y, **extra)
        best = int(np.argmax(model.validation_scores_))
        assert best + 1 < len(model.validation_scores_)
        settings["max_iter"] = best + 1
        short = MLPClassifier(**settings).fit(X, Y, **extra)
    assert same(model.coefs_, short.coefs_) and same(model.batch_norm_, short.batch_norm_)
    if given:
        assert model.best_validation_score_ == model.score(X[:30], Y[:30])


def test_restarts():
    one = fit(**NORMED)
    models = [fit(**NORMED, n_restarts=3, n_threads=n) for n in (1, 3)]
    assert same(state(models[0]), state(models[1]))
    assert models[0].restarts_[0].loss_curve == one.loss_curve_
    assert len({restart.loss for restart in models[0].restarts_}) == 3


def _still(**parameters):
    """Return a network as it begins, up to less than rounding."""
    return fit(solver="sgd", learning_rate_init=1e-30, max_iter=1, **parameters)


def test_init_from_takes_over_the_statistics():
    origin = fit(**NORMED)
    with unchanged(origin):
        model = _still(init_from=origin, batch_norm=True)
    for ours, theirs in zip(model.batch_norm_, origin.batch_norm_, strict=True):
        assert_array_equal(ours.scale, theirs.scale)
        assert_array_equal(ours.shift, theirs.shift)
        assert not np.shares_memory(ours.mean, theirs.mean)
    # From a plain network there is nothing to take.
    model = _still(init_from=fit(), batch_norm=True)
    assert_array_equal(model.batch_norm_[0].scale, 1)


@pytest.mark.parametrize("frozen", [0, 2])
def test_a_plain_network_absorbs_the_normalisation(frozen):
    """Its hidden layers do what those of the normalised network do in predictions."""
    origin = fit(**NORMED, learning_rate_init=0.05, max_iter=9)
    with unchanged(origin):
        model = _still(init_from=origin, frozen_layers=frozen)
    assert model.batch_norm_ == []
    pairs = zip(model.hidden_activations(X), origin.hidden_activations(X), strict=True)
    for ours, theirs in pairs:
        assert_close(ours, theirs, 1e-10)


def test_greedy_pretraining():
    """Stages of fewer layers have the same rates."""
    settings = {**SETTINGS, "hidden_layer_sizes": (5, 4, 3), "batch_norm": True}
    rates = {"dropout": 0.2, "dropconnect": 0.3, "input_dropout": 0.1}
    seen = []

    class Spy(MLPClassifier):
        def fit(self, *arguments, **parameters):
            seen.append((self.hidden_layer_sizes, self.dropout, self.frozen_layers))
            return super().fit(*arguments, **parameters)

    with quiet():
        network = greedy_pretraining(Spy(**settings, **rates), X, Y, freeze=False)
    assert len(network.batch_norm_) == 3
    assert seen == [
        ((5,), 0.2, 0),
        ((5, 4), 0.2, 0),
        ((5, 4, 3), 0.2, 0),
    ]
    with pytest.raises(ValueError, match="'dropout' parameter"):
        greedy_pretraining(MLPClassifier(**settings, dropout=(0.1, 0.2)), X, Y)


@pytest.mark.parametrize("backend", ["threading", "loky"])
def test_search(backend):
    grid = {"dropout": [0.0, 0.3], "batch_norm": [False, True], "penalty": ["l2", 1.5]}
    model = MLPClassifier(**SETTINGS)
    with quiet(), joblib.parallel_config(backend):
        search = GridSearchCV(model, grid, cv=2, n_jobs=2, error_score="raise").fit(X, Y)
        alone = GridSearchCV(model, grid, cv=2, error_score="raise").fit(X, Y)
    assert_array_equal(search.cv_results_["mean_test_score"], alone.cv_results_["mean_test_score"])
    assert same(state(search.best_estimator_), state(alone.best_estimator_))


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_threads_do_not_disturb_each_other():
    model = MLPClassifier(**SETTINGS, **NORMED | {"batch_norm": False})
    with joblib.parallel_config("threading"):
        got = cross_val_predict(model, X, Y, cv=4, n_jobs=4, method="predict_proba")
    assert_array_equal(got, cross_val_predict(model, X, Y, cv=4, method="predict_proba"))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_other_ways_to_predict(dtype):
    X_typed = np.ascontiguousarray(X, dtype=dtype)
    with quiet():
        model = MLPClassifier(**SETTINGS, **NORMED, activation=("gelu", "tanh")).fit(X_typed, Y)
    predictor = model.make_predictor()
    assert_array_equal(predictor.predict_proba(X_typed), model.predict_proba(X_typed))
    one = np.concatenate([predictor.outputs(X_typed[i : i + 1]) for i in range(9)])
    rtol = 1e-12 if dtype == np.float64 else 1e-5
    assert_close(one, predict(model, X_typed)[:9], rtol)
    hidden = model.hidden_activations(X_typed)
    sparse = model.hidden_activations(CONTAINERS["csr"](X_typed))
    for dense, other in zip(hidden, sparse, strict=True):
        assert dense.dtype == dtype
        assert_close(other, dense, 100 * rtol)
    head = MLPClassifier.from_weights(model.coefs_[2:], model.intercepts_[2:])
    assert_close(head._outputs(hidden[-1]), model._outputs(X_typed), 100 * rtol)
    with quiet():
        transformer = HiddenLayerTransformer(clone(model)).fit(X_typed, Y)
    assert_array_equal(transformer.transform(X_typed), hidden[-1])


@pytest.mark.parametrize("solver", ["lbfgs", "cg", "bold_driver"])
def test_solvers_of_one_function_leave_the_statistics_of_the_data(solver):
    rng = np.random.RandomState(0)
    y = rng.standard_normal(len(X))
    model = fit(MLPRegressor, y, solver=solver, batch_norm=True, activation="tanh", max_iter=15)
    h = X
    for layer, norm in enumerate(model.batch_norm_):
        a = h @ model.coefs_[layer] + model.intercepts_[layer]
        assert_close(norm.mean, a.mean(axis=0), 1e-9)
        assert_close(norm.variance, a.var(axis=0, ddof=1), 1e-9)
        x = (a - a.mean(axis=0)) / np.sqrt(a.var(axis=0) + EPSILON)
        h = np.tanh(norm.scale * x + norm.shift)
    outputs = h @ model.coefs_[-1] + model.intercepts_[-1]
    penalty = 0.5 * model.alpha * sum((w**2).sum() for w in model.coefs_)
    loss = 0.5 * ((y - outputs[:, 0]) ** 2).mean() + penalty / len(X)
    assert model.loss_ == pytest.approx(loss, rel=1e-8)
    assert_close(model.predict(X), predict(model, X)[:, 0], 1e-12)


def test_running_statistics_follow_the_batches():
    """A tenth of each batch, with its unbiased variance; of one layer whose weights stay."""
    model = _still(batch_norm=True, hidden_layer_sizes=(5,), shuffle=False)
    mean, variance = np.zeros(5), np.ones(5)
    for first in range(0, len(X), 20):
        a = X[first : first + 20] @ model.coefs_[0] + model.intercepts_[0]
        mean += SHARE * (a.mean(axis=0) - mean)
        variance += SHARE * (a.var(axis=0, ddof=1) - variance)
    assert_close(model.batch_norm_[0].mean, mean, 1e-10)
    assert_close(model.batch_norm_[0].variance, variance, 1e-10)


def test_recorded_norms():
    """The mean over the batches of every layer's norm, of weights, biases and normalisation."""
    model = fit(record_gradient_norms=True, batch_norm=True, batch_size=97, max_iter=1)
    assert model.gradient_norms_.shape == (1, 3)
    begun = _still(batch_norm=True, batch_size=97)
    _, coefs, intercepts = begun.loss_gradient(X, Y)
    last = np.sqrt((coefs[2] ** 2).sum() + (intercepts[2] ** 2).sum())
    assert model.gradient_norms_[0, 2] == pytest.approx(last, rel=1e-9)
    plain = fit(record_gradient_norms=True, batch_size=97, max_iter=1)
    _, coefs, intercepts = _still(batch_size=97).loss_gradient(X, Y)
    norms = [np.sqrt((g**2).sum() + (b**2).sum()) for g, b in zip(coefs, intercepts, strict=True)]
    np.testing.assert_allclose(plain.gradient_norms_[0], norms, rtol=1e-9)
    with quiet():  # off, and the attribute of the fit before is gone
        assert not hasattr(
            plain.set_params(record_gradient_norms=False).fit(X, Y), "gradient_norms_"
        )
