"""What all estimators have in common that are networks of several layers."""

import functools
import operator
from abc import ABCMeta, abstractmethod
from types import NoneType, SimpleNamespace

import numpy as np
from sklearn.base import _fit_context, is_classifier
from sklearn.utils.validation import check_is_fitted

from skdeep import training
from skdeep.data.row_sources import RowSource
from skdeep.engines.choice import find_engine
from skdeep.engines.cpu.threads.team import available_threads
from skdeep.engines.problem import Data
from skdeep.estimators.callback_tasks import CallbackSupportMixin, begin_fit
from skdeep.estimators.chunked.chunked_network import prepare_chunked
from skdeep.estimators.estimator import Estimator
from skdeep.estimators.fit_method import fit_method
from skdeep.estimators.fitted.attributes import (
    history_attributes,
    read_history,
    restart_attributes,
    result_attributes,
)
from skdeep.estimators.fitted.parameter_views import HEADS, ParameterViews
from skdeep.estimators.inputs.arrays import (
    validate_input,
    validate_rows,
    validate_sample_weight,
)
from skdeep.estimators.inputs.augmentation import Augmented
from skdeep.estimators.inputs.chosen_precision import check_range, precision_of, rows_to_train_on
from skdeep.estimators.inputs.conversion import as_rows
from skdeep.estimators.inputs.sample_weights import check_sum, in_range
from skdeep.estimators.inputs.validation_set import (
    NOT_GIVEN,
    Given,
    hold_out,
    make_validator,
)
from skdeep.estimators.parameters.known_recipes import recipe_of_call
from skdeep.estimators.parameters.random_states import generator_of, give_back, is_seed
from skdeep.estimators.predictor import FastPredictor
from skdeep.estimators.work import Work
from skdeep.network.guard import guard
from skdeep.network.layout import parameter_views
from skdeep.recipe import make_recipe
from skdeep.recipe.first_weights import draw_parameters
from skdeep.recipe.loss_and_outputs import check_single_output, choose_output, make_objective
from skdeep.recipe.making import check_rows
from skdeep.recipe.optimizer import continued, solver_name
from skdeep.training.divergence import check_result
from skdeep.training.fitting import Earlier
from skdeep.training.restarts import draw_seeds
from skdeep.training.stochastic.run import History
from skdeep.training.user_warnings import warn_user

#: Attributes that only some networks have.
OF_SOME = "gradient_norms_", *HEADS


