"""Searches and cross-validation: scikit-learn's results, on any backend of joblib."""

import joblib
import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.base import clone
from sklearn.experimental import enable_halving_search_cv  # noqa: F401 (for the next import)
from sklearn.metrics import make_scorer, mean_absolute_error
from sklearn.model_selection import (
    GridSearchCV,
    HalvingGridSearchCV,
    HalvingRandomSearchCV,
    RandomizedSearchCV,
    cross_val_score,
    cross_validate,
    learning_curve,
    validation_curve,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from skdeep import HiddenLayerTransformer, MLPClassifier, MLPRegressor, NetworkRegressor
from skdeep.layers import Dense
from skdeep.losses import Huber
from skdeep.penalties import L2, ElasticNet
from skdeep.solvers import SGD, Adam
from tests import datasets
from tests.ecosystem.twins import CLASSIFIERS, SETTINGS, assert_same_work, make_twins
from tests.helpers import assert_close, quiet, run_python

GRIDS = {
    "MLPClassifier": {"alpha": [1e-3, 1.0, 30.0], "activation": ["relu", "tanh"]},
    "MLPRegressor": {"alpha": [1e-3, 1.0, 30.0], "activation": ["relu", "tanh"]},
    "Perceptron": {"penalty": [None, "l1"], "eta0": [0.5, 1.0], "max_iter": [1, 5]},
}
DATA = {"MLPClassifier": "strings", "MLPRegressor": "regression", "Perceptron": "strings"}
SEARCHES = {
    "grid": lambda e, grid: GridSearchCV(e, grid, cv=3),
    "random": lambda e, grid: RandomizedSearchCV(e, grid, n_iter=4, cv=3, random_state=0),
    "halving": lambda e, grid: HalvingGridSearchCV(
        e, grid, cv=3, min_resources=24, factor=2, random_state=0
    ),
    "random halving": lambda e, grid: HalvingRandomSearchCV(
        e, grid, cv=3, n_candidates=4, min_resources=24, factor=2, random_state=0
    ),
}


@pytest.mark.parametrize("name", GRIDS)
@pytest.mark.parametrize("search", SEARCHES)
def test_searches(search, name):
    X, y = datasets.load(DATA[name])

    def work(estimator):
        found = SEARCHES[search](estimator, GRIDS[name]).fit(X, y)
        results = found.cv_results_
        chosen = [repr(found.best_params_), *map(repr, results["params"])]
        return [results["mean_test_score"], chosen, found.predict(X)]

    assert_same_work(name, work)


@pytest.mark.parametrize("layers", [False, True])
def test_parameters_of_losses_and_penalties(layers):
    """A search reaches them; the numbers are those of objects made with the values."""
    X, y = datasets.load("regression")
    settings = {"max_iter": 2, "random_state": 0, "alpha": 1.0, "learning_rate_init": 0.1}

    def make(loss, penalty):
        if layers:
            return NetworkRegressor([Dense(3)], loss=loss, penalty=penalty, **settings)
        return MLPRegressor(loss, (3,), penalty=penalty, **settings)

    grid = {"loss__delta": [0.01, 1.0], "penalty": [L2(), "l2"]}
    grids = [grid, {"penalty__l1_ratio": [0.5, 0.9]}]
    with quiet():
        search = GridSearchCV(make(Huber(), ElasticNet()), grids, cv=2).fit(X, y)
        pairs = [(Huber(d), "l2") for d in grid["loss__delta"] for _ in range(2)]
        pairs += [(Huber(), ElasticNet(r)) for r in (0.5, 0.9)]
        expected = [cross_val_score(make(*pair), X, y, cv=2).mean() for pair in pairs]
    assert_array_equal(search.cv_results_["mean_test_score"], expected)
    assert len(set(expected)) == 4
    assert search.estimator.loss.delta == 1.0 and search.estimator.penalty.l1_ratio == 0.15


@pytest.mark.parametrize("name", ["MLPClassifier", "MLPRegressor"])
def test_halving_by_epochs(name):
    """The resource may be a parameter, which every round multiplies."""
    X, y = datasets.load(DATA[name])

    def work(estimator):
        found = HalvingRandomSearchCV(
            estimator,
            {"alpha": [1e-4, 1e-2, 1.0, 100.0]},
            resource="max_iter",
            max_resources=8,
            min_resources=2,
            factor=2,
            cv=2,
            random_state=0,
        ).fit(X, y)
        assert max(found.cv_results_["n_resources"]) == 8
        return [found.cv_results_["mean_test_score"], found.cv_results_["n_resources"]]

    assert_same_work(name, work)


def test_parameters_of_objects_by_hand():
    """A search over objects and what is inside of them is the fits that it says it is."""
    X, y = datasets.load("multiclass")
    mlp = MLPClassifier(random_state=0, **SETTINGS["MLPClassifier"])
    pipeline = make_pipeline(StandardScaler(), HiddenLayerTransformer(mlp), clone(mlp))
    inside = "hiddenlayertransformer__estimator__solver"
    grid = [
        {inside: [SGD()], f"{inside}__momentum": [0.0, 0.9]},
        {inside: [Adam()], f"{inside}__learning_rate_init": [0.001, 0.05]},
        {"standardscaler": [MinMaxScaler(), "passthrough"]},
    ]
    with quiet():
        found = GridSearchCV(pipeline, grid, cv=3, scoring="neg_log_loss").fit(X, y)
        for parameters, score in zip(
            found.cv_results_["params"], found.cv_results_["mean_test_score"], strict=True
        ):
            model = clone(pipeline).set_params(**clone(parameters, safe=False))
            expected = cross_val_score(model, X, y, cv=3, scoring="neg_log_loss").mean()
            assert score == expected
    assert len(set(found.cv_results_["mean_test_score"])) == 6
    assert grid[0][inside][0].momentum == SGD().momentum  # the objects of the grid are left alone


SCORERS = {
    "MLPClassifier": ["accuracy", "neg_log_loss", "roc_auc_ovr", "f1_macro"],
    "Perceptron": ["accuracy", "balanced_accuracy", "f1_macro"],
    "MLPRegressor": {
        "r2": "r2",
        "worst": "neg_max_error",
        "own": make_scorer(mean_absolute_error, greater_is_better=False),
    },
}


@pytest.mark.parametrize("name", SCORERS)
def test_several_scorers(name):
    X, y = datasets.load(DATA[name])

    def work(estimator):
        results = cross_validate(
            estimator, X, y, cv=3, scoring=SCORERS[name], return_train_score=True
        )
        return [v for key, v in sorted(results.items()) if key.startswith(("test", "train"))]

    assert_same_work(name, work)


@pytest.mark.parametrize("name", GRIDS)
def test_curves(name):
    X, y = datasets.load(DATA[name])

    def work(e):
        sizes, *scores = learning_curve(e, X, y, cv=3, train_sizes=[0.4, 1.0])
        return [
            sizes,
            *scores,
            *validation_curve(e, X, y, param_name="max_iter", param_range=[1, 5]),
        ]

    assert_same_work(name, work)


def test_learning_curve_in_parts():
    """``exploit_incremental_learning`` trains on by ``partial_fit``."""
    X, y = datasets.load("strings")

    def work(e):
        curve = learning_curve(
            e, X, y, cv=3, train_sizes=[0.3, 0.6, 1.0], exploit_incremental_learning=True
        )
        return list(curve)

    for name in CLASSIFIERS:
        assert_same_work(name, work)


def _scores(model, X, y, n_jobs, backend):
    with quiet(), joblib.parallel_config(backend):
        grid = GridSearchCV(model, {"alpha": [1e-3, 1.0]}, cv=3, n_jobs=n_jobs).fit(X, y)
    return grid.cv_results_["mean_test_score"], grid.predict(X)


@pytest.mark.parametrize("n_threads", [None, 1, 2])
def test_threads_find_what_one_job_finds(n_threads):
    """Fits at the same time, each with threads of its own or without: the same bits."""
    X, y = datasets.load("regression")
    model = MLPRegressor(**SETTINGS["MLPRegressor"], random_state=0, n_threads=n_threads)
    expected = _scores(model, X, y, 1, "threading")
    for n_jobs in (2, 3):
        for got, wanted in zip(_scores(model, X, y, n_jobs, "threading"), expected, strict=True):
            assert_array_equal(got, wanted)


def test_processes_find_what_one_job_finds():
    """The same by loky, whose workers are started from a fresh interpreter and end with it."""
    code = """
import numpy as np, warnings
from sklearn.linear_model import Perceptron as Theirs
from sklearn.model_selection import GridSearchCV
from skdeep import MLPClassifier, Perceptron
from skdeep.solvers import SGD
from tests import datasets
warnings.simplefilter("ignore")
X, y = datasets.load("strings")
for model in (MLPClassifier((5,), solver=SGD(), max_iter=3, random_state=0), Perceptron()):
    found = [
        GridSearchCV(model, {"alpha": [1e-3, 1.0]}, cv=3, n_jobs=n).fit(X, y) for n in (1, 2)
    ]
    one, two = (search.cv_results_["mean_test_score"] for search in found)
    assert np.array_equal(one, two), (one, two)
    assert np.array_equal(*(search.best_estimator_.predict(X) for search in found))
print("the same")
"""
    assert run_python(code).strip() == "the same"


@pytest.mark.parametrize("name", GRIDS)
def test_clones(name):
    """A clone of a fitted estimator is not fitted, and fits to the same numbers."""
    X, y = datasets.load(DATA[name])
    theirs, ours = make_twins(name)
    with quiet():
        ours.fit(X, y), theirs.fit(X, y)
        copy = clone(ours)
        assert not [a for a in vars(copy) if a.endswith("_")]
        assert copy.get_params().keys() >= theirs.get_params().keys()
        again = copy.fit(X, y)
    assert_array_equal(np.ravel(again.predict(X)), np.ravel(ours.predict(X)))
    assert_close(again.score(X, y), theirs.score(X, y), 1e-6)
