"""The deep Boltzmann machine."""

from numbers import Integral, Real

import numpy as np
from scipy.sparse import issparse
from scipy.special import expit, logsumexp
from sklearn.base import _fit_context
from sklearn.utils import ClassifierTags, check_random_state
from sklearn.utils._param_validation import Interval, StrOptions, validate_params
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from skdeep.boltzmann.deep_model import (
    DeepModel,
    bound,
    gibbs_steps,
    inputs_of,
    mean_field,
    one_hot,
)
from skdeep.boltzmann.deep_partition import (
    annealed_importance,
    can_be_summed,
    exact_log_partition,
)
from skdeep.boltzmann.deep_training import DeepMachine, DeepSettings, pretrain
from skdeep.boltzmann.epoch_loop import EpochLoop, begin
from skdeep.boltzmann.label_units import codes_of, labels_of
from skdeep.boltzmann.machine_estimator import MachineEstimator
from skdeep.boltzmann.rbm_likelihood import MOST_UNITS
from skdeep.boltzmann.unit_values import check_count, warn_outside_unit_interval
from skdeep.estimators.fit_method import fit_method
from skdeep.estimators.inputs.arrays import validate_input
from skdeep.estimators.work import Work
from skdeep.training.blas_threads import single_threaded_blas

FLOATS = np.float64, np.float32
NO_LABELS = "this machine was fitted without labels; fit(X, y) makes them visible units."


def _has_labels(estimator):
    """Return whether there are labels, for methods that need them."""
    check_is_fitted(estimator)
    if hasattr(estimator, "classes_"):
        return True
    raise AttributeError(NO_LABELS)


