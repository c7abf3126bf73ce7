"""Generative adversarial networks: a generator that learns from a discriminator."""

from numbers import Integral, Real

import numpy as np
from sklearn.base import _fit_context
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval, Options, StrOptions
from sklearn.utils.validation import check_is_fitted

from skdeep.adversarial.adversarial_fit import prepare_fit, set_result
from skdeep.adversarial.class_labels import codes_of, indicators
from skdeep.estimators.callback_tasks import OF_THE_CALL, CallbackSupportMixin
from skdeep.estimators.fit_method import fit_method
from skdeep.estimators.fitted.state import from_plain, to_plain
from skdeep.estimators.fitted.versions import Versioned
from skdeep.estimators.inputs.arrays import validate_rows
from skdeep.estimators.inputs.conversion import as_rows
from skdeep.estimators.parameters.checks import CheckedEstimator
from skdeep.estimators.parameters.constraints import CONSTRAINTS
from skdeep.formulas.activations import NAMES
from skdeep.formulas.activations import REGISTRY as ACTIVATIONS
from skdeep.layers.nested_parameters import NestedLayers
from skdeep.network.stack import Stack

#: Activations that the outputs of a generator may have.
_OUTPUTS = {name for name, entry in NAMES.items() if not ACTIVATIONS[entry].normalised}


