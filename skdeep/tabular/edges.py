"""Edges of the bins of numbers, on the scale of their robust scores."""

import numpy as np

#: Dense columns that all bins together aim at, and the least and most bins of a column.
TARGET_COLUMNS, FEWEST_BINS, MOST_BINS = 384, 8, 48
#: Small tables have up to so many bins; larger ones a third of the square root of their rows.
BINS_OF_SMALL_TABLES = 32


def automatic_bins(n_rows, n_columns):
    """Return how many bins a column of numbers has.

    Parameters
    ----------
    n_rows : int
    n_columns : int
        Columns that have more than two distinct numbers.

    Returns
    -------
    n_bins : int
    """
    by_columns = np.clip(TARGET_COLUMNS / max(1, n_columns), FEWEST_BINS, MOST_BINS)
    return int(min(by_columns, max(BINS_OF_SMALL_TABLES, np.sqrt(n_rows) / 3)))


def quantile_edges(scores, n_bins):
    """Return edges at quantiles, with frequent values set aside.

    Values that more than ``1 / n_bins`` of the rows have are edges of their own, and the other
    edges are quantiles of the remaining rows: columns that are mostly 0 keep their resolution.

    Parameters
    ----------
    scores : array of float64 of shape (n_rows,)
    n_bins : int

    Returns
    -------
    edges : array of float64
        Increasing. All distinct values, where there are at most ``n_bins + 1``.
    """
    values, counts = np.unique(scores, return_counts=True)
    if len(values) <= n_bins + 1:
        return values
    frequent = counts > len(scores) / n_bins
    others = np.repeat(values[~frequent], counts[~frequent])
    n_others = max(2, n_bins - np.count_nonzero(frequent) + 1)
    quantiles = np.quantile(others, np.linspace(0, 1, n_others))
    return np.unique(np.concatenate([values[[0, -1]], values[frequent], quantiles]))


def tree_edges(scores, y, n_bins, classes):
    """Return edges at the thresholds of a decision tree of the target.

    Parameters
    ----------
    scores : array of float64 of shape (n_rows,)
    y : array of shape (n_rows,) or (n_rows, n_outputs)
    n_bins : int
    classes : bool
        Whether the targets are classes.

    Returns
    -------
    edges : array of float64
        Increasing. All distinct values, where there are at most three.
    """
    from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor  # takes 40 ms

    values = np.unique(scores)
    if len(values) <= 3:
        return values
    kind = DecisionTreeClassifier if classes else DecisionTreeRegressor
    fewest = max(5, len(scores) // 1000)
    tree = kind(max_leaf_nodes=n_bins, min_samples_leaf=fewest, random_state=0)
    tree.fit(scores[:, np.newaxis].astype(np.float32), y)
    thresholds = tree.tree_.threshold[tree.tree_.feature == 0]
    inside = thresholds[(thresholds > values[0]) & (thresholds < values[-1])]
    return np.unique(np.concatenate([values[[0, -1]], inside]))


def with_ends(edges, low, high):
    """Return edges that begin and end with the least and the greatest score of all rows.

    Parameters
    ----------
    edges : array of float64
        Of the rows that were drawn.
    low, high : float

    Returns
    -------
    edges : array of float64
        Increasing.
    """
    return np.unique(np.concatenate([[low], edges, [high]]))


def mean_encoding(scores, edges):
    """Return the mean of the piecewise-linear encoding of scores.

    Parameters
    ----------
    scores : array of float64 of shape (n_rows,)
    edges : array of float64 of shape (n_bins + 1,)

    Returns
    -------
    means : array of float64 of shape (n_bins,)
    """
    n_bins = len(edges) - 1
    bins = np.clip(np.searchsorted(edges, scores, side="right") - 1, 0, n_bins - 1)
    fractions = np.clip((scores - edges[bins]) / np.diff(edges)[bins], 0.0, 1.0)
    inside = np.bincount(bins, fractions, minlength=n_bins)
    counts = np.bincount(bins, minlength=n_bins)
    right_of = len(scores) - np.cumsum(counts)
    return (right_of + inside) / len(scores)
