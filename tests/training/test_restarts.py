"""Several initialisations: the best is kept, whatever the number of threads."""

import pickle
import signal
import threading
import time
import warnings

import joblib
import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.base import clone
from sklearn.ensemble import BaggingClassifier, VotingClassifier
from sklearn.exceptions import ConvergenceWarning

from skdeep import MLPClassifier, MLPRegressor
from skdeep.engines import signals
from skdeep.training import fit, restarts
from skdeep.training.interruption import Interruption
from tests import datasets
from tests.helpers import quiet, same, unchanged

SETTINGS = {"hidden_layer_sizes": (3,), "max_iter": 6, "random_state": 4, "batch_size": 20}


def make(name, **parameters):
    X, y = datasets.load(name)
    cls = MLPRegressor if datasets.is_regression(name) else MLPClassifier
    return cls(**{**SETTINGS, **parameters}), X, y


def fitted(name, **parameters):
    model, X, y = make(name, **parameters)
    with quiet():
        return model.fit(X, y), X, y


@pytest.mark.parametrize("solver", ["adam", "rprop", "lbfgs", "cg"])
@pytest.mark.parametrize("name", ["binary", "multioutput"])
def test_each_is_a_fit_by_itself(name, solver):
    """By hand: the same seeds, one after another, and the lowest loss."""
    model, X, _ = fitted(name, n_restarts=4, solver=solver)
    alone = []
    for restart in model.restarts_:
        seed = SETTINGS["random_state"] if restart.seed is None else restart.seed
        alone.append(fitted(name, solver=solver, random_state=seed)[0])
        assert restart.loss == alone[-1].loss_ and restart.n_iter == alone[-1].n_iter_
        assert restart.loss_curve == getattr(alone[-1], "loss_curve_", [])
        assert restart.validation_scores is None and restart.validation_loss_curve is None
        assert restart.stop_reason == alone[-1].stop_reason_ and restart.score == -restart.loss
    losses = [network.loss_ for network in alone]
    assert len(set(losses)) == 4
    best = int(np.argmin(losses))
    assert model.best_restart_ == best
    assert model.restarts_[0].seed is None
    for a, b in zip(model.coefs_, alone[best].coefs_, strict=True):
        assert_array_equal(a, b)
    assert_array_equal(model.predict(X), alone[best].predict(X))
    assert model.loss_ == losses[best]


def test_one_restart_is_a_plain_fit():
    model, _, _ = fitted("binary")
    (restart,) = model.restarts_
    assert model.best_restart_ == 0 and restart.seed is None
    assert restart.loss_curve == model.loss_curve_
    more, _, _ = fitted("binary", n_restarts=3)
    assert same(more.restarts_[0], restart)
    assert same(fitted("binary", n_restarts=5)[0].restarts_[:3], more.restarts_)


def test_nothing_is_left_of_the_fit_of_another_solver():
    """Validation scores of an earlier fit do not choose among restarts that have none."""
    model, X, y = make("binary", early_stopping=True)
    with quiet():
        model.fit(X, y).set_params(solver="lbfgs", early_stopping=False, n_restarts=4).fit(X, y)
    expected, _, _ = fitted("binary", solver="lbfgs", n_restarts=4)
    assert same(model.restarts_, expected.restarts_)
    assert model.best_restart_ == expected.best_restart_


def test_the_best_need_not_be_the_first():
    kept = {fitted("binary", n_restarts=4, random_state=s)[0].best_restart_ for s in range(8)}
    assert len(kept) > 1


@pytest.mark.parametrize("n_threads", [1, 2, 5])
@pytest.mark.parametrize("early_stopping", [False, True])
def test_any_number_of_threads(n_threads, early_stopping):
    settings = {"n_restarts": 5, "early_stopping": early_stopping}
    model, _, _ = fitted("multiclass", n_threads=n_threads, **settings)
    expected, _, _ = fitted("multiclass", **settings)
    assert same(model.restarts_, expected.restarts_)
    assert model.best_restart_ == expected.best_restart_
    assert_array_equal(model.coefs_[0], expected.coefs_[0])


def test_rows_held_out_are_the_same():
    """So that scores can be compared: the kept score is that of the kept weights."""
    settings = {"early_stopping": True, "max_iter": 30, "learning_rate_init": 0.05}
    seen = []

    def spy(estimator, X, y):
        seen.append(X.tobytes())
        return estimator.score(X, y)

    model, _, _ = fitted("binary", n_restarts=4, scoring=spy, **settings)
    assert len(set(seen)) == 1
    scores = [max(restart.validation_scores) for restart in model.restarts_]
    assert model.best_validation_score_ == max(scores) == scores[model.best_restart_]
    first, _, _ = fitted("binary", scoring=spy, **settings)
    assert same(model.restarts_[0], first.restarts_[0])


