"""Layers that stand for several others."""

import pickle

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV

from skdeep import NetworkClassifier, check_gradient
from skdeep.layers import Add, Branches, Concatenate, Conv1D, Dense, Flatten, Residual
from tests.helpers import quiet
from tests.layers.problems import fitted, sequences


def test_residual_is_a_sum_of_named_layers():
    X, y = sequences()
    inner = [Conv1D(4, 3, padding="same", activation="tanh"), ("last", Conv1D(3, 1))]
    ours = fitted([("block", Residual(inner, activation="relu")), Flatten()], X, y)
    written_out = [
        ("block_0", Conv1D(4, 3, padding="same", activation="tanh")),
        ("block_last", Conv1D(3, 1)),
        ("block", Add(["features", "block_last"], activation="relu")),
        Flatten(),
    ]
    theirs = fitted(written_out, X, y)
    assert [name for name, _ in ours.layers_] == ["block_0", "block_last", "block", "1"]
    assert np.array_equal(ours._vector, theirs._vector)
    assert check_gradient(ours, X, y) < 1e-6


@pytest.mark.parametrize("merge", ["concatenate", "add"])
def test_branches_are_joined(merge):
    X, y = sequences()
    branches = [Conv1D(3, 1), [Conv1D(4, 1), ("b", Conv1D(3, 3, padding="same"))], []]
    ours = fitted([Branches(branches, merge=merge), Flatten()], X, y)
    join = Add if merge == "add" else Concatenate
    written_out = [
        ("a", Conv1D(3, 1)),
        ("b", Conv1D(4, 1, inputs="features")),
        ("c", Conv1D(3, 3, padding="same")),
        join(["a", "c", "features"]),
        Flatten(),
    ]
    assert np.array_equal(ours._vector, fitted(written_out, X, y)._vector)


def test_containers_in_containers():
    X, y = sequences()
    inner = Residual([Branches([Conv1D(2, 1), Conv1D(1, 1)]), Residual([Conv1D(3, 1)])])
    model = fitted([inner, Flatten(), Dense(4)], X, y)
    names = [name for name, _ in model.layers_]
    assert names == ["0_0_0", "0_0_1", "0_0", "0_1_0", "0_1", "0", "1", "2"]
    assert check_gradient(model, X, y) < 1e-6
    again = pickle.loads(pickle.dumps(model))
    assert np.array_equal(again.predict_proba(X), model.predict_proba(X))
    with quiet():
        model.partial_fit(X, y)


def test_shared_weights_within_a_container():
    """Names of layers of the same chain come before those of the network."""
    X, y = sequences()
    inner = [Conv1D(3, 1), ("again", Conv1D(3, 1, weights_of="0"))]
    model = fitted([Conv1D(3, 1), Residual(inner), Flatten()], X, y)
    assert [coef.shape for coef in model.coefs_] == [(1, 3, 3), (1, 3, 3), (27, 3)]
    assert dict(model.layers_)["1_again"].weights_of == "1_0"
    assert check_gradient(model, X, y) < 1e-6


def test_parameters_within_reach():
    X, y = sequences()
    layers = [
        ("block", Residual([("up", Conv1D(4, 1)), Conv1D(3, 1)])),
        Branches([Conv1D(3, 1), [Conv1D(4, 1), Conv1D(3, 1)]]),
        Flatten(),
    ]
    model = NetworkClassifier(layers, max_iter=2, tol=10, random_state=0)
    changed = clone(model).set_params(
        layers__block__layers__up__filters=7, layers__1__layers__1_0__filters=9
    )
    with quiet():
        shapes = [coef.shape for coef in changed.fit(X, y).coefs_]
    assert shapes[0] == (1, 3, 7) and shapes[3] == (1, 3, 9)
    assert layers[0][1].layers[0][1].filters == 4
    replaced = clone(model).set_params(layers__1__layers__1_0=Conv1D(2, 1))
    assert replaced.layers[1].layers[1][0].filters == 2
    grid = {"layers__block__layers__up__filters": [2, 5]}
    with quiet():
        search = GridSearchCV(model, grid, cv=2, error_score="raise").fit(X, y)
    found = search.best_estimator_.coefs_[0].shape[-1]
    assert found == search.best_params_["layers__block__layers__up__filters"]
    with pytest.raises(ValueError, match="its layers are called"):
        clone(model).set_params(layers__block__layers__down__filters=2)


@pytest.mark.parametrize(
    "layers, message",
    [
        ([Residual([])], "Residual.*: layers must hold at least one layer"),
        ([Residual([Dense(3)])], r"shapes \[\(4,\), \(3,\)\], which must be equal"),
        ([Residual([Dense(4, inputs="features")])], "must not have inputs of its own"),
        ([Residual([Residual([3])])], "it must hold layers of skdeep.layers, got 3"),
        ([Residual(Dense)], "'layers' parameter of Residual must be"),
        ([Residual([Dense(4)], activation="hat")], "'activation' parameter of Residual must be"),
        ([Residual([Dense(4), Dense(0)])], r"layers\['0_1'\], Dense.*'units' parameter"),
        ([Residual([Add(["a", "b"])])], "must not have inputs of its own"),
        ([Branches([Dense(3)])], "at least two branches, got 1"),
        ([Branches([Dense(3), Dense(2)], merge="add")], "which must be equal"),
        ([Branches([Dense(3), Dense(2)], merge="mean")], "'merge' parameter of Branches must be"),
        ([Dense(4), Residual([Dense(4)], inputs="a")], "'a', which is neither"),
        ([("a_0", Dense(4)), ("a", Residual([Dense(4)]))], "holds the name 'a_0' twice"),
    ],
)
def test_what_does_not_fit(layers, message):
    X, y = np.ones((6, 4)), [0, 1] * 3
    model = NetworkClassifier(layers)
    with pytest.raises((ValueError, TypeError), match=message):
        model.fit(X, y)
    assert not hasattr(model, "layers_")
