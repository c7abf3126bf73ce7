"""Permutation importance of columns on out-of-fold rows.

Breiman, "Random forests", Machine Learning 45, 2001.
"""

import copy

import numpy as np
from sklearn.inspection import permutation_importance
from sklearn.utils import Bunch, _safe_indexing, check_random_state
from sklearn.utils.validation import _num_samples, check_consistent_length, check_is_fitted

from skdeep.tabular.ensemble.tabular_estimator import TabularEstimator


def oof_permutation_importance(
    estimator, X, y, *, scoring=None, n_repeats=5, random_state=None, sample_weight=None
):
    """Compute the permutation importance of each column on out-of-fold rows.

    Applies `sklearn.inspection.permutation_importance` to each member, with the rows that it has
    left out of training. As with all permutation importances, strongly correlated columns have low
    importances, because the others replace the permuted one.

    Parameters
    ----------
    estimator : TabularClassifier or TabularRegressor
    X : array-like or pandas frame of shape (n_samples, n_features)
        The table that the estimator was fitted to.
    y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        Targets of the table.
    scoring : str, callable, list, tuple or dict, default=None
        Scorers of scikit-learn. If None, ``estimator.score`` is used.
    n_repeats : int, default=5
        Number of times each column is permuted for each member.
    random_state : int, RandomState instance or None, default=None
        Determines the permutations.
    sample_weight : array-like of shape (n_samples,), default=None
        Sample weights used in scoring.

    Returns
    -------
    result : Bunch, or dict of a Bunch for each of several scores
        ``importances`` of shape (n_features, n_members * n_repeats), and ``importances_mean`` and
        ``importances_std`` of shape (n_features,).

    Raises
    ------
    NotFittedError
        If the estimator is not fitted.
    ValueError, TypeError
        If no member has left out rows, or the number of rows of X is not the same as in `fit`.

    Examples
    --------
    >>> import numpy as np
    >>> from skdeep import TabularRegressor, oof_permutation_importance
    >>> X = np.random.default_rng(0).normal(size=(200, 3))
    >>> y = X[:, 0] + 0.5 * X[:, 1]
    >>> reg = TabularRegressor(n_ensemble=2, max_iter=20, random_state=0).fit(X, y)
    >>> result = oof_permutation_importance(reg, X, y, random_state=0)
    >>> np.argsort(-result.importances_mean).tolist()
    [0, 1, 2]
    """
    X = _checked(estimator, X, y, sample_weight)
    options = {"scoring": scoring, "n_repeats": n_repeats}
    options["random_state"] = check_random_state(random_state)
    found = []
    for member, rows in _members_and_rows(estimator, _num_samples(X)):
        weights = None if sample_weight is None else _safe_indexing(sample_weight, rows)
        parts = _safe_indexing(X, rows), _safe_indexing(y, rows)
        found.append(permutation_importance(member, *parts, sample_weight=weights, **options))
    if "importances" in found[0]:
        return _side_by_side(found)
    return {name: _side_by_side([each[name] for each in found]) for name in found[0]}


def _checked(estimator, X, y, sample_weight):
    """Check what is given, and return X, an array of objects if it is a list of rows."""
    if not isinstance(estimator, TabularEstimator):
        raise TypeError(f"A TabularClassifier or TabularRegressor was expected, got {estimator!r}.")
    check_is_fitted(estimator)
    if hasattr(X, "columns") and not hasattr(X, "iloc"):
        raise TypeError(f"X must be an array or a pandas frame (X.to_pandas()). Got {type(X)}.")
    check_consistent_length(X, y, sample_weight)
    # scikit-learn would make text of rows with some text.
    return np.array(X, dtype=object) if isinstance(X, list | tuple) else X


def _side_by_side(found):
    importances = np.hstack([each.importances for each in found])
    return Bunch(
        importances_mean=importances.mean(axis=1),
        importances_std=importances.std(axis=1),
        importances=importances,
    )


def _members_and_rows(estimator, n_rows):
    """Return an estimator of each member alone, and the rows that it has left out."""
    if n_rows != estimator._n_given:
        raise ValueError(
            f"X must have the {estimator._n_given} rows that it had in fit. Got {n_rows}."
        )
    found = {}
    for place, rows in enumerate(estimator.held_out_rows_):
        if rows is not None:
            # Of each quantile there is a member with this encoding and these rows.
            key = estimator._ways[place], rows.tobytes()
            found.setdefault(key, (rows, []))[1].append(place)
    if not found:
        raise ValueError(
            f"No member of the {type(estimator).__name__} has left out rows: use "
            "sklearn.inspection.permutation_importance, on rows of a validation set."
        )
    return [(_only(estimator, places), rows) for rows, places in found.values()]


def _only(estimator, places):
    """Return an estimator that has no other members."""
    one = copy.copy(estimator)
    for name in ("members_", "_ways", "_leaves", "_groups"):
        setattr(one, name, [getattr(estimator, name)[place] for place in places])
    return one
