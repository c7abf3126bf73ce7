"""Metadata on its way through pipelines, searches and ensembles to the estimator that wants it."""

import functools

import numpy as np
import pytest
import sklearn
from numpy.testing import assert_array_equal
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import TransformedTargetRegressor
from sklearn.ensemble import BaggingClassifier, StackingClassifier, VotingClassifier
from sklearn.exceptions import UnsetMetadataPassedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_predict, cross_validate
from sklearn.multioutput import MultiOutputClassifier, MultiOutputRegressor
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

import skdeep
from skdeep import HiddenLayerTransformer, MLPClassifier, MLPRegressor
from tests import datasets
from tests.ecosystem.twins import CLASSIFIERS, SETTINGS, THEIRS, assert_same_work, outputs
from tests.helpers import quiet, unchanged

DATA = {"MLPClassifier": "strings", "MLPRegressor": "regression", "Perceptron": "strings"}


@pytest.fixture(autouse=True)
def _routing():
    with sklearn.config_context(enable_metadata_routing=True):
        yield


def weights(y):
    return np.random.RandomState(0).uniform(0, 3, len(y))


WEIGHTED = {
    "pipeline": lambda e: make_pipeline(StandardScaler().set_fit_request(sample_weight=False), e),
    "pipeline, all steps": lambda e: make_pipeline(
        StandardScaler().set_fit_request(sample_weight=True), e
    ),
    "search": lambda e: GridSearchCV(e, {"alpha": [1e-3, 1.0]}, cv=3),
    "search in a pipeline": lambda e: make_pipeline(
        StandardScaler().set_fit_request(sample_weight=False),
        GridSearchCV(e, {"alpha": [1e-3, 1.0]}, cv=3),
    ),
}


@pytest.mark.parametrize("name", THEIRS)
@pytest.mark.parametrize("wrapper", WEIGHTED)
def test_sample_weight(wrapper, name):
    X, y = datasets.load(DATA[name])
    seen = []

    def work(e):
        e = e.set_fit_request(sample_weight=True).set_score_request(sample_weight=True)
        with_weights = WEIGHTED[wrapper](clone(e)).fit(X, y, sample_weight=weights(y))
        without = WEIGHTED[wrapper](clone(e)).fit(X, y)
        results = outputs(with_weights, X)
        seen.append(not np.array_equal(results, outputs(without, X)))
        return results

    assert_same_work(name, work)
    assert all(seen)  # the weights did arrive


ENSEMBLES = {
    "bagging": lambda e: BaggingClassifier(e, 3, random_state=0),
    "calibration": lambda e: CalibratedClassifierCV(e, cv=2),
    "voting": lambda e: VotingClassifier([("a", e)]),
    "stacking": lambda e: StackingClassifier(
        [("a", e)], LogisticRegression().set_fit_request(sample_weight=False), cv=2
    ),
}


@pytest.mark.parametrize("name", CLASSIFIERS)
@pytest.mark.parametrize("ensemble", ENSEMBLES)
def test_sample_weight_in_ensembles(ensemble, name):
    X, y = datasets.load("strings")

    def work(e):
        model = ENSEMBLES[ensemble](e.set_fit_request(sample_weight=True))
        model.fit(X, y, sample_weight=weights(y))
        if ensemble == "stacking":  # the solver of its last estimator amplifies rounding
            return model.transform(X)
        if ensemble == "voting":
            return outputs(model.estimators_[0], X)
        return outputs(model, X)

    assert_same_work(name, work)


def test_sample_weight_of_several_targets():
    X, y = datasets.load("multilabel")
    assert_same_work(
        "MLPClassifier",
        lambda e: list(
            MultiOutputClassifier(e.set_fit_request(sample_weight=True))
            .fit(X, y, sample_weight=weights(y))
            .predict_proba(X)
        ),
    )
    X, y = datasets.load("multioutput")
    scaled = functools.partial(TransformedTargetRegressor, transformer=StandardScaler())
    for wrapper in (MultiOutputRegressor, scaled):

        def work(e, wrapper=wrapper):
            model = wrapper(e.set_fit_request(sample_weight=True))
            return model.fit(X, y, sample_weight=weights(y)).predict(X)

        assert_same_work("MLPRegressor", work)


@pytest.mark.parametrize("name", THEIRS)
def test_unasked_weights_are_refused(name):
    X, y = datasets.load(DATA[name])
    e = getattr(skdeep, name)(random_state=0, **SETTINGS[name])
    search = GridSearchCV(e, {"alpha": [1e-3]}, cv=2)
    with unchanged(e), pytest.raises(UnsetMetadataPassedError, match="sample_weight"):
        search.fit(X, y, sample_weight=weights(y))


