"""Class labels: as the targets of a network, and back from its outputs."""

from typing import NamedTuple

import numpy as np
from sklearn.preprocessing import LabelBinarizer
from sklearn.utils import compute_sample_weight
from sklearn.utils.multiclass import unique_labels

from skdeep.estimators.targets.labels import (
    check_class_weight,
    check_classes,
    check_known,
    classes_of,
)
from skdeep.estimators.targets.scores import accuracy
from skdeep.formulas import losses
from skdeep.formulas.activations import REGISTRY as ACTIVATIONS


class ClassTargets(NamedTuple):
    """The targets of a classifier.

    Attributes
    ----------
    binarizer : LabelBinarizer
        Fitted to the labels of the fit.
    classes : array of shape (n_classes,)
        The attribute ``classes_``, which may have been changed since.
    loss : str
        Public name of the loss.
    label_smoothing : float
    class_weight : dict, list, "balanced" or None
    n_outputs : int or None, default=None
        Outputs of the network; None before there is one.
    output : str or None, default=None
        Name of their activation, likewise.
    """

    binarizer: LabelBinarizer
    classes: np.ndarray
    loss: str
    label_smoothing: float
    class_weight: object
    n_outputs: int | None = None
    output: str | None = None

    @property
    def kind(self):
        """The kind of labels, as `sklearn.utils.multiclass.type_of_target` names it."""
        return self.binarizer.y_type_

    @property
    def exclusive(self):
        """Whether exactly one output of a sample is true."""
        return self.kind == "multiclass"

    @property
    def natural_output(self):
        """Name of the output activation that suits the kind of labels."""
        return "softmax" if self.exclusive else "logistic"

    @property
    def threshold(self):
        """The output from which on a label is true."""
        return sum(losses.find(self.loss, False).coding) / 2

    @property
    def are_shares(self):
        """Whether outputs have to be divided by their sum to be probabilities."""
        return self.exclusive and not ACTIVATIONS[self.output].normalised

    def known_classes(self):
        """Return the attribute ``classes_``, checked.

        Returns
        -------
        classes : array of shape (n_classes,)

        Raises
        ------
        ValueError
            If it is no longer an array of as many labels.
        """
        return self._checked(self.n_outputs if self.exclusive else len(self.binarizer.classes_))

    def _checked(self, n_classes):
        """Return ``classes_``, of which a fit has known so many."""
        if self.kind.startswith("multilabel"):
            # `partial_fit` takes more classes than there are columns, as in scikit-learn.
            n_classes = max(n_classes, np.size(self.classes))
        return check_classes(self.classes, n_classes)

    def check_order(self):
        """Check that ``classes_`` are the labels of the fit, in their order, for coding others.

        Raises
        ------
        ValueError
            If they are not.
        """
        expected = self.binarizer.classes_
        known = self._checked(len(expected))
        if self.kind.startswith("multilabel"):
            known = np.intersect1d(known, expected)
        if not np.array_equal(known, expected):
            raise ValueError(f"classes_ must be the labels of the fit, {expected}.")

    def check_same(self, y, all_of_them):
        """Check the labels of a fit that goes on from an earlier one.

        Parameters
        ----------
        y : array of shape (n_samples,) or (n_samples, n_outputs)
        all_of_them : bool
            Whether there must be all labels of the earlier fit, as for warm starts.

        Raises
        ------
        ValueError
            If there are others.
        """
        self.check_order()
        classes = classes_of(y)
        if all_of_them:
            if set(classes) != set(self.classes):
                raise ValueError(
                    "warm_start can only be used where `y` has the same classes as in the "
                    f"previous call to fit. Previously got {self.classes}, `y` has {classes}"
                )
        else:
            check_known(classes, self.classes)

    def indicate(self, y):
        """Return which labels are true of every sample.

        Parameters
        ----------
        y : array of shape (n_samples,) or (n_samples, n_outputs)
            Labels that are known.

        Returns
        -------
        indicators : array of bool of shape (n_samples, n_outputs)
        """
        if y.ndim > 1 or self.kind.startswith("multilabel"):
            return self.binarizer.transform(y).astype(bool)
        # What the binarizer would return: its checks are most of the time of a small fit.
        if len(self.classes) == 2:
            return (y == self.classes[1]).reshape(-1, 1)
        if len(self.classes) < 2:
            return np.zeros((len(y), 1), dtype=bool)
        codes = np.searchsorted(self.classes, y)
        indicators = np.zeros((len(y), len(self.classes)), dtype=bool)
        indicators[np.arange(len(y)), codes] = True
        return indicators

    def encode(self, y):
        """Return which labels are true of every sample, of labels that are to be checked.

        Parameters
        ----------
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)

        Returns
        -------
        indicators : array of bool of shape (n_samples, n_outputs)

        Raises
        ------
        ValueError
            If they are of another kind than those of the fit, or not all known.
        """
        self.check_order()
        y, kind = np.asarray(y), self.kind
        if (y.ndim == 2) != kind.startswith("multilabel"):
            raise ValueError(f"`y` has shape {y.shape}, but the targets of the fit are {kind}.")
        unknown = np.setdiff1d(unique_labels(y), self.classes)
        if len(unknown):
            raise ValueError(f"`y` has classes not in `self.classes_`: {unknown}.")
        return self.indicate(y)

    def code(self, y):
        """Return targets as the loss takes them.

        Parameters
        ----------
        y : array of bool of shape (n_samples, n_outputs)

        Returns
        -------
        targets : array of shape (n_samples, n_outputs)
        """
        no, yes = losses.find(self.loss, False).coding
        if self.label_smoothing > 0:
            normalised = ACTIVATIONS[self.output].normalised
            share = self.label_smoothing / (y.shape[1] if normalised else 2)
            no, yes = share, 1.0 - self.label_smoothing + share
        return y if (no, yes) == (0.0, 1.0) else np.where(y, yes, no)

    def weigh(self, y, sample_weight):
        """Return the weights of the samples, times those of their classes.

        Parameters
        ----------
        y : array of bool of shape (n_samples, n_outputs)
        sample_weight : array of shape (n_samples,) or None

        Returns
        -------
        sample_weight : array of shape (n_samples,) or None
        """
        if self.class_weight is None:
            return sample_weight
        check_class_weight(self.class_weight)
        labels = self.binarizer.inverse_transform(y)
        weights = compute_sample_weight(self.class_weight, labels)
        return weights if sample_weight is None else weights * sample_weight

    def labels(self, outputs):
        """Return the labels that the outputs of the network stand for.

        Parameters
        ----------
        outputs : array of shape (n_samples, n_outputs)

        Returns
        -------
        labels : array of shape (n_samples,) or (n_samples, n_outputs)
        """
        kind, classes = self.kind, self.known_classes()
        if kind == "multiclass":
            return classes.take(outputs.argmax(axis=1))
        yes = (outputs > self.threshold).astype(int)
        if kind == "binary" and len(classes) == 2:
            return classes[yes.ravel()]
        return self.binarizer.inverse_transform(yes.ravel() if kind == "binary" else yes)

    def probabilities(self, outputs):
        """Return the probabilities that the outputs of the network stand for.

        Parameters
        ----------
        outputs : array of shape (n_samples, n_outputs)

        Returns
        -------
        probabilities : array of shape (n_samples, n_classes)
        """
        self.known_classes()
        if self.n_outputs == 1:
            outputs = outputs.ravel()
            return np.vstack([1 - outputs, outputs]).T
        return _shares(outputs) if self.are_shares else outputs

    def score(self, y, outputs, sample_weight):
        """Return the accuracy of the outputs.

        Parameters
        ----------
        y : array of bool of shape (n_samples, n_outputs)
        outputs : array of shape (n_samples, n_outputs)
        sample_weight : array of shape (n_samples,) or None

        Returns
        -------
        score : float
        """
        if self.kind == "multiclass":
            correct = y.argmax(axis=1) == outputs.argmax(axis=1)
        elif self.kind == "binary" and len(self.known_classes()) < 2:
            correct = np.ones(len(y), dtype=bool)  # whatever the output, the label is the same
        else:
            correct = ((outputs > self.threshold) == y).all(axis=1)
        return accuracy(correct, sample_weight)


def _shares(outputs):
    """Return outputs divided by their sum over each row; where that is 0, equal shares."""
    total = outputs.sum(axis=1, keepdims=True)
    equal = np.full_like(outputs, 1 / outputs.shape[1])
    return np.divide(outputs, total, out=equal, where=total > 0)
