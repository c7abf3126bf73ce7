"""Estimators made of estimators: scikit-learn's numbers, from skdeep's networks."""

import numpy as np
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import TransformedTargetRegressor
from sklearn.ensemble import (
    AdaBoostClassifier,
    AdaBoostRegressor,
    BaggingClassifier,
    BaggingRegressor,
    StackingClassifier,
    StackingRegressor,
    VotingClassifier,
    VotingRegressor,
)
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import (
    FixedThresholdClassifier,
    TunedThresholdClassifierCV,
    cross_val_predict,
)
from sklearn.multiclass import OneVsOneClassifier, OneVsRestClassifier, OutputCodeClassifier
from sklearn.multioutput import (
    ClassifierChain,
    MultiOutputClassifier,
    MultiOutputRegressor,
    RegressorChain,
)
from sklearn.preprocessing import StandardScaler
from sklearn.semi_supervised import SelfTrainingClassifier

from tests import datasets
from tests.ecosystem.twins import CLASSIFIERS, assert_same_work, outputs


def fitted_outputs(wrap, name):
    """Return work: fit what is wrapped around an estimator, and let it speak of its data."""
    X, y = datasets.load(name)

    def work(estimator):
        return outputs(wrap(estimator).fit(X, y), X)

    return work


# For a perceptron, which has no probabilities, and for networks.
CLASSIFIER_WRAPPERS = {
    "bagging": lambda e: BaggingClassifier(e, 3, max_samples=0.7, max_features=0.8, random_state=0),
    "bootstrap of rows": lambda e: BaggingClassifier(e, 3, random_state=0, oob_score=False),
    "calibration": lambda e: CalibratedClassifierCV(e, cv=2),
    "calibration, isotonic": lambda e: CalibratedClassifierCV(e, method="isotonic", cv=2),
    "calibration, no ensemble": lambda e: CalibratedClassifierCV(e, cv=2, ensemble=False),
    "voting": lambda e: VotingClassifier(
        [("mlp", e), ("line", LogisticRegression())], voting="hard"
    ),
    "one versus rest": OneVsRestClassifier,
    "one versus one": OneVsOneClassifier,
    "output codes": lambda e: OutputCodeClassifier(e, random_state=0),
}


@pytest.mark.parametrize("estimator", CLASSIFIERS)
@pytest.mark.parametrize("wrapper", CLASSIFIER_WRAPPERS)
def test_classifiers(wrapper, estimator):
    assert_same_work(estimator, fitted_outputs(CLASSIFIER_WRAPPERS[wrapper], "strings"))


@pytest.mark.parametrize("estimator", CLASSIFIERS)
def test_stacking(estimator):
    """The solver of the last estimator amplifies rounding: its features are compared instead."""
    X, y = datasets.load("strings")

    def work(e):
        stack = StackingClassifier([("mlp", e), ("line", LogisticRegression())], cv=2).fit(X, y)
        return [stack.transform(X), stack.predict(X)]

    assert_same_work(estimator, work)


PROBABILITY_WRAPPERS = {
    "soft voting": lambda e: VotingClassifier(
        [("a", e), ("b", LogisticRegression())], voting="soft", weights=[2, 1]
    ),
    "fixed threshold": lambda e: FixedThresholdClassifier(e, threshold=0.3),
    "tuned threshold": lambda e: TunedThresholdClassifierCV(e, cv=2, thresholds=9),
    "boosting": lambda e: AdaBoostClassifier(e, n_estimators=3, random_state=0),
}


@pytest.mark.parametrize("wrapper", PROBABILITY_WRAPPERS)
def test_classifiers_of_probabilities(wrapper):
    work = fitted_outputs(PROBABILITY_WRAPPERS[wrapper], "binary")
    assert_same_work("MLPClassifier", work, max_iter=20, learning_rate_init=0.01)


@pytest.mark.parametrize("estimator", CLASSIFIERS)
def test_several_targets(estimator):
    X, y = datasets.load("multilabel")
    assert_same_work(estimator, lambda e: MultiOutputClassifier(e).fit(X, y).predict(X))
    assert_same_work(estimator, lambda e: ClassifierChain(e, cv=2).fit(X, y).predict(X))


def test_several_targets_with_probabilities():
    X, y = datasets.load("multilabel")
    assert_same_work(
        "MLPClassifier", lambda e: list(MultiOutputClassifier(e).fit(X, y).predict_proba(X))
    )


@pytest.mark.parametrize("estimator", CLASSIFIERS)
def test_several_targets_in_parts(estimator):
    """``partial_fit`` passes through, with the classes of every target."""
    X, y = datasets.load("multilabel")

    def work(e):
        model = MultiOutputClassifier(e)
        for rows in (slice(0, 40), slice(40, None)):
            model.partial_fit(X[rows], y[rows], classes=[np.array([0, 1])] * y.shape[1])
        return model.predict(X)

    assert_same_work(estimator, work)


def test_self_training():
    X, y = datasets.load("binary")
    some = np.where(np.arange(len(y)) % 3, -1, y)
    seen = []

    def work(e):
        model = SelfTrainingClassifier(e, threshold=0.6, max_iter=3).fit(X, some)
        seen.append((model.labeled_iter_ > 0).sum())
        return [model.predict_proba(X), model.transduction_, model.labeled_iter_]

    assert_same_work("MLPClassifier", work, max_iter=30, learning_rate_init=0.02)
    assert seen[0] == seen[1] > 5  # it did label rows by itself


REGRESSOR_WRAPPERS = {
    "bagging": lambda e: BaggingRegressor(e, 3, max_samples=0.7, random_state=0),
    "boosting": lambda e: AdaBoostRegressor(e, n_estimators=3, random_state=0),
    "voting": lambda e: VotingRegressor([("a", e), ("b", Ridge())], weights=[1, 2]),
    "stacking": lambda e: StackingRegressor([("a", e), ("b", Ridge())], Ridge(), cv=2),
    "stacking with the features": lambda e: StackingRegressor([("a", e)], cv=2, passthrough=True),
    "scaled target": lambda e: TransformedTargetRegressor(e, transformer=StandardScaler()),
    "logarithm": lambda e: TransformedTargetRegressor(
        e, func=np.sinh, inverse_func=np.arcsinh, check_inverse=True
    ),
}


@pytest.mark.parametrize("wrapper", REGRESSOR_WRAPPERS)
def test_regressors(wrapper):
    assert_same_work("MLPRegressor", fitted_outputs(REGRESSOR_WRAPPERS[wrapper], "regression"))


def test_transformed_target_by_hand():
    X, y = datasets.load("multioutput")

    def by_hand(e):
        scaler = StandardScaler().fit(y)
        return scaler.inverse_transform(e.fit(X, scaler.transform(y)).predict(X))

    def work(e):
        model = TransformedTargetRegressor(e, transformer=StandardScaler())
        whole = model.fit(X, y).predict(X)
        np.testing.assert_allclose(whole, by_hand(e), rtol=1e-12)
        return whole

    assert_same_work("MLPRegressor", work)


@pytest.mark.parametrize(
    "wrapper", [MultiOutputRegressor, lambda e: RegressorChain(e, cv=2, random_state=0)]
)
def test_several_numbers(wrapper):
    assert_same_work("MLPRegressor", fitted_outputs(wrapper, "multioutput"))


@pytest.mark.parametrize("method", ["predict_proba", "predict_log_proba", "predict"])
def test_out_of_fold(method):
    X, y = datasets.load("strings")
    assert_same_work("MLPClassifier", lambda e: cross_val_predict(e, X, y, cv=3, method=method))
