"""scikit-learn's protocol of callbacks: what is called, with what, and what it may ask for."""

import pickle

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.callback import ProgressBar, ScoringMonitor
from sklearn.datasets import make_classification
from sklearn.model_selection import GridSearchCV, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skdeep import MLPClassifier, MLPRegressor
from skdeep.callbacks import get_epoch
from skdeep.training import stochastic
from tests.callbacks.recording import Failing, Quiet, Recorder, StopAt, untouched
from tests.helpers import quiet, same

X, Y = make_classification(90, 6, n_informative=4, random_state=3)
COMMON = {"hidden_layer_sizes": (5,), "batch_size": 30, "max_iter": 6, "random_state": 5}
SOLVERS = ["adam", "sgd", "rprop", "lbfgs", "cg", "bold_driver"]


def make(cls=MLPClassifier, **changes):
    return cls(**{**COMMON, **changes})


def fitted(model, *data, **given):
    with quiet():
        return model.fit(*(data or (X, Y)), **given)


@pytest.mark.parametrize("solver", SOLVERS)
def test_calls_in_order(solver):
    recorder = Recorder()
    model = fitted(make(solver=solver).set_callbacks(recorder))
    task = "epoch" if solver in ("adam", "sgd", "rprop") else "iteration"
    names = ["setup", "begin fit", *[f"begin {task}", f"end {task}"] * 6, "end fit", "teardown"]
    assert recorder.names() == names and model.n_iter_ == 6
    assert all(call[1] is model for call in recorder.calls)
    contexts = [call[2] for call in recorder.calls if call[0] == f"end {task}"]
    assert [context.task_id for context in contexts] == list(range(6))
    assert all(context.parent is recorder.calls[0][2] for context in contexts)
    losses = [get_epoch(context).loss for context in contexts]
    assert [get_epoch(context).number for context in contexts] == [1, 2, 3, 4, 5, 6]
    if solver == "lbfgs":
        assert losses[-1] == model.loss_
    else:
        assert losses == model.loss_curve_


@pytest.mark.parametrize("changes", [{}, {"early_stopping": True}, {"dropout": 0.3}])
@pytest.mark.parametrize("solver", ["adam", "lbfgs", "cg", "bold_driver"])
def test_they_change_nothing(solver, changes):
    if solver != "adam" and changes:
        pytest.skip("for solvers that train by mini-batches")
    model = fitted(make(solver=solver, **changes))
    heard = fitted(make(solver=solver, **changes).set_callbacks(Recorder(lambda *given: given)))
    heard.set_callbacks()
    assert same(vars(heard), vars(model))


@pytest.mark.parametrize("batch_norm", [False, True])
@pytest.mark.parametrize("solver", ["adam", "rprop", "lbfgs", "cg", "bold_driver"])
def test_fitted_estimator_is_the_fit_so_far(solver, batch_norm):
    """As if ``max_iter`` had been the number of epochs done, with all attributes."""
    changes = {"solver": solver, "batch_norm": batch_norm}
    if solver == "lbfgs":  # it would stop by itself
        changes["tol"] = 0
    recorder = Recorder(lambda X, y, metadata, network: (network, network.predict_proba(X)))
    fitted(make(**changes).set_callbacks(recorder))
    for n, (network, proba) in enumerate(recorder.answers(), 1):
        alone = fitted(make(**changes, max_iter=n))
        assert np.array_equal(proba, alone.predict_proba(X))
        # It does not move on with the training.
        assert np.array_equal(network.predict_proba(X), proba)
        assert same(network.coefs_, alone.coefs_) and network.n_iter_ == n
        assert network.loss_ == alone.loss_ and network.stop_reason_ == "callback"
        if solver != "lbfgs":
            assert network.loss_curve_ == alone.loss_curve_
        loaded = pickle.loads(pickle.dumps(network.set_callbacks()))
        assert np.array_equal(loaded.predict_proba(X), proba)
        assert not hasattr(loaded, "_callback_fit_ctx")


def test_fitted_estimator_is_its_own():
    """Changing it, even in place, does not alter the fit."""

    def spoil(X, y, metadata, network):
        network.coefs_[0][:] = 1e6
        network.intercepts_[0] += 3
        network.loss_curve_.append(7.0)
        network.validation_scores_.clear()
        fitted(network.set_callbacks().set_params(max_iter=1))

    heard = fitted(make(early_stopping=True).set_callbacks(Recorder(spoil)))
    assert same(heard.coefs_, fitted(make(early_stopping=True)).coefs_)
    assert len(heard.loss_curve_) == len(heard.validation_scores_) == 6


def test_fitted_estimator_is_made_for_those_who_ask(monkeypatch):
    calls = []
    monkeypatch.setattr(
        stochastic.Training, "parameters", _counting(stochastic.Training.parameters, calls)
    )
    fitted(make().set_callbacks(Quiet()))
    without = len(calls)
    calls.clear()
    fitted(make())
    assert len(calls) == without == 1