class NeuralNetwork(CallbackSupportMixin, ParameterViews, Estimator, metaclass=ABCMeta):
    """Base class of the estimators that are networks, which are to be used instead."""

    #: Whether reported losses are means over the outputs where scikit-learn reports such means.
    _averages_losses = True
    #: Whether there may be several quantiles of a target.
    _predicts_quantiles = False

    @abstractmethod
    def _validate_input(self, X, y, incremental, reset):
        """Return the validated features, and the targets as numbers."""

    @abstractmethod
    def _encode(self, X, y):
        """Return validated features, and the targets as numbers, of a fitted estimator."""

    @abstractmethod
    def _targets(self):
        """Return what the targets are: `ClassTargets` or `NumberTargets`."""

    @abstractmethod
    def _begin_structure(self, recipe, n_features, n_outputs):
        """Set the attributes that say what the network is; return its architecture."""

    @abstractmethod
    def _check_same_network(self, recipe):
        """Check that the parameters still ask for the network that training is to go on with."""

    def _check_trainable(self):
        """Check that the fitted network is one that can be trained."""

    def get_params(self, deep=True):
        """Get the parameters of this estimator.

        Parameters
        ----------
        deep : bool, default=True
            Whether to include the parameters of solvers, layers and other objects. Those of
            ``init_from``, a fitted network, are never included.

        Returns
        -------
        params : dict
            Parameters by their names.
        """
        params = super().get_params(deep)
        return {name: v for name, v in params.items() if not name.startswith("init_from__")}

    def __sklearn_clone__(self):
        # A clone of the network to begin with would be one that is not fitted.
        new = super().__sklearn_clone__()
        if "init_from" in vars(self):  # not all networks have this parameter
            new.init_from = self.init_from
        return new

    def __sklearn_is_fitted__(self):
        return "coefs_" in vars(self)

    def _parameters(self):
        """Return all parameters by their names."""
        names = tuple(self._parameter_constraints)
        values = operator.attrgetter(*names)(self)
        return SimpleNamespace(**dict(zip(names, values, strict=True)))

    @_fit_context(prefer_skip_nested_validation=True)
    @fit_method
    def fit(self, X, y=None, sample_weight=None, *, X_val=None, y_val=None, sample_weight_val=None):
        """Fit the network to features X and targets y.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features), or RowSource
            The features. C-ordered float32 or float64 arrays and CSR matrices are not copied.
            Multi-layer perceptrons also take a source of `skdeep.data`, of which y is part, for
            more rows than there is memory for.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Class labels, a label indicator matrix, or numbers.
        sample_weight : array-like of shape (n_samples,), default=None
            Sample weights. If None, all samples have the same weight.
        X_val : {array-like, sparse matrix} of shape (n_val, n_features), default=None
            Features of a validation set. With ``early_stopping`` it replaces the part of the
            training data that would be set aside; otherwise its scores and losses are only
            recorded.
        y_val : array-like of shape (n_val,) or (n_val, n_outputs), default=None
            Targets of the validation set.
        sample_weight_val : array-like of shape (n_val,), default=None
            Sample weights of the validation set.

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
        if isinstance(X, RowSource) and hasattr(self, "hidden_layer_sizes"):
            return prepare_chunked(self, X, y, sample_weight, given)
        return self._prepare(X, y, sample_weight, given)

    def _prepare(self, X, y, sample_weight, given=NOT_GIVEN, incremental=False, rows=None):
        """Check the parameters and the input of a fit, and return what is to be trained.

        `rows` are those to train on, None for all; where rows are held out, they decide themselves.
        """
        engine = self._engine()  # says what is missing before any work is done
        is_fitted = hasattr(self, "coefs_")
        parameters, recipe = recipe_of_call(self, incremental, given.names(), is_fitted)
        first = not is_fitted or not (self.warm_start or incremental)
        engine = self._engine_for_loss(engine, recipe)
        as_given = X, y, sample_weight
        try:
            X, y = self._validate_input(X, y, incremental, reset=first)
        except ValueError:
            if not first:
                self._check_same_network(recipe)  # input of another network may be the cause
            raise
        y = y.reshape(-1, 1) if y.ndim == 1 else y
        targets = self._targets()
        precision = precision_of(self, X) if first else None
        weights, unit = self._weigh(targets, X, y, sample_weight, precision)
        validation = self._validation_set(given, targets, y.shape[-1])
        holds_out = recipe.validation.early_stopping and validation is None
        check_rows(parameters, recipe, X, holds_out)
        task = begin_fit(self, recipe, *as_given, n_networks=recipe.n_restarts if first else 1)
        random_state = task.random_state() if task else generator_of(self.random_state)
        seeds = draw_seeds(random_state, recipe.n_restarts) if first else []
        if first:
            sizes = X.shape[1], y.shape[-1]
            self._begin_network(recipe, targets, sizes, precision, random_state)
        network = self._flat_network()
        if not first:
            self._check_same_network(recipe)
            architecture = self._architecture_now()  # what is trained of it may have changed
            network = network._replace(architecture=architecture, vector=network.vector.copy())
        _check_n_outputs(y, network.layout)
        self.n_outputs_ = y.shape[-1]
        targets = self._targets()
        data = self._make_data(X, y, weights, (network.vector.dtype, recipe, engine))
        form = self.out_activation_, targets.exclusive, unit, self._averages_losses
        objective = make_objective(recipe, *form)
        recipe, earlier = self._going_on(recipe._replace(objective=objective), network)
        own = task is None and is_seed(self.random_state)
        setup = training.Setup(engine, random_state, earlier, rows=rows, disposable=own)
        if recipe.optimizer.by_updates:
            samples = data, y, validation, holds_out
            recipe, setup = self._set_up_updates(setup, recipe, network, *samples)
        begin = recipe, data, network, setup
        listeners = task.listeners if task else [None] * (1 + len(seeds))
        if seeds:
            form = recipe.layers, network.architecture, network.vector.dtype
            options = {"seeds": seeds, "draw": functools.partial(draw_parameters, *form)}
            train = functools.partial(training.fit_best, *begin, listeners=listeners, **options)
        else:
            train = functools.partial(training.fit, *begin, listener=listeners[0])
        is_new = first and not incremental
        return Work(train, functools.partial(self._conclude, recipe, task, is_new, random_state))

    def _rows_to_train_on(self, X, dtype, recipe, engine):
        """Return validated features as the engine takes them."""
        is_plain = recipe.optimizer.by_updates and recipe.batches.augment is None
        reads_codes = any(layer.reads_codes for _, layer in getattr(recipe.layers, "pairs", ()))
        rows = rows_to_train_on(X, dtype, engine.reads_doubles and is_plain and not reads_codes)
        if reads_codes and X.dtype != dtype:
            self._check_features(rows)  # codes that were rounded
        return rows

    def _going_on(self, recipe, network):
        """Return the recipe and what earlier fits have left, where training goes on from them."""
        history, state, diverged = read_history(vars(self)), None, False
        if recipe.incremental:
            diverged = getattr(self, "stop_reason_", "") == "diverged"
            optimizer, state = continued(recipe.optimizer, getattr(self, "_optimizer", None))
            recipe = recipe._replace(optimizer=optimizer)
            state = state and state.astype(network.vector.dtype)
        return recipe, Earlier(history, state, diverged)

    def _weigh(self, targets, X, y, sample_weight, dtype=None):
        """Return weights of samples, times those of their classes, in a precision, and the unit."""
        if sample_weight is not None:
            sample_weight = validate_sample_weight(sample_weight, X)
        weights = targets.weigh(y, sample_weight)
        check_sum(weights)
        return in_range(weights, X.dtype if dtype is None else dtype)

    def _validation_set(self, given, targets, n_outputs):
        """Return the validation set that was given to a fit, or None."""
        return given.validated(self._encode, targets, n_outputs)

    def _make_data(self, X, y, weights, form):
        """Return validated features and encoded targets as training takes them."""
        return Data(self._rows_to_train_on(X, *form), self._targets().code(y), weights)

    def _set_up_updates(self, setup, recipe, network, data, y, validation, holds_out):
        """Return the recipe and the setup of optimizers that update weight by weight."""
        targets = self._targets()
        if holds_out:
            stratified = is_classifier(self) and y.shape[1:] == (1,)
            arguments = recipe.validation.fraction, setup.random_state, stratified
            rows, validation = hold_out(data, y, *arguments)
            setup = setup._replace(rows=rows)
        if validation is not None:
            scoring, vector = recipe.validation.scoring, network.vector
            arguments = targets, vector, validation, self._with_parameters
            validator = make_validator(scoring, *arguments)
            setup = setup._replace(validation=validator)
        if recipe.batches.augment is not None:
            arguments = recipe.batches.augment, self._check_features, targets, data, y, self.t_
            setup = setup._replace(augment=functools.partial(Augmented, *arguments))
        return recipe, setup

    def _begin_network(self, recipe, targets, sizes, dtype, random_state):
        """Set every attribute of a network that has not been trained yet."""
        n_features, n_outputs = sizes
        layers, by_updates = recipe.layers, recipe.optimizer.by_updates
        shapes = list(map(np.shape, getattr(self, "coefs_", ())))
        for name in OF_SOME:  # of an earlier fit
            vars(self).pop(name, None)
        self.n_iter_ = self.t_ = 0
        self.n_outputs_, loss = n_outputs, recipe.loss
        output = choose_output(loss.out_activation, targets.natural_output, loss.name)
        self.out_activation_ = check_single_output(output, n_outputs)
        architecture = self._begin_structure(recipe, n_features, n_outputs)
        if layers.activations and getattr(layers.initialiser, "symmetric", False):
            warn_user(
                f"weight_init={layers.initialiser.name!r} makes all units of a layer alike, and "
                "training keeps them so: the network can do no more than one with one unit per "
                "layer.",
                UserWarning,
            )
        arguments = layers, architecture, dtype, random_state
        self._set_parameters(architecture, draw_parameters(*arguments))
        state = vars(self).pop("_optimizer", None)
        # Optimizers that update weight by weight would begin a state of their own.
        if not by_updates and state is not None and shapes == list(map(np.shape, self.coefs_)):
            self._optimizer = state.astype(dtype)
        if recipe.optimizer.name != "lbfgs":
            with_norms = recipe.record_gradient_norms
            options = recipe.validation.early_stopping, self.n_layers_ - 1, with_norms
            vars(self).update(history_attributes(History(), *options))

    def _conclude(self, recipe, task, is_new, random_state, result):
        """Set the attributes of a fit that has ended."""
        if task is None and recipe.incremental and is_seed(self.random_state):
            give_back(random_state)
        check_result(recipe, result)
        if is_new:
            vars(self).update(restart_attributes(recipe, result))
        self._set_result(recipe, result)
        if task:
            task.end()

    def _set_result(self, recipe, result):
        """Set the attributes of a network that has been trained."""
        vars(self).update(result_attributes(recipe, result, self.n_layers_ - 1))
        self._set_parameters(self._architecture_now(), result.vector)

    def _check_solver(self):
        if solver_name(self.solver) == "lbfgs":
            raise AttributeError(
                "partial_fit is only available for stochastic optimizers. lbfgs is not stochastic."
            )
        return True

    def _validate_features(self, X, y="no_validation", **options):
        """Return validated features, or features and targets."""
        return validate_input(self, X, y, **options)

    def _check_features(self, X):
        """Check that the network can read validated features."""

    def _validate_rows(self, X):
        """Return validated features to predict from."""
        return validate_rows(self, X)

    def _n_output_steps(self):
        """Return how many steps of a sequence have outputs; None where samples have some."""
        return None

    def _labels_steps(self, X):
        """Return whether y of a first fit has targets for every step of sequences X."""
        return False

    def _of_steps(self, targets):
        """Return targets as they are, or as those of every step."""
        return targets

    def _per_sample(self, X, values):
        """Return what the samples of X have, as arrays or lists as X is."""
        return values

    def _rows_and_network(self, X):
        """Return validated rows, the layout and the parameters, both in the same precision."""
        if "coefs_" not in vars(self):  # the check itself is slow
            check_is_fitted(self)
        X = self._validate_rows(X)
        layout, vector = self._network()
        chosen = getattr(self, "precision", None) is not None
        dtype = vector.dtype if chosen or X.dtype == np.float32 else np.dtype(np.float64)
        if chosen and X.dtype != dtype:
            check_range(X, dtype)
            X = as_rows(X, dtype)
            self._check_features(X)
        return as_rows(X, dtype), layout, vector.astype(dtype, copy=False)

    def _engine(self, fitting=True):
        """Return what trains and predicts; what a GPU has fitted predicts without one, too."""
        if self.device == "cpu" and type(self.n_threads) in (int, NoneType):
            return _engine_on_cpu(self.n_threads or available_threads())
        return guard(find_engine(self.device, self.n_threads, fitting))

    def _engine_for_loss(self, engine, recipe):
        """Return an engine that has the loss, which is the given one if that does."""
        if not recipe.loss.parameters:
            return engine
        if not self._predicts_quantiles:
            raise ValueError(
                f"loss={self.loss!r}: several quantiles are for MLPRegressor and NetworkRegressor."
            )
        if engine.loss_by_output:
            return engine
        if self.device != "auto":
            raise ValueError(
                f"device={self.device!r} has no kernels for several quantiles: device='cpu' has."
            )
        return guard(find_engine("cpu", self.n_threads))

    def _outputs(self, X, largest=False):
        """Return the outputs of the network, or for every sample which is the largest."""
        X, layout, vector = self._rows_and_network(X)
        return self._engine(fitting=False).predict(layout, vector, X, largest=largest)

    def make_predictor(self):
        """Return an object that makes predictions without scikit-learn's input validation.

        For programs that predict a few rows at a time. The prediction of a single row takes about a
        twentieth of the time of `predict`.

        Returns
        -------
        predictor : FastPredictor
            Has the methods `predict`, `predict_proba` (for classifiers) and `outputs`, which take
            C-ordered arrays with the dtype of ``coefs_``.

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

    def _full_batch(self, X, y, sample_weight, dtype=None):
        """Return the objective on data as a function, and the network."""
        check_is_fitted(self)
        self._check_trainable()
        X, y = self._encode(X, y)
        y = y.reshape(-1, 1) if y.ndim == 1 else y
        targets = self._targets()
        weights, unit = self._weigh(targets, X, y, sample_weight, X.dtype)
        network = self._flat_network()
        _check_n_outputs(y, network.layout)
        vector = network.vector.astype(dtype or network.vector.dtype, copy=False)
        data = Data(as_rows(X, vector.dtype), targets.code(y), weights)
        recipe = make_recipe(self._parameters())
        engine = self._engine_for_loss(self._engine(fitting=False), recipe)
        form = self.out_activation_, targets.exclusive, unit
        layout = network.layout.freeze(recipe.frozen_layers)
        function = engine.FullBatch(
            layout,
            data,
            make_objective(recipe, *form, as_reported=False),
            regularisation=recipe.regularisation._replace(masks=network.masks()),
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
            Sample weights.

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


@functools.lru_cache(maxsize=16)
def _engine_on_cpu(n_threads):
    """Return the engine for processors; to make one takes as long as a few predictions."""
    return guard(find_engine("cpu", n_threads))


def _check_n_outputs(y, layout):
    """Check that targets have as many columns as a network has outputs."""
    expected = layout.n_outputs // (layout.n_output_steps or 1)
    if y.shape[-1] != expected:
        raise ValueError(
            f"y has {y.shape[-1]} outputs, but the network was fitted with {expected}."
        )
