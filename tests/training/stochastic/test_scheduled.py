"""Schedules in training: the rate of every update is the schedule's, as the oracle's steps show."""

import warnings

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning

from skdeep import MLPRegressor, schedules, solvers
from skdeep.training.stochastic import trainer as stochastic
from tests import oracle
from tests import oracle_solvers as reference
from tests.helpers import assert_close, quiet
from tests.training.problems import ALPHA, RATE, classes, compare, problem

EPOCHS, BATCH = 6, 20
BATCHES = 5  # of the 97 rows of "multiclass", the last of 17 rows


def _waves(t):
    return (1 - np.cos(2 * np.pi * np.log2(1 + 15 * t))) / 2


def _one_cycle(t, peak=0.3):
    if t < peak:
        low, way = 1 / 25, t / peak
        return low + (1 - low) * (1 - np.cos(np.pi * way)) / 2
    low, way = 1 / 25 / 1e4, (t - peak) / (1 - peak)
    return low + (1 - low) * (1 + np.cos(np.pi * way)) / 2


# name -> (schedule, its value at a progress of t as a multiple of the first rate)
CURVES = {
    "linear": ("linear", lambda t: 1 - 0.99 * t),
    "cosine": ("cosine", lambda t: (1 + np.cos(np.pi * t)) / 2),
    "onecycle": ("onecycle", _one_cycle),
    "coslog4": ("coslog4", _waves),
    "warmup": ("warmup", lambda t: min(10 * t, 1.0)),
    "function": (lambda t: 1 / (1 + 3 * t), lambda t: 1 / (1 + 3 * t)),
    "linear to a half": (
        schedules.Linear(tau=0.5, start=2 * RATE, end=RATE / 2),
        lambda t: 2 - 1.5 * min(2 * t, 1.0),
    ),
    "cosine from 2 to 1": (
        schedules.Cosine(start=2 * RATE, end=RATE),
        lambda t: 1 + (1 + np.cos(np.pi * t)) / 2,
    ),
    "early peak": (schedules.OneCycle(pct_start=0.1), lambda t: _one_cycle(t, 0.1)),
    "waves": (schedules.CosLog4(), _waves),
    "warm-up before a cosine": (
        schedules.WarmUp("cosine", share=0.25, factor=0.5),
        lambda t: 0.5 + 2 * t if t < 0.25 else (1 + np.cos(np.pi * (t - 0.25) / 0.75)) / 2,
    ),
    "custom": (schedules.Custom(lambda t: 3 - t), lambda t: 3 - t),
    "constant object": (schedules.Constant(), lambda t: 1.0),
}
SOLVERS = {
    "sgd": (dict(solver="sgd"), lambda: reference.SGD(RATE)),
    "adam": (dict(solver="adam"), lambda: reference.Adam(RATE)),
    "adamw": (dict(solver=solvers.AdamW(RATE)), lambda: reference.AdamW(RATE, ALPHA)),
    "adagrad": (dict(solver="adagrad"), lambda: reference.AdaGrad(RATE)),
    "rmsprop": (dict(solver=solvers.RMSProp(RATE)), lambda: reference.RMSProp(RATE)),
}


def _compare(parameters, rule, epochs=EPOCHS, **training):
    """Fit, train the oracle, and compare all that they record; return the estimator."""
    estimator, network, X, y, Y = problem(
        "multiclass", (5,), "tanh", batch_size=BATCH, max_iter=epochs, **parameters
    )
    with quiet():
        estimator.fit(X, y)
    alpha = 0.0 if isinstance(rule, reference.AdamW) else ALPHA
    curve = oracle.train(
        network, rule, X, Y, epochs=epochs, batch_size=BATCH, alpha=alpha, **training
    )
    assert len(estimator.loss_curve_) == len(curve)
    assert_close(estimator.loss_curve_, curve, 1e-10)
    compare(estimator, network)
    return estimator


def _progress(update, epochs=EPOCHS):
    return min(update / (epochs * BATCHES), 1.0)


@pytest.mark.parametrize("curve", CURVES)
@pytest.mark.parametrize("solver", ["sgd", "adam"])
def test_rate_of_every_update(solver, curve, device):
    parameters, make = SOLVERS[solver]
    schedule, factor = CURVES[curve]
    _compare(
        {**parameters, "learning_rate": schedule},
        make(),
        rates=lambda update: RATE * factor(_progress(update)),
    )


