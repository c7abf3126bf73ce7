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
#: Rows, drawn at random, that trees are grown on, if there are more.
MOST_ROWS = 50_000


class LeafSettings(NamedTuple):
    """What the trees of a member are made from.

    Attributes
    ----------
    columns : array of int
        Columns of the rows, in their compact form, that trees read.
    place : int
        The column in front of which the codes of leaves are put.
    is_classification : bool
    seed : int
    """

    columns: np.ndarray
    place: int
    is_classification: bool
    seed: int


def _relative(weights):
    """Return weights of 1 at most, or None if all are alike."""
    relative = weights / weights.max()
    return None if np.all(relative == 1) else relative


class LeafCodes:
    """Trees, and the codes of their leaves: from 1 on, in each tree.

    The trees are those of a random forest [1]_, grown leaf by leaf where impurity falls most.

    Parameters
    ----------
    settings : LeafSettings

    References
    ----------
    .. [1] X. He et al., "Practical lessons from predicting clicks on ads at Facebook", ADKDD 2014,
       which takes the leaves of boosted trees for features of a linear model.
    """

    def __init__(self, settings):
        self.settings = settings

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
        self : object
        """
        drawn = self._drawn(np.arange(len(y)) if rows is None else rows, weights)
        weights = None if weights is None else _relative(weights[drawn])
        cls = RandomForestRegressor
        if self.settings.is_classification:
            cls = RandomForestClassifier
        self.forest = cls(
            N_TREES,
            max_leaf_nodes=MOST_LEAVES,
            min_samples_leaf=ROWS_OF_A_LEAF,
            max_features=SHARE_OF_COLUMNS,
            random_state=self.settings.seed,
        ).fit(X[drawn][:, self.settings.columns], y[drawn], weights)
        self.leaves = [
            np.flatnonzero(tree.tree_.children_left < 0) for tree in self.forest.estimators_
        ]
        return self

    def _drawn(self, rows, weights):
        """Return the numbers of the rows to grow trees on: of those that have a weight."""
        rows = rows if weights is None else rows[weights[rows] > 0]
        if len(rows) <= MOST_ROWS:
            return rows
        random = np.random.RandomState(self.settings.seed)
        return np.sort(random.permutation(rows)[:MOST_ROWS])

    def insert(self, X):
        """Return rows with the codes of leaves among their categories.

        Parameters
        ----------
        X : array of float32 of shape (n_rows, n_inputs)

        Returns
        -------
        rows : array of float32 of shape (n_rows, n_inputs + N_TREES)
        """
        place = self.settings.place
        rows = np.empty((len(X), X.shape[1] + N_TREES), dtype=np.float32)
        rows[:, :place], rows[:, place + N_TREES :] = X[:, :place], X[:, place:]
        found = self.forest.apply(X[:, self.settings.columns])
        for tree, leaves in enumerate(self.leaves):
            rows[:, place + tree] = 1 + np.searchsorted(leaves, found[:, tree])
        return rows