def _counting(function, calls):
    def counted(*arguments):
        calls.append(arguments)
        return function(*arguments)

    return counted


def test_epochs_ahead_without_callbacks(monkeypatch):
    """The compiled loop is interrupted for those who listen only."""
    ahead = []
    original = stochastic.Training.set_epochs

    def set_epochs(self, order, n_rows, n_epochs, steps=None):
        ahead.append(n_epochs)
        return original(self, order, n_rows, n_epochs, steps)

    monkeypatch.setattr(stochastic.Training, "set_epochs", set_epochs)
    long = make(max_iter=40, tol=0)
    fitted(long)
    assert sum(ahead) == 40 and max(ahead) > 20
    ahead.clear()
    fitted(long.set_callbacks(Quiet()))
    assert ahead == [1] * 40


@pytest.mark.parametrize("solver", SOLVERS)
def test_stop_on_request(solver):
    model = fitted(make(solver=solver).set_callbacks(StopAt(3)))
    assert model.n_iter_ == 3 and model.stop_reason_ == "callback"
    alone = fitted(make(solver=solver, max_iter=3))
    assert same(model.coefs_, alone.coefs_) and model.loss_ == alone.loss_


def test_other_reasons_come_first():
    model = fitted(make().set_callbacks(StopAt(6)))
    assert model.stop_reason_ == "max_iter"


def test_stop_keeps_the_best_weights_of_early_stopping():
    model = fitted(make(early_stopping=True).set_callbacks(StopAt(4)))
    alone = fitted(make(early_stopping=True, max_iter=4))
    assert same(model.coefs_, alone.coefs_)
    assert model.best_validation_score_ == alone.best_validation_score_


def test_validation_scores_are_told():
    recorder = Recorder()
    model = fitted(make(early_stopping=True).set_callbacks(recorder))
    epochs = [get_epoch(call[2]) for call in recorder.calls if call[0] == "end epoch"]
    assert [epoch.validation_score for epoch in epochs] == model.validation_scores_
    assert [epoch.validation_loss for epoch in epochs] == model.validation_loss_curve_
    assert not any(epoch.is_present for epoch in epochs)  # training has gone on


def test_learning_rates_are_told():
    rates = []

    class Rates(Quiet):
        def on_fit_task_begin(self, estimator, context):
            if context.task_name == "epoch":
                rates.append(get_epoch(context).learning_rate)

    for schedule in ("invscaling", "cosine"):
        rates.clear()
        fitted(make(solver="sgd", learning_rate=schedule).set_callbacks(Rates()))
        assert rates[0] == 0.001 and (np.diff(rates) < 0).all()
    assert rates == pytest.approx(0.0005 * (1 + np.cos(np.pi * np.arange(6) / 6)))


def test_what_was_given():
    recorder = Recorder(lambda X, y, metadata, network: (X, y, metadata, network.score(X, y)))
    frame, weights = pd.DataFrame(X, columns=list("abcdef")), np.linspace(1, 2, len(Y))
    names = np.array(["no", "yes"])[Y]
    fitted(make().set_callbacks(recorder), frame, names, sample_weight=weights)
    for frame_told, y_told, metadata, score in recorder.answers():
        assert frame_told is frame and y_told is names
        assert metadata["sample_weight"] is weights and 0 <= score <= 1


def test_scoring_monitor():
    monitor = ScoringMonitor(scoring=["accuracy", "neg_log_loss"])
    model = fitted(make(early_stopping=True).set_callbacks(monitor))
    rows = monitor.get_logs().data
    assert [row["task_name"] for row in rows] == ["fit", *["epoch"] * 6]
    assert rows[0]["accuracy"] == model.score(X, Y)
    regression = ScoringMonitor(scoring="r2")
    fitted(make(MLPRegressor).set_callbacks(regression), X, X[:, :2])
    assert len(regression.get_logs().data) == 7


@pytest.mark.parametrize("backend", ["threading", "loky"])
def test_in_searches_and_pipelines(backend, capsys):
    """Callbacks are handed down to the network, and its own are called there."""
    monitor = ScoringMonitor(scoring="accuracy")
    pipeline = make_pipeline(StandardScaler(), make().set_callbacks(monitor))
    grid = {"mlpclassifier__solver": ["adam", "lbfgs"]}
    search = GridSearchCV(pipeline, grid, cv=2, n_jobs=2).set_callbacks(
        ProgressBar(max_propagation_depth=None)
    )
    with joblib.parallel_backend(backend), quiet():
        search.fit(X, Y)
    shown = capsys.readouterr().out
    assert "GridSearchCV" in shown and "MLPClassifier" in shown and "100%" in shown
    names = [row["task_name"] for row in monitor.get_logs().data]
    assert names.count("epoch") + names.count("iteration") == 5 * 6
    assert names.count("fit-final-estimator") + names.count("fit") == 5
    plain = GridSearchCV(make_pipeline(StandardScaler(), make()), grid, cv=2)
    assert same(fitted(plain).cv_results_["mean_test_score"], search.cv_results_["mean_test_score"])


