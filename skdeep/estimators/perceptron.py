"""The perceptron."""

import functools
from numbers import Integral, Real

import numpy as np
from joblib import effective_n_jobs
from scipy.sparse import issparse
from sklearn.base import _fit_context
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model._base import LinearClassifierMixin, SparseCoefMixin
from sklearn.utils import compute_class_weight
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.multiclass import _check_partial_fit_first_call
from sklearn.utils.validation import check_is_fitted

from skdeep.engines.cpu.perceptron.perceptron_training import Rule, Samples, features_of
from skdeep.engines.cpu.threads.team import available_threads
from skdeep.estimators.estimator import Estimator
from skdeep.estimators.fit_method import fit_method
from skdeep.estimators.inputs.arrays import validate_input, validate_sample_weight
from skdeep.estimators.inputs.byte_order import in_native_order
from skdeep.estimators.inputs.sparse_structure import check_sparse_structure
from skdeep.estimators.inputs.starting_point import INITS, continued, starting_point
from skdeep.estimators.presentation.description import perceptron_layers
from skdeep.estimators.presentation.exports import Exports
from skdeep.estimators.targets.labels import check_classes
from skdeep.estimators.work import Work
from skdeep.exporting.head import Head
from skdeep.network.plain_layers import Dense, Network
from skdeep.recipe.rules import check
from skdeep.training import linear_units as training
from skdeep.training.user_warnings import warn_user

#: What the intercept takes of a correction on sparse rows, as in scikit-learn: it is corrected at
#: every mistake, the weight of a rare feature seldom.
SPARSE_INTERCEPT_RATE = 0.01

#: The share of L1 in every penalty; None takes `l1_ratio`.
L1_SHARES = {None: 0.0, "l2": 0.0, "l1": 1.0, "elasticnet": None}

#: Reasons to stop, the first of which any of several lines has is the estimator's.
REASONS = ("max_iter", "change", "validation", "separated")


