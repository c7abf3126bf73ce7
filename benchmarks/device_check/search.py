"""A grid search over the digits: on the GPU, and on all cores of the machine."""

import warnings

import joblib
import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import GridSearchCV

from benchmarks.device_check import inside
from benchmarks.device_check.fits import ON_CPU, ON_GPU
from benchmarks.gpu import network, seconds
from benchmarks.peers import cores


def run(report, sizes):
    """Time 200 fits in threads, unmodified; compare scores; the same with early stopping."""
    _, *hidden, _, batch = sizes.small
    X, y = load_digits(return_X_y=True)
    X, y = (X / 16).astype(np.float32), y
    if sizes.is_simulated:
        X, y = X[:30, 20:24].copy(), y[:30] % 3
    grid = {
        "alpha": list(np.logspace(-6, 0, max(1, sizes.candidates // 2))),
        "learning_rate_init": [1e-3, 3e-3],
    }
    n_fits, scores = sizes.candidates * sizes.folds, {}

    def search(name, n_jobs, where, epochs=sizes.search_epochs, **parameters):
        model = network(tuple(hidden), batch, epochs, **{**parameters, **where})
        with joblib.parallel_config("threading"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            done = GridSearchCV(
                model, grid, cv=sizes.folds, n_jobs=n_jobs, refit=False, scoring="neg_log_loss"
            ).fit(X, y)
        scores[name] = done.cv_results_["mean_test_score"]

    stopping = {"early_stopping": True, "epochs": max(1, sizes.search_epochs // 4)}
    for what, own in (("", {}), (", early stopping", stopping)):
        name = f"GPU{what}"
        with report.check(name):
            with inside.Launches() as launches:
                search(name, n_fits, ON_GPU, **{**own, "epochs": 1})
            report.note(f"{name}, with one epoch", launches)
            took = seconds(lambda name=name, own=own: search(name, n_fits, ON_GPU, **own))
            report.measure(name, took, "s")
        name = f"cores{what}"
        with report.check(name):
            search(name, cores(), ON_CPU, **{**own, "epochs": 1})  # compiles
            took = seconds(lambda name=name, own=own: search(name, cores(), ON_CPU, **own))
            report.measure(name, took, "s", f"{cores()} cores, {n_fits} fits")
        if not what:
            with report.check("scores"):
                report.measure("scores", np.abs(scores["GPU"] - scores["cores"]).max())
