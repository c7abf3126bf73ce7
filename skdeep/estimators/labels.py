"""The classifier's way from labels to the targets of a network, and back."""

import numpy as np
from scipy.sparse import issparse
from sklearn.preprocessing import LabelBinarizer
from sklearn.utils import column_or_1d
from sklearn.utils.multiclass import unique_labels

from skdeep.estimators.inputs import validate_input
from skdeep.formulas import losses


def checked_classes(estimator, n_classes):
    """Return the attribute ``classes_`` of a fitted classifier, which may have been changed.

    Parameters
    ----------
    estimator : MLPClassifier or Perceptron
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
    classes = estimator.classes_
    if not isinstance(classes, np.ndarray) or classes.shape != (n_classes,):
        found = type(classes).__name__
        if isinstance(classes, np.ndarray):
            found = f"an array of shape {classes.shape}"
        raise ValueError(
            f"classes_ must be an array of shape ({n_classes},), the labels of the fit, but is "
            f"{found}."
        )
    return classes


class Labels:
    """Codes labels. A mixin of the classifier."""

    def _validate(self, X, y, reset):
        X, y = validate_input(
            self,
            X,
            y,
            accept_sparse=["csr", "csc"],
            multi_output=True,
            dtype=(np.float64, np.float32),
            reset=reset,
        )
        if (y.ndim == 2 and y.shape[1] == 1) or (issparse(y) and y.ndim == 1):
            y = column_or_1d(y, warn=True)  # which refuses sparse vectors
        return X, y

    def _validate_input(self, X, y, incremental, reset):
        X, y = self._validate(X, y, reset)
        if not hasattr(self, "classes_") or (not self.warm_start and not incremental):
            self._label_binarizer = _fit_binarizer(y)
            self.classes_ = self._label_binarizer.classes_
        else:
            self._check_classes(y)
        return X, self._indicate(y)

    def _indicate(self, y):
        """Return which labels are true of every sample, of shape (n_samples, n_outputs)."""
        if y.ndim > 1 or self._label_binarizer.y_type_.startswith("multilabel"):
            return self._label_binarizer.transform(y).astype(bool)
        # What the binarizer would return: its checks are most of the time of a small fit.
        if len(self.classes_) == 2:
            return (y == self.classes_[1]).reshape(-1, 1)
        if len(self.classes_) < 2:
            return np.zeros((len(y), 1), dtype=bool)
        codes = np.searchsorted(self.classes_, y)
        indicators = np.zeros((len(y), len(self.classes_)), dtype=bool)
        indicators[np.arange(len(y)), codes] = True
        return indicators

    def _known_classes(self):
        """Return ``classes_`` of the fitted network."""
        binarizer = self._label_binarizer
        several = binarizer.y_type_ == "multiclass"
        return self._checked_classes(self.n_outputs_ if several else len(binarizer.classes_))

    def _checked_classes(self, n_classes):
        """Return ``classes_``, of which a fit has known so many."""
        if self._label_binarizer.y_type_.startswith("multilabel"):
            # `partial_fit` takes more classes than there are columns, as in scikit-learn.
            n_classes = max(n_classes, np.size(self.classes_))
        return checked_classes(self, n_classes)

    def _check_order_of_classes(self):
        """Check that ``classes_`` are the labels of the fit, in their order, for coding others."""
        expected = self._label_binarizer.classes_
        known = self._checked_classes(len(expected))
        if self._label_binarizer.y_type_.startswith("multilabel"):
            known = np.intersect1d(known, expected)
        if not np.array_equal(known, expected):
            raise ValueError(f"classes_ must be the labels of the fit, {expected}.")

    def _check_classes(self, y):
        """Check the labels of a fit that goes on from an earlier one."""
        self._check_order_of_classes()
        classes = unique_labels(y)
        if self.warm_start:
            if set(classes) != set(self.classes_):
                raise ValueError(
                    "warm_start can only be used where `y` has the same classes as in the "
                    f"previous call to fit. Previously got {self.classes_}, `y` has {classes}"
                )
        elif len(np.setdiff1d(classes, self.classes_, assume_unique=True)):
            raise ValueError(
                "`y` has classes not in `self.classes_`. "
                f"`self.classes_` has {self.classes_}. 'y' has {classes}."
            )

    def _encode(self, X, y):
        X, y = self._validate(X, y, reset=False)
        return X, self._encode_targets(y)

    def _encode_targets(self, y):
        self._check_order_of_classes()
        y, kind = np.asarray(y), self._label_binarizer.y_type_
        if (y.ndim == 2) != kind.startswith("multilabel"):
            raise ValueError(f"`y` has shape {y.shape}, but the targets of the fit are {kind}.")
        unknown = np.setdiff1d(unique_labels(y), self.classes_)
        if len(unknown):
            raise ValueError(f"`y` has classes not in `self.classes_`: {unknown}.")
        return self._indicate(y)

    def _threshold(self):
        """Return the output from which on a label is true."""
        return sum(losses.find(self.loss, False).coding) / 2

    def _labels(self, outputs):
        """Return the labels that the network's outputs stand for."""
        kind, classes = self._label_binarizer.y_type_, self._known_classes()
        if kind == "multiclass":
            return classes.take(outputs.argmax(axis=1))
        yes = (outputs > self._threshold()).astype(int)
        if kind == "binary" and len(classes) == 2:
            return classes[yes.ravel()]
        return self._label_binarizer.inverse_transform(yes.ravel() if kind == "binary" else yes)


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


def _fit_binarizer(y):
    """Return a binarizer fitted to the labels of a fit."""
    plain = y.ndim == 1 and y.dtype.kind in "biuU" and y.dtype.isnative
    classes = _unique(y) if plain else None
    if not plain or 2 * len(classes) >= len(y):
        return fit_binarizer(y)
    # What the fit would find out: its checks are a good part of the time of a small fit.
    binarizer = LabelBinarizer()
    binarizer.y_type_ = "multiclass" if len(classes) > 2 else "binary"
    binarizer.classes_, binarizer.sparse_input_ = classes, False
    return binarizer


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
