"""Estimators made of given weights: exact logic, and everything that a fitted estimator can do."""

import itertools
import pickle

import numpy as np
import pytest
from sklearn.base import clone

from skdeep import MLPClassifier, MLPRegressor, check_gradient
from tests import datasets
from tests.helpers import quiet, unchanged

INPUTS = np.array(list(itertools.product([0.0, 1.0], repeat=2)))
A, B = INPUTS.astype(bool).T
# function -> (weights of a sigmoid unit, bias, truth)
GATES = {
    "and": ([20, 20], -30, A & B),
    "or": ([20, 20], -10, A | B),
    "not": ([-20, 0], 10, ~A),
    "nand": ([-20, -20], 30, ~(A & B)),
    "nor": ([-20, -20], 10, ~(A | B)),
}


@pytest.mark.parametrize("output", ["logistic", "step", "sign"])
@pytest.mark.parametrize("name", GATES)
def test_gates_of_one_unit(name, output):
    weights, bias, truth = GATES[name]
    gate = MLPClassifier.from_weights(
        [np.reshape(weights, (2, 1))], [[bias]], out_activation=output, classes=[False, True]
    )
    np.testing.assert_array_equal(gate.predict(INPUTS), truth)
    assert gate.score(INPUTS, truth) == 1.0
    if output != "sign":
        certain = gate.predict_proba(INPUTS)[np.arange(4), truth.astype(int)]
        assert (certain > (0.9999 if output == "logistic" else 1 - 1e-12)).all()
    else:
        assert not hasattr(gate, "predict_proba")
        np.testing.assert_array_equal(gate.decision_function(INPUTS) > 0, truth)


@pytest.mark.parametrize("units", ["logistic", "step"])
def test_xnor_of_two_layers(units):
    """XNOR is AND or NOR."""
    coefs, intercepts = [[[20, -20], [20, -20]], [[20], [20]]], [[-30, 10], [-10]]
    xnor = MLPClassifier.from_weights(coefs, intercepts, activation=units, out_activation=units)
    np.testing.assert_array_equal(xnor.predict(INPUTS), A == B)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_closed_form_of_xor(dtype):
    coefs = [np.array([[1, 1], [1, 1]], dtype), np.array([[1], [-2]], dtype)]
    intercepts = [np.array([0, -1], dtype), np.array([0], dtype)]
    xor = MLPRegressor.from_weights(coefs, intercepts, activation="relu")
    got = xor.predict(INPUTS.astype(dtype))
    assert got.dtype == xor.coefs_[0].dtype == dtype
    np.testing.assert_array_equal(got, [0, 1, 1, 0])
    np.testing.assert_array_equal(xor.make_predictor().predict(INPUTS.astype(dtype)), got)
    coefs[0][:] = 9  # the weights have been copied
    np.testing.assert_array_equal(xor.predict(INPUTS), [0, 1, 1, 0])


def test_conjunctive_normal_form():
    """(a or not b or c) and (not a or d) and (b or not d), with a threshold unit per clause."""
    clauses = [{0: 1, 1: -1, 2: 1}, {0: -1, 3: 1}, {1: 1, 3: -1}]
    W, b = np.zeros((4, len(clauses))), np.zeros(len(clauses))
    for j, clause in enumerate(clauses):
        for variable, sign in clause.items():
            W[variable, j] = sign
        b[j] = sum(sign < 0 for sign in clause.values()) - 0.5
    formula = MLPClassifier.from_weights(
        [W, np.ones((len(clauses), 1))],
        [b, [0.5 - len(clauses)]],
        activation="step",
        out_activation="step",
    )
    X = np.array(list(itertools.product([0, 1], repeat=4)))
    truth = [all(any(x[v] == (s > 0) for v, s in clause.items()) for clause in clauses) for x in X]
    assert 0 < sum(truth) < 16
    np.testing.assert_array_equal(formula.predict(X), truth)


def test_attributes():
    names = ["east", "north", "west"]
    rng = np.random.RandomState(0)
    model = MLPClassifier.from_weights(
        [rng.randn(4, 3), rng.randn(3, 2), rng.randn(2, 3)],
        [rng.randn(3), rng.randn(2), rng.randn(3)],
        activation=["tanh", "step"],
        classes=names,
        alpha=0.5,
    )
    assert model.hidden_layer_sizes == (3, 2) and model.alpha == 0.5
    assert (model.n_features_in_, model.n_layers_, model.n_outputs_) == (4, 4, 3)
    assert (model.n_iter_, model.t_, model.loss_curve_) == (0, 0, [])
    assert (model.out_activation_, model.stop_reason_) == ("softmax", "from_weights")
    assert list(model.classes_) == names
    X = rng.randn(9, 4)
    np.testing.assert_allclose(model.predict_proba(X).sum(axis=1), 1)
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.predict(X), model.predict(X))
    assert set(model.predict(X)) <= set(names)
    assert not hasattr(clone(model), "coefs_") and clone(model).activation == ["tanh", "step"]
    assert clone(model).hidden_layer_sizes == (3, 2)


def test_several_labels_at_once():
    gates = [GATES[name] for name in ("and", "or", "nand")]
    coefs = np.transpose([weights for weights, _, _ in gates])
    model = MLPClassifier.from_weights(
        [coefs], [[bias for _, bias, _ in gates]], out_activation="step", multilabel=True
    )
    truth = np.transpose([truth for _, _, truth in gates])
    np.testing.assert_array_equal(model.predict(INPUTS), truth)
    assert model.score(INPUTS, truth.astype(int)) == 1.0