def test_chosen_by_the_validation_score():
    X, y = datasets.load("regression")
    model, _, _ = make("regression", n_restarts=6, scoring="loss")
    with quiet():
        model.fit(X[:60], y[:60], X_val=X[60:], y_val=-y[60:])  # fits that are good look bad
    last = [restart.validation_loss_curve[-1] for restart in model.restarts_]
    assert model.best_restart_ == int(np.argmin(last))
    assert model.validation_loss_curve_[-1] == min(last)
    assert model.best_restart_ != int(np.argmin([r.loss for r in model.restarts_]))


@pytest.mark.parametrize("generator", [np.random.MT19937, np.random.PCG64])
def test_generators_end_where_a_plain_fit_leaves_them(generator):
    states = []
    for n_restarts in (1, 4):
        random_state = np.random.RandomState(generator(0))
        fitted("binary", n_restarts=n_restarts, random_state=random_state)
        states.append(random_state.get_state(legacy=False))
    assert same(*states)


def test_a_start_that_diverges_is_not_kept():
    X, y = datasets.load("regression")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for rate in 10.0 ** np.arange(0, 4, 0.25):
            model = MLPRegressor(
                hidden_layer_sizes=(3,),
                solver="sgd",
                learning_rate_init=rate,
                max_iter=30,
                n_restarts=8,
                random_state=0,
            )
            try:
                model.fit(X, y)
            except ValueError:
                continue
            scores = [restart.score for restart in model.restarts_]
            if -np.inf in scores:
                break
        else:
            pytest.fail("no rate at which some diverge and some do not")
    assert np.isfinite(model.coefs_[0]).all() and model.score(X, y) is not None
    assert scores[model.best_restart_] == max(scores) > -np.inf


def test_all_diverge():
    X, y = datasets.load("regression")
    model = MLPRegressor(solver="sgd", learning_rate_init=1e200, n_restarts=3)
    with warnings.catch_warnings(), unchanged(model):
        warnings.simplefilter("ignore")
        with pytest.raises(ValueError, match="non-finite"):
            model.fit(X, y)


def test_going_on():
    model, X, y = fitted("binary", n_restarts=3, warm_start=True)
    restarts, coef = model.restarts_, model.coefs_[0].copy()
    with quiet():
        model.fit(X, y)
    assert model.restarts_ is restarts and not np.array_equal(model.coefs_[0], coef)
    assert len(model.loss_curve_) == 12
    model.partial_fit(X, y)
    new = clone(model)
    with unchanged(new), pytest.raises(ValueError, match="n_restarts=3"):
        new.partial_fit(X, y, classes=[0, 1])
    again = pickle.loads(pickle.dumps(model))
    assert same(again.restarts_, restarts)


def test_warnings_reach_the_caller():
    model, X, y = make("binary", n_restarts=3)
    with pytest.warns(ConvergenceWarning):
        model.fit(X, y)
    with unchanged(model), warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(ConvergenceWarning):
            model.fit(X, y)


@pytest.mark.parametrize("value", [0, -1, 1.5, None, "3"])
def test_wrong_numbers(value):
    model, X, y = make("binary", n_restarts=value)
    with unchanged(model), pytest.raises(ValueError, match="'n_restarts' parameter"):
        model.fit(X, y)


def test_ensembles_in_threads():
    """Bagging and voting, whose members train in threads of their own, and restart there."""
    X, y = datasets.load("multiclass")
    mlp = MLPClassifier(**SETTINGS, n_restarts=2)
    makers = [
        lambda n: BaggingClassifier(mlp, 4, bootstrap=False, random_state=0, n_jobs=n),
        lambda n: VotingClassifier(
            [("a", mlp), ("b", clone(mlp).set_params(activation="tanh"))], voting="soft", n_jobs=n
        ),
    ]
    for maker in makers:
        with quiet(), joblib.parallel_config("threading"):
            threads, alone = maker(3).fit(X, y), maker(1).fit(X, y)
        assert_array_equal(threads.predict_proba(X), alone.predict_proba(X))
        members = threads.estimators_
        assert not np.array_equal(members[0].coefs_[0], members[1].coefs_[0])


@pytest.mark.parametrize("n_threads", [1, 2])
@pytest.mark.parametrize("error", [KeyboardInterrupt, ZeroDivisionError, StopIteration])
def test_exceptions_of_a_restart_reach_the_caller(monkeypatch, n_threads, error):
    """Also a KeyboardInterrupt that is raised where the restart is trained."""

    def train(recipe, data, network, *rest):
        jobs.append(network)
        if len(jobs) == 2:
            raise error("mine")
        return fit(recipe, data, network, *rest)

    jobs = []
    model, X, y = make("binary", n_restarts=4, n_threads=n_threads)
    monkeypatch.setattr(restarts, "fit", train)
    with unchanged(model), pytest.raises(error, match="mine"), quiet():
        model.fit(X, y)


