"""What is done with the rows of a chunk, or a partition: they are checked and encoded."""

from typing import NamedTuple

import numpy as np
from scipy.sparse import issparse
from sklearn.utils.multiclass import type_of_target

from skdeep.estimators.inputs.arrays import validate_sample_weight
from skdeep.estimators.inputs.chosen_precision import rows_to_train_on
from skdeep.estimators.targets.labels import fit_binarizer


class Rows(NamedTuple):
    """The checked rows of a partition.

    Attributes
    ----------
    index : int
        Of the partition.
    X : array or CSR matrix of shape (n_rows, n_features)
    y : array of shape (n_rows,) or (n_rows, n_outputs)
        Labels or numbers, as they were given.
    summary : Summary
    """

    index: int
    X: object
    y: object
    summary: object


class Summary(NamedTuple):
    """What the client has to know of the rows of a partition.

    Attributes
    ----------
    index : int
        Of the partition.
    n_rows : int
    n_features : int
    error : Exception or None
        Why the rows cannot be used; then there is nothing below.
    names : array of str or None
        Names of the features.
    dtype : numpy dtype
        Of the features after validation.
    sparse : bool
    n_outputs : int
        Columns of y.
    matrix : bool
        Whether y is a matrix.
    y_dtype : numpy dtype
    labels : array or None
        Distinct labels; of a label matrix None.
    counts : array of int or None
        How many rows have each of the labels, or have the label of a column.
    """

    index: int
    n_rows: int
    n_features: int
    error: Exception | None = None
    names: object = None
    dtype: object = None
    sparse: bool = False
    n_outputs: int = 1
    matrix: bool = False
    y_dtype: object = None
    labels: object = None
    counts: object = None


class Partition(NamedTuple):
    """The rows of a partition as training takes them.

    Attributes
    ----------
    index : int
    X : C-ordered array or CSR matrix of shape (n_rows, n_features)
    y : array of shape (n_rows, n_outputs)
        Targets, not encoded for the loss.
    targets : array of shape (n_rows, n_outputs)
        Encoded for the loss.
    weights : array of shape (n_rows,) or None
    """

    index: int
    X: object
    y: np.ndarray
    targets: np.ndarray
    weights: np.ndarray | None


def n_rows_of(part):
    """Return how many rows an array, a sparse matrix or a frame has."""
    return part.shape[0]


def read(index, X, y, estimator, first):
    """Check the rows of a partition as a local fit would check them.

    Parameters
    ----------
    index : int
        Of the partition.
    X : array, sparse matrix or frame of shape (n_rows, n_features)
    y : array, frame or series of shape (n_rows,) or (n_rows, n_outputs)
    estimator : MLPClassifier or MLPRegressor
        Local; it is not changed.
    first : bool
        Whether this is a first fit, so that `estimator` knows nothing of the features.

    Returns
    -------
    rows : Rows
        With the error, where they are invalid.
    """
    n_rows, n_features = n_rows_of(X), X.shape[1] if X.ndim == 2 else 0
    if n_rows == n_rows_of(y) == 0:
        return Rows(index, None, None, Summary(index, 0, n_features))
    try:
        return _checked(index, X, y, estimator._shallow_copy(), first)
    except (ValueError, TypeError) as error:
        summary = Summary(index, n_rows, n_features, error)
        return Rows(index, None, None, summary)


def _checked(index, X, y, estimator, first):
    names, labels, counts = None, None, None
    if hasattr(estimator, "class_weight"):
        X, y = estimator._validate(X, y, reset=first)
        labels, counts = _labels_and_counts(y)
    else:
        X, y = estimator._validate_input(X, y, not first, reset=first)
    names = getattr(estimator, "feature_names_in_", None)
    matrix = y.ndim == 2
    facts = names, X.dtype, issparse(X), y.shape[1] if matrix else 1, matrix, y.dtype
    n_rows, n_features = X.shape
    summary = Summary(index, n_rows, n_features, None, *facts, labels, counts)
    return Rows(index, X, y, summary)


def _labels_and_counts(y):
    """Return the distinct labels and how often they occur."""
    if y.ndim == 2 or issparse(y):
        fit_binarizer(y)  # which refuses what is no matrix of labels
        return None, np.asarray((y != 0).sum(axis=0)).ravel()
    if type_of_target(y) not in ("binary", "multiclass"):
        fit_binarizer(y)
    return np.unique(y, return_counts=True)


def summary_of(rows):
    """Return the summary of checked rows."""
    return rows.summary


def class_indicators(y, targets):
    """Return targets as a network has them: which labels are true, or numbers.

    Parameters
    ----------
    y : array of shape (n_rows,) or (n_rows, n_outputs)
    targets : ClassTargets or NumberTargets

    Returns
    -------
    y : array of shape (n_rows, n_outputs)
    """
    if hasattr(targets, "indicate"):
        y = targets.indicate(y)
    return y.reshape(-1, 1) if y.ndim == 1 else y


class Weights(NamedTuple):
    """The weights of the rows of a partition.

    Attributes
    ----------
    index : int
    values : array of shape (n_rows,) or None
    largest, total : float
    error : Exception or None
    """

    index: int
    values: object
    largest: float = 0.0
    total: float = 0.0
    error: Exception | None = None

    @property
    def facts(self):
        """All but the values."""
        return self._replace(values=None)


def weigh(rows, weights, targets):
    """Return the weights of the rows of a partition, times those of their classes.

    Parameters
    ----------
    rows : Rows
    weights : array, frame or series of shape (n_rows,) or None
    targets : ClassTargets or NumberTargets

    Returns
    -------
    weights : Weights
        With the error, where they are invalid.
    """
    index = rows.index
    if rows.summary.n_rows == 0:
        return Weights(index, np.empty(0))
    try:
        if weights is not None:
            weights = np.asarray(weights)
            weights = weights[:, 0] if weights.ndim == 2 and weights.shape[1] == 1 else weights
            # Other partitions may have weights where this has none.
            validated = validate_sample_weight(weights if np.any(weights) else weights + 1, rows.X)
            weights = validated if np.any(weights) else 0 * validated
            if (weights < 0).any():
                raise ValueError("sample_weight must not be negative.")
        values = targets.weigh(class_indicators(rows.y, targets), weights)
    except (ValueError, TypeError) as error:
        return Weights(index, None, error=error)
    total = float(np.sum(values, dtype=np.float64))
    return Weights(index, values, float(np.max(values, initial=0.0)), total)


def facts_of(weights):
    """Return all of the weights of a partition but their values."""
    return weights.facts


def encode(rows, weights, targets, dtype, unit):
    """Return the rows of a partition as training takes them.

    Parameters
    ----------
    rows : Rows
    weights : Weights or None
    targets : ClassTargets or NumberTargets
    dtype : numpy dtype
        Precision of the network.
    unit : float
        A power of 2: weights become multiples of it.

    Returns
    -------
    partition : Partition
    """
    y = class_indicators(rows.y, targets)
    values = None
    if weights is not None:
        values = weights.values if unit == 1.0 else np.asarray(weights.values, np.float64) / unit
    return Partition(rows.index, rows_to_train_on(rows.X, dtype, False), y, targets.code(y), values)
