"""The multi-layer perceptron for regression."""

import numpy as np
from sklearn.base import RegressorMixin, _fit_context
from sklearn.metrics import r2_score
from sklearn.utils import column_or_1d
from sklearn.utils._param_validation import StrOptions
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import validate_data

from skdeep.estimators.base import BaseMultilayerPerceptron


class MLPRegressor(RegressorMixin, BaseMultilayerPerceptron):
    """Multi-layer perceptron regressor, compiled.

    A feed-forward network trained by back-propagation [3]_ to minimise the squared error, or the
    Poisson deviance of counts. It takes the place of `sklearn.neural_network.MLPRegressor`, with
    the same parameters and the same numbers.

    Parameters
    ----------
    loss : {'squared_error', 'poisson'}, default='squared_error'
        What is minimised.

        - 'squared_error': ``(y - o) ** 2 / 2``; outputs are linear. The gradient is that of the sum
          over the outputs, the loss that is reported is their mean, as in scikit-learn.
        - 'poisson': ``y * log(y / o) - y + o``, half the Poisson deviance, for ``y >= 0``; outputs
          are exponentials.
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
    loss_ : float
        Loss of the last epoch or iteration.
    best_loss_ : float or None
        Lowest loss of all epochs; None with ``early_stopping``. Not set by 'lbfgs'.
    loss_curve_ : list of float
        Loss of every epoch. Not set by 'lbfgs'.
    validation_scores_ : list of float or None
        Score on the validation set after every epoch (R2); None without ``early_stopping``.
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
        Activation of the output layer: 'identity' or 'exp'.

    See Also
    --------
    MLPClassifier : Multi-layer perceptron classifier.
    check_gradient : Compare the gradient with central differences.

    Notes
    -----
    The initial weights are uniform in ``[-b, b]``, with ``b = sqrt(6 / (n_in + n_out))``, or
    ``sqrt(2 / (n_in + n_out))`` for 'logistic' units [2]_.

    With the same parameters and the same integer `random_state`, losses, weights and predictions
    are those of scikit-learn's MLPRegressor up to rounding. Training runs in the precision of X:
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
    >>> from sklearn.datasets import make_regression
    >>> from sklearn.model_selection import train_test_split
    >>> from skdeep import MLPRegressor
    >>> X, y = make_regression(n_samples=200, n_features=20, random_state=1)
    >>> X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=1)
    >>> regr = MLPRegressor(random_state=1, max_iter=2000, tol=0.1).fit(X_train, y_train)
    >>> regr.predict(X_test[:2]).round()
    array([  29., -291.])
    >>> round(regr.score(X_test, y_test), 2)
    0.98
    """

    _parameter_constraints: dict = {
        **BaseMultilayerPerceptron._parameter_constraints,
        "loss": [StrOptions({"squared_error", "poisson"})],
    }

    def __init__(
        self,
        loss="squared_error",
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
        self.loss = loss
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
        return "exp" if self.loss == "poisson" else "identity"

    def _validate_input(self, X, y, incremental, reset):
        X, y = validate_data(
            self,
            X,
            y,
            accept_sparse=["csr", "csc"],
            multi_output=True,
            y_numeric=True,
            dtype=(np.float64, np.float32),
            reset=reset,
        )
        if y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y, warn=True)
        if self.loss == "poisson" and np.any(y < 0):
            raise ValueError("loss='poisson' requires y >= 0, but some values of y are negative.")
        return X, y

    def _encode(self, X, y):
        return self._validate_input(X, y, incremental=True, reset=False)

    def _score_outputs(self, y, outputs, sample_weight):
        if not np.isfinite(outputs).all():
            return np.nan
        return float(r2_score(y, outputs, sample_weight=sample_weight))

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
        outputs = self._outputs(X)
        return outputs.ravel() if outputs.shape[1] == 1 else outputs

    @available_if(lambda estimator: estimator._check_solver())
    @_fit_context(prefer_skip_nested_validation=True)
    def partial_fit(self, X, y, sample_weight=None):
        """Train for one epoch on the data given.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The features.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            The targets.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the samples.

        Returns
        -------
        self : object
            The fitted estimator.

        Raises
        ------
        ValueError
            If the input is invalid, or training diverges. The estimator is left as it was.
        """
        return self._fit(X, y, sample_weight=sample_weight, incremental=True)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.positive_only = self.loss == "poisson"
        return tags