def test_in_functions_that_know_no_callbacks():
    recorder = Recorder()
    with quiet():
        cross_validate(make().set_callbacks(recorder), X, Y, cv=3)
    assert recorder.names().count("setup") == recorder.names().count("teardown") == 3
    assert recorder.names().count("end epoch") == 18


def test_progress_bar_of_scikit_learn(capsys):
    fitted(make(n_restarts=2).set_callbacks(ProgressBar()))
    assert "MLPClassifier - fit" in capsys.readouterr().out


def test_restarts():
    recorder = Recorder(lambda X, y, metadata, network: network.loss_)
    model = fitted(make(n_restarts=3).set_callbacks(recorder))
    assert same(model.coefs_, fitted(make(n_restarts=3)).coefs_)
    names = recorder.names()
    assert names.count("begin restart") == names.count("end restart") == 3
    curves = {0: [], 1: [], 2: []}
    for call in recorder.calls:
        if call[0] == "end epoch":
            curves[call[2].parent.task_id].append(call[3])
    assert [curves[i] for i in range(3)] == [r.loss_curve for r in model.restarts_]


def test_partial_fit_and_warm_start():
    recorder, plain = Recorder(lambda X, y, m, network: network.loss_curve_), make()
    model = make().set_callbacks(recorder)
    for _ in range(3):
        model.partial_fit(X, Y, classes=[0, 1])
        plain.partial_fit(X, Y, classes=[0, 1])
    assert same(model.coefs_, plain.coefs_)
    task = ["setup", "begin partial_fit", "begin epoch", "end epoch", "end partial_fit", "teardown"]
    assert recorder.names() == 3 * task
    assert [len(curve) for curve in recorder.answers()] == [1, 2, 3]
    recorder.calls.clear()
    fitted(fitted(model.set_params(warm_start=True)))
    assert [len(curve) for curve in recorder.answers()] == list(range(4, 16))


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("method", ["setup", "on_fit_task_begin", "on_fit_task_end", "teardown"])
def test_callbacks_that_raise(method, solver):
    """The error reaches the user, and the estimator is as it was, fitted or not."""
    task = "epoch" if solver in ("adam", "sgd", "rprop") else "iteration"
    failing, other = Failing(method, task=task), Recorder()
    model = make(solver=solver).set_callbacks(other, failing)
    for _ in range(2):
        other.calls.clear()
        with untouched(model), quiet(), pytest.raises(ValueError, match=f"raised by {method}"):
            model.fit(X, Y)
        assert other.names()[-1] == "teardown"
        fitted(model.set_callbacks())
        model.set_callbacks(other, failing)
    assert failing.n_teardowns == 2


def test_partial_fit_with_a_callback_that_raises():
    failing = Failing("on_fit_task_end", number=0)
    model = make().set_callbacks(failing)
    with untouched(model), pytest.raises(ValueError, match="raised"):
        model.partial_fit(X, Y, classes=[0, 1])
    assert failing.n_teardowns == 1


@pytest.mark.parametrize("solver", SOLVERS)
def test_stop_iteration_is_an_error(solver):
    """scipy would swallow it."""
    task = "epoch" if solver in ("adam", "sgd", "rprop") else "iteration"
    failing = Failing("on_fit_task_end", StopIteration, task)
    with quiet(), pytest.raises(RuntimeError, match="StopIteration"):
        make(solver=solver).set_callbacks(failing).fit(X, Y)


@pytest.mark.parametrize("solver", SOLVERS)
def test_ctrl_c(solver):
    task = "epoch" if solver in ("adam", "sgd", "rprop") else "iteration"
    failing, recorder = Failing("on_fit_task_begin", KeyboardInterrupt, task), Recorder()
    model = make(solver=solver).set_callbacks(recorder, failing)
    with pytest.warns(UserWarning, match="interrupted by user"):
        model.fit(X, Y)
    assert model.stop_reason_ == "interrupted" and model.predict(X).shape == Y.shape
    names = recorder.names()
    assert names.count(f"begin {task}") == names.count(f"end {task}")
    assert names[-2:] == ["end fit", "teardown"]


def test_invalid_data_before_any_call():
    recorder = Recorder()
    with pytest.raises(ValueError, match="NaN"):
        make().set_callbacks(recorder).fit(np.full_like(X, np.nan), Y)
    assert recorder.names() == []


def test_nothing_is_left_in_the_estimator():
    model = fitted(make().set_callbacks(Quiet()))
    left = set(vars(model)) - set(vars(fitted(make())))
    assert left == {"_skl_callbacks"}
    assert type(pickle.loads(pickle.dumps(model))._skl_callbacks[0]) is Quiet
