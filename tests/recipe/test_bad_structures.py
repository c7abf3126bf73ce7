"""Structures that make no sense: a clear error before any work, and the estimator as it was."""

import numpy as np
import pytest

from skdeep import MLPClassifier, MLPRegressor
from skdeep.solvers import SGD
from tests import datasets
from tests.estimators.structures import STRUCTURES, fitted
from tests.helpers import quiet, unchanged

GOOD = {"a": [0, 1], "b": (["a", 2], "tanh")}
# of networks for the data set "regression", which has 5 features
BAD = {
    "cycle": ({"graph": {"a": ["b"], "b": ["a"]}}, "graph has a cycle: 'a' reads 'b' reads 'a'"),
    "itself": ({"graph": {"a": [0, "a"]}}, "graph has a cycle: 'a' reads 'a'"),
    "unknown node": ({"graph": {"a": [0, "c"]}}, "graph: 'a' reads 'c', which is neither a neuron"),
    "unknown feature": ({"graph": {"a": [5]}}, "graph: 'a' reads 5, .* of the 5 features"),
    "negative": ({"graph": {"a": [-1]}}, "graph: 'a' reads -1, which is neither"),
    "outputs": ({"graph": {"a": [0], "outputs": ["a", "z"]}}, "graph: 'outputs' reads 'z'"),
    "dead end": ({"graph": {"a": [0], "b": [1], "outputs": ["a"]}}, "graph: ..b.. lead nowhere"),
    "empty graph": ({"graph": {}}, "graph must be a dict of at least one neuron"),
    "list as a graph": ({"graph": [["a", 0]]}, "'graph' parameter"),
    "name": ({"graph": "a"}, "'graph' parameter"),
    "float": ({"graph": {"a": [0.5]}}, "graph: 'a' reads 0.5"),
    "bool": ({"graph": {"a": [True]}}, "graph: 'a' reads True"),
    "number as a name": ({"graph": {0: [1]}}, "graph: names of neurons are strings, got 0"),
    "no sources": ({"graph": {"a": []}}, "graph: 'a' must have a list of what it reads"),
    "unknown activation": (
        {"graph": {"a": ([0], "sine")}},
        "graph: the activation of 'a'",
    ),
    "sign": ({"graph": {"a": ([0], "sign")}}, "graph: the activation of 'a' is 'sign'; it may be"),
    "step": ({"graph": {"a": ([0], "step")}}, "graph: the activation of 'a' is 'step'"),
    "softmax": ({"graph": {"a": ([0], "softmax")}}, "graph: the activation of 'a' is 'softmax'"),
    "step for all": ({"graph": {"a": [0]}, "activation": "step"}, "activation of 'a' is 'step'"),
    "graph and skips": ({"graph": GOOD, "skip_connections": True}, "graph .*skip_connections=True"),
    "graph and activations": (
        {"graph": GOOD, "activation": ["relu", "tanh"]},
        r"With a graph, activation .* got \['relu', 'tanh'\]",
    ),
    "skips": ({"skip_connections": "yes"}, "'skip_connections' parameter"),
    "skips, number": ({"skip_connections": 2}, "'skip_connections' parameter"),
    "frozen": ({"frozen_layers": 3}, "frozen_layers=3 is more than the 2 hidden layers"),
    "frozen graph": ({"graph": {"a": [0]}, "frozen_layers": 2}, "more than the 1 hidden layers"),
    "negative frozen": ({"frozen_layers": -1}, "'frozen_layers' parameter"),
    "rates of a graph": ({"graph": GOOD, "dropout": [0.1]}, "'dropout' parameter"),
}


@pytest.mark.parametrize("again", [False, True], ids=["new", "fitted"])
@pytest.mark.parametrize("case", BAD)
def test_bad_parameters(case, again):
    parameters, words = BAD[case]
    X, y = datasets.load("regression")
    model = MLPRegressor(hidden_layer_sizes=(3, 2), max_iter=1, random_state=0)
    if again:
        with quiet():
            model.fit(X, y)
    model.set_params(**parameters)
    generator = np.random.RandomState(0)
    model.set_params(random_state=generator)
    before = generator.get_state()[1].copy()
    for call in (model.fit, model.partial_fit):
        if call == model.partial_fit and again:
            continue  # goes on with the network there is
        with unchanged(model), pytest.raises(ValueError, match=words):
            call(X, y)
    np.testing.assert_array_equal(generator.get_state()[1], before)