class GenerativeAdversarialNetwork(CallbackSupportMixin, NestedLayers, Versioned, CheckedEstimator):
    r"""A generative adversarial network, which learns to generate samples like the training data.

    Two networks are trained against each other [1]_. The *generator* :math:`G` maps a vector of
    standard normal random numbers :math:`z`, the latent vector, to a sample. The *discriminator*
    :math:`D` estimates the probability that a sample comes from the training data rather than from
    the generator. It is trained on batches with as many real as generated samples and minimises

    .. math:: L_D = -\tfrac{1}{2} \mathrm{E}_x [\log D(x)]
        - \tfrac{1}{2} \mathrm{E}_z [\log (1 - D(G(z)))].

    After `n_critic` updates of the discriminator, the generator is updated once. It minimises

    .. math:: L_G = -\mathrm{E}_z [\log D(G(z))],

    the non-saturating loss, whose gradient does not vanish while the discriminator recognises the
    generated samples. If the discriminator cannot distinguish the samples,
    :math:`L_D = L_G = \log 2 \approx 0.693`. With ``loss="wasserstein"`` [2]_ the discriminator is
    a critic :math:`f` with unbounded outputs, whose parameters are clipped after each update, and

    .. math:: L_D = \mathrm{E}_z [f(G(z))] - \mathrm{E}_x [f(x)], \qquad
        L_G = -\mathrm{E}_z [f(G(z))].

    If labels `y` are passed to `fit`, the model is conditional [3]_: both networks also read the
    class, one-hot encoded, and `sample` generates samples of a given class.

    Scale the features before: to zero mean and unit variance, or to the range of `out_activation`,
    for example to [-1, 1] for 'tanh'.

    Parameters
    ----------
    generator : sequence of layers, or of tuples of a name and a layer, default=()
        Hidden layers of the generator: objects of `skdeep.layers`. The input is a vector: the
        latent vector, followed by the one-hot encoded class if there are labels. The output layer,
        a dense layer with one unit per feature, is added automatically; the output of the last
        hidden layer must be a vector. Parameters of layers can be tuned, as
        ``generator__<name>__<parameter>``; the name of a layer without one is its position, from 0.
    discriminator : sequence of layers, or of tuples of a name and a layer, default=()
        Hidden layers of the discriminator, likewise. The input is a sample, followed by the one-hot
        encoded class if there are labels. If `input_shape` makes images or sequences of the
        samples, the class is concatenated with the output of the first layer that gives a vector
        instead, and a `Dense` layer must follow.
    latent_size : int, default=16
        Length of the latent vector.
    loss : {'non_saturating', 'wasserstein'}, default='non_saturating'
        Losses of both networks, see above.
    n_critic : int, default=1
        Number of updates of the discriminator for each update of the generator. 5 is common with
        ``loss='wasserstein'``.
    clip_value : float, default=0.01
        The parameters of the critic are clipped to ``[-clip_value, clip_value]``. Only used if
        ``loss='wasserstein'``.
    label_smoothing : float in [0, 1), default=0.0
        One-sided label smoothing [4]_: the discriminator is trained with the target
        ``1 - label_smoothing`` for real samples; the target for generated samples remains 0. Only
        for ``loss='non_saturating'``.
    out_activation : str, default='identity'
        Activation function of the output layer of the generator: 'tanh' for features in [-1, 1],
        'logistic' for features in [0, 1].
    input_shape : int, sequence of int or None, default=None
        Shape of a sample as read by the discriminator, for example (8, 8, 1) for `Conv2D`. If None,
        samples are vectors.
    generator_solver : str or object of `skdeep.solvers`, default='adam'
        Solver of the generator, one that uses mini-batches. An object has its own learning rate.
    discriminator_solver : str or object of `skdeep.solvers`, default='adam'
        Solver of the discriminator, likewise. [2]_ recommends 'rmsprop' for both networks if
        ``loss='wasserstein'``.
    generator_learning_rate_init : float, default=0.001
        Learning rate of the generator. Only used if `generator_solver` is a string.
    discriminator_learning_rate_init : float, default=0.001
        Learning rate of the discriminator. Only used if `discriminator_solver` is a string.
    beta_1 : float in [0, 1), default=0.5
        Decay rate of the running mean of the gradient, for solvers given as 'adam' or 'adamw'.
    batch_size : int, default=64
        Number of real samples in a batch of the discriminator, and of generated samples in a batch
        of either network. It is reduced to the number of samples if that is smaller.
    max_iter : int, default=200
        Maximum number of epochs. The discriminator is trained on all samples once per epoch.
    shuffle : bool, default=True
        Whether to shuffle the samples before each epoch.
    collapse_tol : float, default=0.01
        Distance from its bound within which the loss of a network counts as being at the bound.
    n_iter_collapse : int or inf, default=20
        Training stops with a warning after this number of consecutive epochs in which the loss of
        one network is at its lower bound, because the other network cannot learn from it any more.
        The bound is 0 for both networks; with `label_smoothing`, the bound of the discriminator is
        half the entropy of the smoothed target. If ``loss='wasserstein'``, training stops if the
        loss of the critic is 0 up to rounding. ``numpy.inf`` disables this.
    random_state : int, RandomState instance or None, default=None
        Determines the initial weights, the order of the samples, the latent vectors and dropout.
        Pass an int for reproducible results across calls.
    verbose : bool, default=False
        Whether to print both losses after each epoch.
    n_threads : int or None, default=None
        Maximum number of threads used by fit. If None, all available cores are used. The result
        does not depend on it.

    Attributes
    ----------
    generator_ : NetworkRegressor
        The fitted generator. Its method `predict` maps latent vectors, each followed by the one-hot
        encoded class if there are labels, to samples.
    discriminator_ : NetworkRegressor
        The fitted discriminator. Its inputs are samples, followed by the one-hot encoded class.
    generator_loss_curve_ : list of float
        Loss of the generator in each epoch: the mean over the batches, computed before each update.
    discriminator_loss_curve_ : list of float
        Loss of the discriminator in each epoch, likewise.
    classes_ : ndarray of shape (n_classes,) or None
        Class labels; None without labels.
    class_prior_ : ndarray of shape (n_classes,) or None
        Proportions of the classes among all samples of all epochs; None without labels.
    n_iter_ : int
        Number of epochs of the last fit.
    stop_reason_ : str
        Why training ended. 'max_iter': the maximum number of epochs was reached; 'collapse': see
        `n_iter_collapse`; 'diverged': parameters became too large; 'interrupted': Ctrl-C;
        'callback': a callback requested it; 'partial_fit': one epoch of `partial_fit`. A
        ConvergenceWarning explains 'collapse' and 'diverged'.
    n_features_in_ : int
        Number of features.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the features. Only defined if X has feature names that are all strings.

    See Also
    --------
    skdeep.displays.SampleGridDisplay : Plot generated images.
    skdeep.displays.LossCurveDisplay : Plot both loss curves.
    Autoencoder : Learns a code from which samples are reconstructed.
    sklearn.mixture.GaussianMixture : A density model that can also be sampled from.

    Notes
    -----
    The losses do not measure the quality of the samples. Look at samples, or compare them with the
    data by statistics or by a classifier fitted to the data. If the samples lack variety, try a
    lower learning rate of the discriminator, `label_smoothing`, dropout in the discriminator, or
    ``loss='wasserstein'``.

    References
    ----------
    .. [1] I. Goodfellow, J. Pouget-Abadie, M. Mirza, B. Xu, D. Warde-Farley, S. Ozair, A. Courville
       and Y. Bengio, "Generative adversarial nets", NIPS 2014.
    .. [2] M. Arjovsky, S. Chintala and L. Bottou, "Wasserstein generative adversarial networks",
       ICML 2017.
    .. [3] M. Mirza and S. Osindero, "Conditional generative adversarial nets", arXiv:1411.1784,
       2014.
    .. [4] T. Salimans, I. Goodfellow, W. Zaremba, V. Cheung, A. Radford and X. Chen, "Improved
       techniques for training GANs", NIPS 2016.

    Examples
    --------
    >>> import numpy as np
    >>> from skdeep import GenerativeAdversarialNetwork
    >>> from skdeep.layers import Dense
    >>> X = np.random.default_rng(0).normal([3, -1], 0.5, size=(500, 2))
    >>> layers = [Dense(16), Dense(16)]
    >>> gan = GenerativeAdversarialNetwork(
    ...     layers, layers, latent_size=4, max_iter=50, random_state=0
    ... )
    >>> samples = gan.fit(X).sample(200, random_state=0)
    >>> samples.shape
    (200, 2)
    >>> bool(np.abs(samples.mean(axis=0) - [3, -1]).max() < 0.5)
    True
    """

    _parameter_constraints: dict = {
        "generator": [list, tuple],
        "discriminator": [list, tuple],
        "latent_size": [Interval(Integral, 1, None, closed="left")],
        "loss": [StrOptions({"non_saturating", "wasserstein"})],
        "n_critic": [Interval(Integral, 1, None, closed="left")],
        "clip_value": [Interval(Real, 0, None, closed="neither")],
        "label_smoothing": [Interval(Real, 0, 1, closed="left")],
        "out_activation": [StrOptions(_OUTPUTS)],
        "input_shape": [list, tuple, Interval(Integral, 1, None, closed="left"), None],
        "generator_solver": CONSTRAINTS["solver"],
        "discriminator_solver": CONSTRAINTS["solver"],
        "generator_learning_rate_init": CONSTRAINTS["learning_rate_init"],
        "discriminator_learning_rate_init": CONSTRAINTS["learning_rate_init"],
        "beta_1": CONSTRAINTS["beta_1"],
        "batch_size": [Interval(Integral, 1, None, closed="left")],
        "max_iter": CONSTRAINTS["max_iter"],
        "shuffle": ["boolean"],
        "collapse_tol": [Interval(Real, 0, None, closed="left")],
        "n_iter_collapse": [
            Interval(Integral, 1, None, closed="left"),
            Options(Real, {np.inf}),
        ],
        "random_state": ["random_state"],
        "verbose": ["verbose"],
        "n_threads": CONSTRAINTS["n_threads"],
    }
    _layer_lists = ("generator", "discriminator")

    def __init__(
        self,
        generator=(),
        discriminator=(),
        *,
        latent_size=16,
        loss="non_saturating",
        n_critic=1,
        clip_value=0.01,
        label_smoothing=0.0,
        out_activation="identity",
        input_shape=None,
        generator_solver="adam",
        discriminator_solver="adam",
        generator_learning_rate_init=0.001,
        discriminator_learning_rate_init=0.001,
        beta_1=0.5,
        batch_size=64,
        max_iter=200,
        shuffle=True,
        collapse_tol=0.01,
        n_iter_collapse=20,
        random_state=None,
        verbose=False,
        n_threads=None,
    ):
        self.generator = generator
        self.discriminator = discriminator
        self.latent_size = latent_size
        self.loss = loss
        self.n_critic = n_critic
        self.clip_value = clip_value
        self.label_smoothing = label_smoothing
        self.out_activation = out_activation
        self.input_shape = input_shape
        self.generator_solver = generator_solver
        self.discriminator_solver = discriminator_solver
        self.generator_learning_rate_init = generator_learning_rate_init
        self.discriminator_learning_rate_init = discriminator_learning_rate_init
        self.beta_1 = beta_1
        self.batch_size = batch_size
        self.max_iter = max_iter
        self.shuffle = shuffle
        self.collapse_tol = collapse_tol
        self.n_iter_collapse = n_iter_collapse
        self.random_state = random_state
        self.verbose = verbose
        self.n_threads = n_threads

    @_fit_context(prefer_skip_nested_validation=True)
    @fit_method
    def fit(self, X, y=None):
        """Fit both networks to samples X.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            The samples, at least two. If the dtype is float32, the networks are too.
        y : array-like of shape (n_samples,), default=None
            Class labels, of at least two classes. If they are given, the model is conditional.

        Returns
        -------
        self : object
            The fitted estimator.

        Raises
        ------
        ValueError
            If the input is invalid or training diverges. The estimator remains unchanged.
        """
        return prepare_fit(self, X, y)

    @_fit_context(prefer_skip_nested_validation=True)
    @fit_method
    def partial_fit(self, X, y=None, classes=None):
        """Train both networks for one epoch on samples X.

        The state of both solvers is kept between calls. `n_iter_collapse` is not used.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            The samples, at least two.
        y : array-like of shape (n_samples,), default=None
            Class labels, either in all calls or in none.
        classes : array-like of shape (n_classes,), default=None
            All class labels. If None, those in `y` of the first call. Not needed in later calls.

        Returns
        -------
        self : object
            The fitted estimator.

        Raises
        ------
        ValueError
            If the input is invalid, the parameters do not match the fitted networks, or training
            diverges. The estimator remains unchanged.
        """
        return prepare_fit(self, X, y, classes, incremental=True)

    def sample(self, n_samples=1, y=None, random_state=None):
        """Generate samples.

        Parameters
        ----------
        n_samples : int, default=1
            Number of samples.
        y : label or array-like of shape (n_samples,), default=None
            Class of all samples, or of each sample, for a conditional model. If None, classes are
            drawn with the proportions in the training data.
        random_state : int, RandomState instance or None, default=None
            Determines the latent vectors, and the classes if they are drawn.

        Returns
        -------
        X : ndarray of shape (n_samples, n_features)
            The samples, with the dtype of the networks.

        Raises
        ------
        NotFittedError
            If the estimator is not fitted.
        TypeError
            If `n_samples` is not an integer.
        ValueError
            If `n_samples` is less than 1, or `y` is not valid.

        Examples
        --------
        >>> from sklearn.datasets import load_iris
        >>> from skdeep import GenerativeAdversarialNetwork
        >>> from skdeep.layers import Dense
        >>> X, y = load_iris(return_X_y=True)
        >>> gan = GenerativeAdversarialNetwork([Dense(8)], [Dense(8)], max_iter=5, random_state=0)
        >>> gan.fit(X, y).sample(3, y=2, random_state=0).shape
        (3, 4)
        """
        check_is_fitted(self)
        if not isinstance(n_samples, Integral) or isinstance(n_samples, bool):
            raise TypeError(f"n_samples must be an integer from 1 on, got {n_samples!r}.")
        if n_samples < 1:
            raise ValueError(f"n_samples must be an integer from 1 on, got {n_samples!r}.")
        codes = None if y is None else self._codes(y, int(n_samples))
        random_state = check_random_state(random_state)
        if codes is None and self.classes_ is not None:
            codes = random_state.choice(len(self.classes_), n_samples, p=self.class_prior_)
        n_labels = 0 if self.classes_ is None else len(self.classes_)
        dtype = self.generator_.coefs_[-1].dtype
        n_latent = self.generator_.n_features_in_ - n_labels
        latent = random_state.standard_normal((n_samples, n_latent)).astype(dtype, copy=False)
        samples = self.generator_.predict(self._with_labels(latent, codes))
        return samples.reshape(n_samples, -1)

    def decision_function(self, X, y=None):
        """Return the output of the discriminator before the logistic function.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            The samples.
        y : label or array-like of shape (n_samples,), default=None
            Class of all samples, or of each sample, for a conditional model. If None, the highest
            score over all classes is returned.

        Returns
        -------
        scores : ndarray of shape (n_samples,)
            ``log(D(x) / (1 - D(x)))``: positive if a sample looks real to the discriminator,
            negative if it looks generated. If ``loss='wasserstein'``, the output of the critic, of
            which only differences have a meaning. The scores are not densities.
        """
        check_is_fitted(self)
        X = validate_rows(self, X, accept_sparse=False)
        if y is None and self.classes_ is not None:
            return np.max([self.decision_function(X, label) for label in self.classes_], axis=0)
        codes = None if y is None else self._codes(y, len(X))
        layout, vector = self.discriminator_._network()
        stack = self.discriminator_._architecture_now()
        output = stack.given[-1]._replace(activation="identity")
        layout = Stack((*stack.given[:-1], output)).layout()
        dtype = vector.dtype if X.dtype == np.float32 else np.float64
        X = self._with_labels(as_rows(X, dtype), codes)
        engine = self.discriminator_._engine(fitting=False)
        return engine.predict(layout, vector.astype(dtype, copy=False), X)[:, 0]

    def _codes(self, y, n_samples):
        """Return the number of the class of every sample."""
        if self.classes_ is None:
            raise ValueError("y was given, but the network was fitted without labels.")
        y = np.asarray(y)
        if y.ndim == 0:
            y = np.full(n_samples, y)
        if y.shape != (n_samples,):
            raise ValueError(f"y has shape {y.shape}, but labels of {n_samples} samples are asked.")
        return codes_of(self.classes_, y)

    def _with_labels(self, rows, codes):
        """Return rows with a column for each class behind them, where there are classes."""
        if codes is None:
            return rows
        return np.hstack([rows, indicators(codes, len(self.classes_), rows.dtype)])

    @property
    def generator_loss_curve_(self):
        """Loss of the generator in every epoch."""
        return self._curve_of("generator_")

    @property
    def discriminator_loss_curve_(self):
        """Loss of the discriminator in every epoch."""
        return self._curve_of("discriminator_")

    def _curve_of(self, name):
        if name not in vars(self):
            raise AttributeError(
                f"{type(self).__name__!r} object has no attribute '{name}': it is not fitted."
            )
        return vars(self)[name].loss_curve_

    def __sklearn_is_fitted__(self):
        return hasattr(self, "generator_") and hasattr(self, "stop_reason_")

    def _set_result(self, call, result):
        """Set the attributes of networks that have been trained."""
        set_result(self, call.recipes, result)

    def _shallow_copy(self):
        """Return an estimator of the same attributes, which can be set to others."""
        new = object.__new__(type(self))
        vars(new).update(vars(self))
        return new

    def __getstate__(self):
        state = super().__getstate__()
        return to_plain({name: value for name, value in state.items() if name not in OF_THE_CALL})

    def __setstate__(self, state):
        super().__setstate__(from_plain(state))

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.required = False
        tags.input_tags.sparse = False
        return tags
