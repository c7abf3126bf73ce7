"""The rows that are given to a fit, and their weights."""

import sys
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np
from sklearn.utils import _safe_indexing
from sklearn.utils.validation import (
    _check_sample_weight,
    _num_samples,
    check_consistent_length,
)


class Samples(NamedTuple):
    """Rows of a table, with targets and weights.

    Attributes
    ----------
    X : frame or array of shape (n_rows, n_columns)
    y : array-like of shape (n_rows,) or (n_rows, n_outputs)
    weights : array of float64 of shape (n_rows,) or None
        Positive.
    kept : array of int or None
        Which of the rows that were given these are; None for all.
    n_given : int
        Number of rows that were given.
    """

    X: object
    y: object
    weights: np.ndarray | None
    kept: np.ndarray | None
    n_given: int

    def all_weights(self):
        """Return the weights of all rows that were given, or None."""
        if self.kept is None:
            return self.weights
        weights = np.zeros(self.n_given)
        weights[self.kept] = self.weights
        return weights


def read_samples(X, y, sample_weight):
    """Check lengths and weights, and leave out the rows whose weight is 0.

    Parameters
    ----------
    X : frame or array-like of shape (n_rows, n_columns)
    y : array-like of shape (n_rows,) or (n_rows, n_outputs)
    sample_weight : array-like of shape (n_rows,) or None

    Returns
    -------
    samples : Samples

    Raises
    ------
    ValueError
        If lengths differ, or weights are negative, not finite, or all 0.
    """
    check_consistent_length(X, y)
    n_rows = _num_samples(X)
    if sample_weight is None:
        return Samples(X, y, None, None, n_rows)
    shape = np.broadcast_to(np.float32(0), (n_rows, 1))
    weights = _check_sample_weight(
        sample_weight, shape, dtype=np.float64, ensure_non_negative=True, copy=True
    )
    kept = np.flatnonzero(weights)
    if len(kept) == n_rows:
        return Samples(X, y, weights, None, n_rows)
    if len(kept) == 0:
        raise ValueError("sample_weight must have a positive sum. All weights are 0.")
    return Samples(take(X, kept), _safe_indexing(y, kept), weights[kept], kept, n_rows)


def packed(rows, n_rows):
    """Return which rows are meant, a bit for each.

    Parameters
    ----------
    rows : array of int or None
    n_rows : int
        Of the table.

    Returns
    -------
    bits : array of uint8 or None
        None for None.
    """
    if rows is None:
        return None
    is_meant = np.zeros(n_rows, dtype=bool)
    is_meant[rows] = True
    return np.packbits(is_meant)


def unpacked(bits, n_rows):
    """Return the numbers of the rows that bits of `packed` mean.

    Parameters
    ----------
    bits : array of uint8
    n_rows : int
        Of the table.

    Returns
    -------
    rows : array of int64
        Increasing.
    """
    return np.flatnonzero(np.unpackbits(bits)[:n_rows])


def take(X, rows):
    """Return some rows of a table.

    Parameters
    ----------
    X : frame or array of shape (n_rows, n_columns)
    rows : array of int

    Returns
    -------
    X : frame or array
    """
    pyarrow = sys.modules.get("pyarrow")
    if pyarrow and isinstance(X, pyarrow.Table | pyarrow.RecordBatch):
        return X.take(pyarrow.array(rows))
    return _safe_indexing(X, rows)


def with_class_weights(weights, class_weights, codes):
    """Return the weights of rows, multiplied by those of their classes.

    Parameters
    ----------
    weights : array of shape (n_rows,) or None
    class_weights : array of shape (n_classes,) or None
    codes : array of int of shape (n_rows,)
        Numbers of classes.

    Returns
    -------
    weights : array of float64 of shape (n_rows,) or None
        None if all are alike.

    Raises
    ------
    ValueError
        If the products are too large, or all 0.
    """
    if class_weights is None:
        return weights
    with np.errstate(over="ignore"):
        weights = class_weights[codes] if weights is None else weights * class_weights[codes]
        total = weights.sum()
    if not 0 < total < np.inf:
        raise ValueError(
            "class_weight, multiplied by sample_weight, must have a positive and finite sum. "
            f"Got {total}."
        )
    return weights


def check_validation_set(X_val, y_val, sample_weight_val, oof_predictions):
    """Check that what belongs to a validation set is given together.

    Parameters
    ----------
    X_val, y_val, sample_weight_val : object
        As the user gave them; None where they are not given.
    oof_predictions : bool

    Raises
    ------
    ValueError
        If something is absent, or `oof_predictions` asks for what there is not.
    """
    if (X_val is None) != (y_val is None):
        raise ValueError("X_val and y_val go together. Got only one of them.")
    if X_val is None and sample_weight_val is not None:
        raise ValueError("sample_weight_val is given, but X_val and y_val are not.")
    if X_val is not None and oof_predictions:
        raise ValueError(
            "oof_predictions=True cannot be used with X_val and y_val: members leave out no rows "
            "of X then. Set oof_predictions=False, or pass no validation set."
        )


@contextmanager
def of_validation_set():
    """Say in errors that they are about the validation set."""
    try:
        yield
    except (TypeError, ValueError) as error:
        if type(error) not in (TypeError, ValueError):  # callers may catch it by its class
            raise
        raise type(error)(f"X_val, y_val (the validation set): {error}") from error
