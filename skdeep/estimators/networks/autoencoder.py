"""Autoencoders: networks trained to reconstruct their inputs."""

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
    """Autoencoder: a network trained to reconstruct its inputs from a code.

    The encoder, a list of objects of `skdeep.layers`, maps the features to a code, and the decoder
    maps the code back to the features. Both are trained together, with the features as targets. One
    or several of these constraints keep the network from learning the identity:

    - *undercomplete*: the code is narrower than the features [1]_;
    - *denoising*: the inputs are features with noise (`input_noise`) or with some features set to 0
      (`masking`), and the targets are the original features [2]_;
    - *sparse*: only few units of the code are active for a sample (`sparsity`) [3]_.

    It is a transformer: `transform` returns the code, for example as features of a classifier in a
    pipeline; `inverse_transform` maps codes back to features; `score_samples` measures how well
    samples are reconstructed and can be used for novelty detection. A classifier can take its first
    layers from the encoder (`init_from`). The other parameters are those of `MLPRegressor`.

    Parameters
    ----------
    <parameters>

    Attributes
    ----------
    loss_ : float
        Loss of the last epoch or iteration, summed over the features and including all penalties.
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
        All layers of the fitted network except the output layer, and their names: the encoder, the
        penalty on the code if `sparsity` is set, and the decoder.
    n_encoder_layers_ : int
        Number of these layers that belong to the encoder.
    tied_to_ : str or None
        With ``tied_weights``, the name of the layer whose transposed weights the output layer uses.
    input_shape_ : tuple of int
        Shape of a sample, as read by the first layer.
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
        'partial_fit': the last call of that method. With `n_restarts`, the reason of the network
        that was kept.

    See Also
    --------
    NetworkRegressor : Networks with other targets than the features.
    sklearn.decomposition.PCA : The optimal linear autoencoder for the squared error.

    Notes
    -----
    Reconstructions and codes are matrices: sequences and images are flattened.

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