@pytest.mark.parametrize("name", THEIRS)
def test_cross_validation(name):
    """Weights are cut into folds, for fitting and scoring each."""
    X, y = datasets.load(DATA[name])

    def work(e):
        e = e.set_fit_request(sample_weight=True).set_score_request(sample_weight=True)
        found = cross_validate(e, X, y, cv=3, params={"sample_weight": weights(y)})
        predicted = cross_val_predict(e, X, y, cv=3, params={"sample_weight": weights(y)})
        return [found["test_score"], predicted]

    assert_same_work(name, work)


def network(cls, **parameters):
    """Return a network that asks for everything that its ``fit`` can take."""
    settings = {**SETTINGS["MLPClassifier"], "random_state": 0, **parameters}
    model = cls(**settings).set_score_request(sample_weight=True)
    return model.set_fit_request(X_val=True, y_val=True, sample_weight=True, sample_weight_val=True)


@pytest.mark.parametrize("kind", [MLPClassifier, MLPRegressor])
def test_validation_set_by_hand(kind):
    """Through a pipeline with two steps that change the features, and a search around it."""
    X, y = datasets.load("strings" if kind is MLPClassifier else "regression")
    train, val = slice(0, 60), slice(60, None)
    early = {"early_stopping": True, "max_iter": 30, "learning_rate_init": 0.05}
    mlp = network(kind, **early)
    metadata = {
        "X_val": X[val],
        "y_val": y[val],
        "sample_weight": weights(y)[train],
        "sample_weight_val": weights(y)[val],
    }
    scaler = StandardScaler().set_fit_request(sample_weight=False)
    hidden = HiddenLayerTransformer(network(kind).set_fit_request(sample_weight=False))
    hidden.estimator.set_fit_request(X_val=False, y_val=False, sample_weight_val=False)
    steps = [("scale", scaler), ("hidden", hidden), ("mlp", mlp)]
    pipeline = Pipeline(steps, transform_input=["X_val"])
    with quiet():
        fitted = clone(pipeline).fit(X[train], y[train], **metadata)
        scaler = StandardScaler().fit(X[train])
        inner = clone(hidden).fit(scaler.transform(X[train]), y[train])
        rows, held = (inner.transform(scaler.transform(X[part])) for part in (train, val))
        by_hand = clone(mlp).fit(rows, y[train], **{**metadata, "X_val": held})
        pipeline.set_params(mlp__alpha=0.1)
        search = GridSearchCV(pipeline, {"mlp__alpha": [1e-4]}, cv=2)
        found = search.fit(X[train], y[train], **metadata)
    assert fitted["mlp"].validation_scores_ == by_hand.validation_scores_
    assert fitted["mlp"].validation_loss_curve_ == by_hand.validation_loss_curve_
    assert_array_equal(fitted["mlp"].coefs_[0], by_hand.coefs_[0])
    assert_array_equal(found.best_estimator_["mlp"].coefs_[0], by_hand.coefs_[0])


def test_validation_set_reaches_the_hidden_layers():
    """`HiddenLayerTransformer` hands on what its network asks for."""
    X, y = datasets.load("regression")
    mlp = network(MLPRegressor, early_stopping=True, max_iter=30, learning_rate_init=0.05)
    metadata = {"X_val": X[60:], "y_val": y[60:], "sample_weight": weights(y)[:60]}
    with quiet():
        expected = clone(mlp).fit(X[:60], y[:60], **metadata)
        alone = HiddenLayerTransformer(clone(mlp)).fit(X[:60], y[:60], **metadata)
        steps = [
            ("hidden", HiddenLayerTransformer(clone(mlp))),
            ("line", MLPRegressor(hidden_layer_sizes=())),
        ]
        steps[1][1].set_params(max_iter=2).set_fit_request(
            sample_weight=False, X_val=False, y_val=False
        )
        pipeline = Pipeline(steps).fit(X[:60], y[:60], **metadata)
    for transformer in (alone, pipeline["hidden"]):
        assert transformer.estimator_.validation_scores_ == expected.validation_scores_
        assert_array_equal(transformer.transform(X), expected.hidden_activations(X)[-1])


def test_partial_fit_asks_by_itself():
    """What ``partial_fit`` gets is asked for apart from ``fit``."""
    X, y = datasets.load("multilabel")
    e = MLPClassifier(random_state=0, **SETTINGS["MLPClassifier"])
    several = MultiOutputClassifier(e.set_partial_fit_request(sample_weight=True))
    classes = [np.array([0, 1])] * y.shape[1]
    several.partial_fit(X, y, classes=classes, sample_weight=weights(y))
    expected = clone(e).partial_fit(X, y[:, 0], sample_weight=weights(y), classes=[0, 1])
    assert_array_equal(several.estimators_[0].coefs_[0], expected.coefs_[0])
