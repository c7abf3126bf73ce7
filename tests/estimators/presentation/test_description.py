"""Networks in words: the numbers are those of the arrays."""

import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression

from skdeep import MLPClassifier, MLPRegressor, NetworkClassifier, Perceptron
from skdeep.estimators.presentation.description import describe_network
from skdeep.layers import Dense, NeuronGraph
from tests.estimators import structures
from tests.helpers import quiet


def by_name(description):
    return {layer.name: layer for layer in description.layers}


@pytest.mark.parametrize("batch_norm", [False, True])
@pytest.mark.parametrize("name", structures.STRUCTURES)
def test_parameters_are_those_of_the_arrays(name, batch_norm):
    parameters = structures.STRUCTURES[name]
    model, _, _ = structures.fitted("regression", **parameters, batch_norm=batch_norm)
    description = describe_network(model)
    arrays = [*model.coefs_, *model.intercepts_]
    arrays += [
        *getattr(model, "auxiliary_coefs_", []),
        *getattr(model, "auxiliary_intercepts_", []),
    ]
    arrays += [part for norm in model.batch_norm_ for part in (norm.scale, norm.shift)]
    missing = sum((~mask).sum() for mask in getattr(model, "connectivity_", []))
    assert description.n_parameters == sum(np.size(array) for array in arrays) - missing
    layers = by_name(description)
    sizes = [len(model.coefs_[0]), *map(len, model.intercepts_)]
    names = ["input", *(f"hidden {i}" for i in range(len(sizes) - 2)), "output"]
    assert [layers[name].n_units for name in names] == sizes
    assert len(layers) - len(names) == len(getattr(model, "auxiliary_coefs_", []))
    for i, mask in enumerate(getattr(model, "connectivity_", [])):
        assert layers[names[i + 1]].n_parameters >= mask.sum()


@pytest.mark.parametrize("name", structures.STRUCTURES)
def test_plans_are_kept(name):
    """What is known before the fit is the same after it."""
    parameters = structures.STRUCTURES[name]
    model, X, y = structures.estimator("regression", **parameters)
    planned = describe_network(model)
    with quiet():
        done = describe_network(model.fit(X, y))
    assert not planned.fitted and done.fitted
    for before, after in zip(planned.layers, done.layers, strict=True):
        for one, other in zip(before[:-1], after[:-1], strict=True):
            assert one is None or one == other, before.name


def test_reads():
    X, y = load_iris(return_X_y=True)
    with quiet():
        clf = MLPClassifier((3, 2), skip_connections=True, max_iter=1).fit(X, y)
    assert [layer.reads for layer in describe_network(clf).layers] == [
        (), ("input",), ("input", "hidden 0"), ("input", "hidden 0", "hidden 1"),
    ]  # fmt: skip


def test_notes_and_names():
    X, y = load_iris(return_X_y=True, as_frame=True)
    source = MLPClassifier((4, 3), solver="lbfgs", random_state=0).fit(X, y)
    clf = MLPClassifier(
        (4, 3), max_iter=1, init_from=source, frozen_layers=1, dropout=0.5,
        dropconnect=0.25, weight_norm=True, input_noise=0.5, input_dropout=0.1,
    )  # fmt: skip
    clf.set_params(weight_norm=False)
    with quiet():
        layers = describe_network(clf.fit(X, y)).layers
    assert layers[0].notes == ("noise 0.5", "dropout 0.1")
    assert layers[1].notes == ("dropout 0.5", "dropconnect 0.25", "frozen")
    assert layers[2].notes == ("dropout 0.5", "dropconnect 0.25")
    assert layers[3].notes == ()
    assert layers[0].unit_names() == list(X.columns)
    assert layers[1].unit_names() == ["h0_0", "h0_1", "h0_2", "h0_3"]
    assert layers[3].unit_names() == ["0", "1", "2"]
    clf.set_params(dropout=(0.5,))  # the network is still the same
    assert describe_network(clf).n_parameters == 47


def test_graph():
    """A row for every group of neurons; after the fit it is that of the fit."""
    X, y = load_iris(return_X_y=True)
    graph = {"a": [0], "b": ([1, "a"], "tanh"), "c": ["b", 1, 3], "outputs": ["c", "a", 2]}
    clf = NetworkClassifier([Dense(5), NeuronGraph(graph, batch_norm=True)], max_iter=1)
    for fitted in (False, True):
        if fitted:
            with quiet():
                clf.fit(X, y)
        layers = describe_network(clf).layers
        assert [layer.name for layer in layers[1:-1]] == [
            *("hidden 0", "hidden 1.0", "hidden 1.1", "hidden 1.2")
        ]
        assert [layer.reads for layer in layers[2:]] == [
            ("hidden 0",),
            ("hidden 0", "hidden 1.0"),
            ("hidden 0", "hidden 1.1"),
            ("hidden 0", "hidden 1.0", "hidden 1.2"),
        ]
        assert [layer.n_parameters for layer in layers[2:-1]] == [1 + 3, 2 + 3, 3 + 3]
        assert [layer.units for layer in layers[2:-1]] == [("a",), ("b",), ("c",)]
        assert layers[3].notes == ("NeuronGraph", "batch norm") and layers[-1].notes == ()
    after = describe_network(clf.set_params(layers=[NeuronGraph({"a": ["a"]})]))
    assert after.layers == layers and after.n_parameters == 25 + 15 + 4 * 3
    alone = describe_network(NetworkClassifier([NeuronGraph({"a": ["x"]})], input_shape=4))
    assert [layer.name for layer in alone.layers] == ["input", "hidden 0", "output"]


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("fit_intercept", [False, True])
def test_perceptron(n_classes, fit_intercept):
    X, y = load_iris(return_X_y=True)
    X, y = X[y < n_classes], y[y < n_classes]
    with quiet():
        clf = Perceptron(fit_intercept=fit_intercept).fit(X, y)
    count = clf.coef_.size + clf.intercept_.size * fit_intercept
    assert describe_network(clf).n_parameters == count
    assert describe_network(clf.sparsify()).n_parameters == count


def test_shape_and_title():
    reg = MLPRegressor(hidden_layer_sizes=(30, 20))
    assert describe_network(reg).title() == "MLPRegressor, not fitted: ?-(30, 20)-?"
    one = MLPRegressor.from_weights([[[1.0]]], [[0.0]])
    assert describe_network(one).title() == "MLPRegressor: 1-1, 2 parameters"
    assert describe_network(MLPRegressor(hidden_layer_sizes=())).shape == "?-?"


def test_summary():
    reg = MLPRegressor(hidden_layer_sizes=(30, 20))
    assert reg.summary() == describe_network(reg)
    assert repr(reg.summary()) == str(describe_network(reg))
    net = NetworkClassifier([Dense(3)])
    assert "hidden 0" in repr(net.summary())
    with pytest.raises(ValueError, match="activation has 2 entries"):
        MLPClassifier((3,), activation=["relu", "tanh"]).summary()


def test_bad_input():
    for wrong in (LogisticRegression(), MLPClassifier, "network"):
        with pytest.raises(TypeError, match="Networks are those of"):
            describe_network(wrong)
    with pytest.raises(ValueError, match="activation has 2 entries"):
        describe_network(MLPClassifier((3,), activation=["relu", "tanh"]))
    with pytest.raises(ValueError, match="'loss' parameter of MLPClassifier must be"):
        describe_network(MLPClassifier(loss="mine"))
