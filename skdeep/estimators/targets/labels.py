"""The labels of classifiers: their distinct values, and checks of them."""

from numbers import Real

import numpy as np
from sklearn.preprocessing import LabelBinarizer
from sklearn.utils.multiclass import unique_labels


def check_classes(classes, n_classes):
    """Return the attribute ``classes_`` of a fitted classifier, which may have been changed.

    Parameters
    ----------
    classes : object
        The attribute.
    n_classes : int
        Classes of the fit.

    Returns
    -------
    classes : array of shape (n_classes,)

    Raises
    ------
    ValueError
        If it is not an array of that shape.
    """
    if not isinstance(classes, np.ndarray) or classes.shape != (n_classes,):
        found = type(classes).__name__
        if isinstance(classes, np.ndarray):
            found = f"an array of shape {classes.shape}"
        raise ValueError(
            f"classes_ must be an array of shape ({n_classes},), the labels of the fit, but is "
            f"{found}."
        )
    return classes


def check_known(classes, known):
    """Check that labels are among those that were announced, as scikit-learn says it.

    Parameters
    ----------
    classes : array of shape (n_classes,)
        Distinct labels.
    known : array of shape (n_known,)

    Raises
    ------
    ValueError
        If there are others.
    """
    if len(np.setdiff1d(classes, known, assume_unique=True)):
        raise ValueError(
            "`y` has classes not in `self.classes_`. "
            f"`self.classes_` has {known}. 'y' has {classes}."
        )


def check_class_weight(class_weight):
    """Check that the weights of classes are finite numbers.

    Parameters
    ----------
    class_weight : dict, list of dict, or "balanced"

    Raises
    ------
    ValueError
        If they are not.
    """
    if isinstance(class_weight, str):
        return
    for each in class_weight if isinstance(class_weight, list) else [class_weight]:
        values = each.values() if isinstance(each, dict) else [None]
        if not all(isinstance(value, Real) and abs(value) < np.inf for value in values):
            raise ValueError(
                "class_weight must be 'balanced', None, or a dict whose values are finite numbers, "
                f"or a list of such dicts, one for each output. Got {class_weight!r}."
            )


def fit_binarizer(labels):
    """Return a `LabelBinarizer` fitted to labels, or to all classes.

    Parameters
    ----------
    labels : array-like of shape (n_samples,) or (n_samples, n_classes)

    Returns
    -------
    binarizer : LabelBinarizer

    Raises
    ------
    ValueError
        If they are no labels.
    """
    binarizer = LabelBinarizer().fit(labels)
    # Also where scikit-learn has caught a ValueError of a signal handler while it looked at them.
    if binarizer.y_type_ == "unknown":
        raise ValueError("Unknown label type: unknown")
    return binarizer


def fit_binarizer_quickly(y):
    """Return what `fit_binarizer` returns for the labels of a fit, without most of its checks.

    Parameters
    ----------
    y : array of shape (n_samples,) or (n_samples, n_outputs)

    Returns
    -------
    binarizer : LabelBinarizer
    """
    classes = _plain_classes(y)
    if classes is None:
        return fit_binarizer(y)
    # What the fit would find out: its checks are a good part of the time of a small fit.
    binarizer = LabelBinarizer()
    binarizer.y_type_ = "multiclass" if len(classes) > 2 else "binary"
    binarizer.classes_, binarizer.sparse_input_ = classes, False
    return binarizer


def classes_of(y):
    """Return what `sklearn.utils.multiclass.unique_labels` returns for the labels of a fit.

    Parameters
    ----------
    y : array of shape (n_samples,) or (n_samples, n_outputs)

    Returns
    -------
    classes : array of shape (n_classes,)
    """
    classes = _plain_classes(y)
    return unique_labels(y) if classes is None else classes


def _plain_classes(y):
    """Return the classes of labels that are not to be checked; None where scikit-learn looks."""
    if y.ndim != 1 or y.dtype.kind not in "biuU" or not y.dtype.isnative:
        return None
    classes = _unique(y)
    return classes if 2 * len(classes) < len(y) else None


def _unique(y):
    """Return the sorted distinct values of a vector; integers close together are counted."""
    if y.dtype.kind in "iu" and len(y):
        low = y.min()
        if int(y.max()) - int(low) < len(y):
            # Wraps around where the type is too small for it, and back again.
            counts = np.bincount(y.astype(np.intp) - low.astype(np.intp))
            return np.flatnonzero(counts).astype(y.dtype) + low
    classes = np.unique(y)
    return np.array(classes.tolist()) if y.dtype.kind == "U" else classes  # as long as the longest
