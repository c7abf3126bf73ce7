"""Searches and ensembles of scikit-learn on a cluster, by joblib's backend."""

import numpy as np
import pytest
from joblib import parallel_config
from sklearn.ensemble import BaggingClassifier
from sklearn.model_selection import GridSearchCV, cross_validate

from skdeep import MLPClassifier
from skdeep.dask import WarmWorkers
from tests.dask.test_full_batch import X, Y

GRID = {"alpha": [1e-4, 1.0]}
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def test_search_and_ensemble(client):
    client.register_plugin(WarmWorkers("float64"))
    net = MLPClassifier((4,), solver="lbfgs", max_iter=10, random_state=0)
    here = GridSearchCV(net, GRID, cv=2).fit(X, Y)
    bag = BaggingClassifier(net, n_estimators=3, random_state=0).fit(X, Y)
    with parallel_config("dask", client=client, scatter=[X, Y]):
        there = GridSearchCV(net, GRID, cv=2).fit(X, Y)
        other = BaggingClassifier(net, n_estimators=3, random_state=0, n_jobs=2).fit(X, Y)
        scores = cross_validate(net, X, Y, cv=2)["test_score"]
    name = "mean_test_score"
    assert np.array_equal(here.cv_results_[name], there.cv_results_[name])
    assert np.array_equal(bag.predict_proba(X), other.predict_proba(X))
    assert scores.mean() == here.cv_results_[name][0]
