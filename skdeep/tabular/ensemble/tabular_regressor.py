"""The regressor for tables."""

import numpy as np
from sklearn.base import RegressorMixin, clone
from sklearn.metrics import d2_pinball_score
from sklearn.utils._param_validation import HasMethods, StrOptions
from sklearn.utils.validation import check_is_fitted

from skdeep import losses
from skdeep.estimators.networks.network_regressor import NetworkRegressor
from skdeep.estimators.regressor import MLPRegressor
from skdeep.tabular.ensemble.automatic_settings import OF_REGRESSORS
from skdeep.tabular.ensemble.ensemble_targets import number_targets, scaled_numbers
from skdeep.tabular.ensemble.tabular_estimator import TabularEstimator

#: Losses of standardised targets: Poisson's takes targets as they are.
_LOSSES = {"squared_error", "absolute_error", "huber", "quantile"}


class TabularRegressor(RegressorMixin, TabularEstimator):
    """Regressor for tables of numbers and categories: an ensemble of neural networks.

    It accepts data frames and arrays without preprocessing (see :class:`TabularEncoder`): numbers,
    strings, booleans and categories, with missing values in any column, and has defaults that need
    no tuning. Targets are standardised for training, and predictions are clipped to the range of
    the targets. Each member is a multi-layer perceptron with its own encoding of the table. It is
    trained on all rows except one fold, and keeps the weights of the epoch with the lowest loss on
    that fold. Predictions are averaged over the members.

    Read more in the :doc:`user guide </tabular>`.

    Parameters
    ----------
    loss : {"squared_error", "absolute_error", "huber", "quantile"} or loss, \
            default="squared_error"
        Loss that the members minimise, for standardised targets. "quantile" predicts the median;
        pass an object of `skdeep.losses.Quantile` for another quantile, or of `skdeep.losses.Huber`
        for another threshold, in standard deviations of the targets.
    quantiles : array-like of float or None, default=None
        Increasing quantiles between 0 and 1 to predict instead of `loss`. There is an ensemble for
        each quantile; they share encodings and folds. Predicted quantiles of a row that cross are
        sorted, which does not increase the loss [1]_.
    n_ensemble : int or "auto", default="auto"
        Number of members, for each quantile if there are several. "auto" is 4, or 8 for fewer than
        6,000 rows.
    hidden_layer_sizes : array-like of int or int, default=(128, 128, 128)
        Number of units in each hidden layer of a member.
    max_iter : int or "auto", default="auto"
        Number of epochs of a member. "auto" is 40, or more for small tables: as many as needed for
        2,000 updates, at most 300.
    n_bins : int or "auto", default="auto"
        Number of bins of a numeric column in the first encoding, see :class:`TabularEncoder`. The
        other encodings have 1.25 and 0.4 times as many.
    categorical_features : "from_dtype", None or array-like, default="from_dtype"
        Numeric columns to treat as categories, see :class:`TabularEncoder`.
    validation_fraction : float, default=0.2
        Proportion of the rows that a member leaves out of training, in the range (0, 0.5]: one of
        ``round(1 / validation_fraction)`` folds with similar distributions of the targets. Tables
        with fewer than 20 rows are not divided.
    tree_features : bool or "auto", default="auto"
        Whether each member has, as additional categories, the leaves of ten small decision trees
        that a row falls into. The trees are grown on up to 50,000 of the member's training rows,
        and help where sharp thresholds of several columns matter, which networks learn poorly.
        "auto" trains one network with and one without leaves, on up to 4,000 rows for a quarter of
        the automatic number of epochs, and uses leaves if they reduce the validation loss by more
        than 10 %; tables of fewer than 500 rows never use them.
    oof_predictions : bool, default=False
        Whether to store `oof_predictions_`. Not allowed together with `X_val`.
    n_threads : int or None, default=None
        Maximum number of threads used by fit and predict. If None, all cores that the process may
        use. The results are identical for any number of threads.
    random_state : int, RandomState instance or None, default=None
        Determines the folds, initial weights, order of the rows and dropout masks. Pass an int for
        reproducible results across calls.
    verbose : bool, default=False
        Whether to print the losses of each epoch and member.

    Attributes
    ----------
    n_outputs_ : int
        Number of outputs.
    members_ : list of NetworkRegressor
        The fitted members, except those whose weights did not remain finite; with `quantiles`,
        those of the first quantile come first. They predict standardised targets from the encoded
        table that is the input of their first layer, `TableFeatures`. Without hidden layers,
        members are MLPRegressor with dense encodings as input.
    encoder_ : TabularEncoder
        Encoder of the first encoding.
    tree_features_ : bool
        Whether members use leaves of trees.
    validation_scores_ : ndarray of shape (n_members,) or None
        Negative loss of each member, for standardised targets, on the rows that it has left out or
        on the validation set; None without validation rows.
    oof_predictions_ : ndarray of the shape of predictions
        For each training row, the mean of the predictions of the members that were not trained on
        it, or NaN if there are none: four members leave out only four of the five folds, and rows
        of weight 0 are in no fold. Only with ``oof_predictions=True``. Note that the encodings are
        fitted to all rows.
    held_out_rows_ : list of ndarray or None
        Indices of the rows of X that each member has left out of training, or None.
    n_iter_ : int
        Maximum number of epochs over all members.
    n_features_in_ : int
        Number of columns of X.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the columns, where X has names that are all strings.

    See Also
    --------
    TabularClassifier : The same for classification.
    TabularEncoder : The encoding used by the members.
    sklearn.ensemble.HistGradientBoostingRegressor : Gradient boosting of trees.

    References
    ----------
    D. Holzmüller, L. Grinsztajn, I. Steinwart, "Better by default: strong pre-tuned MLPs and
    boosted trees on tabular data", NeurIPS 2024.

    Y. Gorishniy, I. Rubachev, A. Babenko, "On embeddings for numerical features in tabular deep
    learning", NeurIPS 2022.

    .. [1] V. Chernozhukov, I. Fernandez-Val, A. Galichon, "Quantile and probability curves without
       crossing", Econometrica 78, 2010.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn.model_selection import train_test_split
    >>> from skdeep import TabularRegressor
    >>> X, y = load_diabetes(return_X_y=True)
    >>> X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
    >>> reg = TabularRegressor(random_state=0).fit(X_train, y_train)
    >>> reg.score(X_test, y_test) > 0.2
    True
    """

    _parameter_constraints: dict = {
        **TabularEstimator._parameter_constraints,
        "loss": [StrOptions(_LOSSES), HasMethods("check")],
        "quantiles": ["array-like", None],
    }
    _defaults = OF_REGRESSORS
    _target_type = "regression"

    def __init__(
        self,
        loss="squared_error",
        *,
        quantiles=None,
        n_ensemble="auto",
        hidden_layer_sizes=(128, 128, 128),
        max_iter="auto",
        n_bins="auto",
        categorical_features="from_dtype",
        validation_fraction=0.2,
        tree_features="auto",
        oof_predictions=False,
        n_threads=None,
        random_state=None,
        verbose=False,
    ):
        self.loss = loss
        self.quantiles = quantiles
        self.n_ensemble = n_ensemble
        self.hidden_layer_sizes = hidden_layer_sizes
        self.max_iter = max_iter
        self.n_bins = n_bins
        self.categorical_features = categorical_features
        self.validation_fraction = validation_fraction
        self.tree_features = tree_features
        self.oof_predictions = oof_predictions
        self.n_threads = n_threads
        self.random_state = random_state
        self.verbose = verbose

    def predict(self, X):
        """Predict targets.

        Parameters
        ----------
        X : array-like or frame of shape (n_samples, n_features)
            The table, with the columns that it had in `fit`.

        Returns
        -------
        y : ndarray of shape (n_samples,), (n_samples, n_outputs) or (n_samples, n_quantiles)
            The predictions. Predicted quantiles of a row are in increasing order.
        """
        means = self._mean_outputs(X)
        return self._joined(means, self._quantiles)

    def _check_parameters(self):
        name = losses.resolve(self.loss).name
        if name not in _LOSSES:
            raise ValueError(
                f"loss must be one of {sorted(_LOSSES)}, or an object of their classes in "
                f"skdeep.losses: targets are standardised. Got {self.loss!r}."
            )
        if losses.resolve(self.loss).numbers():
            raise ValueError(
                "Of a table, several quantiles are predicted by TabularRegressor(quantiles=...). "
                f"Got loss={self.loss!r}."
            )
        super()._check_parameters()

        if self.quantiles is not None:
            self._check_quantiles()

    def _check_quantiles(self):
        quantiles = np.asarray(self.quantiles)
        is_list = quantiles.ndim == 1 and quantiles.size > 0 and quantiles.dtype.kind == "f"
        if not (is_list and np.all(np.diff(quantiles, prepend=0.0, append=1.0) > 0)):
            raise ValueError(
                f"quantiles must be increasing numbers between 0 and 1. Got {self.quantiles!r}."
            )
        if losses.resolve(self.loss).name not in ("squared_error", "quantile"):
            raise ValueError(
                f"quantiles have a loss of their own: leave loss at its default. Got {self.loss!r}."
            )

    def _prepare(self, y):
        targets = number_targets(y, self)
        if self.quantiles is not None and targets.y.ndim > 1:
            raise ValueError(
                f"quantiles are those of one output. Got y with {targets.y.shape[1]} outputs."
            )
        return targets

    def _in_groups(self, jobs):
        if self.quantiles is None:
            return jobs
        return [
            job._replace(network=clone(job.network).set_params(loss=loss), group=group)
            for group, loss in enumerate(map(losses.Quantile, self._fitted_quantiles()))
            for job in jobs
        ]

    def _fitted_quantiles(self):
        return None if self.quantiles is None else np.asarray(self.quantiles).tolist()

    def _joined(self, means, quantiles=None):
        if quantiles is None:
            return means[0]
        return np.sort(np.stack(means, axis=1), axis=1)

    def score(self, X, y, sample_weight=None):
        """Return the coefficient of determination or, for quantiles, the mean D2 pinball score.

        Parameters
        ----------
        X : array-like or frame of shape (n_samples, n_features)
            The table.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            The targets.
        sample_weight : array-like of shape (n_samples,), default=None
            Sample weights.

        Returns
        -------
        score : float
            R2 of `predict`. With `quantiles`, the mean of `sklearn.metrics.d2_pinball_score` over
            them.
        """
        check_is_fitted(self)
        if self._quantiles is None:
            return super().score(X, y, sample_weight)
        found = self.predict(X).T
        scores = [
            d2_pinball_score(y, own, sample_weight=sample_weight, alpha=float(quantile))
            for quantile, own in zip(self._quantiles, found, strict=True)
        ]
        return float(np.mean(scores))

    def _prepare_validation(self, y, targets):
        return scaled_numbers(y, targets, self)

    def _network(self, **parameters):
        cls = NetworkRegressor if "layers" in parameters else MLPRegressor
        loss = self.loss if self.quantiles is None else losses.Quantile(0.5)
        return cls(loss=loss, **parameters)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        tags.target_tags.single_output = True
        return tags
