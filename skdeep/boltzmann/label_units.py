"""Labels as visible units: one for each class."""

from collections.abc import Hashable

import numpy as np
from sklearn.utils import column_or_1d
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_consistent_length

from skdeep.boltzmann.deep_model import one_hot


def labels_of(y, X):
    """Return the classes, and a row of units for every label.

    Parameters
    ----------
    y : array-like of shape (n_samples,) or None
    X : array of shape (n_samples, n_features)

    Returns
    -------
    classes : array of shape (n_classes,) or None
    labels : array of shape (n_samples, n_classes) or None
        Of the type of X.

    Raises
    ------
    ValueError
        If y holds no labels, or has another length than X, or a single class.
    """
    if y is None:
        return None, None
    y = column_or_1d(y, warn=True)
    check_consistent_length(X, y)
    check_classification_targets(y)
    classes, codes = np.unique(y, return_inverse=True)
    if len(classes) < 2:
        raise ValueError(
            f"y has one class only, {classes.tolist()[0]!r}: labels as visible units need two "
            "classes or more. fit(X) takes no labels."
        )
    return classes, one_hot(codes, len(classes), X.dtype)


def codes_of(y, classes, n_samples):
    """Return the places of labels among the classes.

    Parameters
    ----------
    y : label or array-like of shape (n_samples,)
    classes : array of shape (n_classes,)
    n_samples : int

    Returns
    -------
    codes : array of int of shape (n_samples,)

    Raises
    ------
    ValueError
        If a label is none of the classes, or there are too few or too many.
    """
    try:
        y = np.asarray(y)
    except ValueError as error:  # such as lists of different lengths
        raise ValueError(f"y must be one label, or one for each sample: {error}") from error
    if y.ndim > 1 or (y.ndim == 1 and len(y) != n_samples):
        raise ValueError(
            f"y must be one label, or have the shape ({n_samples},) as there are as many samples, "
            f"got the shape {y.shape}."
        )
    labels, places = y.reshape(-1).tolist(), {c: i for i, c in enumerate(classes.tolist())}
    unknown = [c for c in labels if not isinstance(c, Hashable) or c not in places]
    if unknown:
        raise ValueError(f"y={unknown[0]!r} is none of the classes {classes.tolist()}.")
    codes = np.array([places[label] for label in labels])
    return np.broadcast_to(codes, n_samples)