@pytest.mark.parametrize("name", ["binary", "multiclass", "strings", "multilabel", "regression"])
def test_a_copy_goes_on_as_the_original(name):
    """A warm start, `partial_fit` and the gradient do not see where the weights came from."""
    X, y = datasets.load(name)
    cls = MLPRegressor if datasets.is_regression(name) else MLPClassifier
    settings = {"max_iter": 3, "random_state": 0, "activation": "tanh", "warm_start": True}
    settings["solver"] = "lbfgs"
    with quiet():
        model = cls(hidden_layer_sizes=(4, 3), **settings).fit(X, y)
    if name == "strings":
        settings["classes"] = model.classes_
    if name == "multilabel":
        settings["multilabel"] = True
    copy = cls.from_weights(model.coefs_, model.intercepts_, **settings)
    np.testing.assert_array_equal(copy.predict(X), model.predict(X))
    assert check_gradient(copy, X, y) < 1e-6
    for a, b in zip(copy.loss_gradient(X, y)[1], model.loss_gradient(X, y)[1], strict=True):
        np.testing.assert_array_equal(a, b)
    with quiet():
        model.fit(X, y)
        copy.fit(X, y)
    np.testing.assert_array_equal(copy.coefs_[0], model.coefs_[0])
    copy.set_params(solver="adam").partial_fit(X, y)
    assert copy.t_ == len(X) and len(copy.loss_curve_) == 1
    copy.set_params(early_stopping=True)
    with quiet():
        copy.fit(X, y)
    assert len(copy.validation_scores_) == 3


THRESHOLDS = [{"activation": "step"}, {"activation": ["sign"]}, {"out_activation": "step"}]


@pytest.mark.parametrize("parameters", THRESHOLDS, ids=str)
@pytest.mark.parametrize("method", ["fit", "partial_fit", "loss_gradient"])
def test_threshold_units_are_not_trained(parameters, method):
    name = next(iter(parameters))
    for cls in (MLPClassifier, MLPRegressor):
        model = cls.from_weights(
            [np.ones((2, 1)), np.ones((1, 1))], [[0.5], [0.5]], warm_start=True, **parameters
        )
        with unchanged(model), pytest.raises(ValueError, match=f"{name}=.* cannot be trained"):
            getattr(model, method)(INPUTS, [0, 1, 1, 0])


W = np.ones
WRONG = {
    "chain": ([W((2, 3)), W((4, 1))], [W(3), W(1)], ["Layer 1", "(4, 1)", "(2, 3)", "(3, 1)"]),
    "bias": ([W((2, 3)), W((3, 1))], [W(3), W(2)], ["Layer 1", "(3, 1)", "(2,)"]),
    "bias of a layer": ([W((2, 3))], [W((1, 3))], ["Layer 0", "(2, 3)", "(1, 3)"]),
    "vector": ([W(3)], [W(3)], ["Layer 0", "(3,)"]),
    "no units": ([W((2, 0)), W((0, 1))], [W(0), W(1)], ["Layer 0", "(2, 0)"]),
    "too few biases": ([W((2, 3)), W((3, 1))], [W(3)], ["2", "1 arrays"]),
    "nothing": ([], [], ["0 arrays", "there must be a layer"]),
    "nan": ([W((2, 1)) * np.nan], [W(1)], ["Layer 0", "coefs[0]", "NaN"]),
    "words": ([W((2, 1))], [["one"]], ["Layer 0", "intercepts[0]", "numbers"]),
    "ragged": ([[[1, 2], [3]]], [W(1)], ["Layer 0", "coefs[0]", "numbers"]),
}


@pytest.mark.parametrize("case", WRONG)
@pytest.mark.parametrize("cls", [MLPClassifier, MLPRegressor])
def test_weights_of_wrong_shapes(cls, case):
    coefs, intercepts, words = WRONG[case]
    with pytest.raises(ValueError) as raised:
        cls.from_weights(coefs, intercepts)
    assert all(word in str(raised.value) for word in words), raised.value


BAD_CLASSES = [
    (1, [0, 1, 2], "shape \\(3,\\).* 1 outputs"),
    (3, [0, 1], "shape \\(2,\\).* 3 outputs"),
    (2, [0, 1], "2 outputs"),
    (2, None, "2 outputs"),
    (1, ["yes", "no"], "ascending"),
    (3, [1, 1, 2], "ascending"),
    (1, [0.5, 0.75], "classes must be labels"),
]


@pytest.mark.parametrize("n_outputs, classes, words", BAD_CLASSES)
def test_classes_that_do_not_fit(n_outputs, classes, words):
    with pytest.raises(ValueError, match=words):
        MLPClassifier.from_weights([W((2, n_outputs))], [W(n_outputs)], classes=classes)


@pytest.mark.parametrize("n_outputs, classes", [(1, None), (3, [0, 1, 2])])
def test_multilabel_takes_several_outputs_without_names(n_outputs, classes):
    with pytest.raises(ValueError, match="multilabel=True"):
        MLPClassifier.from_weights(
            [W((2, n_outputs))], [W(n_outputs)], classes=classes, multilabel=True
        )


@pytest.mark.parametrize(
    "parameters, error",
    [
        ({"activation": "ghost"}, ValueError),
        ({"activation": ["relu", "relu"]}, ValueError),
        ({"out_activation": "ghost"}, ValueError),
        ({"out_activation": "softmax"}, ValueError),
        ({"alpha": -1}, ValueError),
        ({"ghost": 1}, TypeError),
        ({"hidden_layer_sizes": (3,)}, TypeError),
    ],
)
def test_parameters_are_checked(parameters, error):
    name = next(iter(parameters))
    for cls in (MLPClassifier, MLPRegressor):
        with pytest.raises(error, match=name):
            cls.from_weights([W((2, 3)), W((3, 1))], [W(3), W(1)], **parameters)
