"""skdeep's estimators inside scikit-learn's tools give what scikit-learn's own give there."""

import joblib
import numpy as np
import pytest
import sklearn
import sklearn.neural_network as reference
from numpy.testing import assert_array_equal
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import BaggingClassifier, VotingRegressor
from sklearn.inspection import permutation_importance
from sklearn.model_selection import GridSearchCV, cross_val_predict, cross_validate
from sklearn.multiclass import OneVsRestClassifier
from sklearn.multioutput import MultiOutputRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils import estimator_html_repr, get_tags

import skdeep
from tests import datasets
from tests.helpers import assert_close, quiet

SETTINGS = {"max_iter": 4, "random_state": 0, "batch_size": 20}


def both(make):
    """Return ``make(module)`` with scikit-learn's module and with skdeep."""
    with quiet():
        return make(reference), make(skdeep)


def test_grid_search_in_a_pipeline():
    X, y = datasets.load("strings")
    grid = {"mlpclassifier__hidden_layer_sizes": [(4,), (9, 3)], "mlpclassifier__alpha": [0.01, 1]}

    def search(module):
        pipeline = make_pipeline(StandardScaler(), module.MLPClassifier(**SETTINGS))
        return GridSearchCV(pipeline, grid, cv=3, scoring="neg_log_loss").fit(X, y)

    theirs, ours = both(search)
    assert ours.best_params_ == theirs.best_params_
    expected = theirs.cv_results_["mean_test_score"]
    assert_close(ours.cv_results_["mean_test_score"], expected, 1e-6)
    assert_close(ours.predict_proba(X), theirs.predict_proba(X), 1e-6)


def test_cross_validation():
    X, y = datasets.load("multioutput")
    scores = both(
        lambda m: cross_validate(
            m.MLPRegressor(**SETTINGS), X, y, cv=4, scoring=["r2", "neg_mean_absolute_error"]
        )
    )
    for name in ("test_r2", "test_neg_mean_absolute_error"):
        assert_close(scores[1][name], scores[0][name], 1e-6)
    predictions = both(lambda m: cross_val_predict(m.MLPRegressor(**SETTINGS), X, y, cv=3))
    assert_close(predictions[1], predictions[0], 1e-6)


WRAPPERS = {
    "bagging": lambda mlp: BaggingClassifier(mlp, n_estimators=3, random_state=0),
    "bagging in threads": lambda mlp: BaggingClassifier(mlp, 3, random_state=0, n_jobs=2),
    "calibration": lambda mlp: CalibratedClassifierCV(mlp, cv=2),
    "one versus rest": OneVsRestClassifier,
}


@pytest.mark.parametrize("wrapper", WRAPPERS)
def test_wrapped_classifiers(wrapper):
    X, y = datasets.load("multiclass")

    def fit(module):
        with joblib.parallel_config("threading"):
            return WRAPPERS[wrapper](module.MLPClassifier((5,), **SETTINGS)).fit(X, y)

    theirs, ours = both(fit)
    assert_close(ours.predict_proba(X), theirs.predict_proba(X), 1e-5)


def test_wrapped_regressors():
    X, y = datasets.load("multioutput")

    def fit(module):
        return MultiOutputRegressor(module.MLPRegressor(**SETTINGS)).fit(X, y)

    theirs, ours = both(fit)
    assert_close(ours.predict(X), theirs.predict(X), 1e-6)

    def vote(module):
        mlp = module.MLPRegressor(**SETTINGS)
        return VotingRegressor([("a", mlp), ("b", mlp)]).fit(X, y[:, 0])

    theirs, ours = both(vote)
    assert_close(ours.predict(X), theirs.predict(X), 1e-6)


def test_permutation_importance():
    X, y = datasets.load("binary")
    importances = both(
        lambda m: (
            permutation_importance(
                m.MLPClassifier(**SETTINGS).fit(X, y), X, y, n_repeats=2, random_state=0
            ).importances_mean
        )
    )
    assert_array_equal(importances[1], importances[0])


def test_metadata_routing_of_sample_weight():
    X, y = datasets.load("regression")
    weights = np.random.RandomState(0).uniform(0, 2, len(y))
    with sklearn.config_context(enable_metadata_routing=True):

        def validate(module):
            mlp = module.MLPRegressor(**SETTINGS)
            mlp.set_fit_request(sample_weight=True).set_score_request(sample_weight=True)
            result = cross_validate(mlp, X, y, cv=3, params={"sample_weight": weights})
            return result["test_score"]

        theirs, ours = both(validate)
    assert_close(ours, theirs, 1e-6)


@pytest.mark.parametrize("name", ["MLPClassifier", "MLPRegressor"])
def test_tags_and_representation(name):
    theirs, ours = getattr(reference, name)(alpha=1), getattr(skdeep, name)(alpha=1)
    assert get_tags(ours) == get_tags(theirs)
    assert repr(ours) == repr(theirs)
    assert name in estimator_html_repr(ours)


def test_column_names_of_output():
    """``set_output`` upstream hands data frames to the network."""
    pytest.importorskip("pandas")
    X, y = datasets.load("binary")
    pipeline = make_pipeline(StandardScaler(), skdeep.MLPClassifier(**SETTINGS))
    pipeline.set_output(transform="pandas")
    with quiet():
        pipeline.fit(X, y)
    assert list(pipeline[-1].feature_names_in_) == [f"x{i}" for i in range(X.shape[1])]
    pipeline.predict_proba(X)