@pytest.mark.parametrize("solver", sorted(set(SOLVERS) - {"sgd", "adam"}))
def test_other_solvers(solver, device):
    parameters, make = SOLVERS[solver]
    schedule, factor = CURVES["cosine"]
    _compare(
        {**parameters, "learning_rate": schedule},
        make(),
        rates=lambda update: RATE * factor(_progress(update)),
    )


@pytest.mark.parametrize("curve", ["cosine", "warm-up before a cosine"])
def test_epochs_handed_over_one_by_one(curve, monkeypatch):
    """However many epochs the compiled loop is given at once: the same bits."""
    estimator, _, X, y, _ = problem(
        "multiclass",
        (5,),
        "tanh",
        batch_size=BATCH,
        max_iter=EPOCHS,
        learning_rate=CURVES[curve][0],
        momentum="linear",
        solver="sgd",
    )
    with quiet():
        first = estimator.fit(X, y).coefs_
        monkeypatch.setattr(stochastic, "MOST_STEPS_AHEAD", 1)
        second = estimator.fit(X, y).coefs_
        monkeypatch.setattr(stochastic, "SECONDS_PER_CALL", 0.0)
        third = estimator.fit(X, y).coefs_
    for one, two, three in zip(first, second, third, strict=True):
        np.testing.assert_array_equal(one, two)
        np.testing.assert_array_equal(one, three)


def test_rate_stays_what_it_was_last():
    """What the schedule gave to the last update is what the solver ends with."""
    estimator, _, X, y, _ = problem(
        "multiclass",
        (5,),
        "tanh",
        batch_size=BATCH,
        max_iter=EPOCHS,
        learning_rate="linear",
        solver="sgd",
    )
    with quiet():
        estimator.fit(X, y)
    last = RATE * (1 - 0.99 * (EPOCHS * BATCHES - 1) / (EPOCHS * BATCHES))
    assert estimator._optimizer.learning_rate == pytest.approx(last, rel=1e-12)


def test_progress_with_early_stopping():
    """The rows that are held out do not count, and an early end does not change the curve."""
    seen = []

    def record(t):
        seen.append(t)
        return 1.0

    estimator, _, X, y, _ = problem(
        "multiclass",
        (5,),
        "tanh",
        batch_size=BATCH,
        max_iter=EPOCHS,
        learning_rate=record,
        early_stopping=True,
        validation_fraction=0.3,
    )
    with quiet():
        estimator.fit(X, y)
    batches = 4  # of 67 rows
    expected = {update / (EPOCHS * batches) for update in range(EPOCHS * batches)}
    assert expected <= set(seen)
    assert set(seen) - set(schedules.GRID) <= expected


# name -> (schedule of the momentum, its value)
MOMENTA = {
    "linear": ("linear", lambda t: 0.9 * (1 - 0.99 * t)),
    "cosine": ("cosine", lambda t: 0.9 * (1 + np.cos(np.pi * t)) / 2),
    "growing": (
        schedules.Linear(start=0.5, end=0.99, tau=0.8),
        lambda t: 0.5 + 0.49 * min(t / 0.8, 1.0),
    ),
    "function of the default": (lambda t: 1 - t / 2, lambda t: 0.9 * (1 - t / 2)),
    "constant": ("constant", lambda t: 0.9),
}


@pytest.mark.parametrize("nesterov", [True, False])
@pytest.mark.parametrize("momentum", MOMENTA)
def test_momentum(momentum, nesterov, device):
    schedule, value = MOMENTA[momentum]
    rule = reference.SGD(RATE, nesterov=nesterov)
    momenta = lambda update: value(_progress(update))  # noqa: E731
    parameters = dict(solver="sgd", momentum=schedule, nesterovs_momentum=nesterov)
    _compare(parameters, rule, momenta=momenta)
    solver = solvers.SGD(RATE, momentum=schedule, nesterovs_momentum=nesterov)
    _compare(dict(solver=solver), reference.SGD(RATE, nesterov=nesterov), momenta=momenta)


def test_momentum_and_rate_together(device):
    _compare(
        dict(solver="sgd", momentum=schedules.Linear(start=0.1, end=0.8), learning_rate="cosine"),
        reference.SGD(RATE),
        rates=lambda update: RATE * (1 + np.cos(np.pi * _progress(update))) / 2,
        momenta=lambda update: 0.1 + 0.7 * _progress(update),
    )


STALLING = dict(tol=0.3, n_iter_no_change=1)


def test_momentum_with_an_adaptive_rate(device):
    after = reference.Adaptive(0.3, 1)
    estimator = _compare(
        dict(
            solver="sgd",
            momentum=schedules.Linear(start=0.1, end=0.8),
            learning_rate="adaptive",
            **STALLING,
        ),
        reference.SGD(RATE),
        epochs=25,
        momenta=lambda update: 0.1 + 0.7 * _progress(update, 25),
        after_epoch=after,
    )
    assert estimator._optimizer.learning_rate < RATE / 4  # it has fallen


