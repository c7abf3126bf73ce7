"""Edges of bins, and the mean of the piecewise-linear encoding."""

from itertools import pairwise

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.tree import DecisionTreeRegressor

from skdeep import TabularEncoder
from skdeep.tabular.edges import mean_encoding, quantile_edges, tree_edges


def test_frequent_values_are_edges_of_their_own():
    rng = np.random.default_rng(0)
    z = np.concatenate([np.zeros(900), rng.exponential(size=100)])
    edges = quantile_edges(z, 10)
    assert np.count_nonzero(edges > 0) >= 9  # plain quantiles have one or two
    assert edges[0] == 0 and edges[-1] == z.max()
    assert np.all(np.diff(edges) > 0)


def test_all_values_are_frequent():
    z = np.repeat(np.arange(12.0), 10)
    assert_array_equal(quantile_edges(z, 11), np.arange(12.0))
    assert quantile_edges(np.repeat([0.0, 1, 2, 3], [97, 1, 1, 1]), 2)[0] == 0.0


def test_mean_encoding():
    rng = np.random.default_rng(0)
    z, edges = rng.normal(size=500), np.array([-1.0, -0.2, 0.0, 2.0])
    p = [np.clip((z - a) / (b - a), 0, 1).mean() for a, b in pairwise(edges)]
    assert_allclose(mean_encoding(z, edges), p, rtol=1e-12)


@pytest.mark.parametrize("classes", [True, False])
def test_edges_of_trees(classes):
    """The threshold of a step is an edge."""
    rng = np.random.default_rng(0)
    z = rng.normal(size=1000)
    y = (z > 0.3).astype(int) if classes else np.where(z > 0.3, 5.0, z)
    edges = tree_edges(z, y, 6, classes)
    assert len(edges) <= 7 and edges[0] == z.min() and edges[-1] == z.max()
    step = (z[z <= 0.3].max() + z[z > 0.3].min()) / 2
    assert np.abs(edges - step).min() < 1e-6


def test_encoder_with_trees():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(2000, 2))
    y = np.sin(3 * X[:, 0]) + (X[:, 1] > 0.5)
    encoder = TabularEncoder(8, strategy="tree").fit(X, y)
    layout = encoder._plan.layout
    assert np.diff(layout.starts).max() <= 8
    p = encoder.transform(X)[:, layout.n_numbers :]
    assert np.abs(p.mean(axis=0)).max() < 1e-6
    tree = DecisionTreeRegressor(max_leaf_nodes=8, random_state=0).fit(X[:, :1], y)
    assert tree.tree_.n_leaves == 8
    with pytest.raises(ValueError, match="requires y"):
        TabularEncoder(strategy="tree").fit(X)
