"""What networks do that have outputs for every step of a sequence."""

import math

import numpy as np
from sklearn.metrics import accuracy_score, r2_score
from sklearn.utils import check_consistent_length
from sklearn.utils.validation import _check_y, check_is_fitted

from skdeep.estimators.inputs.arrays import validate_sample_weight
from skdeep.estimators.inputs.sequences import as_shape, lengths_given, trimmed
from skdeep.estimators.inputs.sparse_structure import check_sparse_structure
from skdeep.estimators.inputs.step_values import read_steps
from skdeep.estimators.targets.step_targets import of_steps
from skdeep.network.stack import connect, read_by_outputs
from skdeep.network.wiring import wire, with_feature_names
from skdeep.recipe.layer_list import checked_layers

#: Types of features that are not converted.
FLOATS = np.float64, np.float32


class StepLabelling:
    """Targets and predictions for every step, where the last layer gives a sequence.

    A mixin of networks that are lists of layers.
    """

    def _n_output_steps(self):
        return vars(self).get("n_output_steps_")

    def _of_steps(self, targets):
        return of_steps(targets, self._n_output_steps())

    def _read_by_outputs(self):
        """Return source, shape and mask of what the outputs read."""
        shape, masked = as_shape(self.input_shape_), self._is_masked()
        return read_by_outputs(connect(self._given_layers(), shape, masked)[0], shape, masked)

    def _mask_of_outputs(self):
        """Return the mask of the steps that have outputs; None where none is masked."""
        if self._n_output_steps() is None or not self._is_masked():
            return None
        return self._read_by_outputs()[2]

    def _labels_steps(self, X):
        try:
            pairs = checked_layers(self.layers)
            X, shape, masked = self._as_matrix(X, reset=True)
            n_features = math.prod(shape) if masked else np.shape(X)[1]
            shape = None if masked and len(shape) == 1 else shape
            shape = self._input_shape(shape, n_features, wire(pairs))
            layers = connect(with_feature_names(pairs, shape, None), shape, masked)[0]
            return len(read_by_outputs(layers, shape)[1]) == 2
        except (IndexError, TypeError, ValueError):  # which the validation of X will tell
            return False

    def _validate_targets(self, given, X, y, options):
        """Return validated targets.

        Parameters
        ----------
        given : object
            The features as the user gave them.
        X : array or sparse matrix
            The validated features.
        y : object
        options : dict
            For scikit-learn's check.

        Returns
        -------
        y : array or StepValues
        """
        check_sparse_structure(y, "y")
        n_steps, mask = self._n_output_steps(), self._mask_of_outputs()
        if n_steps is None:
            y = _check_y(y, estimator=self, **options)
            check_consistent_length(X, y)
            return y
        seen = None if mask is None else X[:, mask[1] : mask[1] + n_steps] != 0
        lengths = None if mask is None else lengths_given(given, as_shape(self.input_shape_))
        y = read_steps(y, X.shape[0], n_steps, seen, lengths)
        return y._replace(values=_check_y(y.values, estimator=self, **options))

    def _per_sample(self, X, values):
        if self._mask_of_outputs() is None:
            return values
        return trimmed(values, lengths_given(X, as_shape(self.input_shape_)))

    def _score_of_steps(self, X, y, sample_weight):
        """Return the accuracy, or the coefficient of determination, over all steps with targets."""
        check_is_fitted(self)
        given = X
        X, y = self._validate_features(X, y, multi_output=True, dtype=FLOATS)
        if sample_weight is not None:
            sample_weight = validate_sample_weight(sample_weight, X)
            sample_weight = np.repeat(sample_weight, y.known.sum(axis=1))
        predictions = self._targets().labels(self._outputs(given))[y.known]
        score = accuracy_score if hasattr(self, "classes_") else r2_score
        return float(score(y.values, predictions, sample_weight=sample_weight))
