"""Targets as the members of an ensemble train on them."""

from typing import NamedTuple

import numpy as np
from scipy.sparse import issparse
from sklearn.utils._missing import is_pandas_na, is_scalar_nan
from sklearn.utils.class_weight import compute_class_weight
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import _check_y, column_or_1d

from skdeep.estimators.targets.labels import check_class_weight
from skdeep.tabular.ensemble.folds import rows_of_rare_classes


class Probabilities:
    """Outputs that are probabilities: they sum to 1, also in float64."""

    @staticmethod
    def back(outputs):
        """Return outputs as predictions."""
        return outputs / outputs.sum(axis=1, keepdims=True)


class Scale(NamedTuple):
    """How outputs become predictions: scaled, and limited to the range of the targets.

    Attributes
    ----------
    mean, deviation, low, high : array of shape (n_outputs,) or float
    """

    mean: object
    deviation: object
    low: object
    high: object

    def of(self, y):
        """Return targets as numbers of mean 0 and standard deviation 1, in float32."""
        with np.errstate(over="ignore"):
            return ((y - self.mean) / self.deviation).astype(np.float32)

    def back(self, outputs):
        """Return outputs as predictions."""
        with np.errstate(over="ignore"):
            return np.clip(outputs * self.deviation + self.mean, self.low, self.high)


class Targets(NamedTuple):
    """Targets, and what goes with them.

    Attributes
    ----------
    y : array of shape (n_rows,) or (n_rows, n_outputs)
        Numbers of classes, or standardised numbers.
    order_by : array of shape (n_rows,)
        What folds are alike in.
    never_held_out : array of bool of shape (n_rows,) or None
        Rows that are in no fold.
    class_weights : array of shape (n_classes,) or None
    scale : Probabilities or Scale
    fitted : dict
        Attributes of the estimator.
    """

    y: np.ndarray
    order_by: np.ndarray
    never_held_out: np.ndarray | None
    class_weights: np.ndarray | None
    scale: object
    fitted: dict


def class_targets(y, class_weight):
    """Check class labels, and return the numbers of their classes.

    Parameters
    ----------
    y : array-like of shape (n_rows,)
    class_weight : dict, "balanced" or None

    Returns
    -------
    targets : Targets

    Raises
    ------
    TypeError, ValueError
        If y holds no classes, or only one, or the weights of classes cannot be used.
    """
    y = _labels(y)
    classes, codes = np.unique(y, return_inverse=True)
    if len(classes) < 2:
        raise ValueError(f"y must have at least two classes. Got {len(classes)} class.")
    weights = None
    if class_weight is not None:
        check_class_weight(class_weight)
        weights = compute_class_weight(class_weight, classes=classes, y=y)
        if weights.min() < 0:
            raise ValueError(f"class_weight must not be negative. Got {class_weight!r}.")
    fitted = {"classes_": classes}
    return Targets(codes, codes, rows_of_rare_classes(codes), weights, Probabilities(), fitted)


def class_codes(y, targets):
    """Return the numbers of the classes of a validation set.

    Parameters
    ----------
    y : array-like of shape (n_val,)
    targets : Targets
        Of the training rows.

    Returns
    -------
    codes : array of int of shape (n_val,)

    Raises
    ------
    TypeError, ValueError
        If there are classes that the training rows do not have.
    """
    y, classes = _labels(y), targets.fitted["classes_"]
    unknown = np.setdiff1d(y, classes)
    if len(unknown):
        raise ValueError(f"y has classes that are not in the training rows: {unknown.tolist()}.")
    return np.searchsorted(classes, y)


def _labels(y):
    y = column_or_1d(y, warn=True)
    if y.dtype.kind == "f" and not np.isfinite(y).all():
        raise ValueError("Input y contains NaN or infinity.")
    if y.dtype.kind == "O":
        if any(label is None or is_scalar_nan(label) or is_pandas_na(label) for label in y):
            raise ValueError("Input y contains missing labels (None or NaN).")
        kinds = sorted({type(label).__name__ for label in y})
        if len(kinds) > 1 and "str" in kinds:
            raise TypeError(f"y must hold strings alone, or numbers alone. Got {kinds}.")
    check_classification_targets(y)
    return y


def number_targets(y, estimator):
    """Check targets of a regression, and return them standardised.

    Parameters
    ----------
    y : array-like of shape (n_rows,) or (n_rows, n_outputs)
    estimator : TabularRegressor
        For messages.

    Returns
    -------
    targets : Targets

    Raises
    ------
    TypeError, ValueError
        If they are no finite numbers.
    """
    y = _numbers(y, estimator)
    scale = _scale_of(y)
    standardised = scale.of(y)
    order_by = standardised if y.ndim == 1 else standardised.mean(axis=1)
    fitted = {"n_outputs_": 1 if y.ndim == 1 else y.shape[1]}
    return Targets(standardised, order_by, None, None, scale, fitted)


def scaled_numbers(y, targets, estimator):
    """Return the targets of a validation set, on the scale of those of the training rows.

    Parameters
    ----------
    y : array-like of shape (n_val,) or (n_val, n_outputs)
    targets : Targets
        Of the training rows.
    estimator : TabularRegressor
        For messages.

    Returns
    -------
    standardised : array of float32 of shape (n_val,) or (n_val, n_outputs)

    Raises
    ------
    TypeError, ValueError
        If they are no finite numbers, or too far from those of the training rows.
    """
    y = _numbers(y, estimator)
    if y.shape[1:] != targets.y.shape[1:]:
        raise ValueError(
            f"y must have as many outputs as the training rows. Got shapes {y.shape} and "
            f"{targets.y.shape}."
        )
    standardised = targets.scale.of(y)
    if not np.isfinite(standardised).all():
        raise ValueError(
            "y is too far from the targets of the training rows: on their scale, it is infinite "
            "in float32."
        )
    return standardised


def _numbers(y, estimator):
    if issparse(y):
        raise TypeError("y must be dense: y.toarray() is. Got a sparse matrix.")
    y = _check_y(y, multi_output=True, y_numeric=True, estimator=estimator)
    y = np.asarray(y, dtype=np.float64)
    return column_or_1d(y, warn=True) if y.ndim == 2 and y.shape[1] == 1 else y


def _scale_of(y):
    """Return the scale of targets: constant ones are only moved."""
    low, high = y.min(axis=0), y.max(axis=0)
    largest = np.abs(y).max(axis=0)
    largest = np.where(largest > 0, largest, 1.0)
    relative = y / largest  # whose squares do not overflow
    mean, deviation = relative.mean(axis=0) * largest, relative.std(axis=0) * largest
    constant = (low == high) | (deviation == 0)
    return Scale(np.clip(mean, low, high), np.where(constant, 1.0, deviation), low, high)
