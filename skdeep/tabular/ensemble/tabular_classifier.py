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
    """Classifier for tables of numbers and categories: an ensemble of networks.

    It takes tables as they are (see :class:`TabularEncoder`): frames or arrays with numbers,
    strings, booleans and categories, and missing values anywhere, and needs no tuning. Each member
    is a multi-layer perceptron with an encoding of its own, which leaves out a fold of the rows and
    keeps the epoch with the lowest loss on it. The probabilities are the means of the members'.

    Read more in the :doc:`user guide </tabular>`.

    Parameters
    ----------
    n_ensemble : int or "auto", default="auto"
        Number of members. "auto" is 4, or 8 for fewer than 6,000 rows.
    hidden_layer_sizes : array-like of int or int, default=(128, 128, 128)
        Units of the hidden layers of every member.
    max_iter : int or "auto", default="auto"
        Epochs of a member. "auto" is 32, or as many as make 2,000 updates, but at most 300.
    n_bins : int or "auto", default="auto"
        Bins of a number in the first encoding, see :class:`TabularEncoder`. The other encodings
        have 1.25 and 0.4 times as many.
    categorical_features : "from_dtype", None or array-like, default="from_dtype"
        Columns of numbers that are categories, see :class:`TabularEncoder`.
    class_weight : dict, "balanced" or None, default=None
        Weights of the classes in the training and the validation loss. The probabilities are those
        of the weighted problem.
    validation_fraction : float, default=0.2
        Part of the rows that a member leaves out, in the range (0, 0.5], as one of
        ``round(1 / validation_fraction)`` stratified folds. Tables of fewer than 20 rows are not
        divided. Classes of fewer than 5 rows are in the training rows of all members.
    tree_features : bool or "auto", default="auto"
        Whether every member reads, as further categories, the leaves that a row falls into in ten
        small trees, grown on up to 50,000 of the rows that the member trains on. They say what
        networks learn badly: sharp thresholds of several columns together. "auto" trains two
        networks, with leaves and without, for a quarter of the automatic epochs on up to 4,000
        rows, and takes leaves if they leave less than 0.9 of the validation loss; it takes none in
        tables of fewer than 500 rows.
    oof_predictions : bool, default=False
        Whether to keep `oof_predictions_`. It cannot be used with a validation set of your own.
    n_threads : int or None, default=None
        Maximum number of threads; None for all cores. The result is the same for any number.
    random_state : int, RandomState instance or None, default=None
        Draws folds, first weights, the order of rows and dropped units.
    verbose : bool, default=False
        Whether to print the losses of every epoch, with the number of the member.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The class labels.
    members_ : list of NetworkClassifier
        The members, without those whose weights did not stay finite. They predict numbers of
        classes from scores, indicators and codes, as their first layer, `TableFeatures`, reads
        them.
        Without hidden layers they are of type MLPClassifier, and read dense rows.
    encoder_ : TabularEncoder
        The encoder of the first encoding.
    tree_features_ : bool
        Whether members read leaves of trees.
    validation_scores_ : ndarray of shape (n_members,) or None
        The negative loss of each member on the rows that it has left out, or on the validation set;
        None without any.
    oof_predictions_ : ndarray of shape (n_samples, n_classes)
        Mean probabilities by the members that have not trained on a row; NaN where there are none:
        four of five folds are left out by four members, and rows of weight 0 are in no fold. Only
        with ``oof_predictions=True``. The encodings are fitted to all rows.
    held_out_rows_ : list of ndarray or None
        For each member the numbers of the rows of X that it has left out, or None.
    n_iter_ : int
        Most epochs that a member has made.
    n_features_in_ : int
        Number of columns of X.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the columns, where X has names that are all strings.

    See Also
    --------
    TabularRegressor : The same for numbers.
    TabularEncoder : The encoding alone.
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
        """Return the class of the greatest probability.

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
