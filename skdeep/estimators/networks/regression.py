"""What regressors that are networks do with targets, whatever their layers."""

import numpy as np
from sklearn.base import RegressorMixin, _fit_context
from sklearn.utils import column_or_1d
from sklearn.utils.metaestimators import available_if

from skdeep.estimators.fit_method import fit_method
from skdeep.estimators.inputs.arrays import as_numbers
from skdeep.estimators.inputs.chosen_precision import precision_of
from skdeep.estimators.inputs.step_values import in_place, values_of
from skdeep.estimators.inputs.validation_set import Given
from skdeep.estimators.presentation.documentation import with_partial_fit_notes
from skdeep.estimators.targets.numeric import NumberTargets, check_precision
from skdeep.estimators.targets.quantiles import QuantileTargets
from skdeep.exporting.head import Head
from skdeep.objects import name_of


class Regression(RegressorMixin):
    """Numbers as targets and as predictions.

    A mixin of estimators that are networks.
    """

    def _targets(self):
        if quantiles := self._quantiles():
            return QuantileTargets(quantiles)
        return self._of_steps(NumberTargets(name_of(self.loss)))

    def _quantiles(self):
        """Return the quantiles that are predicted together; empty for a single number."""
        return getattr(self.loss, "numbers", tuple)()

    def _head(self):
        return Head(is_sorted=bool(self._quantiles()))

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
        check_precision(values, precision_of(self, X))
        if quantiles := self._quantiles():
            if self._n_output_steps() is not None:
                raise ValueError("Several quantiles are for samples, not for steps of sequences.")
            values = QuantileTargets(quantiles).repeated(values)
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
        y : ndarray of shape (n_samples,), (n_samples, n_outputs) or (n_samples, n_quantiles)
            The predictions. Several quantiles, as of ``loss=Quantile([0.1, 0.5, 0.9])``, are in
            ascending order.
        """
        return self._per_sample(X, self._targets().labels(self._outputs(X)))

    def score(self, X, y, sample_weight=None):
        """Return the coefficient of determination of the predictions, or the score of quantiles.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The features.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            The right numbers.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the samples.

        Returns
        -------
        score : float
            The coefficient of determination; with several outputs their mean. Of several quantiles,
            the mean of `sklearn.metrics.d2_pinball_score` over them: the share of the loss of
            constant quantiles that the predictions save.
        """
        if quantiles := self._quantiles():
            y = column_or_1d(y)
            return QuantileTargets(quantiles).score_of_predictions(
                y, self.predict(X), sample_weight
            )
        return super().score(X, y, sample_weight)

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