def test_restarts_that_still_train_after_an_error_leave_the_estimator_alone(monkeypatch):
    def train(recipe, data, network, setup, *_):
        if setup.random_state is not generator:
            assert begun.wait(60)
            raise ZeroDivisionError
        begun.set()
        assert failed.wait(60)
        fit(recipe, data, network, setup)
        trained.set()

    begun, failed, trained = threading.Event(), threading.Event(), threading.Event()
    generator = np.random.RandomState(0)
    model, X, y = make("binary", n_restarts=2, n_threads=2, random_state=generator)
    monkeypatch.setattr(restarts, "fit", train)
    before = dict(vars(model))
    with quiet():
        with pytest.raises(ZeroDivisionError):
            model.fit(X, y)
        failed.set()
        assert trained.wait(60) and vars(model) == before


@pytest.mark.parametrize("n_started", [-1, 0, 1])
def test_fewer_threads_than_wanted(monkeypatch, n_started):
    """Restarts are trained by the threads that the system still has."""

    def refuse(*_):
        raise RuntimeError("can't start new thread")

    def start(thread):
        if thread.name == "skdeep-restart":
            started.append(thread)
            if len(started) > n_started:
                refuse()
        plainly(thread)

    started, plainly = [], threading.Thread.start
    expected, _, _ = fitted("binary", n_restarts=4, n_threads=1)
    monkeypatch.setattr(threading.Thread, "start", start)
    if n_started < 0:
        monkeypatch.setattr(restarts._thread, "start_new_thread", refuse)
    model, _, _ = fitted("binary", n_restarts=4, n_threads=3)
    assert same(model.restarts_, expected.restarts_)
    end = time.monotonic() + 60
    while len(started) <= n_started and time.monotonic() < end:
        time.sleep(0.001)  # the first may have trained all before the next is started
    assert len(started) == n_started + 1


def test_ctrl_c_is_told_from_the_errors_of_restarts():
    class News:
        """Ctrl-C arrives twice, the second time when a restart has ended."""

        def clear(self):
            pass

        def wait(self, timeout):
            turns.append(1)
            if len(turns) in (2, 3):
                outcomes.n_ended += len(turns) == 3
                raise KeyboardInterrupt
            outcomes.n_ended += 1

    turns, interruption, outcomes = [], Interruption(), restarts._Outcomes(4)
    outcomes._news = News()
    assert outcomes.wait(interruption) and len(turns) == 5
    with pytest.raises(KeyboardInterrupt):
        interruption.check()
    outcomes, turns = restarts._Outcomes(1), []
    outcomes._news = News()
    assert not outcomes.wait(Interruption())


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no timers that send signals")
def test_signals_that_come_as_a_wait_ends_do_not_make_it_endless():
    # `SimpleQueue.get` of CPython waits for ever if a signal comes when its time is nearly over.
    n_wanted, ended, rng = 40, threading.Event(), np.random.RandomState(0)
    outcomes, calls = restarts._Outcomes(1), []

    def compute():  # threads that compute delay what the main one does
        while not ended.is_set():
            pass

    def end():
        deadline = time.monotonic() + 20
        while len(calls) < n_wanted and time.monotonic() < deadline:
            time.sleep(0.01)
        with outcomes.recorded():
            ended.set()

    def handle(number, frame):
        calls.append(number)
        signal.setitimer(signal.ITIMER_REAL, rng.uniform(0.002, 0.014))

    before = signal.signal(signal.SIGALRM, handle)
    try:
        for target in (compute, compute, end):
            threading.Thread(target=target, daemon=True).start()
        signal.setitimer(signal.ITIMER_REAL, 0.001)
        with signals.deferred():
            assert not outcomes.wait(Interruption())
    finally:
        ended.set()
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert len(calls) >= n_wanted


def test_stop_reason_after_ctrl_c_is_that_of_the_best_restart():
    """Those that were interrupted have it in `restarts_`."""

    def augment(X, y, rng):
        epochs.append(1)
        if len(epochs) == 32:
            raise KeyboardInterrupt
        return X, y

    epochs = []
    model, X, y = make("binary", n_restarts=4, n_threads=1, max_iter=30, augment=augment)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(X, y)
    reasons = [restart.stop_reason for restart in model.restarts_]
    assert reasons == ["max_iter", "interrupted", "interrupted", "interrupted"]
    assert model.best_restart_ == 0 and model.stop_reason_ == "max_iter"


@pytest.mark.parametrize("n_restarts", [0, 10_001, 2**31, 10**20, 2.0, None])
def test_number_of_restarts(n_restarts):
    X, y = datasets.load("binary")
    model = MLPClassifier((3,), n_restarts=n_restarts)
    with pytest.raises(ValueError, match="'n_restarts' parameter of MLPClassifier must be an int"):
        model.fit(X, y)
