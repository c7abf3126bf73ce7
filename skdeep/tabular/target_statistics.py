"""Target statistics: the mean of the target for each value of a category.

They are numbers for categories with more levels than a dense encoding has columns for. The mean of
a level is drawn towards the mean of all rows, the more the fewer rows it has: scikit-learn's
`TargetEncoder` with ``smooth="auto"`` (Micci-Barreca, SIGKDD Explorations 3, 2001). For the rows of
`fit`, means are computed from the rows of other folds, so that they do not contain a row's target.
"""

from typing import NamedTuple

import numpy as np
from sklearn.model_selection import KFold
from sklearn.preprocessing import TargetEncoder
from sklearn.utils import check_array
from sklearn.utils.multiclass import check_classification_targets, type_of_target

#: Folds of the cross-fitted means.
N_FOLDS = 5


class Target(NamedTuple):
    """A target as numbers.

    Attributes
    ----------
    y : array of shape (n_rows,) or (n_rows, n_outputs)
        As decision trees take it.
    classes : bool
        Whether it holds classes.
    outputs : array of float64 of shape (n_rows, n_outputs)
        0 and 1 of the second of two classes, or of every class; otherwise the numbers, divided by
        the largest magnitude, so that squares do not overflow: scores are the same.
    names : tuple of str
        What is added to the names of the means of each output.
    """

    y: np.ndarray
    classes: bool
    outputs: np.ndarray
    names: tuple


def read_target(y, target_type):
    """Check a target and return it as numbers.

    Parameters
    ----------
    y : array-like of shape (n_rows,) or (n_rows, n_outputs)
    target_type : {"auto", "classification", "regression"}

    Returns
    -------
    target : Target

    Raises
    ------
    ValueError
        If it holds neither classes nor numbers, or missing ones.
    """
    y = check_array(y, dtype=None, ensure_2d=False, input_name="y")
    classes = target_type == "classification"
    if target_type == "auto":
        with np.errstate(invalid="ignore"):  # it makes integers of all numbers
            kind = type_of_target(y, input_name="y", raise_unknown=True)
        classes = kind in ("binary", "multiclass")
    if not classes:
        y = check_array(y, dtype=np.float64, ensure_2d=False, input_name="y")
        outputs = y.reshape(len(y), -1)
        largest = np.abs(outputs).max(axis=0)
        outputs, n_outputs = outputs / np.where(largest > 0, largest, 1.0), outputs.shape[1]
        names = ("",) if n_outputs == 1 else tuple(f"_{k}" for k in range(n_outputs))
        return Target(y, False, outputs, names)
    check_classification_targets(y)
    y = y.reshape(len(y), -1)
    if y.shape[1] > 1:
        raise ValueError("y must have one column where it holds classes.")
    values, codes = np.unique(y[:, 0], return_inverse=True)
    outputs = np.eye(len(values))[codes]
    names = tuple(f"_{value}" for value in values)
    if len(values) <= 2:
        outputs, names = outputs[:, -1:], ("",)
    return Target(codes, True, outputs, names)


def fit_means(codes, n_levels, outputs):
    """Return the smoothed means of the outputs for every level.

    Parameters
    ----------
    codes : array of int of shape (n_rows,)
        From 0 to `n_levels`.
    n_levels : int
    outputs : array of float64 of shape (n_rows, n_outputs)

    Returns
    -------
    means : array of float64 of shape (n_levels + 1, n_outputs)
        That of code 0, which is no level, is the mean of all rows if no row has it.
    """
    categories = [np.arange(n_levels + 1)]
    encoder = TargetEncoder(categories=categories, target_type="continuous")
    codes = codes[:, np.newaxis].astype(np.int64)
    means = [encoder.fit(codes, output).encodings_[0] for output in outputs.T]
    return np.column_stack(means)


def cross_fitted_means(codes, n_levels, outputs, random_state):
    """Return for every row the means of its level in the rows of other folds.

    Parameters
    ----------
    codes : array of int of shape (n_rows,)
    n_levels : int
    outputs : array of float64 of shape (n_rows, n_outputs)
    random_state : RandomState

    Returns
    -------
    means : array of float64 of shape (n_rows, n_outputs)
    """
    means = np.empty_like(outputs)
    folds = KFold(min(N_FOLDS, len(codes)), shuffle=True, random_state=random_state)
    for others, fold in folds.split(codes):
        table = fit_means(codes[others], n_levels, outputs[others])
        means[fold] = table[codes[fold]]
    return means