def test_momentum_with_an_inverse_scaling_rate(device):
    _compare(
        dict(solver="sgd", momentum="cosine", learning_rate="invscaling", power_t=0.2),
        reference.SGD(RATE),
        momenta=lambda update: 0.9 * (1 + np.cos(np.pi * _progress(update))) / 2,
        after_epoch=reference.InvScaling(RATE, 0.2),
    )


@pytest.mark.parametrize("solver", SOLVERS)
def test_objects_are_heeded_by_every_solver(solver, device):
    parameters, make = SOLVERS[solver]
    _compare(
        {**parameters, "learning_rate": schedules.InvScaling(power_t=0.3), "power_t": 0.9},
        make(),
        after_epoch=reference.InvScaling(RATE, 0.3),
    )
    estimator = _compare(
        {**parameters, "learning_rate": schedules.Adaptive(factor=3.0, smallest=1e-3), **STALLING},
        make(),
        epochs=60,
        after_epoch=reference.Adaptive(0.3, 1, factor=3.0, smallest=1e-3),
    )
    assert estimator.stop_reason_ == "change"
    assert estimator.n_iter_ > 6


@pytest.mark.parametrize("string", ["invscaling", "adaptive"])
@pytest.mark.parametrize("solver", SOLVERS)
def test_strings_are_heeded_by_sgd_only(solver, string, device):
    """As in scikit-learn; with other solvers the rate is constant."""
    parameters, make = SOLVERS[solver]
    after = None
    if solver == "sgd":
        after = {
            "invscaling": reference.InvScaling(RATE, 0.3),
            "adaptive": reference.Adaptive(0.3, 1),
        }[string]
    _compare(
        {
            **parameters,
            "learning_rate": string,
            "power_t": 0.3,
            "tol": 0.3,
            "n_iter_no_change": 1 if string == "adaptive" and solver == "sgd" else 100,
        },
        make(),
        epochs=20,
        after_epoch=after,
    )


@pytest.mark.parametrize("solver", ["sgd", "adam"])
def test_partial_fit(solver, device):
    """Progress goes on from call to call, up to 1 after `max_iter` epochs."""
    parameters, make = SOLVERS[solver]
    estimator, network, X, y, Y = problem(
        "multiclass",
        (5,),
        "tanh",
        batch_size=BATCH,
        max_iter=3,
        learning_rate=schedules.Cosine(end=RATE / 10),
        **parameters,
    )
    for _ in range(5):
        estimator.partial_fit(X, y, **classes("multiclass", y))

    def rate(update):
        share = (1 + np.cos(np.pi * _progress(update, 3))) / 2
        return RATE * (share + (1 - share) / 10)

    curve = oracle.train(network, make(), X, Y, epochs=5, batch_size=BATCH, alpha=ALPHA, rates=rate)
    assert_close(estimator.loss_curve_, curve, 1e-10)
    compare(estimator, network)


def test_a_new_fit_begins_anew():
    """Also with a warm start, whose weights go on but whose solver does not."""
    estimator, network, X, y, Y = problem(
        "multiclass",
        (5,),
        "tanh",
        batch_size=BATCH,
        max_iter=EPOCHS,
        learning_rate="linear",
        solver="sgd",
        warm_start=True,
    )
    rates = lambda update: RATE * (1 - 0.99 * _progress(update))  # noqa: E731
    for _ in range(2):
        with quiet():
            estimator.fit(X, y)
        oracle.train(
            network,
            reference.SGD(RATE),
            X,
            Y,
            epochs=EPOCHS,
            batch_size=BATCH,
            alpha=ALPHA,
            rates=rates,
        )
        compare(estimator, network)


@pytest.mark.parametrize("name", CURVES)
def test_schedules_that_end_at_max_iter_do_not_warn(name):
    """A learning rate that falls until `max_iter` is made for as many epochs; others are not."""
    schedule, curve = CURVES[name]
    values = [curve(t) for t in np.linspace(0, 1, 101)]
    X = np.random.default_rng(0).normal(size=(20, 3))
    network = MLPRegressor(hidden_layer_sizes=(2,), max_iter=3, learning_rate=schedule)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        network.fit(X, X[:, 0])
    assert network.stop_reason_ == "max_iter"
    assert [w.category for w in caught] == int(values[-1] >= max(values)) * [ConvergenceWarning]
