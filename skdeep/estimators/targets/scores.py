"""Scores of predictions for a validation set, as scikit-learn computes them.

Validation may come after every epoch of a small fit. scikit-learn's functions check and convert
what is here known to be right, which takes a millisecond: longer than the epoch.
"""

import numpy as np
from sklearn.metrics import r2_score


def mean_of(right, sample_weight):
    """Return the share of samples that are predicted right, as `sklearn.metrics.accuracy_score`.

    Parameters
    ----------
    right : array of bool of shape (n_samples,)
    sample_weight : array of shape (n_samples,) or None

    Returns
    -------
    accuracy : float

    Examples
    --------
    >>> import numpy as np
    >>> from skdeep.estimators.targets.scores import mean_of
    >>> mean_of(np.array([True, False]), np.array([3.0, 1.0]))
    0.75
    """
    return float(np.average(right, weights=sample_weight))


def r2(y, predictions, sample_weight):
    """Return the coefficient of determination, the mean of those of all outputs.

    ``1 - sum_i w_i (y_i - p_i)^2 / sum_i w_i (y_i - mean(y))^2``, as `sklearn.metrics.r2_score`:
    where the targets are all the same, 1 if all predictions are right, and else 0.

    Parameters
    ----------
    y, predictions : array of shape (n_samples, n_outputs)
    sample_weight : array of shape (n_samples,) or None

    Returns
    -------
    score : float

    Examples
    --------
    >>> import numpy as np
    >>> from skdeep.estimators.targets.scores import r2
    >>> r2(np.array([[1.0], [2.0], [3.0]]), np.array([[3.0], [2.0], [1.0]]), None)
    -3.0
    """
    if len(y) < 2:  # is not defined, which scikit-learn warns of
        return float(r2_score(y, predictions, sample_weight=sample_weight))
    weight = 1.0 if sample_weight is None else sample_weight[:, None]
    left = np.sum(weight * (y - predictions) ** 2, axis=0)
    varied = np.sum(weight * (y - np.average(y, axis=0, weights=sample_weight)) ** 2, axis=0)
    scores = np.where(left == 0, 1.0, 0.0)
    np.divide(left, varied, out=scores, where=varied != 0)
    scores[varied != 0] = 1.0 - scores[varied != 0]
    return float(scores.mean())
