"""The importance of columns, by rows that members have not trained on."""

import copy

import numpy as np
from sklearn.inspection import permutation_importance
from sklearn.utils import Bunch, _safe_indexing, check_random_state
from sklearn.utils.validation import _num_samples, check_consistent_length, check_is_fitted


def oof_permutation_importance(
    estimator,
    X,
    y,
    *,
    scoring=None,
    n_repeats=5,
    n_jobs=None,
    random_state=None,
    sample_weight=None,
):
    """Return how much the scores of members fall when a column is permuted.

    `sklearn.inspection.permutation_importance` of every member, on the rows of the training data
    that the member has left out: no rows need to be set aside for it.

    Parameters
    ----------
    estimator : TabularClassifier or TabularRegressor
        A fitted one.
    X : array-like or frame of shape (n_samples, n_features)
        The table that it was fitted to.
    y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        Its targets.
    scoring : str, callable, list, tuple or dict, default=None
        Scores of scikit-learn. None for ``estimator.score``.
    n_repeats : int, default=5
        How often a column is permuted for each member.
    n_jobs : int or None, default=None
        Columns that are permuted at the same time.
    random_state : int, RandomState instance or None, default=None
        Draws the permutations.
    sample_weight : array-like of shape (n_samples,), default=None
        Weights of the rows in the scores.

    Returns
    -------
    result : Bunch or dict of such Bunch
        As that of `sklearn.inspection.permutation_importance`, with the repeats of all members side
        by side: ``importances`` of shape (n_features, n_members * n_repeats),
        ``importances_mean`` and ``importances_std`` of shape (n_features,).

    Raises
    ------
    NotFittedError
        If the estimator is not fitted.
    ValueError
        If no member has left out rows, as with a validation set or fewer than 20 rows, or if X does
        not have as many rows as in `fit`.

    Notes
    -----
    An ensemble depends on a column less than its members do. Columns that say the same hide one
    another: permuting one of them costs little.

    References
    ----------
    L. Breiman, "Random forests", Machine Learning 45, 2001.

    Examples
    --------
    >>> import numpy as np
    >>> from skdeep import TabularRegressor
    >>> from skdeep.tabular import oof_permutation_importance
    >>> X = np.random.default_rng(0).normal(size=(200, 3))
    >>> y = X[:, 0] + 0.5 * X[:, 1]
    >>> reg = TabularRegressor(n_ensemble=2, max_iter=20, random_state=0).fit(X, y)
    >>> result = oof_permutation_importance(reg, X, y, random_state=0)
    >>> result.importances.shape
    (3, 10)
    >>> np.argsort(-result.importances_mean).tolist()
    [0, 1, 2]
    """
    check_is_fitted(estimator)
    check_consistent_length(X, y, sample_weight)
    random_state = check_random_state(random_state)
    found = [
        permutation_importance(
            member,
            _safe_indexing(X, rows),
            _safe_indexing(y, rows),
            scoring=scoring,
            n_repeats=n_repeats,
            n_jobs=n_jobs,
            random_state=random_state,
            sample_weight=None if sample_weight is None else _safe_indexing(sample_weight, rows),
        )
        for member, rows in _members_and_rows(estimator, _num_samples(X))
    ]
    if "importances" in found[0]:
        return _side_by_side(found)
    return {name: _side_by_side([each[name] for each in found]) for name in found[0]}


def _side_by_side(found):
    importances = np.hstack([each.importances for each in found])
    return Bunch(
        importances_mean=importances.mean(axis=1),
        importances_std=importances.std(axis=1),
        importances=importances,
    )


def _members_and_rows(estimator, n_rows):
    """Return an estimator of each member alone, and the rows that it has left out."""
    kept = np.arange(n_rows) if estimator._kept is None else _rows_of(estimator._kept, n_rows)
    found = {}
    for place, packed in enumerate(estimator._held_out):
        if packed is None:
            continue
        if len(packed) != -(-len(kept) // 8):
            raise ValueError(f"X must have the rows that it had in fit. Got {n_rows} rows.")
        # Of each quantile there is a member with this encoding and these rows.
        found.setdefault((estimator._ways[place], packed.tobytes()), []).append(place)
    if not found:
        raise ValueError(
            f"No member of the {type(estimator).__name__} has left out rows: use "
            "sklearn.inspection.permutation_importance, on rows of a validation set."
        )
    return [
        (_only(estimator, places), kept[_rows_of(packed, len(kept))])
        for (_, packed), places in found.items()
    ]


def _rows_of(packed, n_rows):
    bits = np.unpackbits(np.frombuffer(packed, dtype=np.uint8))
    return np.flatnonzero(bits[:n_rows])


def _only(estimator, places):
    """Return an estimator that has no other members."""
    one = copy.copy(estimator)
    for name in ("members_", "_ways", "_leaves", "_groups"):
        setattr(one, name, [getattr(estimator, name)[place] for place in places])
    return one