class Perceptron(LinearClassifierMixin, SparseCoefMixin, Exports, Estimator):
    """Perceptron classifier.

    The linear classifier of Rosenblatt [1]_: for labels coded as -1 and 1 and the output ``p = w.x
    + b``, every mistake, ``y p <= 0``, adds ``eta0 y x`` to ``w`` and ``eta0 y`` to ``b``. Several
    classes are handled one-versus-rest. It is a drop-in replacement for
    `sklearn.linear_model.Perceptron`: with that class's parameters, the results are the same.

    Parameters
    ----------
    penalty : {'l2', 'l1', 'elasticnet'} or None, default=None
        Penalty on the weights (the intercept is not penalised): ``sum(w ** 2) / 2``, ``sum(|w|)``,
        or a mixture of both.
    alpha : float, default=0.0001
        Strength of the penalty.
    l1_ratio : float, default=0.15
        Proportion of the L1 penalty in 'elasticnet', between 0 and 1.
    fit_intercept : bool, default=True
        Whether the intercept is learned. If False, it keeps its initial value.
    max_iter : int, default=1000
        Maximum number of epochs of `fit`.
    tol : float or None, default=1e-3
        Training stops when the objective (the mean of ``max(0, -y p)`` over the samples of an
        epoch, plus the penalty) or, with ``early_stopping``, the validation score fails to improve
        by at least `tol` for ``n_iter_no_change`` consecutive epochs. If None, this criterion is
        not used.
    shuffle : bool, default=True
        Whether to shuffle the samples before each epoch. Not used by ``mode='batch'``.
    verbose : int, default=0
        Whether to print progress messages.
    eta0 : float, default=1
        Learning rate. Without a penalty and with initial weights of 0, it only scales the weights
        and has no effect on the predictions.
    n_jobs : int or None, default=None
        Maximum number of threads used for several classes. If None, the idle cores that the process
        may use; -1 means all processors. The results are identical for any number of threads.
    random_state : int, RandomState instance or None, default=0
        Determines the order of the samples, the validation set and random initial weights.
    early_stopping : bool, default=False
        Whether to set aside a stratified part of the training data as validation set and to stop
        when the accuracy on it no longer improves. As in scikit-learn, the weights of the last
        epoch are kept, not the best ones.
    validation_fraction : float, default=0.1
        Proportion of the training data to set aside as validation set for ``early_stopping``.
    n_iter_no_change : int, default=5
        Number of consecutive epochs without improvement after which training stops.
    class_weight : dict, 'balanced' or None, default=None
        Weights of the classes, multiplied with the sample weights. 'balanced' uses ``n_samples /
        (n_classes * count)``.
    warm_start : bool, default=False
        Whether `fit` starts from the weights of the previous call.
    mode : {'pattern', 'batch'}, default='pattern'
        'pattern' updates the weights after each mistake. 'batch' sums the updates of all samples of
        an epoch and applies the sum once, with the penalty multiplied by the number of samples;
        training ends at the first epoch without a mistake. The loss of 'batch' can oscillate before
        it falls, so ``tol=None`` or a larger ``n_iter_no_change`` is recommended.
    init : {'zeros', 'normal', 'uniform'} or array-like, default='zeros'
        Initial weights: 0, drawn from the standard normal distribution, drawn uniformly from ``[-1,
        1)``, or an array of the shape of ``coef_`` (or (n_features,) for two classes). The initial
        intercept is 0. ``coef_init`` and ``intercept_init`` of `fit` and, with ``warm_start``, the
        weights of the previous call take precedence.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The class labels.
    coef_ : ndarray of shape (1, n_features) or (n_classes, n_features)
        The weights. For two classes there is a single row.
    intercept_ : ndarray of shape (1,) or (n_classes,)
        The intercepts.
    n_iter_ : int
        Number of epochs of the last fit; the maximum over all classes. As in scikit-learn, epochs
        after the first one without a mistake are counted until `tol` stops training. They change
        nothing and are not computed here; ``len(mistakes_curve_)`` does not count them.
    mistakes_curve_ : ndarray of int of shape (n_epochs,) or (n_epochs, n_classes)
        Number of mistakes in each epoch of the last fit, up to the first epoch without one;
        `partial_fit` appends to it. With several classes there is a column for each; a class whose
        training ended earlier repeats its last number. Samples with weight 0 do not count.
    stop_reason_ : str
        Why training ended. 'separated': an epoch made no mistake; 'change': the objective no longer
        improved by `tol`; 'validation': the validation score no longer improved by `tol`;
        'max_iter': the limit was reached; 'partial_fit': the last call of that method. With several
        classes, the first in the order max_iter, change, validation, separated that applies to any
        class.
    t_ : float
        Number of samples seen since the beginning of the last `fit`, plus 1.
    n_features_in_ : int
        Number of features.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the features. Only defined if X has feature names that are all strings.

    See Also
    --------
    MLPClassifier : Networks with hidden layers, for classes that are not linearly separable.

    Notes
    -----
    With the same parameters and the same `random_state`, the results equal those of scikit-learn's
    Perceptron. Two of its rules differ from textbooks: in pattern mode with sparse features, the
    learning rate of the intercept is a hundredth of ``eta0``; and in pattern mode with a penalty,
    an epoch without a mistake does not end training, because the penalty still changes the weights.

    References
    ----------
    .. [1] F. Rosenblatt, "The perceptron: a probabilistic model for information storage and
       organization in the brain", Psychological Review 65, 1958.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from skdeep import Perceptron
    >>> X, y = load_digits(return_X_y=True)
    >>> clf = Perceptron(tol=1e-3, random_state=0).fit(X, y)
    >>> clf.score(X, y)
    0.939
    >>> clf.n_iter_, clf.stop_reason_
    (22, 'change')
    """

    _parameter_constraints: dict = {
        "penalty": [StrOptions({"l2", "l1", "elasticnet"}), None],
        "alpha": [Interval(Real, 0, None, closed="left")],
        "l1_ratio": [Interval(Real, 0, 1, closed="both")],
        "fit_intercept": ["boolean"],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
        "tol": [Interval(Real, 0, None, closed="left"), None],
        "shuffle": ["boolean"],
        "verbose": ["verbose"],
        "eta0": [Interval(Real, 0, None, closed="neither")],
        "n_jobs": [Integral, None],
        "random_state": ["random_state"],
        "early_stopping": ["boolean"],
        "validation_fraction": [Interval(Real, 0, 1, closed="neither")],
        "n_iter_no_change": [Interval(Integral, 1, None, closed="left")],
        "class_weight": [StrOptions({"balanced"}), dict, None],
        "warm_start": ["boolean"],
        "mode": [StrOptions({"pattern", "batch"})],
        "init": [StrOptions(set(INITS)), "array-like"],
    }

    def __init__(
        self,
        *,
        penalty=None,
        alpha=0.0001,
        l1_ratio=0.15,
        fit_intercept=True,
        max_iter=1000,
        tol=1e-3,
        shuffle=True,
        verbose=0,
        eta0=1.0,
        n_jobs=None,
        random_state=0,
        early_stopping=False,
        validation_fraction=0.1,
        n_iter_no_change=5,
        class_weight=None,
        warm_start=False,
        mode="pattern",
        init="zeros",
    ):
        self.penalty = penalty
        self.alpha = alpha
        self.l1_ratio = l1_ratio
        self.fit_intercept = fit_intercept
        self.max_iter = max_iter
        self.tol = tol
        self.shuffle = shuffle
        self.verbose = verbose
        self.eta0 = eta0
        self.n_jobs = n_jobs
        self.random_state = random_state
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.class_weight = class_weight
        self.warm_start = warm_start
        self.mode = mode
        self.init = init

    @_fit_context(prefer_skip_nested_validation=True)
    @fit_method
    def fit(self, X, y, coef_init=None, intercept_init=None, sample_weight=None):
        """Fit the classifier to features X and labels y.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The features. C-ordered float32 or float64 arrays and CSR matrices are not copied.
        y : array-like of shape (n_samples,)
            The labels.
        coef_init : array-like of shape (n_classes, n_features), default=None
            Initial weights, of shape (n_features,) or (1, n_features) for two classes.
        intercept_init : array-like of shape (n_classes,), default=None
            Initial intercepts, a number or of shape (1,) for two classes.
        sample_weight : array-like of shape (n_samples,), default=None
            Sample weights, which multiply the updates. If None, all samples have the same weight.

        Returns
        -------
        self : object
            The fitted estimator.

        Raises
        ------
        ValueError
            If the input is invalid, or training diverges. The estimator is left as it was.
        """
        y = validate_input(self, y=y)
        classes = np.unique(y)
        before = vars(self) if self.warm_start and "coef_" in vars(self) else {}
        coef_init = before.get("coef_") if coef_init is None else coef_init
        intercept_init = before.get("intercept_") if intercept_init is None else intercept_init
        for name in ("classes_", "coef_", "intercept_", "mistakes_curve_"):
            vars(self).pop(name, None)
        self.t_ = 1.0
        X, codes, sample_weight = self._validate(X, y, classes, sample_weight)
        start = self._starting_point(X, coef_init, intercept_init)
        return self._prepare(X, codes, sample_weight, start, int(self.max_iter), self._conclude)

    @_fit_context(prefer_skip_nested_validation=True)
    @fit_method
    def partial_fit(self, X, y, classes=None, sample_weight=None):
        """Train for one epoch on the data given.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The features.
        y : array-like of shape (n_samples,)
            The labels.
        classes : array-like of shape (n_classes,), default=None
            All labels that can occur in any call; required by the first call only.
        sample_weight : array-like of shape (n_samples,), default=None
            Sample weights.

        Returns
        -------
        self : object
            The fitted estimator.

        Raises
        ------
        ValueError
            If the input is invalid, or training diverges. The estimator is left as it was.
        """
        if not hasattr(self, "classes_"):
            check("Perceptron.partial_fit", self)
        else:
            self._validate_params()  # scikit-learn does so before the first call only
            check_classes(self.classes_, np.size(self.classes_))
        X, codes, sample_weight = self._validate(X, y, classes, sample_weight)
        if "coef_" in vars(self):
            start = continued(self.coef_, self.intercept_, self._n_lines(), X)
            X = X.astype(start[0].dtype, copy=False)
        else:
            self.t_ = 1.0
            start = self._starting_point(X, None, None)
        return self._prepare(X, codes, sample_weight, start, 1, self._conclude_partial)

    def decision_function(self, X):
        """Return the confidence scores of samples.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The features.

        Returns
        -------
        scores : ndarray of shape (n_samples,) or (n_samples, n_classes)
            ``X @ coef_.T + intercept_``. With two classes, the second is predicted if the score is
            positive; with more, the class with the highest score.
        """
        check_sparse_structure(X, "X")
        check_sparse_structure(getattr(self, "coef_", None), "coef_")
        return super().decision_function(in_native_order(X))

    def predict(self, X):
        """Predict class labels.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The features.

        Returns
        -------
        y : ndarray of shape (n_samples,)
            The labels.
        """
        check_is_fitted(self)
        self._known_classes()
        return super().predict(X)

    def _known_classes(self):
        """Return ``classes_``; two classes have one line."""
        return check_classes(self.classes_, max(2, np.shape(self.coef_)[0]))

    def densify(self):
        """Convert ``coef_`` to a dense array, after `sparsify` has made it a sparse matrix.

        Returns
        -------
        self : object
            The fitted estimator.
        """
        check_sparse_structure(getattr(self, "coef_", None), "coef_")
        return super().densify()

    def _validate(self, X, y, classes, sample_weight):
        """Return the features, the classes as integers and the weights of the samples."""
        first = not hasattr(self, "classes_")
        X, y = validate_input(
            self,
            X,
            y,
            accept_sparse="csr",
            dtype=[np.float64, np.float32],
            order="C",
            reset=first,
        )
        _check_partial_fit_first_call(self, classes)
        if len(self.classes_) < 2:
            raise ValueError(
                f"The number of classes has to be greater than one; got {len(self.classes_)} class"
            )
        codes = np.minimum(np.searchsorted(self.classes_, y), len(self.classes_) - 1)
        unknown = self.classes_[codes] != y
        if unknown.any():
            raise ValueError(
                f"`y` has classes not in `self.classes_`. `self.classes_` has {self.classes_}. "
                f"'y' has {np.unique(y[unknown])} besides."
            )
        self._expanded_class_weight = compute_class_weight(
            self.class_weight, classes=self.classes_, y=y
        )
        return X, codes, validate_sample_weight(sample_weight, X, dtype=X.dtype)

    def _n_lines(self):
        n_classes = len(self.classes_)
        return 1 if n_classes == 2 else n_classes

    def _starting_point(self, X, coef_init, intercept_init):
        given = X, coef_init, intercept_init
        return starting_point(self.init, self.random_state, self._n_lines(), *given)

    def _rule(self, X):
        """Return how the lines learn."""
        share = L1_SHARES[self.penalty]
        pattern_on_sparse = issparse(X) and self.mode == "pattern"
        rate = SPARSE_INTERCEPT_RATE if pattern_on_sparse else 1.0
        return Rule(
            batch=self.mode == "batch",
            penalised=self.penalty is not None,
            alpha=float(self.alpha),
            l1_ratio=float(self.l1_ratio) if share is None else share,
            rate=float(self.eta0),
            intercept_rate=rate if self.fit_intercept else 0.0,
            tol=-np.inf if self.tol is None else float(self.tol),
            patience=int(self.n_iter_no_change),
            shuffled=bool(self.shuffle),
        )

    def _prepare(self, X, codes, sample_weight, start, max_iter, conclude):
        """Return what is to be trained, all lines."""
        coef, intercept = start

        def hold_out():
            if not self.early_stopping:
                return np.empty(0, dtype=bool)
            return training.stratified_hold_out(
                codes, sample_weight, self.validation_fraction, self.random_state
            )

        held_out, seeds = training.draw_seeds(self.random_state, len(coef), hold_out)
        weights = self._expanded_class_weight
        lines = []
        for i, seed in enumerate(seeds):
            binary = len(seeds) == 1
            signs = np.where(codes == (1 if binary else i), 1, -1).astype(np.int8)
            class_weights = (weights[1], weights[0]) if binary else (weights[i], 1.0)
            lines.append(training.Line(signs, class_weights, seed, coef[i], intercept[i]))
        samples = Samples(features_of(X), sample_weight, held_out)
        n_threads = available_threads() if self.n_jobs is None else effective_n_jobs(self.n_jobs)
        arguments = samples, lines, self._rule(X), max_iter, self.verbose, n_threads
        train = functools.partial(training.train_lines, *arguments)
        return Work(train, functools.partial(conclude, X.shape[0]))

    def _conclude(self, n_rows, outcomes):
        """Set the attributes of a fit that has ended."""
        self._set_lines(n_rows, outcomes)
        self.stop_reason_ = min((o.reason for o in outcomes), key=REASONS.index)
        unfinished = self.n_iter_ == self.max_iter
        if self.mode == "batch":
            unfinished = self.stop_reason_ == "max_iter"
        if self.tol is not None and unfinished:
            warn_user(
                "Maximum number of iteration reached before convergence. Consider increasing "
                "max_iter to improve the fit.",
                ConvergenceWarning,
            )

    def _conclude_partial(self, n_rows, outcomes):
        """Set the attributes of a call of `partial_fit` that has ended."""
        self._set_lines(n_rows, outcomes)
        self.stop_reason_ = "partial_fit"

    def _set_lines(self, n_rows, outcomes):
        """Set the attributes that are the lines, and how they were trained."""
        self.coef_ = np.stack([outcome.coef for outcome in outcomes])
        several = len(outcomes) > 1  # scikit-learn's intercept of a single line is in float64
        dtype = self.coef_.dtype if several else np.float64
        self.intercept_ = np.array([outcome.intercept for outcome in outcomes], dtype=dtype)
        self.n_iter_ = max(outcome.n_iter for outcome in outcomes)
        self.t_ += self.n_iter_ * n_rows
        curve = _side_by_side([outcome.mistakes for outcome in outcomes])
        self.mistakes_curve_ = np.concatenate([getattr(self, "mistakes_curve_", curve[:0]), curve])

    _describe_layers = perceptron_layers

    def _dense_network(self):
        check_sparse_structure(self.coef_, "coef_")
        coef = self.coef_.toarray() if issparse(self.coef_) else self.coef_
        intercept = np.asarray(self.intercept_, dtype=coef.dtype)
        return Network(coef.shape[1], (Dense(coef.T, intercept, "identity", (0,)),))

    def _head(self):
        return Head("binary" if len(self.intercept_) == 1 else "multiclass", self._known_classes())

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags


def _side_by_side(curves):
    """Return curves as columns, the shorter ones continued by their last number."""
    length = max(map(len, curves))
    columns = [curve + curve[-1:] * (length - len(curve)) for curve in curves]
    return np.array(columns[0] if len(columns) == 1 else list(zip(*columns, strict=True)))
