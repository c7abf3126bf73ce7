"""Scores of predictions, their means over splits, and ranks."""

from statistics import mean

import numpy as np
from scipy.stats import rankdata
from sklearn.metrics import log_loss, r2_score, roc_auc_score, root_mean_squared_error


def scores_of(estimator, split, is_classification):
    """Return the scores of a fitted estimator for the test rows.

    Returns
    -------
    scores : dict of str to float
        Of classes ``score``, the accuracy, ``loss``, the log loss, and ``auc``; of numbers
        ``score``, the coefficient of determination, and ``loss``, the root mean squared error.
    """
    if not is_classification:
        found = np.asarray(estimator.predict(split.X_test), dtype=float).ravel()
        loss = root_mean_squared_error(split.y_test, found)
        return {"score": r2_score(split.y_test, found), "loss": loss}
    shares = np.asarray(estimator.predict_proba(split.X_test), dtype=float)
    labels = np.unique(split.y)
    shares = np.clip(shares, 1e-7, 1)
    shares /= shares.sum(axis=1, keepdims=True)
    accuracy = float(np.mean(labels[shares.argmax(axis=1)] == split.y_test))
    loss = log_loss(split.y_test, shares, labels=labels)
    try:
        two = shares[:, 1] if len(labels) == 2 else shares
        auc = roc_auc_score(split.y_test, two, multi_class="ovr", labels=labels)
    except ValueError:  # a class is not among the test rows
        auc = float("nan")
    return {"score": accuracy, "loss": loss, "auc": auc}


def averaged(rows):
    """Return the means of rows of one table and estimator over splits.

    Parameters
    ----------
    rows : list of dict
        With keys "table" and "estimator", and numbers.

    Returns
    -------
    means : dict of (str, str) to dict
    """
    groups = {}
    for row in rows:
        groups.setdefault((row["table"], row["estimator"]), []).append(row)
    return {
        key: {
            name: mean(row[name] for row in found) for name in found[0] if _is_number(found, name)
        }
        for key, found in groups.items()
    }


def _is_number(rows, name):
    return all(isinstance(row.get(name), int | float) for row in rows)


def mean_ranks(means, estimators, by):
    """Return the mean rank of each estimator over the tables that all of them have done.

    Parameters
    ----------
    means : dict
        From `averaged`.
    estimators : list of str
    by : {"score", "loss"}

    Returns
    -------
    ranks : dict of str to float
    n_tables : int
    """
    tables = [
        table
        for table in dict.fromkeys(table for table, _ in means)
        if all((table, name) in means for name in estimators)
    ]
    if not tables:
        return {}, 0
    sign = -1 if by == "score" else 1
    ranks = [rankdata([sign * means[t, name][by] for name in estimators]) for t in tables]
    return dict(zip(estimators, np.mean(ranks, axis=0).tolist(), strict=True)), len(tables)
