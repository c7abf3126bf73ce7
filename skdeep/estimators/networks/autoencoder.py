"""Autoencoders: networks that learn to give what they read."""

from numbers import Real

from sklearn.utils._param_validation import Interval, StrOptions

from skdeep.estimators.networks.layered import LayeredNetwork
from skdeep.estimators.networks.reconstruction import Reconstruction
from skdeep.estimators.parameters.constraints import CONSTRAINTS, OF_REGRESSORS
from skdeep.estimators.presentation.documentation import documented
from skdeep.layers.activity.activity_penalty import PENALTIES

_OF_LAYERED = {
    name: accepted
    for name, accepted in LayeredNetwork._parameter_constraints.items()
    if name not in ("input_dropout", "mask_value")
}


@documented("regression", "squared_error", of_layers=True, of_autoencoders=True)
class Autoencoder(Reconstruction):
    """An autoencoder, a network that learns to give what it reads through a code.

    The encoder, a list of objects of `skdeep.layers`, makes a code of the features, and the decoder
    features of the code. Both are trained together, with the features as targets. What the network
    has to learn of them depends on what stands in the way of passing them on:

    - *undercomplete*: the code is narrower than the features [1]_;
    - *denoising*: the network reads features with noise (`input_noise`), or of which some are 0
      (`masking`), and is to give them without [2]_;
    - *sparse*: few units of the code are active at a time (`sparsity`) [3]_.

    It is a transformer: `transform` gives the code, for a classifier behind it in a pipeline;
    `inverse_transform` makes features of codes; `score_samples` tells how well samples are
    reconstructed, so that those unlike the training set are found. Its encoder can be the first
    layers of a classifier (`init_from`). What trains it are parameters as those of `MLPRegressor`.

    Parameters
    ----------
    <parameters>

    Attributes
    ----------
    loss_ : float
        Loss of the last epoch or iteration, summed over the features, with all penalties.
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
        All layers of the network but the outputs, as they were when it was fitted, with their
        names: the encoder, with `sparsity` the penalty on the code, and the decoder.
    n_encoder_layers_ : int
        How many of them are the encoder.
    tied_to_ : str or None
        With ``tied_weights``, the layer whose transposed weights are those of the outputs.
    input_shape_ : tuple of int
        Shape of the samples that the first layer reads.
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
        Number of outputs.
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
    NetworkRegressor : With other targets than the features.
    sklearn.decomposition.PCA : The best linear autoencoder for the squared error.

    Notes
    -----
    Outputs and codes are matrices; samples of more than one axis are flattened in them.

    References
    ----------
    .. [1] G. E. Hinton and R. R. Salakhutdinov, "Reducing the dimensionality of data with neural
       networks", Science 313, 2006.
    .. [2] P. Vincent, H. Larochelle, Y. Bengio and P.-A. Manzagol, "Extracting and composing robust
       features with denoising autoencoders", ICML 2008.
    .. [3] A. Ng, "Sparse autoencoder", CS294A Lecture notes, Stanford University, 2011.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from skdeep import Autoencoder
    >>> from skdeep.layers import Dense
    >>> X, _ = load_digits(return_X_y=True)
    >>> layers = [Dense(32), Dense(8, activation="identity")]
    >>> ae = Autoencoder(layers, max_iter=50, tol=0.01, random_state=0).fit(X / 16)
    >>> ae.transform(X / 16).shape, ae.reconstruct(X / 16).shape
    ((1797, 8), (1797, 64))
    """

    _parameter_constraints: dict = {
        **_OF_LAYERED,
        **OF_REGRESSORS,
        "decoder": [list, tuple, None],
        "tied_weights": ["boolean"],
        "masking": CONSTRAINTS["input_dropout"],
        "sparsity": [StrOptions(set(PENALTIES)), None],
        "sparsity_weight": [Interval(Real, 0, None, closed="left")],
        "sparsity_target": [Interval(Real, 0, 1, closed="neither")],
        "scoring": [StrOptions({"loss"}), callable, None],
    }

    def __init__(
        self,
        layers=(),
        *,
        decoder=None,
        tied_weights=False,
        input_noise=0.0,
        masking=0.0,
        sparsity=None,
        sparsity_weight=0.001,
        sparsity_target=0.05,
        input_shape=None,
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
        augment=None,
        batch_norm=False,
        weight_norm=False,
        max_norm=None,
        clip_norm=None,
        record_gradient_norms=False,
        auxiliary_weight=0.3,
    ):
        self.layers = layers
        self.decoder = decoder
        self.tied_weights = tied_weights
        self.input_noise = input_noise
        self.masking = masking
        self.sparsity = sparsity
        self.sparsity_weight = sparsity_weight
        self.sparsity_target = sparsity_target
        self.input_shape = input_shape
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
        self.augment = augment
        self.batch_norm = batch_norm
        self.weight_norm = weight_norm
        self.max_norm = max_norm
        self.clip_norm = clip_norm
        self.record_gradient_norms = record_gradient_norms
        self.auxiliary_weight = auxiliary_weight
