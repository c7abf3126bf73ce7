"""What classifiers that are networks do with labels, whatever their layers."""

import numpy as np
from scipy.sparse import issparse
from sklearn.base import ClassifierMixin, _fit_context
from sklearn.utils import column_or_1d
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import (
    _check_partial_fit_first_call,
    type_of_target,
)

from skdeep.estimators.fit_method import fit_method
from skdeep.estimators.inputs.sparse_structure import check_sparse_structure
from skdeep.estimators.inputs.step_values import StepValues, in_place, values_of
from skdeep.estimators.inputs.validation_set import Given
from skdeep.estimators.presentation.documentation import with_partial_fit_notes
from skdeep.estimators.targets.classes import ClassTargets
from skdeep.estimators.targets.labels import (
    check_known,
    fit_binarizer,
    fit_binarizer_quickly,
)
from skdeep.exporting.head import Head
from skdeep.formulas import losses
from skdeep.formulas.activations import NAMES
from skdeep.formulas.activations import REGISTRY as ACTIVATIONS
from skdeep.formulas.interval import UNIT
from skdeep.objects import name_of


class Classification(ClassifierMixin):
    """Labels as targets, and outputs as labels and probabilities.

    A mixin of estimators that are networks.
    """

    def _targets(self):
        return self._of_steps(self._class_targets())

    def _class_targets(self):
        """Return what the targets of a sample, or of a step, are."""
        return ClassTargets(
            self._label_binarizer,
            self.classes_,
            name_of(self.loss),
            self._label_smoothing(),
            self.class_weight,
            getattr(self, "n_outputs_", None),
            getattr(self, "out_activation_", None),
        )

    def _label_smoothing(self):
        """Return the parameter of the loss; of a string, that of the estimator, if it has one."""
        own = getattr(self, "label_smoothing", 0.0)
        return getattr(self.loss, "label_smoothing", own)

    def _validate_input(self, X, y, incremental, reset):
        X, y = self._validate(X, y, reset)
        labels = values_of(y)
        if not hasattr(self, "classes_") or (not self.warm_start and not incremental):
            self._label_binarizer = fit_binarizer_quickly(labels)
            self.classes_ = self._label_binarizer.classes_
        else:
            self._class_targets().check_same(labels, all_of_them=self.warm_start)
        return X, in_place(y, self._class_targets().indicate(labels))

    def _encode(self, X, y):
        X, y = self._validate(X, y, reset=False)
        return X, in_place(y, self._class_targets().encode(values_of(y)))

    def _validate(self, X, y, reset):
        X, y = self._validate_features(
            X,
            y,
            accept_sparse=["csr", "csc"],
            multi_output=True,
            dtype=(np.float64, np.float32),
            reset=reset,
        )
        if isinstance(y, StepValues):
            if y.values.ndim > 1:
                raise ValueError("y of labels for every step must have the axes samples and steps.")
        elif (y.ndim == 2 and y.shape[1] == 1) or (issparse(y) and y.ndim == 1):
            y = column_or_1d(y, warn=True)  # which refuses sparse vectors
        return X, y

    def _gives_probabilities(self):
        output = getattr(self, "out_activation_", self.out_activation)
        if output == "auto":
            return losses.find(name_of(self.loss), False).accepts(UNIT)
        return UNIT.holds_all_of(ACTIVATIONS[NAMES[output]].range)

    def _check_probabilities(self):
        if not self._gives_probabilities():
            raise AttributeError(
                f"Outputs with loss={self.loss!r} and out_activation={self.out_activation!r} are "
                "no probabilities; decision_function gives them."
            )
        return True

    def _check_decisions(self):
        if self._gives_probabilities():
            raise AttributeError("Outputs are probabilities; predict_proba gives them.")
        return True

    def _head(self):
        targets = self._class_targets()
        return Head(
            "multilabel" if targets.kind.startswith("multilabel") else targets.kind,
            targets.known_classes(),
            targets.threshold,
            self._gives_probabilities(),
            targets.are_shares,
        )

    def predict(self, X):
        """Predict class labels.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The features.

        Returns
        -------
        y : ndarray of shape (n_samples,) or (n_samples, n_classes)
            The labels, or a label indicator matrix.
        """
        per_sample = self._n_output_steps() is None
        if per_sample and "classes_" in vars(self) and self._targets().exclusive:
            places = self._outputs(X, largest=True)
            return self._targets().known_classes().take(places)
        outputs = self._outputs(X)
        return self._per_sample(X, self._targets().labels(outputs))

    @available_if(lambda estimator: estimator._check_decisions())
    def decision_function(self, X):
        """Return the confidence scores of samples.

        Only available if the outputs are not probabilities, as with the hinge loss.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The features.

        Returns
        -------
        decisions : ndarray of shape (n_samples,) or (n_samples, n_classes)
            Positive where a label is predicted; with several classes, the class with the highest
            score is predicted.
        """
        outputs = self._outputs(X) - np.float32(self._class_targets().threshold)
        if self._n_output_steps() is not None:
            outputs = outputs.reshape(len(outputs), self._n_output_steps(), -1)
        outputs = outputs[..., 0] if outputs.shape[-1] == 1 else outputs
        return self._per_sample(X, outputs)

    @available_if(lambda estimator: estimator._check_probabilities())
    def predict_proba(self, X):
        """Predict the probabilities of the classes.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The features.

        Returns
        -------
        y_prob : ndarray of shape (n_samples, n_classes)
            One column per class, in the order of ``classes_``.
        """
        outputs = self._outputs(X)
        return self._per_sample(X, self._targets().probabilities(outputs))

    @available_if(lambda estimator: estimator._check_probabilities())
    def predict_log_proba(self, X):
        """Predict the logarithms of the probabilities of the classes.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The features.

        Returns
        -------
        log_y_prob : ndarray of shape (n_samples, n_classes)
            ``log(predict_proba(X))``.
        """
        y_prob = self.predict_proba(X)
        if isinstance(y_prob, list):
            return [np.log(each, out=each) for each in y_prob]
        return np.log(y_prob, out=y_prob)

    @available_if(lambda estimator: estimator._check_solver())
    @_fit_context(prefer_skip_nested_validation=True)
    @fit_method
    @with_partial_fit_notes
    def partial_fit(
        self,
        X,
        y,
        sample_weight=None,
        classes=None,
        *,
        X_val=None,
        y_val=None,
        sample_weight_val=None,
    ):
        """Update the network with one epoch over the given data.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The features.
        y : array-like of shape (n_samples,) or (n_samples, n_classes)
            The labels.
        sample_weight : array-like of shape (n_samples,), default=None
            Sample weights.
        classes : array-like of shape (n_classes,), default=None
            All labels that may ever come; needed at the first call only.
        X_val : {array-like, sparse matrix} of shape (n_val, n_features), default=None
            Features of a validation set, whose score and loss are recorded.
        y_val : array-like of shape (n_val,) or (n_val, n_classes), default=None
            Targets of the validation set.
        sample_weight_val : array-like of shape (n_val,), default=None
            Sample weights of the validation set.

        Returns
        -------
        self : object
            The fitted estimator.

        Raises
        ------
        ValueError
            If the input is invalid, or training diverges. The estimator is left as it was.

        <notes>
        """
        check_sparse_structure(y, "y")
        if _check_partial_fit_first_call(self, classes):
            multilabel = not self._labels_steps(X) and type_of_target(y).startswith("multilabel")
            self._label_binarizer = fit_binarizer(y if multilabel else classes)
            check_known(self._label_binarizer.classes_, self.classes_)
        given = Given(X_val, y_val, sample_weight_val)
        return self._prepare(X, y, sample_weight, given, incremental=True)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags
