"""Tools that look into an estimator or take features away: scikit-learn's numbers."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.feature_selection import (
    RFE,
    RFECV,
    SelectFromModel,
    SequentialFeatureSelector,
)
from sklearn.inspection import partial_dependence, permutation_importance
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skdeep import HiddenLayerTransformer, MLPClassifier
from tests import datasets
from tests.ecosystem.twins import SETTINGS, THEIRS, assert_same_work
from tests.helpers import assert_close, quiet

DATA = {"MLPClassifier": "binary", "MLPRegressor": "regression", "Perceptron": "strings"}


def first_layer(model):
    """Return how long the weights of every feature are."""
    coef = model.coef_.T if hasattr(model, "coef_") else model.coefs_[0]
    return np.linalg.norm(coef, axis=1)


@pytest.mark.parametrize("name", THEIRS)
def test_elimination_of_features(name):
    X, y = datasets.load(DATA[name])

    def work(e):
        one = RFE(e, n_features_to_select=3, importance_getter=first_layer).fit(X, y)
        best = RFECV(e, cv=3, importance_getter=first_layer).fit(X, y)
        scores = best.cv_results_["mean_test_score"]
        return [one.ranking_, one.predict(X), best.ranking_, scores, best.predict(X)]

    assert_same_work(name, work)


@pytest.mark.parametrize("name", ["MLPClassifier", "MLPRegressor"])
def test_elimination_by_the_name_of_an_attribute(name):
    """``importance_getter`` may be a path: a network of one unit has one weight per feature."""
    X, y = datasets.load(DATA[name])

    def work(e):
        pipeline = make_pipeline(StandardScaler(), e)
        getter = f"named_steps.{type(e).__name__.lower()}.intercepts_"
        with pytest.raises((ValueError, AttributeError, TypeError)):
            RFE(pipeline, importance_getter=getter).fit(X, y)  # not one number per feature

        def weights(fitted):
            return fitted[-1].coefs_[0].ravel()

        return RFE(pipeline, importance_getter=weights, n_features_to_select=2).fit(X, y).ranking_

    assert_same_work(name, work, hidden_layer_sizes=(1,), activation="tanh")


@pytest.mark.parametrize("name", THEIRS)
def test_selection_of_features(name):
    X, y = datasets.load(DATA[name])

    def work(e):
        by_weights = SelectFromModel(e, importance_getter=first_layer, threshold="median")
        by_score = SequentialFeatureSelector(e, n_features_to_select=2, cv=2)
        return [model.fit(X, y).get_support() for model in (by_weights, by_score)]

    assert_same_work(name, work)


@pytest.mark.parametrize("name", THEIRS)
def test_permutation_importance(name):
    X, y = datasets.load(DATA[name])

    def work(e):
        model = e.fit(X, y)
        return permutation_importance(model, X, y, n_repeats=3, random_state=0).importances

    assert_same_work(name, work, max_iter=20)


@pytest.mark.parametrize("kind", ["average", "individual"])
@pytest.mark.parametrize("name", THEIRS)
def test_partial_dependence(name, kind):
    X, y = datasets.load("binary" if name == "Perceptron" else DATA[name])

    def work(e):
        model = make_pipeline(StandardScaler(), e).fit(X, y)
        found = partial_dependence(
            model, X, [(0, 2), 1][kind == "individual"], kind=kind, grid_resolution=6
        )
        return [found[kind], *found["grid_values"]]

    assert_same_work(name, work)


def test_partial_dependence_by_hand():
    X, y = datasets.load("binary")
    mlp = MLPClassifier(**SETTINGS["MLPClassifier"], random_state=0)
    with quiet():
        mlp.fit(X, y)
    found = partial_dependence(mlp, X, [3], grid_resolution=5, kind="average")
    for value, got in zip(found["grid_values"][0], found["average"][0], strict=True):
        changed = X.copy()
        changed[:, 3] = value
        assert_close(got, mlp.predict_proba(changed)[:, 1].mean(), 1e-12)


def test_hidden_layers_as_features():
    """Importances of a pipeline with hidden layers are those of the same steps by hand."""
    X, y = datasets.load("multiclass")
    mlp = MLPClassifier(**SETTINGS["MLPClassifier"], random_state=0)
    with quiet():
        pipeline = make_pipeline(HiddenLayerTransformer(mlp), mlp).fit(X, y)
        hidden = MLPClassifier(**mlp.get_params()).fit(X, y)
        head = MLPClassifier(**mlp.get_params()).fit(hidden.hidden_activations(X)[-1], y)
    assert_array_equal(pipeline.predict_proba(X), head.predict_proba(pipeline[0].transform(X)))

    class ByHand:
        def fit(self, X, y):
            raise NotImplementedError

        def score(self, X, y):
            return head.score(hidden.hidden_activations(X)[-1], y)

    got, expected = (
        permutation_importance(model, X, y, n_repeats=3, random_state=0).importances
        for model in (pipeline, ByHand())
    )
    assert_array_equal(got, expected)
    assert np.abs(got).max() > 0