def test_other_data():
    """A graph names columns: data with fewer, and data without the names, will not do."""
    pd = pytest.importorskip("pandas")
    X, y = datasets.load("regression")
    model = MLPRegressor(graph={"a": [0, 4], "outputs": ["a", 3]}, max_iter=1)
    with quiet():
        model.fit(X, y)
    with unchanged(model), pytest.raises(ValueError, match=r"'a' reads 4, .* of the 4 features"):
        model.fit(X[:, :4], y)
    with unchanged(model), pytest.raises(ValueError, match="4 features"):
        model.predict(X[:, :4])
    with unchanged(model), pytest.raises(ValueError, match="4 features"):
        model.partial_fit(X[:, :4], y)
    model.set_params(graph={"a": ["first", "f1"]})
    with unchanged(model), pytest.raises(ValueError, match="'a' reads 'first', which is neither"):
        model.fit(X, y)
    frame = pd.DataFrame(X, columns=[f"f{i}" for i in range(5)])
    with unchanged(model), pytest.raises(ValueError, match="'a' reads 'first', which is neither"):
        model.fit(frame, y)
    model.set_params(graph={"f1": [0]})
    with unchanged(model), pytest.raises(ValueError, match="'f1' is the name of a neuron and of"):
        model.fit(frame, y)
    model.set_params(graph={"a": [1, "f1"]})
    with unchanged(model), pytest.raises(ValueError, match="'a' reads 'f1' twice"):
        model.fit(frame, y)


def _replaced(index, shape):
    def replace(model):
        model.coefs_[index] = np.ones(shape)

    return replace


CHANGES = {
    "as without skips": (_replaced(1, (5, 4)), r"Layer 1: .*\(5, 4\).* \(11, 4\) and \(4,\) were"),
    "outputs": (_replaced(2, (4, 4)), r"Layer 2: .*\(4, 4\).* \(15, 4\)"),
    "features": (_replaced(0, (5, 5)), r"Layer 0: .*\(5, 5\).* \(6, 5\)"),
}


@pytest.mark.parametrize("case", CHANGES)
def test_replaced_by_other_shapes(case):
    change, words = CHANGES[case]
    model, X, y = fitted("multiclass", hidden_layer_sizes=(5, 4), skip_connections=True)
    change(model)
    for call in (model.predict, model.hidden_activations, lambda X: model.partial_fit(X, y)):
        with unchanged(model), pytest.raises(ValueError, match=words):
            call(X)


@pytest.mark.parametrize("structure", STRUCTURES)
def test_replaced_by_equal_shapes(structure):
    """Other arrays in the lists are the network from then on, in float32 as well."""
    model, X, y = fitted("multiclass", **STRUCTURES[structure])
    expected = model.predict_proba(X)
    for name in ("coefs_", "intercepts_", "auxiliary_coefs_", "auxiliary_intercepts_"):
        if hasattr(model, name):
            setattr(model, name, [array.copy() for array in getattr(model, name)])
    np.testing.assert_array_equal(model.predict_proba(X), expected)
    model.coefs_[0][...] *= 0.5
    assert not np.array_equal(model.predict_proba(X), expected)
    before = [coef.copy() for coef in model.coefs_]
    with quiet():
        model.set_params(solver=SGD(1e-300), alpha=0.0).partial_fit(X, y)
    for ours, theirs in zip(model.coefs_, before, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_threshold_units_of_given_weights_are_not_trained():
    model = MLPClassifier.from_weights(
        [[[1.0]], [[1.0], [1.0]]], [[0.0], [0.0]], activation="step", skip_connections=True
    )
    with unchanged(model), pytest.raises(ValueError, match="activation='step' cannot be trained"):
        model.partial_fit([[0.0], [1.0]], [0, 1])


OTHERS = {
    "sizes": {"hidden_layer_sizes": (5, 3)},
    "fewer layers": {"hidden_layer_sizes": (5,), "dropout": 0.5},
    "more layers": {"hidden_layer_sizes": (5, 4, 3), "frozen_layers": 3},
    "no skips": {"skip_connections": False},
    "normalised": {"batch_norm": True},
    "graph": {"skip_connections": False, "graph": {"a": [0], "b": ["a"]}},
}


@pytest.mark.parametrize("way", ["partial_fit", "warm start"])
@pytest.mark.parametrize("case", OTHERS)
def test_training_goes_on_with_the_same_network(case, way):
    model, X, y = fitted("regression", hidden_layer_sizes=(5, 4), skip_connections=True)
    model.set_params(**OTHERS[case], warm_start=True)
    call = model.partial_fit if way == "partial_fit" else model.fit
    with unchanged(model), pytest.raises(ValueError, match="goes on with the fitted network"):
        call(X, y)


def test_training_goes_on_with_the_same_graph():
    model, X, y = fitted("regression", graph={"a": [0, 1], "b": ["a"]}, warm_start=True)
    with quiet():
        model.set_params(graph={"b": ("a",), "a": (1, 0)}).fit(X, y)
    model.set_params(graph={"a": [0, 2], "b": ["a"]})
    with unchanged(model), pytest.raises(ValueError, match="goes on with the fitted network"):
        model.fit(X, y)
