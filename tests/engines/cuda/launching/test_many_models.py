"""Fits that wait at the same time train in one launch, and none disturbs another."""

import threading

import numpy as np
import pytest
from joblib import parallel_config
from sklearn.model_selection import GridSearchCV

from skdeep import MLPClassifier
from tests.engines.cuda.fits import (
    MODES,
    SMALL,
    TOLERANCE,
    assert_same_fit,
    cuda_settings,
    data,
    estimator,
    fit,
    inputs,
)
from tests.helpers import quiet

#: Models of one launch: kernels know nothing of widths, depths, rates, batches, seeds and data.
DIFFERENT = (
    {},
    {"hidden_layer_sizes": (9,)},
    {"hidden_layer_sizes": (2, 3, 2), "learning_rate_init": 0.05},
    {"alpha": 1.0, "random_state": 3},
    {"batch_size": 2, "max_iter": 2},
    {"dropout": 0.3},
    {"max_norm": 0.5, "clip_norm": 0.1},
    {"batch_norm": True},
)


@pytest.fixture
def launches(device):
    """Return how many models the launches since then had; None of a processor."""
    if device == "cpu":
        return lambda: None
    from skdeep.engines.cuda.hardware.devices import device_of

    dispatcher = device_of(0).dispatcher
    begin = len(dispatcher.launches)
    return lambda: dispatcher.launches[begin:]


def fit_together(jobs):
    """Fit in threads that begin together; return the estimators, or the errors."""
    results, ready = [None] * len(jobs), threading.Barrier(len(jobs))

    def work(number, model, given):
        ready.wait()
        try:
            results[number] = model.fit(*given)
        except Exception as error:
            results[number] = error

    with quiet():
        threads = [
            threading.Thread(target=work, args=(number, *job)) for number, job in enumerate(jobs)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(300)
    return results


def data_of(number):
    """Return other rows for every model, and another number of them."""
    return inputs("multiclass", {}, 12 + 3 * (number % 3))


@pytest.mark.parametrize("mode", ["shared memory", "block"])
def test_models_that_differ(mode, device, launches):
    jobs = [(estimator("multiclass", p, device), data_of(i)) for i, p in enumerate(DIFFERENT)]
    with cuda_settings(device, **MODES[mode]):
        fits = fit_together(jobs)
    with quiet():
        expected = [
            fit("multiclass", p, None, *data_of(number)) for number, p in enumerate(DIFFERENT)
        ]
    for model, other in zip(fits, expected, strict=True):
        if isinstance(model, Exception):
            raise model
        assert_same_fit(model, other, 0.0 if device == "cpu" else TOLERANCE["float64"])
    if device != "cpu":
        assert max(launches()) > 1, "every model was launched by itself"


def test_shared_memory_has_room_for_all_of_a_launch_or_none(device, monkeypatch):
    """Otherwise those beside it would decide by which kernel a fit is trained."""
    if device == "cpu":
        pytest.skip("has no such memory")
    from skdeep.engines.cuda.launching import dispatcher

    found, real = [], dispatcher.launch_training

    def launch_training(device, kernels, models, slot):
        found.append([model.memory_bytes for model in models])
        real(device, kernels, models, slot)

    monkeypatch.setattr(dispatcher, "launch_training", launch_training)
    widths = (4, 8, 4, 8, 4, 8)
    jobs = [
        (estimator("multiclass", {"hidden_layer_sizes": (w,)}, device), data_of(0)) for w in widths
    ]
    for job in jobs[:2]:
        fit_together([job])
    (least,), (most,) = found[0], found[-1]
    found.clear()
    with cuda_settings(device, **{**MODES["shared memory"], "shared_bytes": least}):
        fits = fit_together(jobs)
    assert not [each for each in fits if isinstance(each, Exception)]
    assert {size for sizes in found for size in sizes} == {least, most}
    assert all(len(set(sizes)) == 1 for sizes in found), found
    assert max(map(len, found)) > 1


def test_a_model_that_diverges(device):
    """Its numbers overflow; those of the others beside it do not change."""
    X, y, _ = inputs("regression", {})
    parameters = [{"max_iter": 3}, {"max_iter": 3, "alpha": 0.5}]
    wild = {"solver": "sgd", "learning_rate_init": 1e6, "activation": "relu", "max_iter": 3}
    jobs = [(estimator("regression", p, device), (X, y)) for p in parameters]
    jobs.insert(1, (estimator("regression", wild, device), (X * 1e100, y)))
    first, diverged, last = fit_together(jobs)
    assert isinstance(diverged, ValueError) or not np.isfinite(diverged.loss_)
    for model, p in zip((first, last), parameters, strict=True):
        with quiet():
            other = fit("regression", p, None, X, y, None)
        assert_same_fit(model, other, 0.0 if device == "cpu" else TOLERANCE["float64"])


def test_a_fit_that_fails_before_it_trains(device):
    X, y = data("multiclass")
    good = estimator("multiclass", {}, device)
    bad = estimator("multiclass", {"alpha": -1.0}, device)
    fits = fit_together([(bad, (X, y)), (good, (X, y))])
    assert isinstance(fits[0], ValueError)
    assert np.isfinite(fits[1].loss_)


def test_grid_search(device, launches):
    """Unmodified, under threads; every fit has the result that it has alone."""
    X, y = data("multiclass", 24)
    grid = {"alpha": [1e-4, 1e-1], "hidden_layer_sizes": [(3,), (4, 2)]}
    model = estimator("multiclass", {}, device)
    searches = []
    for where, n_jobs in ((device, 8), (None, 1)):
        own = model if where else MLPClassifier(**{**SMALL, "n_threads": 1})
        with quiet(), parallel_config("threading"):
            search = GridSearchCV(own, grid, cv=2, n_jobs=n_jobs, scoring="neg_log_loss")
            searches.append(search.fit(X, y).cv_results_["mean_test_score"])
    np.testing.assert_allclose(*searches, rtol=1e-8)
    if device != "cpu":
        assert max(launches()) > 1
