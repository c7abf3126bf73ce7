"""A network of layers for regression."""

from skdeep.estimators.networks.layered import LayeredNetwork
from skdeep.estimators.networks.regression import Regression
from skdeep.estimators.parameters.constraints import OF_REGRESSORS, PRECISION
from skdeep.estimators.presentation.documentation import documented


@documented("regression", "squared_error", of_layers=True)
class NetworkRegressor(Regression, LayeredNetwork):
    """A network made of layers, for regression, compiled.

    The hidden layers are a list of objects of `skdeep.layers`, each of which reads what the one
    before gives; the outputs, a dense layer of as many units as the targets need, are added by
    themselves. What trains it, and what it is trained for, are parameters as those of
    `MLPRegressor`: a list of `Dense` layers gives the same numbers as that.

    Parameters
    ----------
    <parameters>

    Attributes
    ----------
    loss_ : float
        Loss of the last epoch or iteration, with the penalty. With several outputs, the squared
        error is averaged over them, as in scikit-learn; 'cg' and 'bold_driver' sum it.
    best_loss_ : float or None
        Lowest loss of all epochs; None with ``early_stopping``. Not set by 'lbfgs'.
    loss_curve_ : list of float
        Loss of every epoch. Not set by 'lbfgs'.
    validation_scores_ : list of float or None
        Score on the validation set after every epoch, by `scoring`; None without a validation set.
    best_validation_score_ : float or None
        Best of them; None without a validation set.
    validation_loss_curve_ : list of float or None
        Loss on the validation set, without the penalty, after every epoch; None without one.
    layers_ : list of tuple of str and layer
        The hidden layers of the network, as they were when it was fitted, with their names. A
        change of a parameter counts where a new value is set, not within an array or a dict.
    input_shape_ : tuple of int
        Shape of the samples that the first layer reads.
    n_output_steps_ : int or None
        Number of steps that have outputs, where the last layer gives a sequence; None where it
        gives a vector.
    masked_ : bool
        Whether steps of sequences can be masked: it was fitted with `mask_value`, or to sequences
        of different lengths. ``n_features_in_`` counts a number for the mask of each step then.
    mask_value_ : float or None
        The `mask_value` of the fit, by which later calls find masked steps.
    coefs_ : list of ndarray
        Weights of every layer that has some, and of the outputs: views into one vector. Changing
        them in place changes the network. Each kind of layer says their shapes.
    intercepts_ : list of ndarray
        Biases of the same layers, likewise; empty arrays for layers that have none.
    batch_norm_ : list of BatchNorm
        Of every layer that is normalised, in their order: `scale` and `shift`, and the running
        `mean` and `variance`. Views, likewise.
    connectivity_ : list of ndarray of bool
        Which of the weights in ``coefs_`` are connections, of the same shapes; only with
        `NeuronGraph` or `connections` of `Dense`.
    auxiliary_coefs_, auxiliary_intercepts_ : list of ndarray
        Weights, of shape (n_inputs, n_outputs), and biases of the auxiliary outputs in the order of
        their layers, likewise; only with them.
    gradient_norms_ : ndarray of shape (n_epochs, n_layers - 1)
        Mean norm of the gradient of every layer's weights and biases over the batches of an epoch;
        only with ``record_gradient_norms=True``. A column for each layer that ``n_layers_`` counts
        but the input, in their order: 0 for those without parameters.
    n_layers_ : int
        Number of layers that compute anything, with the input and the outputs. Where a layer reads
        several others, what puts these side by side before it counts as a layer, as `Concatenate`
        does, unless they are read where they are.
    t_ : int
        Samples seen in training.
    n_features_in_ : int
        Number of features.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the features, where X has names that are all strings.
    n_iter_ : int
        Epochs or iterations of the last fit.
    restarts_ : list of Restart
        What became of each of the `n_restarts`: `seed`, `score` (by which the best is chosen),
        `loss`, `loss_curve`, `validation_scores`, `validation_loss_curve`, `n_iter`, `stop_reason`.
    best_restart_ : int
        Place in ``restarts_`` of the one that was kept.
    n_outputs_ : int
        Number of outputs, of a sample or of a step.
    out_activation_ : str
        Activation of the output layer.
    stop_reason_ : str
        Why training ended. 'change': the training loss no longer improved by `tol`, 'validation':
        the validation score did not; 'gradient' and 'objective': the norm of the gradient or the
        loss fell below its tolerance; 'max_iter' and 'max_fun': the limit was reached;
        'interrupted': by Ctrl-C; 'callback': a callback asked for it; 'line_search': no step
        lowered the loss any more; 'partial_fit'. 'diverged' takes the place of
        these where a loss is not finite or the network has become worse by orders of magnitude,
        of which a ConvergenceWarning tells. With `n_restarts` it is that of the best restart, also
        after Ctrl-C has ended others.

    See Also
    --------
    MLPRegressor : Dense layers by their sizes, in the place of scikit-learn's.
    NetworkClassifier : For labels instead of numbers.

    Notes
    -----
    Samples of more than one axis are arrays of shape (n_samples, ...); they may be given as
    matrices, too, with `input_shape`, and ``n_features_in_`` counts their elements. A function
    `augment` and scorers see matrices. Sparse matrices are for networks that begin with `Dense`.

    Where the last layer gives a sequence of shape (steps, channels), there are outputs for every
    step: y, and what is predicted, are arrays of numbers of shape (n_samples, steps), or of shape
    (n_samples, steps, n_outputs), or lists of sequences as X is. NaN stands for a step without a
    target; the targets of masked steps are not looked at.

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
            The right numbers. Where the network has outputs for every step, all steps that are not
            masked and have a target count alike, whatever the length of their sequence.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the samples.

        Returns
        -------
        score : float
            The coefficient of determination; with several outputs their mean.
        """
        if self._n_output_steps() is None:
            return super().score(X, y, sample_weight)
        return self._score_of_steps(X, y, sample_weight)
