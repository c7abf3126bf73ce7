"""The multi-layer perceptron for classification."""

import numpy as np
from sklearn.base import ClassifierMixin, _fit_context
from sklearn.metrics import accuracy_score
from sklearn.preprocessing import LabelBinarizer
from sklearn.utils import column_or_1d
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import (
    _check_partial_fit_first_call,
    type_of_target,
    unique_labels,
)
from sklearn.utils.validation import validate_data

from skdeep.estimators.base import BaseMultilayerPerceptron


class MLPClassifier(ClassifierMixin, BaseMultilayerPerceptron):
    """Multi-layer perceptron classifier, compiled.

    A feed-forward network trained by back-propagation [3]_ to minimise the cross-entropy: with
    softmax outputs for several classes, logistic ones for two classes and for multilabel targets.
    It takes the place of `sklearn.neural_network.MLPClassifier`, with the same parameters and the
    same numbers.

    Parameters
    ----------
    hidden_layer_sizes : array-like of shape (n_layers - 2,) or int, default=(100,)
        Number of units in every hidden layer; an int is one hidden layer, ``()`` a linear model.
    activation : {'identity', 'logistic', 'tanh', 'relu'}, default='relu'
        Activation function of the hidden layers.

        - 'identity': ``f(a) = a``
        - 'logistic': ``f(a) = 1 / (1 + exp(-a))``
        - 'tanh': ``f(a) = tanh(a)``
        - 'relu': ``f(a) = max(0, a)``
    solver : {'lbfgs', 'sgd', 'adam'}, default='adam'
        What minimises the loss.

        - 'lbfgs': limited-memory BFGS on all rows at once, in double precision; good on small data.
        - 'sgd': stochastic gradient descent with momentum, by mini-batches.
        - 'adam': steps scaled by running means of the gradient and its square [1]_, by
          mini-batches.
    alpha : float, default=0.0001
        Strength of the penalty ``alpha / 2 * sum(W ** 2)`` on the weights (not the biases). Like
        the losses, it is divided by the number of samples, or the sum of their weights.
    batch_size : int or 'auto', default='auto'
        Samples of a mini-batch; 'auto' is ``min(200, n_samples)``. Not used by 'lbfgs'.
    learning_rate : {'constant', 'invscaling', 'adaptive'}, default='constant'
        Schedule of the learning rate; only used by 'sgd'.

        - 'constant': ``learning_rate_init`` throughout.
        - 'invscaling': ``learning_rate_init / (t + 1) ** power_t`` after an epoch, where ``t``
          samples have been seen.
        - 'adaptive': ``learning_rate_init``, divided by 5 whenever progress has stalled, down to
          1e-6.
    learning_rate_init : float, default=0.001
        Initial learning rate of 'sgd' and 'adam'.
    power_t : float, default=0.5
        Exponent of 'invscaling'.
    max_iter : int, default=200
        Most epochs of 'sgd' and 'adam', most iterations of 'lbfgs'.
    shuffle : bool, default=True
        Whether every epoch takes the samples in a new random order. Not used by 'lbfgs'.
    random_state : int, RandomState instance or None, default=None
        Source of the initial weights, the order of the samples and the validation set. An int gives
        the same result at every call.
    tol : float, default=1e-4
        Training has stalled when the loss, or with ``early_stopping`` the validation score, fails
        to improve by `tol` for ``n_iter_no_change`` consecutive epochs. For 'lbfgs', the largest
        element of the gradient at which it stops.
    verbose : bool, default=False
        Whether to print the progress.
    warm_start : bool, default=False
        Whether `fit` goes on from where the last call ended, instead of starting anew.
    momentum : float, default=0.9
        Momentum of 'sgd', between 0 and 1.
    nesterovs_momentum : bool, default=True
        Whether the momentum of 'sgd' is Nesterov's.
    early_stopping : bool, default=False
        Whether to hold out part of the data, to stop when the score on it no longer improves, and
        to keep the weights that scored best. Not used by 'lbfgs'.
    validation_fraction : float, default=0.1
        Share of the data that ``early_stopping`` holds out.
    beta_1, beta_2 : float, default=0.9 and 0.999
        Decay rates of Adam's means of the gradient and of its square, in ``[0, 1)``.
    epsilon : float, default=1e-8
        What Adam adds to the root of the mean square.
    n_iter_no_change : int or inf, default=10
        Consecutive epochs without progress after which training stops.
    max_fun : int, default=15000
        Most evaluations of the loss by 'lbfgs'.
    n_threads : int or None, default=None
        Most threads of a fit or a prediction. None takes the cores that the process may use
        (``NUMBA_NUM_THREADS``, ``OMP_NUM_THREADS``, `threadpoolctl` and the process's affinity
        count). Results are the same, to the bit, for any number of threads.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The class labels.
    loss_ : float
        Loss of the last epoch or iteration.
    best_loss_ : float or None
        Lowest loss of all epochs; None with ``early_stopping``. Not set by 'lbfgs'.
    loss_curve_ : list of float
        Loss of every epoch. Not set by 'lbfgs'.
    validation_scores_ : list of float or None
        Score on the validation set after every epoch (accuracy); None without ``early_stopping``.
    best_validation_score_ : float or None
        Best of them; None without ``early_stopping``.
    t_ : int
        Samples seen in training.
    coefs_ : list of ndarray of shape (n_units_in, n_units_out)
        Weights of every layer: views into one vector. Changing them in place changes the network.
    intercepts_ : list of ndarray of shape (n_units_out,)
        Biases of every layer, likewise.
    n_features_in_ : int
        Number of features.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the features, where X has names that are all strings.
    n_iter_ : int
        Epochs or iterations of the last fit.
    n_layers_ : int
        Number of layers, input and output included.
    n_outputs_ : int
        Number of outputs.
    out_activation_ : str
        Activation of the output layer: 'softmax' or 'logistic'.

    See Also
    --------
    MLPRegressor : Multi-layer perceptron regressor.
    check_gradient : Compare the gradient with central differences.

    Notes
    -----
    The initial weights are uniform in ``[-b, b]``, with ``b = sqrt(6 / (n_in + n_out))``, or
    ``sqrt(2 / (n_in + n_out))`` for 'logistic' units [2]_.

    With the same parameters and the same integer `random_state`, losses, weights and predictions
    are those of scikit-learn's MLPClassifier up to rounding. Training runs in the precision of X:
    float32 if X is float32, else float64. The first fit of a precision on a machine compiles the
    loop, which takes seconds; the result is cached on disk.

    References
    ----------
    .. [1] D. P. Kingma and J. Ba, "Adam: A method for stochastic optimization", ICLR 2015.
    .. [2] X. Glorot and Y. Bengio, "Understanding the difficulty of training deep feedforward
       neural networks", AISTATS 2010.
    .. [3] D. E. Rumelhart, G. E. Hinton and R. J. Williams, "Learning representations by
       back-propagating errors", Nature 323, 1986.

    Examples
    --------
    >>> from sklearn.datasets import make_classification
    >>> from sklearn.model_selection import train_test_split
    >>> from skdeep import MLPClassifier
    >>> X, y = make_classification(n_samples=100, random_state=1)
    >>> X_train, X_test, y_train, y_test = train_test_split(X, y, stratify=y, random_state=1)
    >>> clf = MLPClassifier(random_state=1, max_iter=300).fit(X_train, y_train)
    >>> clf.predict(X_test[:5])
    array([1, 0, 1, 0, 1])
    >>> clf.score(X_test, y_test)
    0.88
    """

    def __init__(
        self,
        hidden_layer_sizes=(100,),
        activation="relu",
        *,
        solver="adam",
        alpha=0.0001,
        batch_size="auto",
        learning_rate="constant",
        learning_rate_init=0.001,
        power_t=0.5,
        max_iter=200,
        shuffle=True,
        random_state=None,
        tol=1e-4,
        verbose=False,
        warm_start=False,
        momentum=0.9,
        nesterovs_momentum=True,
        early_stopping=False,
        validation_fraction=0.1,
        beta_1=0.9,
        beta_2=0.999,
        epsilon=1e-8,
        n_iter_no_change=10,
        max_fun=15000,
        n_threads=None,
    ):
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.solver = solver
        self.alpha = alpha
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.learning_rate_init = learning_rate_init
        self.power_t = power_t
        self.max_iter = max_iter
        self.shuffle = shuffle
        self.random_state = random_state
        self.tol = tol
        self.verbose = verbose
        self.warm_start = warm_start
        self.momentum = momentum
        self.nesterovs_momentum = nesterovs_momentum
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon
        self.n_iter_no_change = n_iter_no_change
        self.max_fun = max_fun
        self.n_threads = n_threads

    def _choose_output(self):
        return "softmax" if self._label_binarizer.y_type_ == "multiclass" else "logistic"

    def _validate(self, X, y, reset):
        X, y = validate_data(
            self,
            X,
            y,
            accept_sparse=["csr", "csc"],
            multi_output=True,
            dtype=(np.float64, np.float32),
            reset=reset,
        )
        if y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y, warn=True)
        return X, y

    def _validate_input(self, X, y, incremental, reset):
        X, y = self._validate(X, y, reset)
        if not hasattr(self, "classes_") or (not self.warm_start and not incremental):
            self._label_binarizer = LabelBinarizer().fit(y)
            self.classes_ = self._label_binarizer.classes_
        else:
            self._check_classes(y)
        return X, self._label_binarizer.transform(y).astype(bool)

    def _check_classes(self, y):
        """Check the labels of a fit that goes on from an earlier one."""
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
        unknown = np.setdiff1d(unique_labels(y), self.classes_)
        if len(unknown):
            raise ValueError(f"`y` has classes not in `self.classes_`: {unknown}.")
        return X, self._label_binarizer.transform(y).astype(bool)

    def _labels(self, outputs):
        """Return the labels that the network's outputs stand for."""
        outputs = outputs.ravel() if self.n_outputs_ == 1 else outputs
        return self._label_binarizer.inverse_transform(outputs)

    def _score_outputs(self, y, outputs, sample_weight):
        y_true = self._label_binarizer.inverse_transform(y)
        return float(accuracy_score(y_true, self._labels(outputs), sample_weight=sample_weight))

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
        return self._labels(self._outputs(X))

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
        if self.n_outputs_ == 1:
            outputs = outputs.ravel()
            return np.vstack([1 - outputs, outputs]).T
        return outputs

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
        return np.log(y_prob, out=y_prob)

    @available_if(lambda estimator: estimator._check_solver())
    @_fit_context(prefer_skip_nested_validation=True)
    def partial_fit(self, X, y, sample_weight=None, classes=None):
        """Train for one epoch on the data given.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The features.
        y : array-like of shape (n_samples,) or (n_samples, n_classes)
            The labels.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the samples.
        classes : array-like of shape (n_classes,), default=None
            All labels that may ever come; needed at the first call only.

        Returns
        -------
        self : object
            The fitted estimator.

        Raises
        ------
        ValueError
            If the input is invalid, or training diverges. The estimator is left as it was.
        """
        before = dict(vars(self))
        try:
            if _check_partial_fit_first_call(self, classes):
                self._label_binarizer = LabelBinarizer()
                labels = y if type_of_target(y).startswith("multilabel") else classes
                self._label_binarizer.fit(labels)
            return self._fit(X, y, sample_weight=sample_weight, incremental=True)
        except BaseException:
            vars(self).clear()
            vars(self).update(before)
            raise

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags
