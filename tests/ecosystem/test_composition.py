"""skdeep's estimators inside scikit-learn's tools give what scikit-learn's own give there."""

import joblib
import pytest
import sklearn.neural_network as reference
from sklearn.ensemble import BaggingClassifier
from sklearn.model_selection import GridSearchCV
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


def test_bagging_in_threads():
    X, y = datasets.load("multiclass")

    def fit(module):
        mlp = module.MLPClassifier((5,), **SETTINGS)
        with joblib.parallel_config("threading"):
            return BaggingClassifier(mlp, 3, random_state=0, n_jobs=2).fit(X, y)

    theirs, ours = both(fit)
    assert_close(ours.predict_proba(X), theirs.predict_proba(X), 1e-5)


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
