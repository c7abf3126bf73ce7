"""Scores of predictions for a validation set, as scikit-learn computes them.

Validation may come after every epoch of a small fit. scikit-learn's functions check arguments that
are already checked here, which takes a millisecond: longer than the epoch.
"""

import numpy as np
from sklearn.metrics import r2_score


def accuracy(correct, sample_weight):
    """Return the share of correct predictions, as `sklearn.metrics.accuracy_score`.

    Parameters
    ----------
    correct : array of bool of shape (n_samples,)
    sample_weight : array of shape (n_samples,) or None

    Returns
    -------
    accuracy : float

    Examples
    --------
    >>> import numpy as np
    >>> from skdeep.estimators.targets.scores import accuracy
    >>> accuracy(np.array([True, False]), np.array([3.0, 1.0]))
    0.75
    """
    return float(np.average(correct, weights=sample_weight))


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
    dtype = _floating_dtype(y, predictions, sample_weight)
    y, predictions = y.astype(dtype, copy=False), predictions.astype(dtype, copy=False)
    if sample_weight is not None:
        sample_weight = sample_weight.astype(dtype, copy=False)
    weight = 1.0 if sample_weight is None else sample_weight[:, None]
    left = np.sum(weight * (y - predictions) ** 2, axis=0)
    varied = np.sum(weight * (y - np.average(y, axis=0, weights=sample_weight)) ** 2, axis=0)
    scores = (left == 0).astype(dtype)
    np.divide(left, varied, out=scores, where=varied != 0)
    scores[varied != 0] = 1.0 - scores[varied != 0]
    return float(scores.mean())


def _floating_dtype(*arrays):
    """Return the precision that scikit-learn brings arrays to: the highest floating one."""
    kinds = [array.dtype for array in arrays if array is not None and array.dtype.kind == "f"]
    return np.result_type(*kinds) if kinds else np.float64
