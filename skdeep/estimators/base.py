"""What the multi-layer perceptrons have in common."""

import functools
from abc import ABC, abstractmethod
from contextlib import nullcontext

import numpy as np
from sklearn.base import _fit_context
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from skdeep.engines.choice import find_engine
from skdeep.engines.cpu.engine import Data, Objective
from skdeep.estimators import choices as chosen
from skdeep.estimators import regularisation
from skdeep.estimators.constraints import CONSTRAINTS
from skdeep.estimators.exports import MultilayerExports
from skdeep.estimators.hidden import HiddenActivations
from skdeep.estimators.inputs import validate_rows, validate_sample_weight
from skdeep.estimators.listening import CallbackSupportMixin, begin_fit, with_callbacks
from skdeep.estimators.parameter_checks import CheckedEstimator
from skdeep.estimators.parameters import FlatParameters
from skdeep.estimators.predictor import FastPredictor
from skdeep.estimators.regularised import Regularised
from skdeep.estimators.restarts import Work, draw_seeds, train_all
from skdeep.estimators.reuse import Reuse, copy_layers, count_shared_layers
from skdeep.estimators.rollback import restore_on_failure
from skdeep.estimators.rows import as_rows
from skdeep.estimators.trained import Trained
from skdeep.estimators.validation import NOT_GIVEN, Given, encode
from skdeep.estimators.weights import check_sum, in_range
from skdeep.formulas import losses
from skdeep.formulas.activations import REGISTRY as ACTIVATIONS
from skdeep.formulas.rules import REGISTRY as RULES
from skdeep.network.guard import guard
from skdeep.network.initialisation import AUTO, initialise
from skdeep.network.layout import are_finite, parameter_views
from skdeep.training.blas import single_threaded_blas
from skdeep.training.stochastic import History
from skdeep.training.user_warnings import warn_user

NOT_FINITE = (
    "Solver produced non-finite parameter weights. The input data may contain large values and "
    "need to be preprocessed."
)


