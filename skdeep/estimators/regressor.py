"""The multi-layer perceptron for regression."""

from skdeep.estimators.fitted.given_weights import RegressorOfWeights
from skdeep.estimators.multilayer import MultilayerPerceptron
from skdeep.estimators.networks.regression import Regression
from skdeep.estimators.parameters.constraints import OF_REGRESSORS
from skdeep.estimators.presentation.documentation import documented


@documented("regression", "squared_error")
class MLPRegressor(Regression, RegressorOfWeights, MultilayerPerceptron):
    """Multi-layer perceptron regressor.

    A feed-forward neural network trained by back-propagation [3]_ to minimise the squared error, a
    robust loss, a quantile loss, or the Poisson deviance of counts. It is a drop-in replacement for
    `sklearn.neural_network.MLPRegressor`: with that class's parameters, the results are the same.

    Parameters
    ----------
    <parameters>

    Attributes
    ----------
    loss_ : float
        Loss of the last epoch or iteration, including the penalty. The squared error of several
        outputs is averaged over them, as in scikit-learn; 'cg' and 'bold_driver' sum it.
    best_loss_ : float or None
        Lowest loss of all epochs; None with ``early_stopping``. Not set by 'lbfgs'.
    loss_curve_ : list of float
        Loss of every epoch. Not set by 'lbfgs'.
    validation_scores_ : list of float or None
        Score on the validation set after each epoch, as defined by `scoring`; None without a
        validation set.
    best_validation_score_ : float or None
        Best validation score; None without a validation set.
    validation_loss_curve_ : list of float or None
        Loss on the validation set after each epoch, without the penalty; None without a validation
        set.
    gradient_norms_ : ndarray of shape (n_epochs, n_layers - 1)
        Norm of the gradient of each layer's weights and biases, averaged over the batches of each
        epoch. Only with ``record_gradient_norms=True``.
    batch_norm_ : list of BatchNorm
        ``scale``, ``shift``, ``mean`` and ``variance`` of each hidden layer; like `coefs_`, they
        are views. Empty without ``batch_norm``.
    t_ : int
        Number of samples seen in training.
    coefs_ : list of ndarray of shape (n_units_in, n_units_out)
        Weights of each layer. The arrays are views of one vector: changing them in place changes
        the network.
    intercepts_ : list of ndarray of shape (n_units_out,)
        Biases of each layer, also views of that vector.
    n_features_in_ : int
        Number of features.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the features. Only defined if X has feature names that are all strings.
    n_iter_ : int
        Number of epochs or iterations of the last fit.
    restarts_ : list of Restart
        Results of each of the `n_restarts`, with the attributes `seed`, `score` (used to choose the
        best), `loss`, `loss_curve`, `validation_scores`, `validation_loss_curve`, `n_iter` and
        `stop_reason`.
    best_restart_ : int
        Index in ``restarts_`` of the network that was kept.
    n_layers_ : int
        Number of layers, including the input and output layers.
    n_outputs_ : int
        Number of outputs.
    out_activation_ : str
        Activation function of the output layer.
    stop_reason_ : str
        Why training ended. 'change': the training loss no longer improved by `tol`; 'validation':
        the validation score no longer improved by `tol`; 'gradient' and 'objective': the norm of
        the gradient or the loss fell below its tolerance; 'max_iter' and 'max_fun': the limit was
        reached; 'interrupted': Ctrl-C was pressed; 'callback': a callback stopped training;
        'line_search': no step along the search direction lowered the loss; 'diverged': a loss was
        not finite or grew by orders of magnitude, in which case a ConvergenceWarning is issued;
        'partial_fit' and 'from_weights': the last call of that method. With `n_restarts`, the
        reason of the network that was kept.

    See Also
    --------
    MLPClassifier : Multi-layer perceptron classifier.
    check_gradient : Compare the gradient with central differences.

    Notes
    -----
    With the same parameters and the same integer `random_state`, losses, weights and predictions
    agree with those of scikit-learn's MLPRegressor up to rounding. Networks are trained in float32
    if X is float32, and in float64 otherwise. Functions that were not compiled at installation are
    compiled by the first fit that needs them, which takes seconds; the result is cached on disk.

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

    _predicts_quantiles = True
    _parameter_constraints: dict = {
        **MultilayerPerceptron._parameter_constraints,
        **OF_REGRESSORS,
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
        device="cpu",
        out_activation="auto",
        weight_init="auto",
        tol_gradient=None,
        tol_objective=None,
        scoring=None,
        n_restarts=1,
        init_from=None,
        penalty="l2",
        dropout=0.0,
        dropconnect=0.0,
        input_dropout=0.0,
        input_noise=0.0,
        augment=None,
        batch_norm=False,
        weight_norm=False,
        max_norm=None,
        clip_norm=None,
        frozen_layers=0,
        record_gradient_norms=False,
        skip_connections=False,
        precision=None,
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
        self.device = device
        self.out_activation = out_activation
        self.weight_init = weight_init
        self.tol_gradient = tol_gradient
        self.tol_objective = tol_objective
        self.scoring = scoring
        self.n_restarts = n_restarts
        self.init_from = init_from
        self.penalty = penalty
        self.dropout = dropout
        self.dropconnect = dropconnect
        self.input_dropout = input_dropout
        self.input_noise = input_noise
        self.augment = augment
        self.batch_norm = batch_norm
        self.weight_norm = weight_norm
        self.max_norm = max_norm
        self.clip_norm = clip_norm
        self.frozen_layers = frozen_layers
        self.record_gradient_norms = record_gradient_norms
        self.skip_connections = skip_connections
        self.precision = precision
