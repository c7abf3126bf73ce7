"""To scikit-learn's estimators and back: the same predictions, and training that goes on."""

import re

import numpy as np
import pytest
from sklearn import linear_model, neural_network
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

import skdeep
from skdeep import schedules, solvers
from tests import datasets
from tests.helpers import assert_close, quiet, same, unchanged
from tests.saving.models import LAYERED, MODELS, fitted

SKLEARN = {
    "MLPClassifier": neural_network.MLPClassifier,
    "MLPRegressor": neural_network.MLPRegressor,
    "Perceptron": linear_model.Perceptron,
}
#: What scikit-learn does not have, of every model that it cannot express.
REFUSED = {
    "hinge, two": "outputs by 'identity' (loss='hinge', out_activation='auto'; it has ['logistic']",
    "hinge, several": "outputs by 'identity' (loss='hinge'",
    "shares": "outputs by 'logistic' (loss='log_loss', out_activation='logistic'; it has ['soft",
    "several activations": "activations of their own in every layer (gelu, mish); act",
    **{
        name: "skip_connections"
        for name in MODELS
        if name.startswith("skips") and name not in LAYERED
    },
}
NAMES = [name for name in MODELS if name != "transformer" and name not in LAYERED]
EXPRESSED = [name for name in NAMES if name not in REFUSED]
RECORD = (
    *("n_iter_", "t_", "loss_", "loss_curve_", "best_loss_", "validation_scores_", "classes_"),
    *("best_validation_score_", "out_activation_", "n_layers_", "n_outputs_", "n_features_in_"),
)


def numbers(model, X):
    """Return what an estimator predicts in numbers."""
    for name in ("predict_proba", "decision_function", "predict"):
        if hasattr(model, name):
            return getattr(model, name)(X)


@pytest.mark.parametrize("name", EXPRESSED)
def test_same_predictions(name):
    model, X = fitted(name)
    with unchanged(model):
        theirs = model.to_sklearn()
    assert type(theirs) is SKLEARN[type(model).__name__]
    tolerance = 1e-5 if np.asarray(X).dtype == np.float32 else 1e-12
    assert_close(numbers(theirs, X), numbers(model, X), tolerance)
    if hasattr(model, "classes_"):
        np.testing.assert_array_equal(theirs.predict(X), model.predict(X))
    for attribute in RECORD:
        assert same(getattr(theirs, attribute, None), getattr(model, attribute, None)), attribute
    assert same(getattr(theirs, "feature_names_in_", 0), getattr(model, "feature_names_in_", 0))


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_what_scikit_learn_does_not_have(name):
    model, _ = fitted(name)
    message = f"scikit-learn's {type(model).__name__} does not have: .*{re.escape(REFUSED[name])}"
    with unchanged(model), pytest.raises(ValueError, match=message):
        model.to_sklearn()


def test_activation_that_scikit_learn_does_not_have():
    model = skdeep.MLPClassifier.from_weights(
        [[[1.0]], [[1.0]]], [[0.0], [0.0]], activation="gelu", loss="hinge"
    )
    with pytest.raises(ValueError, match="activation='gelu'; outputs by 'identity'"):
        model.to_sklearn()


def test_aliases_are_resolved():
    model = skdeep.MLPRegressor.from_weights(
        [[[1.0]], [[1.0]]], [[0.0], [0.0]], activation="linear"
    )
    assert model.to_sklearn().activation == "identity"


@pytest.mark.parametrize("name", [n for n in EXPRESSED if "regression" not in n])
def test_nothing_is_shared(name):
    model, X = fitted(name)
    theirs, before = model.to_sklearn(), numbers(model, X)
    for array in [*getattr(theirs, "coefs_", []), *getattr(theirs, "intercepts_", [])]:
        array[:] = 0
    assert same(numbers(model, X), before)


SOLVERS = {
    "adam": dict(solver="adam", beta_1=0.8, learning_rate_init=0.01),
    "sgd": dict(solver="sgd", learning_rate_init=0.05),
    "plain sgd": dict(solver="sgd", momentum=0.0, nesterovs_momentum=False),
    "invscaling": dict(solver="sgd", learning_rate="invscaling", power_t=0.3),
    "adaptive": dict(solver="sgd", learning_rate="adaptive", learning_rate_init=0.02),
    "object": dict(solver=solvers.Adam(learning_rate_init=0.02, epsilon=1e-6)),
    "objects": dict(
        solver=solvers.SGD(learning_rate_init=0.1, momentum=0.5),
        learning_rate=schedules.InvScaling(power_t=0.4),
    ),
}


