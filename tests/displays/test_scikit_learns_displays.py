"""scikit-learn's displays and inspection work on the estimators."""

import numpy as np
import pytest
from sklearn.inspection import (
    DecisionBoundaryDisplay,
    PartialDependenceDisplay,
    partial_dependence,
    permutation_importance,
)
from sklearn.metrics import ConfusionMatrixDisplay, PredictionErrorDisplay, RocCurveDisplay
from sklearn.model_selection import LearningCurveDisplay, ValidationCurveDisplay

from skdeep import MLPClassifier, MLPRegressor, Perceptron
from tests.displays import networks
from tests.helpers import quiet

pytest.importorskip("matplotlib.pyplot")

CLASSIFIERS = {
    "network": MLPClassifier((5,), max_iter=20, learning_rate_init=0.03, random_state=0),
    "hinge": MLPClassifier((5,), loss="hinge", max_iter=20, random_state=0),
    "perceptron": Perceptron(max_iter=20),
}
REGRESSOR = MLPRegressor(hidden_layer_sizes=(5,), max_iter=50, random_state=0)


def fitted(estimator, n_features=4, n_classes=3, as_frame=False):
    X, y = networks.iris(as_frame)
    rows = np.asarray(y) < n_classes
    X = X.iloc[rows, :n_features] if as_frame else X[rows, :n_features]
    with quiet():
        return estimator.fit(X, y[rows]), X, y[rows]


@pytest.mark.parametrize("name", CLASSIFIERS)
@pytest.mark.parametrize("n_classes", [2, 3])
def test_decision_boundary(name, n_classes):
    clf, X, _ = fitted(CLASSIFIERS[name], 2, n_classes)
    display = DecisionBoundaryDisplay.from_estimator(
        clf, X, grid_resolution=9, response_method="predict"
    )
    grid = np.c_[display.xx0.ravel(), display.xx1.ravel()]
    np.testing.assert_array_equal(display.response.ravel(), clf.predict(grid))
    soft = DecisionBoundaryDisplay.from_estimator(clf, X, grid_resolution=9, class_of_interest=1)
    method = "predict_proba" if hasattr(clf, "predict_proba") else "decision_function"
    response = getattr(clf, method)(grid)
    response = response if response.ndim == 1 else response[:, 1]
    np.testing.assert_allclose(soft.response.ravel(), response)


def test_decision_boundary_of_a_regressor():
    reg, X, _ = fitted(REGRESSOR, 2)
    assert DecisionBoundaryDisplay.from_estimator(reg, X, grid_resolution=5).response.shape == (
        5,
        5,
    )


@pytest.mark.parametrize("estimator", [*CLASSIFIERS.values(), REGRESSOR])
def test_learning_curve(estimator):
    X, y = networks.iris()
    with quiet():
        display = LearningCurveDisplay.from_estimator(
            estimator, X, y, cv=2, train_sizes=[0.5, 1.0], shuffle=True, random_state=0
        )
    assert display.test_scores.shape == (2, 2) and np.isfinite(display.test_scores).all()


@pytest.mark.parametrize("estimator", [*CLASSIFIERS.values(), REGRESSOR])
def test_validation_curve(estimator):
    X, y = networks.iris()
    with quiet():
        display = ValidationCurveDisplay.from_estimator(
            estimator, X, y, param_name="alpha", param_range=[1e-4, 1e-2], cv=2
        )
    assert display.test_scores.shape == (2, 2) and np.isfinite(display.test_scores).all()


@pytest.mark.parametrize("as_frame", [False, True])
def test_permutation_importance(as_frame):
    clf, X, y = fitted(CLASSIFIERS["network"], as_frame=as_frame)
    means = permutation_importance(clf, X, y, n_repeats=5, random_state=0).importances_mean
    assert means[2:].max() > means[:2].max()  # petals tell more than sepals


def test_partial_dependence():
    clf, X, _ = fitted(CLASSIFIERS["network"], as_frame=True)
    result = partial_dependence(clf, X, ["petal width (cm)"], grid_resolution=5)
    widths, averages = result["grid_values"][0], result["average"]
    for value, average in zip(widths, averages.T, strict=True):
        changed = X.assign(**{"petal width (cm)": value})
        np.testing.assert_allclose(clf.predict_proba(changed).mean(axis=0), average)
    display = PartialDependenceDisplay.from_estimator(clf, X, [2, (2, 3)], target=1)
    assert display.axes_.shape == (1, 2)


def test_other_displays():
    clf, X, y = fitted(CLASSIFIERS["network"], n_classes=2)
    assert RocCurveDisplay.from_estimator(clf, X, y).roc_auc > 0.9
    assert ConfusionMatrixDisplay.from_estimator(clf, X, y).confusion_matrix.sum() == 100
    reg, X, y = fitted(REGRESSOR)
    assert PredictionErrorDisplay.from_estimator(reg, X, y).y_pred.shape == (150,)
