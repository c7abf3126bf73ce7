"""Calls of ``partial_fit``: what they skip checks nothing less than a call that skips nothing."""

import pickle

import numpy as np
import pytest

from skdeep import MLPClassifier, MLPRegressor
from skdeep.estimators.parameters import known_recipes
from skdeep.estimators.parameters.random_states import generator_of, give_back, is_seed
from skdeep.schedules import Cosine
from skdeep.solvers import RMSProp

X = np.random.default_rng(0).normal(size=(30, 4))
Y = X[:, 0] - X[:, 1]


def fitted(**parameters):
    """Return a network after one call."""
    regressor = MLPRegressor(hidden_layer_sizes=(6,), random_state=3, **parameters)
    return regressor.partial_fit(X, Y)


@pytest.mark.parametrize("parameters", [{}, {"solver": RMSProp(rho=0.8)}, {"alpha": 1}])
def test_same_bits_with_known_recipes_and_without(parameters):
    known_recipes._known.clear()
    ours, other = fitted(**parameters), fitted(**parameters)
    for _ in range(5):
        ours.partial_fit(X, Y)
        known_recipes._known.clear()
        other = pickle.loads(pickle.dumps(other)).partial_fit(X.tolist(), Y.tolist())
    for a, b in zip(ours.coefs_, other.coefs_, strict=True):
        assert np.array_equal(a, b)
    assert ours.loss_curve_ == other.loss_curve_


@pytest.mark.parametrize(
    "X, y, message",
    [
        (X[:, :3], Y, "X has 3 features, but MLPRegressor is expecting 4"),
        (np.where(X > 1, np.nan, X), Y, "Input X contains NaN"),
        (X, np.where(Y > 1, np.inf, Y), "Input y contains infinity"),
        (X, Y[:5], "inconsistent numbers of samples"),
        (X[:0], Y[:0], "0 sample"),
        (X, np.zeros((30, 0)), "0 feature"),
        (X, np.zeros((30, 2)), "y has 2 outputs, but the network was fitted with 1"),
        (X[0], Y, "Expected 2D array"),
    ],
)
def test_input_is_checked_in_every_call(X, y, message):
    regressor = fitted()
    before = vars(regressor).copy()
    with pytest.raises(ValueError, match=message):
        regressor.partial_fit(X, y)
    assert vars(regressor) == before


def test_labels_are_checked_in_every_call():
    classifier = MLPClassifier((6,), random_state=0).partial_fit(X, Y > 0, classes=[False, True])
    with pytest.raises(ValueError, match="`y` has classes not in"):
        classifier.partial_fit(X, np.full(30, 2))


@pytest.mark.parametrize(
    "name, value, message",
    [
        ("alpha", -1.0, "'alpha' parameter"),
        ("batch_size", 1.0, "'batch_size' parameter"),
        ("n_restarts", 2, None),
        ("hidden_layer_sizes", (7,), "hidden_layer_sizes"),
        ("hidden_layer_sizes", (6.0,), "hidden_layer_sizes"),
        ("early_stopping", True, "early_stopping"),
        ("solver", "lbfgs", "partial_fit"),
    ],
)
def test_parameters_are_checked_in_every_call(name, value, message):
    """Values that are equal, such as 1.0 and 1, are told apart by their types."""
    regressor = fitted(batch_size=1).partial_fit(X, Y)
    regressor.set_params(**{name: value})
    for _ in range(2):
        if message is None:
            regressor.partial_fit(X, Y)
            continue
        with pytest.raises((ValueError, AttributeError), match=message):
            regressor.partial_fit(X, Y)


def test_first_call_is_checked_although_its_recipe_is_known():
    fitted(n_restarts=1).set_params(n_restarts=2).partial_fit(X, Y)
    with pytest.raises(ValueError, match="partial_fit trains a single network"):
        fitted(n_restarts=2)


def test_objects_that_change_are_heeded():
    solver = RMSProp()
    regressor = fitted(solver=solver, learning_rate=Cosine())
    solver.rho = 2.0
    with pytest.raises(ValueError, match="'rho' parameter of RMSProp"):
        regressor.partial_fit(X, Y)


def test_few_recipes_are_kept():
    regressor = fitted()
    for alpha in range(1, 80):
        regressor.set_params(alpha=alpha / 100).partial_fit(X, Y)
    assert len(known_recipes._known) <= known_recipes.MOST_RECIPES


def test_generators_are_those_of_numpy():
    give_back(np.random.RandomState(5))
    for seed in (0, 7, 7, 2**32 - 1):
        generator = generator_of(seed)
        assert np.array_equal(generator.rand(9), np.random.RandomState(seed).rand(9))
        generator.normal()  # of which another number is kept
        give_back(generator)
    assert not any(map(is_seed, (None, -1, True, 2**32, np.random, np.int64(3))))
    assert generator_of(generator) is generator
    with pytest.raises(ValueError):
        generator_of(-1)
