"""What regressors that are networks do with targets, whatever their layers."""

import numpy as np
from sklearn.base import RegressorMixin, _fit_context
from sklearn.utils import column_or_1d
from sklearn.utils.metaestimators import available_if

from skdeep.estimators.fit_method import fit_method
from skdeep.estimators.inputs.arrays import as_numbers
from skdeep.estimators.inputs.step_values import in_place, values_of
from skdeep.estimators.inputs.validation_set import Given
from skdeep.estimators.presentation.documentation import with_partial_fit_notes
from skdeep.estimators.targets.numeric import NumberTargets, check_precision
from skdeep.exporting.head import Head
from skdeep.objects import name_of


class Regression(RegressorMixin):
    """Numbers as targets and as predictions.

    A mixin of estimators that are networks.
    """

    def _targets(self):
        return self._of_steps(NumberTargets(name_of(self.loss)))

    def _head(self):
        return Head()

    def _validate_input(self, X, y, incremental, reset):
        X, y = self._validate_features(
            X,
            y,
            accept_sparse=["csr", "csc"],
            multi_output=True,
            y_numeric=True,
            dtype=(np.float64, np.float32),
            reset=reset,
        )
        values = values_of(y)
        if values.ndim == 2 and values.shape[1] == 1:
            values = column_or_1d(values, warn=values is y)
        values = as_numbers(values)
        NumberTargets(name_of(self.loss)).check(values)
        check_precision(values, X.dtype)
        return X, in_place(y, values)

    def _encode(self, X, y):
        return self._validate_input(X, y, incremental=True, reset=False)

    def predict(self, X):
        """Predict targets.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The features.

        Returns
        -------
        y : ndarray of shape (n_samples,) or (n_samples, n_outputs)
            The predictions.
        """
        return self._per_sample(X, self._targets().labels(self._outputs(X)))

    @available_if(lambda estimator: estimator._check_solver())
    @_fit_context(prefer_skip_nested_validation=True)
    @fit_method
    @with_partial_fit_notes
    def partial_fit(
        self, X, y, sample_weight=None, *, X_val=None, y_val=None, sample_weight_val=None
    ):
        """Update the network with one epoch over the given data.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The features.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            The targets.
        sample_weight : array-like of shape (n_samples,), default=None
            Sample weights.
        X_val : {array-like, sparse matrix} of shape (n_val, n_features), default=None
            Features of a validation set, whose score and loss are recorded.
        y_val : array-like of shape (n_val,) or (n_val, n_outputs), default=None
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
        given = Given(X_val, y_val, sample_weight_val)
        return self._prepare(X, y, sample_weight, given, incremental=True)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.positive_only = name_of(self.loss) == "poisson"
        return tags