class BaseMultilayerPerceptron(
    MultilayerExports,
    Trained,
    Regularised,
    Reuse,
    HiddenActivations,
    FlatParameters,
    CallbackSupportMixin,
    CheckedEstimator,
    ABC,
):
    """Base class of `MLPClassifier` and `MLPRegressor`, which are to be used instead."""

    _parameter_constraints: dict = CONSTRAINTS

    @abstractmethod
    def _validate_input(self, X, y, incremental, reset):
        """Return the validated features, and the targets as numbers."""

    @abstractmethod
    def _natural_output(self):
        """Return the name of the output activation that suits the kind of targets."""

    def _exclusive(self):
        """Return whether exactly one output of a sample is true."""
        return False

    def _check_choices(self):
        """Check that parameters of the subclass go together."""

    def _code_targets(self, y):
        """Return targets as the loss takes them."""
        return y

    def _weigh(self, y, sample_weight):
        """Return the weights of the samples, or None."""
        return sample_weight

    def _usable_weights(self, X, y, sample_weight):
        """Return validated weights of the samples and their unit."""
        if sample_weight is not None:
            sample_weight = validate_sample_weight(sample_weight, X)
        weights = self._weigh(y, sample_weight)
        check_sum(weights)
        return in_range(weights, X.dtype)

    @abstractmethod
    def _score_outputs(self, y, outputs, sample_weight):
        """Return the validation score of the network's outputs."""

    def _loss_formula(self, output):
        """Return the loss for outputs of some activation."""
        chosen.check_trainable("out_activation", output)
        normalised = ACTIVATIONS[output].normalised
        loss = losses.find(self.loss, normalised and self._exclusive())
        chosen.check_outputs(loss, output)
        return loss

    def _choose_output(self, n_outputs):
        """Return the name of the output activation."""
        name = chosen.choose_output(self.out_activation, self._natural_output(), self.loss)
        return chosen.check_single_output(name, n_outputs)

    def _objective(self, as_reported=True, unit=1.0):
        """Return what training minimises, with sample weights in some unit."""
        loss = self._loss_formula(self.out_activation_)
        rule = RULES.get(chosen.solver_name(self.solver))
        decoupled = rule is not None and rule.decoupled
        alpha = 0.0 if decoupled else float(self.alpha) / unit
        if not np.isfinite(alpha):
            raise ValueError(
                "alpha / sum(sample_weight) overflows. Rescale sample_weight or set alpha=0."
            )
        parameter = 0.0 if loss.parameter is None else float(getattr(self, loss.parameter))
        return Objective(loss.name, alpha, parameter, as_reported, *regularisation.penalty_of(self))

    def _fit(self, X, y, sample_weight=None, incremental=False, given=NOT_GIVEN):
        arguments = X, y, sample_weight, incremental, given
        restore_on_failure(self, self._fit_with_callbacks, *arguments)
        return self

    @with_callbacks
    def _fit_with_callbacks(self, X, y, sample_weight, incremental, given):
        # In here, so that an error of a callback's `teardown` counts as one of the fit.
        self._engine()  # says what is missing before any work is done
        if incremental and hasattr(self, "coefs_"):
            self._validate_params()  # scikit-learn does so before the first call only
        choices = chosen.resolve(self)
        self._check_choices()
        given.check(choices.solver)
        if incremental:
            self._check_incremental(choices.solver)
        first = not hasattr(self, "coefs_") or (not self.warm_start and not incremental)
        as_given = X, y, sample_weight
        X, y = self._validate_input(X, y, incremental, reset=first)
        y = y.reshape(-1, 1) if y.ndim == 1 else y
        sample_weight, unit = self._usable_weights(X, y, sample_weight)
        validation = encode(self, given, y.shape[1])
        held_out = self.validation_fraction if self.early_stopping and validation is None else 0.0
        regularisation.check_rows(self, choices, X, held_out)
        n_networks = self.n_restarts if first else 1
        fit = begin_fit(self, *as_given, incremental=incremental, n_networks=n_networks)
        random_state = fit.random_state() if fit else check_random_state(self.random_state)
        seeds = draw_seeds(random_state, self.n_restarts) if first else []
        if first:
            units = [X.shape[1], *choices.sizes, y.shape[1]]
            self._initialise(units, choices, random_state, X.dtype)
        layout, vector = self._network()
        if not first:
            self._check_same_network(choices)
        if y.shape[1] != layout.n_outputs:
            raise ValueError(
                f"y has {y.shape[1]} outputs, but the network was fitted with {layout.n_outputs}."
            )
        self.n_outputs_ = y.shape[1]
        data = Data(as_rows(X, vector.dtype), self._code_targets(y), sample_weight)
        run = None
        if choices.solver.name in RULES:
            arguments = data, y, choices, random_state, incremental, validation
            run, validation = self._make_run(*arguments)
        work = Work(layout, data, choices, run, validation, fit, unit)
        if first and not incremental:
            draw = functools.partial(self._draw, self._units(), choices, dtype=vector.dtype)
            vector = train_all(self, vector, work, seeds, draw)
        else:
            vector = self._train(vector.copy(), work, work.listener())
        if not are_finite(vector):
            raise ValueError(NOT_FINITE)
        if self.stop_reason_ == "diverged":
            self._warn_of_divergence(choices.solver)
        self._set_parameters(self._units(), vector)
        if fit:
            fit.end()

    def _warn_of_divergence(self, solver):
        """Say that training has diverged, and what may be the reason."""
        by_rule = solver.name in RULES
        what = f"{'epoch' if by_rule else 'iteration'} {self.n_iter_}"
        if np.isfinite(self.loss_):
            what = f"after {what} (loss_={self.loss_:.6g}) the network is far worse than before"
        else:
            what = f"the loss of {what} is {self.loss_}"
        if self.early_stopping and by_rule:
            what += "; the one of the best validation score is kept"
        reasons = "features X or targets y that are not scaled"
        rate = solver.get_params(deep=False).get("learning_rate_init")
        if rate is not None:
            reasons += f", or a learning rate that is too large (learning_rate_init={rate})"
        warn_user(
            f"Training diverged: {what}. Likely causes: {reasons}.",
            ConvergenceWarning,
        )

    def _check_incremental(self, solver):
        """Check that `partial_fit` can do with the parameters."""
        if self.n_restarts > 1 and not hasattr(self, "coefs_"):
            raise ValueError(
                f"partial_fit trains a single network: n_restarts={self.n_restarts} is for fit."
            )
        if self.early_stopping:
            raise ValueError("partial_fit does not support early_stopping=True")
        if solver.name not in RULES or RULES[solver.name].full_batch:
            raise ValueError(
                f"partial_fit needs a solver that trains by mini-batches; solver={solver.name!r} "
                "needs all samples at once."
            )

    def _initialise(self, units, choices, random_state, dtype):
        """Set every attribute of a network that has not been trained yet."""
        shapes = list(map(np.shape, getattr(self, "coefs_", ())))
        self.n_iter_ = self.t_ = 0
        self.n_layers_, self.n_outputs_ = len(units), units[-1]
        self._structure = choices.structure
        vars(self).pop("gradient_norms_", None)
        self.out_activation_ = self._choose_output(units[-1])
        if self.init_from is not None:
            count_shared_layers(self.init_from, self._architecture(units), self.frozen_layers)
        self._connect(choices.graph, units)
        initialiser = choices.initialiser
        if choices.sizes and getattr(initialiser, "symmetric", False):
            warn_user(
                f"weight_init={initialiser.name!r} makes all units of a layer alike, and training "
                "keeps them so: the network can do no more than one with one unit per layer.",
                UserWarning,
            )
        self._set_parameters(units, self._draw(units, choices, random_state, dtype))
        state = vars(self).pop("_optimizer", None)
        if choices.solver.name not in RULES:  # which would begin a state of their own
            self._keep_solver_state(state, shapes, dtype)
        if choices.solver.name != "lbfgs":
            self._set_history(History())
            self.loss_curve_ = []

    def _keep_solver_state(self, state, shapes, dtype):
        """Keep the state of the solver for a new network if it has the shapes of the last one."""
        if state is not None and shapes == list(map(np.shape, self.coefs_)):
            self._optimizer = state.astype(dtype)

    def _draw(self, units, choices, random_state, dtype):
        """Return the parameters that training is to begin with."""
        activations = [*choices.activations, self._last_activation(choices)]
        architecture, initialiser = self._architecture(units), choices.initialiser
        arguments = initialiser, random_state, dtype, self._connections()
        # Schemes other than scikit-learn's may decompose matrices.
        blas = nullcontext() if initialiser == AUTO else single_threaded_blas()
        with blas:
            vector = initialise(architecture, activations, *arguments)
        vector = copy_layers(self.init_from, architecture, vector)
        masks = self._masks(architecture)
        return vector if masks is None else vector * masks.astype(dtype)

    def _last_activation(self, choices):
        """Return the activation that "auto" weights of the output layer go by."""
        if choices.activations:
            return choices.activations[-1]
        return self.activation if isinstance(self.activation, str) else "identity"

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y, sample_weight=None, *, X_val=None, y_val=None, sample_weight_val=None):
        """Fit the network to features X and targets y.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The features. C-ordered float32 or float64 arrays and CSR matrices are not copied.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Class labels, a label indicator matrix, or numbers.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the samples; None weighs all alike.
        X_val : {array-like, sparse matrix} of shape (n_val, n_features), default=None
            Features of a validation set. With ``early_stopping`` it takes the place of the rows
            held out; without, its scores and losses are recorded, and change nothing.
        y_val : array-like of shape (n_val,) or (n_val, n_outputs), default=None
            Its targets.
        sample_weight_val : array-like of shape (n_val,), default=None
            Weights of its samples.

        Returns
        -------
        self : object
            The fitted estimator.

        Raises
        ------
        ValueError
            If the input is invalid, or training diverges. The estimator is left as it was.
        """
        given = Given(X_val, y_val, sample_weight_val)
        return self._fit(X, y, sample_weight=sample_weight, given=given)

    def _check_solver(self):
        if chosen.solver_name(self.solver) == "lbfgs":
            raise AttributeError(
                "partial_fit is only available for stochastic optimizers. lbfgs is not stochastic."
            )
        return True

    def _rows_and_network(self, X):
        """Return validated rows, the layout and the parameters, both in the same precision."""
        if "coefs_" not in vars(self):  # the check itself is slow
            check_is_fitted(self)
        X = validate_rows(self, X)
        layout, vector = self._network()
        dtype = vector.dtype if X.dtype == np.float32 else np.float64
        return as_rows(X, dtype), layout, vector.astype(dtype, copy=False)

    def _engine(self, fitting=True):
        """Return what trains and predicts; what a GPU has fitted predicts without one, too."""
        return guard(find_engine(self.device, self.n_threads, fitting))

    def _outputs(self, X, largest=False):
        """Return the outputs of the network, or for every sample which is the largest."""
        X, layout, vector = self._rows_and_network(X)
        return self._engine(fitting=False).predict(layout, vector, X, largest=largest)

    def make_predictor(self):
        """Return the network as an object that predicts without scikit-learn's checks.

        For programs that predict a few rows at a time: a row takes it about a twentieth of the time
        of `predict`.

        Returns
        -------
        predictor : FastPredictor
            With the methods `predict`, `predict_proba` (of classifiers) and `outputs`, for
            C-ordered arrays of the type of ``coefs_``.

        Examples
        --------
        >>> from sklearn.datasets import load_iris
        >>> from skdeep import MLPClassifier
        >>> X, y = load_iris(return_X_y=True)
        >>> clf = MLPClassifier((5,), solver="lbfgs", random_state=0).fit(X, y)
        >>> predictor = clf.make_predictor()
        >>> bool((predictor.predict(X) == clf.predict(X)).all())
        True
        """
        check_is_fitted(self)
        return FastPredictor(self)

    @abstractmethod
    def _encode(self, X, y):
        """Return validated features, and the targets as the loss takes them."""

    @abstractmethod
    def _encode_targets(self, y):
        """Return targets that follow those of the fit as numbers."""

    def _full_batch(self, X, y, sample_weight, dtype=None):
        """Return the objective on data as a function, with the layout and the parameters."""
        check_is_fitted(self)
        for name in self._hidden_names(self.n_layers_ - 2):
            chosen.check_trainable("activation", name)
        X, y = self._encode(X, y)
        y = y.reshape(-1, 1) if y.ndim == 1 else y
        sample_weight, unit = self._usable_weights(X, y, sample_weight)
        layout, vector = self._network()
        if y.shape[1] != layout.n_outputs:
            raise ValueError(
                f"y has {y.shape[1]} outputs, but the network was fitted with {layout.n_outputs}."
            )
        vector = vector.astype(dtype or vector.dtype, copy=False)
        data = Data(as_rows(X, vector.dtype), self._code_targets(y), sample_weight)
        objective = self._objective(as_reported=False, unit=unit)
        choices = chosen.resolve(self)
        function = self._engine(fitting=False).FullBatch(
            layout,
            data,
            objective,
            regularisation=self._regularisation(choices),
        )
        return function, layout, vector

    def loss_gradient(self, X, y, sample_weight=None):
        """Return the penalised loss on data and its gradient.

        ``E = sum_i s_i L_i / S + alpha / 2 * sum W^2 / S``, with the loss ``L_i`` of sample ``i``,
        its weight ``s_i`` (1 without `sample_weight`) and ``S = sum_i s_i``. The losses of several
        outputs are summed, so that loss and gradient agree; the loss that training reports for
        ``"squared_error"`` is averaged over the outputs instead, as in scikit-learn, except by the
        solvers 'cg' and 'bold_driver', which report the sum.

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
        loss : float
            The penalised loss.
        coef_grads, intercept_grads : list of ndarray
            Its gradient with respect to ``coefs_`` and ``intercepts_``, of the same shapes.

        Examples
        --------
        >>> from sklearn.datasets import load_iris
        >>> from skdeep import MLPClassifier
        >>> X, y = load_iris(return_X_y=True)
        >>> clf = MLPClassifier((5,), solver="lbfgs", random_state=0).fit(X, y)
        >>> loss, coef_grads, intercept_grads = clf.loss_gradient(X, y)
        >>> [g.shape for g in coef_grads]
        [(4, 5), (5, 3)]
        """
        function, layout, vector = self._full_batch(X, y, sample_weight)
        loss, gradient = function(vector)
        return (loss, *parameter_views(layout, gradient))

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags
