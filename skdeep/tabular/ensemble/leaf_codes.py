"""Leaves of trees as categories: thresholds of several columns together.

A network of a table learns interactions of columns, but not sharp ones: "three calls or more, and
less than 160 minutes". The leaf of a decision tree that a row falls into says such things, and is a
category like others.
"""

from typing import NamedTuple

import numpy as np
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

#: Trees of a member, and the most leaves of each.
N_TREES, MOST_LEAVES = 10, 16
#: Rows that a leaf has at least, and the share of the columns that a split chooses from.
ROWS_OF_A_LEAF, SHARE_OF_COLUMNS = 10, 0.5
#: A bit for each leaf that there may be.
ALL_LEAVES = np.uint32(2**MOST_LEAVES - 1)
#: Rows, drawn at random, that trees are grown on, if there are more.
MOST_ROWS = 50_000


class Trees(NamedTuple):
    """Decision trees, as comparisons that each leave out some leaves.

    The leaves of a tree are numbered from left to right. A row begins with all leaves; where it is
    above the threshold of a node, the leaves left of that node are left out; the first of those
    that remain is the leaf of the row [1]_.

    Attributes
    ----------
    starts : array of int64 of shape (n_trees + 1,)
        Where the nodes of each tree begin.
    features : array of int64 of shape (n_nodes,)
        Columns of the rows, in their compact form.
    thresholds : array of float32 of shape (n_nodes,)
    remaining : array of uint32 of shape (n_nodes,)
        The leaves that remain above the threshold, a bit for each.
    codes : array of int64 of shape (n_trees, MOST_LEAVES)
        Of the leaves of each tree, from 1 on; 0 where there is none.

    References
    ----------
    .. [1] C. Lucchese et al., "QuickScorer: a fast algorithm to rank documents with additive
       ensembles of regression trees", SIGIR 2015.
    """

    starts: np.ndarray
    features: np.ndarray
    thresholds: np.ndarray
    remaining: np.ndarray
    codes: np.ndarray

    def apply(self, X):
        """Return the codes of the leaves that rows fall into.

        Parameters
        ----------
        X : array of float32 of shape (n_rows, n_inputs)

        Returns
        -------
        codes : array of int64 of shape (n_rows, n_trees)
        """
        found = np.empty((len(X), len(self.codes)), dtype=np.int64)
        for tree, codes in enumerate(self.codes):
            leaves = np.full(len(X), ALL_LEAVES, dtype=np.uint32)
            for node in range(self.starts[tree], self.starts[tree + 1]):
                is_above = X[:, self.features[node]] > self.thresholds[node]
                leaves &= np.where(is_above, self.remaining[node], ALL_LEAVES)
            first = leaves & (~leaves + np.uint32(1))
            found[:, tree] = codes[np.log2(first).astype(np.int64)]
        return found


def trees_of(forest, columns):
    """Return the trees of a random forest that reads some columns.

    Parameters
    ----------
    forest : RandomForestClassifier or RandomForestRegressor
    columns : array of int
        What it reads of the rows.

    Returns
    -------
    trees : Trees
    """
    nodes, starts, codes = [], [0], np.zeros((len(forest.estimators_), MOST_LEAVES), np.int64)
    for number, estimator in enumerate(forest.estimators_):
        tree, leaves = estimator.tree_, []
        nodes += _nodes_of(tree, columns, 0, leaves)
        starts.append(len(nodes))
        codes[number, : len(leaves)] = 1 + np.argsort(np.argsort(leaves))
    features, thresholds, remaining = zip(*nodes, strict=True) if nodes else ((), (), ())
    exact = np.array(thresholds, dtype=np.float64)
    rounded = exact.astype(np.float32)
    # A number of float32 is above the exact threshold if it is above the next one below that.
    rounded = np.where(rounded > exact, np.nextafter(rounded, np.float32(-np.inf)), rounded)
    return Trees(
        np.array(starts),
        np.array(features, dtype=np.int64),
        rounded,
        np.array(remaining, dtype=np.uint32),
        codes,
    )


def _nodes_of(tree, columns, node, leaves):
    """Return the inner nodes below one, and add its leaves to those that are left of it."""
    left, right = tree.children_left[node], tree.children_right[node]
    if left < 0:
        leaves.append(node)
        return []
    first = len(leaves)
    nodes = _nodes_of(tree, columns, left, leaves)
    left_out = sum(1 << leaf for leaf in range(first, len(leaves)))
    own = columns[tree.feature[node]], tree.threshold[node], int(ALL_LEAVES) & ~left_out
    return [own, *nodes, *_nodes_of(tree, columns, right, leaves)]


class LeafSettings(NamedTuple):
    """What the trees of a member are made from.

    The trees are those of a random forest, grown leaf by leaf where impurity falls most [1]_.

    Attributes
    ----------
    columns : array of int
        Columns of the rows, in their compact form, that trees read.
    place : int
        The column in front of which the codes of leaves are put.
    is_classification : bool
    seed : int

    References
    ----------
    .. [1] X. He et al., "Practical lessons from predicting clicks on ads at Facebook", ADKDD 2014,
       which takes the leaves of boosted trees for features of a linear model.
    """

    columns: np.ndarray
    place: int
    is_classification: bool
    seed: int

    def fit(self, X, y, weights, rows=None):
        """Grow the trees.

        Parameters
        ----------
        X : array of float32 of shape (n_rows, n_inputs)
            Rows in the compact form.
        y : array of shape (n_rows,) or (n_rows, n_outputs)
            Numbers of classes, or numbers.
        weights : array of shape (n_rows,) or None
        rows : array of int, default=None
            Those to grow trees on; None for all.

        Returns
        -------
        codes : LeafCodes
        """
        drawn = self._drawn(np.arange(len(y)) if rows is None else rows, weights)
        weights = None if weights is None else _relative(weights[drawn])
        cls = RandomForestClassifier if self.is_classification else RandomForestRegressor
        forest = cls(
            N_TREES,
            max_leaf_nodes=MOST_LEAVES,
            min_samples_leaf=ROWS_OF_A_LEAF,
            max_features=SHARE_OF_COLUMNS,
            random_state=self.seed,
        ).fit(X[drawn][:, self.columns], y[drawn], weights)
        return LeafCodes(self.place, trees_of(forest, self.columns))

    def _drawn(self, rows, weights):
        """Return the numbers of the rows to grow trees on: of those that have a weight."""
        rows = rows if weights is None else rows[weights[rows] > 0]
        if len(rows) <= MOST_ROWS:
            return rows
        random = np.random.RandomState(self.seed)
        return np.sort(random.permutation(rows)[:MOST_ROWS])


def _relative(weights):
    """Return weights of 1 at most, or None if all are alike."""
    relative = weights / weights.max()
    return None if np.all(relative == 1) else relative


class LeafCodes(NamedTuple):
    """Trees, and the place of the codes of their leaves among the categories.

    Attributes
    ----------
    place : int
        The column in front of which the codes are put.
    trees : Trees
    """

    place: int
    trees: Trees

    def insert(self, X):
        """Return rows with the codes of leaves among their categories.

        Parameters
        ----------
        X : array of float32 of shape (n_rows, n_inputs)

        Returns
        -------
        rows : array of float32 of shape (n_rows, n_inputs + n_trees)
        """
        place, end = self.place, self.place + len(self.trees.codes)
        rows = np.empty((len(X), X.shape[1] + end - place), dtype=np.float32)
        rows[:, :place], rows[:, end:] = X[:, :place], X[:, place:]
        rows[:, place:end] = self.trees.apply(X)
        return rows
