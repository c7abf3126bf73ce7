"""Structures that make no sense: a clear error before any work, and the estimator as it was."""

import numpy as np
import pytest

from skdeep import MLPClassifier, MLPRegressor
from skdeep.solvers import SGD
from tests import datasets
from tests.estimators.structures import STRUCTURES, fitted
from tests.helpers import quiet, unchanged

# of networks for the data set "regression", which has 5 features
BAD = {
    "skips": ({"skip_connections": "yes"}, "'skip_connections' parameter"),
    "skips, number": ({"skip_connections": 2}, "'skip_connections' parameter"),
    "frozen": ({"frozen_layers": 3}, "frozen_layers=3 is more than the 2 hidden layers"),
    "negative frozen": ({"frozen_layers": -1}, "'frozen_layers' parameter"),
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
}


@pytest.mark.parametrize("way", ["partial_fit", "warm start"])
@pytest.mark.parametrize("case", OTHERS)
def test_training_goes_on_with_the_same_network(case, way):
    model, X, y = fitted("regression", hidden_layer_sizes=(5, 4), skip_connections=True)
    model.set_params(**OTHERS[case], warm_start=True)
    call = model.partial_fit if way == "partial_fit" else model.fit
    with unchanged(model), pytest.raises(ValueError, match="goes on with the fitted network"):
        call(X, y)
