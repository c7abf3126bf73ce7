"""A network of layers for regression."""

from skdeep.estimators.networks.layered import LayeredNetwork
from skdeep.estimators.networks.regression import Regression
from skdeep.estimators.parameters.constraints import OF_REGRESSORS, PRECISION
from skdeep.estimators.presentation.documentation import documented


@documented("regression", "squared_error", of_layers=True)
class NetworkRegressor(Regression, LayeredNetwork):
    """Neural network regressor made of layers of any kind.

    The hidden layers are a list of objects of `skdeep.layers`. The input of each layer is the
    output of the previous one, unless the layer says otherwise. A dense output layer is added
    automatically. All other parameters are those of `MLPRegressor`, and a list of `Dense` layers
    gives the same results as `MLPRegressor`.

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
    layers_ : list of tuple of str and layer
        The hidden layers of the fitted network and their names.
    input_shape_ : tuple of int
        Shape of a sample, as read by the first layer.
    n_output_steps_ : int or None
        Number of steps with outputs if the last hidden layer returns a sequence; None if it returns
        a vector.
    masked_ : bool
        Whether steps of sequences can be masked: True if the network was fitted with `mask_value`
        or to sequences of different lengths. In this case ``n_features_in_`` also counts the mask,
        with one number per step.
    mask_value_ : float or None
        The `mask_value` used by `fit`, with which later calls find masked steps.
    coefs_ : list of ndarray
        Weights of each layer that has any, the output layer last. The documentation of a layer
        states their shape. The arrays are views of one vector: changing them in place changes the
        network.
    intercepts_ : list of ndarray
        Biases of the same layers, also views of that vector; empty arrays for layers without
        biases.
    batch_norm_ : list of BatchNorm
        `scale`, `shift` and the running `mean` and `variance` of each layer with batch
        normalisation; like `coefs_`, they are views.
    connectivity_ : list of ndarray of bool
        Masks of the shapes of ``coefs_``, True where a weight is a connection. Only with
        `NeuronGraph` or `connections` of `Dense`.
    auxiliary_coefs_, auxiliary_intercepts_ : list of ndarray
        Weights, of shape (n_inputs, n_outputs), and biases of the auxiliary outputs, in the order
        of their layers. Only for networks with auxiliary outputs.
    gradient_norms_ : ndarray of shape (n_epochs, n_layers - 1)
        Norm of the gradient of each layer's weights and biases, averaged over the batches of each
        epoch. Only with ``record_gradient_norms=True``. There is a column for each layer counted by
        ``n_layers_`` except the input; layers without parameters have norm 0.
    n_layers_ : int
        Number of layers, including the input and output layers. Where a layer has several inputs,
        the step that concatenates them counts as a layer too, like `Concatenate`, unless the layer
        reads them in place.
    t_ : int
        Number of samples seen in training.
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
    n_outputs_ : int
        Number of outputs per sample or, for sequences of outputs, per step.
    out_activation_ : str
        Activation function of the output layer.
    stop_reason_ : str
        Why training ended. 'change': the training loss no longer improved by `tol`; 'validation':
        the validation score no longer improved by `tol`; 'gradient' and 'objective': the norm of
        the gradient or the loss fell below its tolerance; 'max_iter' and 'max_fun': the limit was
        reached; 'interrupted': Ctrl-C was pressed; 'callback': a callback stopped training;
        'line_search': no step along the search direction lowered the loss; 'diverged': a loss was
        not finite or grew by orders of magnitude, in which case a ConvergenceWarning is issued;
        'partial_fit': the last call of that method. With `n_restarts`, the reason of the network
        that was kept.

    See Also
    --------
    MLPRegressor : Networks of dense layers, with scikit-learn's interface.
    NetworkClassifier : The same for classification.

    Notes
    -----
    Sequences and images are arrays of shape (n_samples, ...), or matrices together with
    `input_shape`; ``n_features_in_`` is the number of elements of a sample. A function `augment`
    and scorers receive matrices. Sparse matrices are supported if the first layer is `Dense`.

    If the last hidden layer returns a sequence of shape (steps, channels), the network has outputs
    for each step: y and the predictions are arrays of shape (n_samples, steps) or (n_samples,
    steps, n_outputs), or lists of sequences if X is a list. NaN marks a step without a target;
    targets of masked steps are ignored.

    Examples
    --------
    >>> import numpy as np
    >>> from skdeep import NetworkRegressor
    >>> from skdeep.layers import Dense, Embedding
    >>> rng = np.random.default_rng(0)
    >>> X = np.column_stack([rng.integers(50, size=500), rng.normal(size=(500, 2))])
    >>> y = rng.normal(size=50)[X[:, 0].astype(int)] + X[:, 1]
    >>> layers = [Embedding(50, 4, columns=[0]), Dense(20)]
    >>> reg = NetworkRegressor(layers, solver="lbfgs", random_state=0).fit(X, y)
    >>> reg.score(X, y) > 0.9
    True
    """

    _predicts_quantiles = True
    _parameter_constraints: dict = {
        **LayeredNetwork._parameter_constraints,
        **PRECISION,
        **OF_REGRESSORS,
    }

    def __init__(
        self,
        layers=(),
        *,
        input_shape=None,
        mask_value=None,
        loss="squared_error",
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
        dropconnect=0.0,
        input_dropout=0.0,
        input_noise=0.0,
        augment=None,
        batch_norm=False,
        weight_norm=False,
        max_norm=None,
        clip_norm=None,
        record_gradient_norms=False,
        auxiliary_weight=0.3,
        precision=None,
    ):
        self.layers = layers
        self.input_shape = input_shape
        self.mask_value = mask_value
        self.loss = loss
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
        self.dropconnect = dropconnect
        self.input_dropout = input_dropout
        self.input_noise = input_noise
        self.augment = augment
        self.batch_norm = batch_norm
        self.weight_norm = weight_norm
        self.max_norm = max_norm
        self.clip_norm = clip_norm
        self.record_gradient_norms = record_gradient_norms
        self.auxiliary_weight = auxiliary_weight
        self.precision = precision

    def score(self, X, y, sample_weight=None):
        """Return the coefficient of determination of the predictions.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The features.
        y : array-like of shape (n_samples,), (n_samples, n_outputs) or (n_samples, n_steps)
            True values. If the network has outputs for each step, all steps that are not masked and
            have a target have the same weight, whatever the length of their sequence.
        sample_weight : array-like of shape (n_samples,), default=None
            Sample weights.

        Returns
        -------
        score : float
            The coefficient of determination; with several outputs their mean.
        """
        if self._n_output_steps() is None:
            return super().score(X, y, sample_weight)
        return self._score_of_steps(X, y, sample_weight)
