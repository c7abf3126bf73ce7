"""Targets as the members of an ensemble train on them."""

from typing import NamedTuple

import numpy as np
from sklearn.utils.class_weight import compute_class_weight
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import _check_y, column_or_1d

from skdeep.tabular.ensemble.folds import rows_of_rare_classes


class Scale(NamedTuple):
    """How outputs become predictions: scaled, and limited to the range of the targets.

    Attributes
    ----------
    mean, deviation, low, high : array of shape (n_outputs,) or float, or None
        None for probabilities, which are what they are.
    """

    mean: object = None
    deviation: object = None
    low: object = None
    high: object = None

    def of(self, y):
        """Return targets as numbers of mean 0 and standard deviation 1."""
        return ((y - self.mean) / self.deviation).astype(np.float32)

    def back(self, outputs):
        """Return outputs as predictions."""
        if self.mean is None:
            return outputs
        return np.clip(outputs * self.deviation + self.mean, self.low, self.high)


class Targets(NamedTuple):
    """Targets, and what goes with them.

    Attributes
    ----------
    y : array of shape (n_rows,) or (n_rows, n_outputs)
        Numbers of classes, or standardised numbers.
    y_val : array or None
        Those of a validation set, likewise.
    order_by : array of shape (n_rows,)
        What folds are alike in.
    never_held_out : array of bool of shape (n_rows,) or None
        Rows that are in no fold.
    class_weights : array of shape (n_classes,) or None
    scale : Scale
    fitted : dict
        Attributes of the estimator.
    """

    y: np.ndarray
    y_val: np.ndarray | None
    order_by: np.ndarray
    never_held_out: np.ndarray | None
    class_weights: np.ndarray | None
    scale: Scale
    fitted: dict


def class_targets(y, y_val, class_weight):
    """Check class labels, and return the numbers of their classes.

    Parameters
    ----------
    y : array-like of shape (n_rows,)
    y_val : array-like of shape (n_val,) or None
    class_weight : dict, "balanced" or None

    Returns
    -------
    targets : Targets

    Raises
    ------
    ValueError
        If y holds no classes, or only one, or y_val has others.
    """
    y = _labels(y)
    classes, y = np.unique(y, return_inverse=True)
    if len(classes) < 2:
        raise ValueError(f"y must have at least two classes. Got {len(classes)} class.")
    weights = None
    if class_weight is not None:
        weights = compute_class_weight(class_weight, classes=classes, y=classes[y])
    if y_val is not None:
        y_val = _labels(y_val, "y_val")
        unknown = np.setdiff1d(y_val, classes)
        if len(unknown):
            raise ValueError(f"y_val has classes that y has not: {list(unknown)}.")
        y_val = np.searchsorted(classes, y_val)
    rare = rows_of_rare_classes(y)
    return Targets(y, y_val, y, rare, weights, Scale(), {"classes_": classes})


def _labels(y, name="y"):
    y = column_or_1d(y, warn=True)
    if y.dtype.kind == "f" and not np.isfinite(y).all():
        raise ValueError(f"Input {name} contains NaN or infinity.")
    if y.dtype.kind == "O" and any(label is None or label != label for label in y):
        raise ValueError(f"Input {name} contains missing labels (None or NaN).")
    check_classification_targets(y)
    return y


def number_targets(y, y_val, estimator):
    """Check targets of a regression, and return them standardised.

    Parameters
    ----------
    y : array-like of shape (n_rows,) or (n_rows, n_outputs)
    y_val : array-like or None
        Likewise, of a validation set.
    estimator : TabularRegressor
        For messages.

    Returns
    -------
    targets : Targets

    Raises
    ------
    ValueError
        If they are no finite numbers.
    """
    y = _numbers(y, estimator)
    deviation = y.std(axis=0)
    deviation = np.where(deviation > 0, deviation, 1.0)
    scale = Scale(y.mean(axis=0), deviation, y.min(axis=0), y.max(axis=0))
    if y_val is not None:
        y_val = _numbers(y_val, estimator)
        if y_val.shape[1:] != y.shape[1:]:
            raise ValueError(
                f"y_val must have as many outputs as y. Got shapes {y_val.shape} and {y.shape}."
            )
        y_val = scale.of(y_val)
    standardised = scale.of(y)
    order_by = standardised if y.ndim == 1 else standardised.mean(axis=1)
    fitted = {"n_outputs_": 1 if y.ndim == 1 else y.shape[1]}
    return Targets(standardised, y_val, order_by, None, None, scale, fitted)


def _numbers(y, estimator):
    y = _check_y(y, multi_output=True, y_numeric=True, estimator=estimator)
    y = np.asarray(y, dtype=np.float64)
    return column_or_1d(y, warn=True) if y.ndim == 2 and y.shape[1] == 1 else y