class DeepBoltzmannMachine(MachineEstimator):
    """Deep Boltzmann machine: layers of binary units with undirected connections.

    The layers are the visible units ``x_0`` and hidden layers ``x_1, ..., x_L``. Visible units are
    the features and, with `y`, one for each label, of which exactly one is 1. The energy is
    ``E(x) = -sum_l b_l.x_l - sum_l x_l.W_l.x_{l+1}``, the probability of a state
    ``exp(-E(x)) / Z`` [1]_.

    The hidden layers are first trained one by one as restricted Boltzmann machines, whose input is
    doubled in place of that of the missing neighbour. Then all layers are trained together: the
    gradient of the log-likelihood is the difference of ``<x_l x_{l+1}>`` given the data, by mean
    field, and of the model, by persistent Markov chains.

    Parameters
    ----------
    hidden_layer_sizes : array-like of int, default=(256, 256)
        Number of units of each hidden layer: two layers or more.
    learning_rate : float, default=0.02
        Learning rate of the training of all layers together, which falls linearly to 0 in the
        course of the epochs.
    batch_size : int, default=20
        Number of samples of a mini-batch.
    n_iter : int, default=20
        Number of epochs in which all layers are trained together.
    n_iter_pretraining : int, default=20
        Number of epochs of the pretraining of each layer; 0 begins with random weights.
    learning_rate_pretraining : float, default=0.1
        Learning rate of the pretraining.
    n_gibbs_steps : int, default=2
        Gibbs steps of the Markov chains for every mini-batch.
    n_mean_field_steps : int, default=10
        Steps of mean-field inference, in training and afterwards.
    n_chains : int, default=100
        Number of Markov chains.
    momentum : float, default=0
        Factor of the last change of the parameters that is added to the next one, in [0, 1).
    weight_decay : float, default=0.0002
        Strength of the L2 penalty: in every update, ``learning_rate * weight_decay * W`` is
        subtracted from the weights.
    verbose : int, default=0
        Whether to print the mean squared error of the reconstruction after every epoch.
    random_state : int, RandomState instance or None, default=None
        Source of the first weights, of the order of the samples and of the samples of all units.

    Attributes
    ----------
    weights_ : list of ndarray of shape (n_units_l, n_units_l+1)
        Weights between the layers, from the features up to the last hidden layer.
    biases_ : list of ndarray of shape (n_units_l,)
        Biases of the features and of the hidden layers.
    label_weights_ : ndarray of shape (n_classes, n_units_1)
        Weights between the labels and the first hidden layer, where there are labels.
    label_biases_ : ndarray of shape (n_classes,)
        Biases of the labels.
    classes_ : ndarray of shape (n_classes,)
        The labels.
    chains_ : list of ndarray of shape (n_chains, n_units_l)
        States of all layers in the Markov chains of training; labels follow the features.
    n_iter_ : int
        Number of epochs in which all layers were trained together.
    stop_reason_ : str
        Why the last fit ended: 'max_iter', or 'callback', or what the callback calls it.
    n_features_in_ : int
        Number of features seen during fit.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the features, where X has names that are all strings.

    See Also
    --------
    BernoulliRBM : A single layer of hidden units.
    MLPClassifier : Takes the layers over as its `init_from`.

    Notes
    -----
    With ``init_from=dbm`` and ``activation="logistic"``, an `MLPClassifier` begins with the pass of
    mean-field inference from below: ``coefs_`` are the weights, doubled where a hidden layer lies
    above.

    References
    ----------
    .. [1] R. Salakhutdinov & G. Hinton, "Deep Boltzmann machines", AISTATS 2009.
    .. [2] R. Salakhutdinov & I. Murray, "On the quantitative analysis of deep belief networks",
       ICML 2008.

    Examples
    --------
    >>> import numpy as np
    >>> from skdeep import DeepBoltzmannMachine
    >>> y = np.arange(400) % 2
    >>> X = np.where(y[:, None] == 1, [1, 1, 1, 0, 0, 0], [0, 0, 0, 1, 1, 1])
    >>> dbm = DeepBoltzmannMachine((4, 3), batch_size=20, random_state=0).fit(X, y)
    >>> dbm.predict(X[:4])
    array([0, 1, 0, 1])
    >>> dbm.sample(200, y=1, random_state=0).mean(axis=0).round()
    array([1., 1., 1., 0., 0., 0.])
    """

    _parameter_constraints: dict = {
        "hidden_layer_sizes": ["array-like"],
        "learning_rate": [Interval(Real, 0, None, closed="neither")],
        "batch_size": [Interval(Integral, 1, None, closed="left")],
        "n_iter": [Interval(Integral, 0, None, closed="left")],
        "n_iter_pretraining": [Interval(Integral, 0, None, closed="left")],
        "learning_rate_pretraining": [Interval(Real, 0, None, closed="neither")],
        "n_gibbs_steps": [Interval(Integral, 1, None, closed="left")],
        "n_mean_field_steps": [Interval(Integral, 1, None, closed="left")],
        "n_chains": [Interval(Integral, 1, None, closed="left")],
        "momentum": [Interval(Real, 0, 1, closed="left")],
        "weight_decay": [Interval(Real, 0, None, closed="left")],
        "verbose": ["verbose"],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        hidden_layer_sizes=(256, 256),
        *,
        learning_rate=0.02,
        batch_size=20,
        n_iter=20,
        n_iter_pretraining=20,
        learning_rate_pretraining=0.1,
        n_gibbs_steps=2,
        n_mean_field_steps=10,
        n_chains=100,
        momentum=0.0,
        weight_decay=0.0002,
        verbose=0,
        random_state=None,
    ):
        self.hidden_layer_sizes = hidden_layer_sizes
        self.learning_rate = learning_rate
        self.batch_size = batch_size
        self.n_iter = n_iter
        self.n_iter_pretraining = n_iter_pretraining
        self.learning_rate_pretraining = learning_rate_pretraining
        self.n_gibbs_steps = n_gibbs_steps
        self.n_mean_field_steps = n_mean_field_steps
        self.n_chains = n_chains
        self.momentum = momentum
        self.weight_decay = weight_decay
        self.verbose = verbose
        self.random_state = random_state

    @_fit_context(prefer_skip_nested_validation=True)
    @fit_method
    def fit(self, X, y=None):
        """Fit the machine to the data X, with labels or without.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The features, between 0 and 1. A sparse matrix is made dense.
        y : array-like of shape (n_samples,), default=None
            Labels, which become visible units. If None, there are none.

        Returns
        -------
        self : DeepBoltzmannMachine
            The fitted machine.

        Raises
        ------
        ValueError
            If a parameter, X or y is invalid, or if training diverges.
        """
        sizes, given = self._sizes(), (X, y)
        X = self._features(X, reset=True)
        warn_outside_unit_interval(X)
        classes, labels = labels_of(y, X)
        fit = begin(self, int(self.n_iter), *given)
        random_state = check_random_state(self.random_state) if fit is None else fit.random_state()
        for name in ("classes_", "label_weights_", "label_biases_"):
            vars(self).pop(name, None)
        settings = self._settings(min(int(self.batch_size), len(X)))
        parameters, data = self.get_params(), (X, labels)
        loop = EpochLoop(None, int(self.n_iter), type(self).__name__, fit, parameters, data)

        def run():
            model = pretrain(X, labels, sizes, settings, random_state)
            loop.machine = DeepMachine(X, labels, model, settings, random_state)
            loop.classes = classes
            if self.verbose:
                loop.report = lambda: self._report(X, model)
            return loop.run()

        def conclude(loop):
            self._set_result(None, loop)
            if fit is not None:
                fit.end()

        return Work(run, conclude)

    def transform(self, X):
        """Return the probabilities of the units of the last hidden layer, by mean field.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The features.

        Returns
        -------
        h : ndarray of shape (n_samples, n_units_L)
            The probabilities. Labels, if there are any, are taken as unknown.
        """
        check_is_fitted(self)
        X, model = self._features(X), self._model()
        with single_threaded_blas():
            return mean_field(model, X, self.n_mean_field_steps)[-1]

    @available_if(_has_labels)
    def predict(self, X):
        """Return the most probable labels.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The features.

        Returns
        -------
        y : ndarray of shape (n_samples,)
            The labels.
        """
        return self.classes_[self.predict_proba(X).argmax(axis=1)]

    @available_if(_has_labels)
    def predict_proba(self, X):
        """Return probabilities of the labels.

        They are proportional to ``exp`` of the variational bounds of ``log p(x, y)``, each from
        mean-field inference with that label.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The features.

        Returns
        -------
        p : ndarray of shape (n_samples, n_classes)
            The probabilities, in the order of ``classes_``.
        """
        bounds = self._bounds(self._features(X))
        p = np.exp(bounds - bounds.max(axis=1, keepdims=True))
        return p / p.sum(axis=1, keepdims=True)

    def sample(self, n_samples=1, y=None, n_steps=200, random_state=None, probabilities=False):
        """Return new samples, of all classes or of one, from Markov chains.

        The chains begin at those of training. Samples of few steps depend on these.

        Parameters
        ----------
        n_samples : int, default=1
            Number of samples, each from a chain of its own.
        y : label or array-like of shape (n_samples,), default=None
            One of ``classes_`` for all samples, or one for each. If None, labels are sampled, too.
        n_steps : int, default=200
            Gibbs steps of a chain.
        random_state : int, RandomState instance or None, default=None
            Source of the samples; None takes the estimator's `random_state`.
        probabilities : bool, default=False
            Whether to return the probabilities from which the features would be sampled in the last
            step, which make smoother pictures.

        Returns
        -------
        X : ndarray of shape (n_samples, n_features)
            The features of the samples, 0 and 1, or probabilities.

        Raises
        ------
        ValueError
            If `y` is none of the classes, or the machine was fitted without labels.
        """
        check_is_fitted(self)
        check_count("n_samples", n_samples)
        check_count("n_steps", n_steps)
        model = self._model()
        labels = None if y is None else self._label_rows(y, n_samples)
        rng = check_random_state(self.random_state if random_state is None else random_state)
        places = rng.randint(0, len(self.chains_[0]), n_samples)
        states = [chain[places] for chain in self.chains_]
        with single_threaded_blas():
            gibbs_steps(model, states, n_steps, rng, labels)
            found = expit(inputs_of(model, states, 0)) if probabilities else states[0]
        return found[:, : model.n_features]

    def score_samples(self, X, log_partition=None):
        """Return a lower bound of the log-likelihood of every row, by mean field.

        The bound is ``-E(x, m) + H(m) - log Z``, with the probabilities `m` of mean-field inference
        and their entropy `H`. Labels, if there are any, are summed out.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Values 0 and 1.
        log_partition : float, default=None
            What the method `log_partition` has returned; None calls it.

        Returns
        -------
        log_likelihood : ndarray of shape (n_samples,)
            One number for every row.
        """
        check_is_fitted(self)
        X = self._features(X)
        if log_partition is None:
            log_partition = self.log_partition()
        elif isinstance(log_partition, bool) or not isinstance(log_partition, Real):
            raise ValueError(f"log_partition must be a number or None, got {log_partition!r}.")
        return logsumexp(self._bounds(X), axis=1) - log_partition

    @validate_params(
        {
            "method": [StrOptions({"auto", "exact", "ais"})],
            "n_chains": [Interval(Integral, 1, None, closed="left")],
            "n_betas": [Interval(Integral, 2, None, closed="left")],
            "random_state": ["random_state"],
        },
        prefer_skip_nested_validation=True,
    )
    def log_partition(self, method="auto", *, n_chains=100, n_betas=1000, random_state=None):
        """Return ``log Z``, estimated by annealed importance sampling or computed exactly.

        Parameters
        ----------
        method : {'auto', 'exact', 'ais'}, default='auto'
            'exact' sums over all states of every second layer, which together must have at most 20
            units. 'ais' is annealed importance sampling. 'auto' is 'exact' where that is possible.
        n_chains : int, default=100
            Number of Markov chains of 'ais'.
        n_betas : int, default=1000
            Number of distributions of 'ais', from one of independent units to that of the machine.
        random_state : int, RandomState instance or None, default=None
            Source of the samples of 'ais'; None takes the estimator's `random_state`.

        Returns
        -------
        log_partition : float
            The log of the partition function.
        """
        check_is_fitted(self)
        model = self._model(np.float64)
        possible = can_be_summed(model)
        if method == "exact" and not possible:
            raise ValueError(
                "method='exact' is a sum over all states of every second layer, which together "
                f"must have at most {MOST_UNITS} units. Use method='ais'."
            )
        with single_threaded_blas():
            if method != "ais" and possible:
                return exact_log_partition(model)
            rng = check_random_state(self.random_state if random_state is None else random_state)
            log_weights = annealed_importance(model, n_chains, n_betas, rng)
        return float(logsumexp(log_weights) - np.log(n_chains))

    @property
    def coefs_(self):
        """Weights of the network that begins where the bottom-up pass does, for ``init_from``."""
        *lower, highest = self.weights_
        return [*(2 * weights for weights in lower), highest, np.zeros((highest.shape[1], 0))]

    @property
    def intercepts_(self):
        """Biases of the same network."""
        return [*self.biases_[1:], np.zeros(0)]

    def _sizes(self):
        """Return the checked numbers of units of the hidden layers."""
        sizes = np.asarray(self.hidden_layer_sizes)
        if sizes.ndim != 1 or sizes.dtype.kind not in "iu" or len(sizes) < 2 or sizes.min() < 1:
            raise ValueError(
                "hidden_layer_sizes must be two integers or more, from 1 on, got "
                f"{self.hidden_layer_sizes!r}. BernoulliRBM has a single hidden layer."
            )
        return tuple(map(int, sizes))

    def _features(self, X, reset=False):
        """Return validated dense features: in fit of their type, later of that of the weights."""
        dtype = FLOATS if reset else self.weights_[0].dtype.type
        X = validate_input(self, X, accept_sparse="csr", dtype=dtype, reset=reset)
        return np.ascontiguousarray(X.toarray() if issparse(X) else X)

    def _settings(self, batch_size):
        return DeepSettings(
            *(float(self.learning_rate), float(self.momentum), float(self.weight_decay)),
            *(int(self.n_iter), float(self.learning_rate_pretraining)),
            *(batch_size, int(self.n_gibbs_steps), int(self.n_mean_field_steps)),
            *(int(self.n_chains), int(self.n_iter_pretraining)),
        )

    def _report(self, X, model):
        """Return what is printed after an epoch."""
        with single_threaded_blas():
            states = mean_field(model, X, self.n_mean_field_steps)
            found = expit(inputs_of(model, states, 0))[:, : model.n_features]
            error = np.square(X - found).mean()
        return f"reconstruction error = {error:.4f}"

    def _set_result(self, recipe, loop):
        """Set the attributes that a loop has reached."""
        model = loop.machine.model
        (first, *weights), (visible, *biases), n = model.weights, model.biases, model.n_features
        self.weights_ = list(map(np.array, (first[:n], *weights)))
        self.biases_ = list(map(np.array, (visible[:n], *biases)))
        if model.n_classes > 0:
            self.classes_ = loop.classes
            self.label_weights_, self.label_biases_ = np.array(first[n:]), np.array(visible[n:])
        self.chains_ = list(map(np.array, loop.machine.chains))
        self._n_features_out = len(self.biases_[-1])
        self.n_iter_, self.stop_reason_ = loop.n_epochs, loop.stop_reason

    def _model(self, dtype=None):
        """Return the machine as a stack of layers."""
        (first, *weights), (visible, *biases), n_classes = self.weights_, self.biases_, 0
        if hasattr(self, "classes_"):
            first = np.vstack([first, self.label_weights_])
            visible, n_classes = np.append(visible, self.label_biases_), len(self.label_biases_)
        weights, biases = (first, *weights), (visible, *biases)
        if dtype is not None:
            weights, biases = (
                tuple(part.astype(dtype) for part in parts) for parts in (weights, biases)
            )
        return DeepModel(weights, biases, n_classes)

    def _label_rows(self, y, n_samples):
        """Return a row of units for the label of every sample."""
        if not hasattr(self, "classes_"):
            raise ValueError(f"y={y!r}, but {NO_LABELS}")
        codes = codes_of(y, self.classes_, n_samples)
        return one_hot(codes, len(self.classes_), self.weights_[0].dtype)

    def _bounds(self, X):
        """Return the variational bounds of each label, or of none in one column."""
        model, n_steps, columns = self._model(), self.n_mean_field_steps, []
        with single_threaded_blas():
            if model.n_classes == 0:
                return bound(model, mean_field(model, X, n_steps))[:, None]
            for code in range(model.n_classes):
                labels = one_hot(np.full(len(X), code), model.n_classes, X.dtype)
                columns.append(bound(model, mean_field(model, X, n_steps, labels)))
        return np.stack(columns, axis=1)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.classifier_tags = ClassifierTags()  # it predicts labels where it was fitted with them
        return tags
