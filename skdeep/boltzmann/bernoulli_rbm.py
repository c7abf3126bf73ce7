"""The restricted Boltzmann machine."""

from numbers import Integral, Real

import numpy as np
from scipy.special import expit
from sklearn.base import _fit_context
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.extmath import safe_sparse_dot
from sklearn.utils.validation import check_is_fitted

from skdeep.boltzmann.epoch_loop import EpochLoop, begin
from skdeep.boltzmann.machine_estimator import MachineEstimator
from skdeep.boltzmann.rbm_likelihood import (
    MOST_UNITS,
    can_be_enumerated,
    free_energy,
    log_partition,
    pseudo_likelihood,
)
from skdeep.boltzmann.rbm_training import Parameters, RestrictedMachine, Settings
from skdeep.boltzmann.unit_values import check_count, warn_outside_unit_interval
from skdeep.estimators.fit_method import fit_method
from skdeep.estimators.inputs.arrays import validate_input
from skdeep.estimators.work import Work

FLOATS = np.float64, np.float32


class BernoulliRBM(MachineEstimator):
    """Bernoulli restricted Boltzmann machine, compiled.

    A layer of binary hidden units `h` and a layer of visible units `v`, the features, with the
    energy ``E(v, h) = -b.v - c.h - v.W.h`` and the probability ``p(v, h) = exp(-E(v, h)) / Z``
    [1]_. It takes the place of `sklearn.neural_network.BernoulliRBM`: with the parameters of that
    one alone, the same `random_state` gives the same numbers up to rounding.

    Training ascends the log-likelihood, whose gradient is ``<v h> - <v h>_model``. The second
    expectation is taken over Markov chains, which by default go on from batch to batch (persistent
    contrastive divergence, or stochastic maximum likelihood [2]_).

    Parameters
    ----------
    n_components : int, default=256
        Number of binary hidden units.
    learning_rate : float, default=0.1
        Learning rate of the parameters. Reasonable values are between 0.001 and 1.
    batch_size : int, default=10
        Number of samples of a mini-batch, and of Markov chains.
    n_iter : int, default=10
        Number of epochs.
    verbose : int, default=0
        Whether to print the mean of `score_samples` after every epoch.
    random_state : int, RandomState instance or None, default=None
        Source of the first weights, of the samples of all units in training, and of the features
        that `score_samples` flips. Pass an int for reproducible results.
    n_gibbs_steps : int, default=1
        Gibbs steps of the Markov chains for every mini-batch (CD-k or PCD-k).
    persistent : bool, default=True
        Whether the Markov chains go on from batch to batch. Otherwise they begin at the samples of
        the batch: contrastive divergence [3]_.
    visible : {'bernoulli', 'gaussian'}, default='bernoulli'
        Kind of the visible units. Gaussian units have the variance 1 and the energy
        ``|v - b|^2 / 2 - c.h - v.W.h``, for features that are standardised. They need a smaller
        learning rate, such as 0.01.
    momentum : float, default=0
        Factor of the last change of the parameters that is added to the next one, in [0, 1).
    weight_decay : float, default=0
        Strength of the L2 penalty: in every update, ``learning_rate * weight_decay * W`` is
        subtracted from the weights.
    n_threads : int or None, default=None
        Maximum number of threads used by fit. If None, all cores that the process may use. Results
        are the same, to the bit, for any number.

    Attributes
    ----------
    components_ : ndarray of shape (n_components, n_features)
        The weights.
    intercept_hidden_ : ndarray of shape (n_components,)
        Biases of the hidden units.
    intercept_visible_ : ndarray of shape (n_features,)
        Biases of the visible units.
    h_samples_ : ndarray of shape (batch_size, n_components)
        Hidden units of the Markov chains; zeros if they are not persistent.
    n_iter_ : int
        Number of epochs of the last call of `fit`; set by `fit`.
    stop_reason_ : str
        Why the last fit ended: 'max_iter', or 'callback', or what the callback calls it.
    n_features_in_ : int
        Number of features seen during fit.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the features, where X has names that are all strings.

    See Also
    --------
    DeepBoltzmannMachine : Several layers of hidden units, and labels.
    Autoencoder : Features of a network that is trained by backpropagation.

    Notes
    -----
    Parameters are float32 where X is in `fit`, and float64 otherwise. Values of X between 0 and 1
    are taken as probabilities. For values outside of this interval, `fit` gives a warning.

    References
    ----------
    .. [1] P. Smolensky, "Information processing in dynamical systems: foundations of harmony
       theory", in Parallel Distributed Processing 1, MIT Press, 1986.
    .. [2] T. Tieleman, "Training restricted Boltzmann machines using approximations to the
       likelihood gradient", ICML 2008.
    .. [3] G. E. Hinton, "Training products of experts by minimizing contrastive divergence", Neural
       Computation 14, 2002.

    Examples
    --------
    >>> import numpy as np
    >>> from skdeep import BernoulliRBM
    >>> X = np.array([[0, 0, 1, 1], [0, 0, 1, 1], [1, 1, 0, 0], [1, 1, 0, 0]])
    >>> rbm = BernoulliRBM(n_components=2, batch_size=4, n_iter=500, random_state=0).fit(X)
    >>> rbm.transform(X).round()
    array([[1., 0.],
           [1., 0.],
           [0., 1.],
           [0., 1.]])
    >>> states = np.indices((2, 2, 2, 2)).reshape(4, -1).T
    >>> round(float(np.exp(rbm.score_samples(states, exact=True)).sum()), 6)
    1.0
    """

    _parameter_constraints: dict = {
        "n_components": [Interval(Integral, 1, None, closed="left")],
        "learning_rate": [Interval(Real, 0, None, closed="neither")],
        "batch_size": [Interval(Integral, 1, None, closed="left")],
        "n_iter": [Interval(Integral, 0, None, closed="left")],
        "verbose": ["verbose"],
        "random_state": ["random_state"],
        "n_gibbs_steps": [Interval(Integral, 1, None, closed="left")],
        "persistent": ["boolean"],
        "visible": [StrOptions({"bernoulli", "gaussian"})],
        "momentum": [Interval(Real, 0, 1, closed="left")],
        "weight_decay": [Interval(Real, 0, None, closed="left")],
        "n_threads": [Interval(Integral, 1, None, closed="left"), None],
    }

    def __init__(
        self,
        n_components=256,
        *,
        learning_rate=0.1,
        batch_size=10,
        n_iter=10,
        verbose=0,
        random_state=None,
        n_gibbs_steps=1,
        persistent=True,
        visible="bernoulli",
        momentum=0.0,
        weight_decay=0.0,
        n_threads=None,
    ):
        self.n_components = n_components
        self.learning_rate = learning_rate
        self.batch_size = batch_size
        self.n_iter = n_iter
        self.verbose = verbose
        self.random_state = random_state
        self.n_gibbs_steps = n_gibbs_steps
        self.persistent = persistent
        self.visible = visible
        self.momentum = momentum
        self.weight_decay = weight_decay
        self.n_threads = n_threads

    @_fit_context(prefer_skip_nested_validation=True)
    @fit_method
    def fit(self, X, y=None):
        """Fit the machine to the data X.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The features, between 0 and 1 for Bernoulli units.
        y : None
            Ignored.

        Returns
        -------
        self : BernoulliRBM
            The fitted machine.

        Raises
        ------
        ValueError
            If a parameter or X is invalid, or if training diverges.
        """
        given = X
        X = self._validated(X, FLOATS)
        fit = begin(self, int(self.n_iter), given, y)
        random_state = check_random_state(self.random_state) if fit is None else fit.random_state()
        parameters = self._first_parameters(X, X.dtype, random_state)
        settings = self._settings(self.batch_size)
        machine = RestrictedMachine(X, parameters, settings, random_state, self.n_threads)
        report = self._report(X, parameters) if self.verbose else None
        data = (X,)
        loop = EpochLoop(
            machine, int(self.n_iter), type(self).__name__, fit, self.get_params(), data, report
        )
        return Work(loop.run, lambda loop: self._conclude(loop, fit))

    @_fit_context(prefer_skip_nested_validation=True)
    @fit_method
    def partial_fit(self, X, y=None):
        """Change the parameters once, for X as one mini-batch.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The mini-batch; it may have any number of rows.
        y : None
            Ignored.

        Returns
        -------
        self : BernoulliRBM
            The machine.

        Raises
        ------
        ValueError
            If a parameter or X is invalid, or if training diverges.
        """
        first = not hasattr(self, "components_")
        given = X
        X = self._validated(X, np.float64 if first else self.components_.dtype, reset=first)
        fit = begin(self, 1, given, y, incremental=True)
        random_state = getattr(self, "random_state_", None)
        if random_state is None:
            random_state = check_random_state(self.random_state)
        parameters = self._present_parameters(X, random_state)
        settings = self._settings(X.shape[0])
        machine = RestrictedMachine(X, parameters, settings, random_state, self.n_threads)
        loop = EpochLoop(machine, 1, type(self).__name__, fit)

        def conclude(loop):
            self.random_state_ = random_state
            self._set_result(None, loop)
            if fit is not None:
                fit.end()

        return Work(loop.run, conclude)

    def transform(self, X):
        """Return the probabilities of the hidden units, P(h=1|v=X).

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The features.

        Returns
        -------
        h : ndarray of shape (n_samples, n_components)
            The probabilities.
        """
        check_is_fitted(self)
        X = validate_input(self, X, accept_sparse="csr", reset=False, dtype=FLOATS)
        return self._mean_hiddens(X)

    def gibbs(self, v):
        """Sample the hidden units given the visible ones, then the visible units given those.

        Parameters
        ----------
        v : {array-like, sparse matrix} of shape (n_samples, n_features)
            Values of the visible units.

        Returns
        -------
        v_new : ndarray of shape (n_samples, n_features)
            Values of the visible units after one Gibbs step: bool, or floats of Gaussian units.
        """
        check_is_fitted(self)
        v = validate_input(self, v, accept_sparse="csr", reset=False)
        if not hasattr(self, "random_state_"):
            self.random_state_ = check_random_state(self.random_state)
        return self._sample_visibles(
            self._sample_hiddens(v, self.random_state_), self.random_state_
        )

    def sample(self, n_samples=1, n_steps=100, random_state=None):
        """Return new samples, from Markov chains.

        The chains begin at hidden units of the chains of training, or at random hidden units
        without persistent chains. Samples of few steps depend on where they begin.

        Parameters
        ----------
        n_samples : int, default=1
            Number of samples, each from a chain of its own.
        n_steps : int, default=100
            Gibbs steps of a chain.
        random_state : int, RandomState instance or None, default=None
            Source of the samples; None takes the estimator's `random_state`.

        Returns
        -------
        X : ndarray of shape (n_samples, n_features)
            Values of the visible units, of the type of `components_`.
        """
        check_is_fitted(self)
        check_count("n_samples", n_samples)
        check_count("n_steps", n_steps)
        rng = check_random_state(self.random_state if random_state is None else random_state)
        dtype = self.components_.dtype
        if self.persistent:
            h = self.h_samples_[rng.randint(0, len(self.h_samples_), n_samples)]
        else:
            p = expit(self.intercept_hidden_)
            h = (rng.uniform(size=(n_samples, len(p))) < p).astype(dtype)
        for step in range(n_steps):
            v = self._sample_visibles(h, rng).astype(dtype, copy=False)
            if step < n_steps - 1:
                h = self._sample_hiddens(v, rng)
        return v

    def score_samples(self, X, exact=False):
        """Return the pseudo-likelihood of X, or its likelihood.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Values of the visible units: 0 and 1 of Bernoulli units, which is not checked.
        exact : bool, default=False
            If False, the result is the log of the pseudo-likelihood, approximated by flipping one
            random feature of each row; for Gaussian units it is ``-F(v)``, which is the
            log-likelihood but for the constant ``-log Z``. If True, it is the exact log-likelihood,
            for which one layer must have at most 20 units: the hidden layer, or that of Bernoulli
            visible units.

        Returns
        -------
        log_likelihood : ndarray of shape (n_samples,)
            One number for every row.

        Raises
        ------
        ValueError
            If X is invalid, or the machine is too large for `exact`.
        """
        check_is_fitted(self)
        v = validate_input(self, X, accept_sparse="csr", reset=False)
        parameters, gaussian = self._parameters_of_energy(), self.visible == "gaussian"
        if exact:
            return -free_energy(v, *parameters, gaussian) - self.log_partition()
        if gaussian:
            return -free_energy(v, *parameters, gaussian)
        return pseudo_likelihood(v, parameters, check_random_state(self.random_state))

    def log_partition(self):
        """Return ``log Z``, a sum over all states of the smaller layer.

        Returns
        -------
        log_partition : float
            The log of the partition function.

        Raises
        ------
        ValueError
            If both layers have more than 20 units, or the hidden layer has and the visible units
            are Gaussian.
        """
        check_is_fitted(self)
        n_hidden, n_features = self.components_.shape
        gaussian = self.visible == "gaussian"
        if not can_be_enumerated(n_features, n_hidden, gaussian):
            layer = "the hidden layer" if gaussian else "one of the layers"
            raise ValueError(
                f"The exact likelihood is a sum over all states of a layer: {layer} must have at "
                f"most {MOST_UNITS} units, but there are {n_features} visible and {n_hidden} "
                "hidden units."
            )
        return log_partition(*self._parameters_of_energy(), gaussian)

    def _validated(self, X, dtype, reset=True):
        """Return validated features of a fit, of which values outside [0, 1] are told."""
        X = validate_input(self, X, accept_sparse="csr", dtype=dtype, order="C", reset=reset)
        if self.visible == "bernoulli":
            warn_outside_unit_interval(X, ", or set visible='gaussian'")
        return X

    def _settings(self, batch_size):
        return Settings(
            *(float(self.learning_rate), float(self.momentum), float(self.weight_decay)),
            *(int(batch_size), int(self.n_gibbs_steps), bool(self.persistent)),
            gaussian=self.visible == "gaussian",
        )

    def _first_parameters(self, X, dtype, random_state):
        """Return the parameters that training begins with."""
        n_features, n_hidden = X.shape[1], int(self.n_components)
        components = random_state.normal(0, 0.01, (n_hidden, n_features))
        weights = np.ascontiguousarray(components.T, dtype=dtype)
        biases = np.zeros(n_hidden, dtype), np.zeros(n_features, dtype)
        chains = np.zeros((int(self.batch_size), n_hidden), dtype)
        shapes = [a.shape for a in (weights, *biases)]
        velocity = [np.zeros(shape if self.momentum else 0, dtype) for shape in shapes]
        return Parameters(weights, *biases, chains, tuple(velocity))

    def _present_parameters(self, X, random_state):
        """Return copies of the parameters as they are, or the first ones."""
        if not hasattr(self, "components_"):
            return self._first_parameters(X, np.float64, random_state)
        present = self.components_.T, self.intercept_hidden_, self.intercept_visible_
        dtype = self.components_.dtype
        own = [np.array(array, dtype=dtype, order="C") for array in present]
        chains = np.array(self.h_samples_, dtype=dtype)
        kept = getattr(self, "_velocity", None)
        if not self.momentum or kept is None:
            kept = [np.zeros(a.shape if self.momentum else 0, dtype) for a in own]
        return Parameters(*own, chains, tuple(map(np.copy, kept)))

    def _report(self, X, parameters):
        """Return a function that returns what is printed after an epoch."""
        gaussian = self.visible == "gaussian"
        energy = parameters.weights, parameters.hidden_bias, parameters.visible_bias

        def report():
            if gaussian:
                return f"free energy = {free_energy(X, *energy, gaussian).mean():.2f}"
            random_state = check_random_state(self.random_state)
            score = pseudo_likelihood(X, energy, random_state).mean()
            return f"pseudo-likelihood = {score:.2f}"

        return report

    def _conclude(self, loop, fit):
        """Set the attributes of a fit that has ended."""
        self._set_result(None, loop)
        if fit is not None:
            fit.end()

    def _set_result(self, recipe, loop):
        """Set the attributes that a loop has reached."""
        parameters = loop.machine.trainer.parameters
        self.components_ = np.array(parameters.weights).T
        self.intercept_hidden_ = np.array(parameters.hidden_bias)
        self.intercept_visible_ = np.array(parameters.visible_bias)
        self.h_samples_ = np.array(parameters.chains)
        self._n_features_out = len(self.components_)
        self.n_iter_, self.stop_reason_ = loop.n_epochs, loop.stop_reason
        if self.momentum:
            self._velocity = [np.array(part) for part in parameters.velocity]
        else:
            vars(self).pop("_velocity", None)

    def _parameters_of_energy(self):
        return self.components_.T, self.intercept_hidden_, self.intercept_visible_

    def _mean_hiddens(self, v):
        """Return P(h=1|v)."""
        p = safe_sparse_dot(v, self.components_.T, dense_output=True)
        p += self.intercept_hidden_
        return expit(p, out=p)

    def _sample_hiddens(self, v, rng):
        """Return samples from P(h|v)."""
        p = self._mean_hiddens(v)
        return rng.uniform(size=p.shape) < p

    def _sample_visibles(self, h, rng):
        """Return samples from P(v|h)."""
        mean = np.dot(h, self.components_)
        mean += self.intercept_visible_
        if self.visible == "gaussian":
            return mean + rng.normal(size=mean.shape).astype(mean.dtype)
        expit(mean, out=mean)
        return rng.uniform(size=mean.shape) < mean
