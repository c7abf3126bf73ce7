"""The classifier for tables."""

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.utils._param_validation import StrOptions

from skdeep.estimators.classifier import MLPClassifier
from skdeep.estimators.networks.network_classifier import NetworkClassifier
from skdeep.tabular.ensemble.automatic_settings import OF_CLASSIFIERS
from skdeep.tabular.ensemble.ensemble_targets import class_codes, class_targets
from skdeep.tabular.ensemble.tabular_estimator import TabularEstimator


class TabularClassifier(ClassifierMixin, TabularEstimator):
    """Classifier for tables of numbers and categories: an ensemble of neural networks.

    It accepts data frames and arrays without preprocessing (see :class:`TabularEncoder`): numbers,
    strings, booleans and categories, with missing values in any column, and has defaults that need
    no tuning. Each member is a multi-layer perceptron with its own encoding of the table. It is
    trained on all rows except one fold, and keeps the weights of the epoch with the lowest loss on
    that fold. The predicted probabilities are averaged over the members.

    Read more in the :doc:`user guide </tabular>`.

    Parameters
    ----------
    n_ensemble : int or "auto", default="auto"
        Number of members. "auto" is 4, or 8 for fewer than 6,000 rows.
    hidden_layer_sizes : array-like of int or int, default=(128, 128, 128)
        Number of units in each hidden layer of a member.
    max_iter : int or "auto", default="auto"
        Number of epochs of a member. "auto" is 32, or more for small tables: as many as needed for
        2,000 updates, at most 300.
    n_bins : int or "auto", default="auto"
        Number of bins of a numeric column in the first encoding, see :class:`TabularEncoder`. The
        other encodings have 1.25 and 0.4 times as many.
    categorical_features : "from_dtype", None or array-like, default="from_dtype"
        Numeric columns to treat as categories, see :class:`TabularEncoder`.
    class_weight : dict, "balanced" or None, default=None
        Weights of the classes in the training and validation loss. Predicted probabilities then
        refer to the weighted classes, not to their frequencies.
    validation_fraction : float, default=0.2
        Proportion of the rows that a member leaves out of training, in the range (0, 0.5]: one of
        ``round(1 / validation_fraction)`` stratified folds. Tables with fewer than 20 rows are not
        divided. Rows of classes with fewer than 5 rows are never left out.
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
    classes_ : ndarray of shape (n_classes,)
        The class labels.
    members_ : list of NetworkClassifier
        The fitted members, except those whose weights did not remain finite. They predict indices
        of classes from the encoded table that is the input of their first layer, `TableFeatures`.
        Without hidden layers, members are MLPClassifier with dense encodings as input.
    encoder_ : TabularEncoder
        Encoder of the first encoding.
    tree_features_ : bool
        Whether members use leaves of trees.
    validation_scores_ : ndarray of shape (n_members,) or None
        Negative loss of each member on the rows that it has left out, or on the validation set;
        None without validation rows.
    oof_predictions_ : ndarray of shape (n_samples, n_classes)
        For each training row, the mean of the probabilities predicted by the members that were not
        trained on it, or NaN if there are none: four members leave out only four of the five folds,
        and rows of weight 0 are in no fold. Only with ``oof_predictions=True``. Note that the
        encodings are fitted to all rows.
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
    TabularRegressor : The same for regression.
    TabularEncoder : The encoding used by the members.
    sklearn.ensemble.HistGradientBoostingClassifier : Gradient boosting of trees.

    References
    ----------
    D. Holzmüller, L. Grinsztajn, I. Steinwart, "Better by default: strong pre-tuned MLPs and
    boosted trees on tabular data", NeurIPS 2024.

    Y. Gorishniy, I. Rubachev, A. Babenko, "On embeddings for numerical features in tabular deep
    learning", NeurIPS 2022.

    Examples
    --------
    >>> from sklearn.datasets import load_wine
    >>> from sklearn.model_selection import train_test_split
    >>> from skdeep import TabularClassifier
    >>> X, y = load_wine(return_X_y=True)
    >>> X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
    >>> clf = TabularClassifier(random_state=0).fit(X_train, y_train)
    >>> clf.score(X_test, y_test) > 0.9
    True
    """

    _parameter_constraints: dict = {
        **TabularEstimator._parameter_constraints,
        "class_weight": [dict, StrOptions({"balanced"}), None],
    }
    _defaults = OF_CLASSIFIERS
    _target_type = "classification"

    def __init__(
        self,
        n_ensemble="auto",
        *,
        hidden_layer_sizes=(128, 128, 128),
        max_iter="auto",
        n_bins="auto",
        categorical_features="from_dtype",
        class_weight=None,
        validation_fraction=0.2,
        tree_features="auto",
        oof_predictions=False,
        n_threads=None,
        random_state=None,
        verbose=False,
    ):
        self.n_ensemble = n_ensemble
        self.hidden_layer_sizes = hidden_layer_sizes
        self.max_iter = max_iter
        self.n_bins = n_bins
        self.categorical_features = categorical_features
        self.class_weight = class_weight
        self.validation_fraction = validation_fraction
        self.tree_features = tree_features
        self.oof_predictions = oof_predictions
        self.n_threads = n_threads
        self.random_state = random_state
        self.verbose = verbose

    def predict_proba(self, X):
        """Return the probabilities of the classes.

        Parameters
        ----------
        X : array-like or frame of shape (n_samples, n_features)
            The table, with the columns that it had in `fit`.

        Returns
        -------
        probabilities : ndarray of shape (n_samples, n_classes)
            In the order of `classes_`.
        """
        return self._joined(self._mean_outputs(X))

    def predict_log_proba(self, X):
        """Return the logarithms of the probabilities of the classes.

        Parameters
        ----------
        X : array-like or frame of shape (n_samples, n_features)
            The table.

        Returns
        -------
        log_probabilities : ndarray of shape (n_samples, n_classes)
            In the order of `classes_`.
        """
        with np.errstate(divide="ignore"):
            return np.log(self.predict_proba(X))

    def predict(self, X):
        """Predict the class with the highest probability.

        Parameters
        ----------
        X : array-like or frame of shape (n_samples, n_features)
            The table.

        Returns
        -------
        labels : ndarray of shape (n_samples,)
            The class labels.
        """
        largest = self.predict_proba(X).argmax(axis=1)
        return self.classes_[largest]

    def _prepare(self, y):
        return class_targets(y, self.class_weight)

    def _prepare_validation(self, y, targets):
        return class_codes(y, targets)

    def _network(self, **parameters):
        cls = NetworkClassifier if "layers" in parameters else MLPClassifier
        return cls(**parameters)