def _partly_fitted(data, cls=None, n_calls=3, **parameters):
    X, y = datasets.load(data)
    name = "MLPRegressor" if datasets.is_regression(data) else "MLPClassifier"
    model = (cls or getattr(skdeep, name))(
        hidden_layer_sizes=(6, 3), random_state=0, shuffle=False, batch_size=32, **parameters
    )
    for _ in range(n_calls):
        if datasets.is_regression(data):
            model.partial_fit(X, y)
        else:
            model.partial_fit(X, y, classes=np.arange(y.shape[1]) if y.ndim > 1 else np.unique(y))
    return model, X, y


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("data", ["multiclass", "multioutput", "multilabel"])
def test_training_goes_on_in_scikit_learn(solver, data):
    model, X, y = _partly_fitted(data, **SOLVERS[solver])
    theirs = model.to_sklearn()
    for _ in range(4):
        model.partial_fit(X, y)
        theirs.partial_fit(X, y)
    assert_close(numbers(theirs, X), numbers(model, X), 1e-8)
    assert_close(theirs.loss_curve_, model.loss_curve_, 1e-8)
    assert theirs.t_ == model.t_ and theirs.n_iter_ == model.n_iter_


PLAIN = [name for name in SOLVERS if "object" not in name]


@pytest.mark.parametrize("solver", PLAIN)
@pytest.mark.parametrize("data", ["multiclass", "multioutput", "multilabel"])
def test_training_goes_on_in_skdeep(solver, data):
    cls = SKLEARN["MLPRegressor" if data == "multioutput" else "MLPClassifier"]
    theirs, X, y = _partly_fitted(data, cls, **SOLVERS[solver])
    model = getattr(skdeep, cls.__name__).from_sklearn(theirs)
    assert_close(numbers(model, X), numbers(theirs, X), 1e-12)
    assert model.get_params().items() >= theirs.get_params().items()
    assert model.stop_reason_ == "from_sklearn"
    for _ in range(4):
        model.partial_fit(X, y)
        theirs.partial_fit(X, y)
    assert_close(numbers(model, X), numbers(theirs, X), 1e-8)
    assert_close(model.loss_curve_, theirs.loss_curve_, 1e-8)


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_warm_start(solver):
    X, y = datasets.load("binary")
    theirs = neural_network.MLPClassifier(
        (4,), solver=solver, max_iter=5, random_state=0, warm_start=True
    )
    with quiet():
        theirs.fit(X, y)
        model = skdeep.MLPClassifier.from_sklearn(theirs).fit(X, y)
        theirs.fit(X, y)
    assert_close(model.predict_proba(X), theirs.predict_proba(X), 1e-6)


@pytest.mark.parametrize("name", EXPRESSED)
def test_there_and_back(name):
    model, X = fitted(name)
    theirs = model.to_sklearn()
    again = type(model).from_sklearn(theirs)
    assert same(numbers(again, X), numbers(type(model).from_sklearn(again.to_sklearn()), X))
    assert_close(numbers(again, X), numbers(theirs, X), 1e-5)


@pytest.mark.parametrize("data", ["binary", "multiclass", "strings", "sparse"])
def test_perceptrons(data):
    X, y = datasets.load(data)
    theirs = linear_model.Perceptron(tol=None, max_iter=4, penalty="l2").fit(X, y)
    model = skdeep.Perceptron.from_sklearn(theirs)
    again = model.to_sklearn()
    np.testing.assert_array_equal(model.predict(X), theirs.predict(X))
    for _ in range(2):
        for perceptron in (theirs, model, again):
            perceptron.partial_fit(X, y)
    np.testing.assert_allclose(model.coef_, theirs.coef_, rtol=1e-12)
    np.testing.assert_allclose(again.coef_, theirs.coef_, rtol=1e-12)
    assert model.t_ == theirs.t_ == again.t_
    assert len(model.mistakes_curve_) == 2


def test_training_alone_knows_more():
    """What scikit-learn does not have, but predictions do not need, is left out."""
    X, y = datasets.load("regression")
    model = skdeep.MLPRegressor(
        loss="huber",
        solver="rmsprop",
        learning_rate="cosine",
        momentum="linear",
        dropout=0.1,
        max_iter=3,
        alpha=0.5,
    )
    with quiet():
        theirs = model.fit(X, y).to_sklearn()
    assert (theirs.loss, theirs.solver, theirs.learning_rate) == (
        "squared_error",
        "adam",
        "constant",
    )
    assert (theirs.momentum, theirs.alpha) == (0.9, 0.5)
    with quiet():
        clone(theirs).fit(X, y)
        theirs.partial_fit(X, y)


@pytest.mark.parametrize("name", SKLEARN)
def test_wrong_estimators(name):
    cls = getattr(skdeep, name)
    other = SKLEARN["Perceptron" if name != "Perceptron" else "MLPClassifier"]()
    for value in (other, cls(), None, "model"):
        with pytest.raises(TypeError, match=f"from_sklearn takes scikit-learn's {name}, got"):
            cls.from_sklearn(value)
    with pytest.raises(NotFittedError):
        cls.from_sklearn(SKLEARN[name]())
