"""Leaves of trees among the categories of members."""

import pickle

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal
from sklearn.base import clone
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import log_loss

from skdeep import TabularClassifier, TabularRegressor
from skdeep.tabular.ensemble import leaf_codes
from skdeep.tabular.ensemble.leaf_codes import MOST_LEAVES, N_TREES, LeafSettings
from tests.tabular.ensemble.examples import SMALL, both, outputs


def thresholds(n_rows=900, seed=0):
    """Return a table whose classes are those of sharp thresholds of several columns together."""
    rng = np.random.default_rng(seed)
    X = pd.DataFrame(rng.normal(size=(n_rows, 8))).add_prefix("x")
    X["calls"], X["state"] = rng.poisson(1.5, n_rows), rng.integers(0, 50, n_rows)
    X["plan"] = np.where(rng.random(n_rows) < 0.15, "yes", "no")
    y = (X["calls"] > 3) & (X["x0"] < 0.2) | (X["plan"] == "yes") & (X["x1"] > 0.5)
    y |= (X["x0"] + X["x2"] / 2 > 1.4) & (X["x3"] > 0.3)
    return X, np.where(rng.random(n_rows) < 0.03, 0, y.to_numpy().astype(int))


def test_codes_are_leaves():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(300, 5)).astype(np.float32)
    y, weights = (X[:, 0] * X[:, 3] > 0).astype(int), rng.uniform(0.1, 1, 300)
    columns = np.array([0, 3])
    codes = LeafSettings(columns, 4, True, 7).fit(X, y, weights)
    rows = codes.insert(X)
    assert rows.dtype == np.float32 and rows.shape == (300, 5 + N_TREES)
    assert_array_equal(rows[:, :4], X[:, :4])
    assert_array_equal(rows[:, -1], X[:, 4])
    forest = RandomForestClassifier(
        10, max_leaf_nodes=16, min_samples_leaf=10, max_features=0.5, random_state=7
    ).fit(X[:, columns], y, weights)
    for found, leaves in zip(rows[:, 4:-1].T, forest.apply(X[:, columns]).T, strict=True):
        order = np.unique(leaves, return_inverse=True)[1]
        assert_array_equal(found, 1 + order)
        assert found.max() <= MOST_LEAVES


def test_chosen_where_thresholds_are_sharp():
    X, y = thresholds(1500)
    model = TabularClassifier(n_ensemble=2, random_state=0).fit(X, y)
    assert model.tree_features_
    X_test, y_test = thresholds(2000, seed=1)
    without = clone(model).set_params(tree_features=False).fit(X, y)
    assert not without.tree_features_
    losses = [log_loss(y_test, each.predict_proba(X_test)) for each in (model, without)]
    assert losses[0] < 0.7 * losses[1]
    again = pickle.loads(pickle.dumps(model))
    assert_array_equal(again.predict_proba(X_test), model.predict_proba(X_test))


def test_not_chosen():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(600, 3))
    y = X @ [1.0, -2.0, 0.5]
    settings = {**SMALL, "max_iter": "auto"}
    assert not TabularRegressor(**settings).fit(X, y).tree_features_
    assert not TabularRegressor(**SMALL).fit(X, np.full(600, 3.0)).tree_features_
    X, y = thresholds(499)
    assert not TabularClassifier(**SMALL).fit(X, y).tree_features_


@pytest.mark.parametrize("given", [False, True])
def test_asked_for(given):
    for model, X, y in both(tree_features=True, n_ensemble=3):
        own = {"X_val": X[:30], "y_val": y[:30]} if given else {}
        model.fit(X, y, **own)
        assert model.tree_features_ and len(model._leaves) == 3
        expected = outputs(model, X)
        for n_threads in (1, 3):
            again = clone(model).set_params(n_threads=n_threads).fit(X, y, **own)
            assert_array_equal(outputs(again, X), expected)


@pytest.fixture
def grown(monkeypatch):
    """Numbers of the rows that forests are grown on."""
    found, make = [], leaf_codes.trees_of

    def recorded(forest, columns):
        found.append(int(forest.estimators_[0].tree_.weighted_n_node_samples[0]))
        return make(forest, columns)

    monkeypatch.setattr(leaf_codes, "trees_of", recorded)
    return found


def test_trees_know_nothing_of_the_rows_held_out(grown):
    X, y = thresholds(300)
    model = TabularClassifier(**SMALL, tree_features=True, oof_predictions=True).fit(X, y)
    held_out = ~np.isnan(model.oof_predictions_[:, 0])
    assert 0 < held_out.sum() < 300
    assert grown == [240, 240]


def test_without_hidden_layers():
    X, y = thresholds(600)
    settings = {**SMALL, "hidden_layer_sizes": ()}
    assert not TabularClassifier(**settings).fit(X, y).tree_features_
    with pytest.raises(ValueError, match="tree_features=True needs hidden layers"):
        TabularClassifier(**settings, tree_features=True).fit(X, y)
    with pytest.raises(ValueError, match="The 'tree_features' parameter"):
        TabularClassifier(**SMALL, tree_features="yes").fit(X, y)


def test_trials_without_a_class_or_without_weights():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(9000, 3))
    y, given = (X[:, 0] > 0).astype(int), rng.normal(size=(50, 3))
    y[0], y_val = 2, (given[:, 0] > 0).astype(int)
    y_val[:5] = 2
    settings = {"n_ensemble": 1, "max_iter": 1, "hidden_layer_sizes": (4,)}
    for seed in range(3):
        model = TabularClassifier(**settings, random_state=seed)
        assert len(model.fit(X, y, X_val=given, y_val=y_val).classes_) == 3
    rare = np.zeros(9000, int)
    rare[:5] = 1
    weights = np.zeros(9000)
    weights[-1] = 1.0
    for seed in range(3):
        model = TabularClassifier(**settings, random_state=seed, class_weight={0: 0, 1: 1})
        assert model.fit(X, rare).predict(X[:1]).shape == (1,)
        model = TabularRegressor(**settings, random_state=seed)
        model.fit(X, X[:, 0], X_val=X, y_val=X[:, 0], sample_weight_val=weights)


def test_equal_weights_are_none():
    X, y = thresholds(300)
    model = TabularClassifier(**SMALL, tree_features=True)
    expected = model.fit(X, y).predict_proba(X)
    assert_array_equal(model.fit(X, y, np.ones(300)).predict_proba(X), expected)
    rng = np.random.default_rng(0)
    rows, weights = rng.normal(size=(300, 2)).astype(np.float32), rng.uniform(0.5, 1, 300)
    settings = LeafSettings(np.arange(2), 2, True, 0)
    found = [settings.fit(rows, y, w).insert(rows) for w in (weights, 1e308 * weights)]
    assert_array_equal(*found)


def test_many_rows(monkeypatch, grown):
    monkeypatch.setattr(leaf_codes, "MOST_ROWS", 50)
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(300, 2)).astype(np.float32), rng.normal(size=300)
    codes = LeafSettings(np.arange(2), 2, False, 0).fit(X, y, None, np.arange(200))
    assert grown == [50]
    assert codes.insert(X).shape == (300, 2 + N_TREES)
