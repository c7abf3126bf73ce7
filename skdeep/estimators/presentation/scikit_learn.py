"""scikit-learn's estimators of the same names: what they can express, to them and back."""

import copy
import importlib
from numbers import Real

import numpy as np
from sklearn.base import clone, is_classifier
from sklearn.utils.validation import check_is_fitted

from skdeep import schedules, solvers
from skdeep.formulas.schedules import STEPWISE
from skdeep.network.layout import flatten, parameter_views
from skdeep.recipe.hidden_layers import hidden_sizes
from skdeep.training.stochastic.solver_state import SolverState

#: Modules of scikit-learn's classes, by the names that they share with ours.
COUNTERPARTS = {
    "MLPClassifier": "sklearn.neural_network",
    "MLPRegressor": "sklearn.neural_network",
    "Perceptron": "sklearn.linear_model",
}
#: Attributes that mean the same on both sides, where an estimator has them.
ATTRIBUTES = (
    "n_features_in_",
    "feature_names_in_",
    "classes_",
    "n_iter_",
    "t_",
    "n_layers_",
    "n_outputs_",
    "out_activation_",
    "loss_",
    "loss_curve_",
    "best_loss_",
    "validation_scores_",
    "best_validation_score_",
    "_label_binarizer",
    "_no_improvement_count",
    "_expanded_class_weight",
    "coef_",
    "intercept_",
)
#: scikit-learn's activations of hidden layers.
HIDDEN = ("identity", "logistic", "relu", "tanh")
#: Its loss for regressors by the activation of the outputs.
LOSSES = {"identity": "squared_error", "exp": "poisson"}
#: What its solvers keep for every weight, in the order of `SolverState.states`.
SOLVER_STATES = {"adam": ("ms", "vs"), "sgd": ("velocities",)}
#: Their parameters by the names that both sides give them.
SETTINGS = ("learning_rate_init", "momentum", "power_t", "beta_1", "beta_2", "epsilon")


def _counterpart(cls):
    """Return scikit-learn's class of the name that a class of ours, or one it is made of, has."""
    name = next(c.__name__ for c in cls.__mro__ if c.__name__ in COUNTERPARTS)
    return getattr(importlib.import_module(COUNTERPARTS[name]), name)


def export(estimator):
    """Return scikit-learn's estimator that does the same.

    Parameters
    ----------
    estimator : MLPClassifier, MLPRegressor or Perceptron
        Fitted.

    Returns
    -------
    theirs : estimator

    Raises
    ------
    ValueError
        If there is none.
    """
    cls = _counterpart(type(estimator))
    if cls.__name__ == "Perceptron":
        estimator._known_classes()
        theirs = cls(**_parameters(estimator, cls))
        _copy_attributes(estimator, theirs)
        return theirs
    network = estimator._dense_network()
    _check_expressible(estimator, network)
    parameters = _parameters(estimator, cls) | _translated(estimator)
    names = {layer.activation for layer in network.layers[:-1]}
    if names:
        parameters["activation"] = names.pop()
    sizes = [len(layer.biases) for layer in network.layers[:-1]]
    if hidden_sizes(estimator.hidden_layer_sizes) != sizes:
        parameters["hidden_layer_sizes"] = tuple(sizes)
    theirs = cls(**parameters)
    _copy_attributes(estimator, theirs)
    layers = network.folded().layers
    theirs.coefs_ = [layer.weights.copy() for layer in layers]
    theirs.intercepts_ = [layer.biases.copy() for layer in layers]
    if not any(layer.norm for layer in network.layers):
        _export_solver_state(estimator, theirs)
    return theirs


def take_over(cls, theirs):
    """Return our estimator that does what one of scikit-learn's does.

    Parameters
    ----------
    cls : type
        `MLPClassifier`, `MLPRegressor` or `Perceptron`, or a subclass.
    theirs : estimator

    Returns
    -------
    estimator : estimator

    Raises
    ------
    NotFittedError
        If it is not fitted.
    TypeError
        If it is no estimator of that name.
    """
    counterpart = _counterpart(cls)
    name = counterpart.__name__
    if not isinstance(theirs, counterpart):
        raise TypeError(f"from_sklearn takes scikit-learn's {name}, got {theirs!r}.")
    check_is_fitted(theirs)
    estimator = cls(**_parameters(theirs, cls))
    _copy_attributes(theirs, estimator)
    estimator.stop_reason_ = "from_sklearn"
    if name == "Perceptron":
        n_lines = estimator.coef_.shape[0]
        estimator.mistakes_curve_ = np.empty((0,) if n_lines == 1 else (0, n_lines), dtype=int)
        return estimator
    dtype = np.result_type(*theirs.coefs_, *theirs.intercepts_)
    vector = flatten(theirs.coefs_, theirs.intercepts_, dtype)
    units = [theirs.coefs_[0].shape[0], *map(len, theirs.intercepts_)]
    estimator._set_parameters(estimator._architecture(units), vector)
    estimator.validation_loss_curve_ = None
    _take_over_solver_state(theirs, estimator, dtype)
    return estimator


def _parameters(source, cls):
    """Return the parameters of an estimator that another class has as well."""
    known = cls._get_param_names()
    parameters = source.get_params(deep=False)
    return {name: clone(parameters[name], safe=False) for name in known if name in parameters}


def _copy_attributes(source, target):
    """Copy the attributes that mean the same on both sides."""
    for name in ATTRIBUTES:
        if name in vars(source):
            setattr(target, name, copy.deepcopy(getattr(source, name)))


def _check_expressible(estimator, network):
    """Check that scikit-learn has a network that makes the same predictions."""
    names = sorted({layer.activation for layer in network.layers[:-1]})
    output = network.layers[-1].activation
    head, possible, reasons = estimator._head(), list(LOSSES), []
    if is_classifier(estimator):
        possible = ["softmax" if head.kind == "multiclass" else "logistic"]
        if head.kind != "multiclass" and head.threshold != 0.5:
            reasons.append(f"decisions at {head.threshold:g} (loss={estimator.loss!r})")
    if head.is_sorted:
        reasons.append(f"several quantiles (loss={estimator.loss!r})")
    if not network.is_chain:
        reasons.append("skip_connections")
    if len(names) > 1:
        reasons.append(f"activations of their own in every layer ({', '.join(names)})")
    reasons += [f"activation={name!r}" for name in names if name not in HIDDEN]
    if output not in possible:
        reasons.append(
            f"outputs by {output!r} (loss={estimator.loss!r}, "
            f"out_activation={estimator.out_activation!r}; it has {possible} here)"
        )
    if reasons:
        raise ValueError(
            f"scikit-learn's {type(estimator).__name__} does not have: {'; '.join(reasons)}."
        )


def _translated(estimator):
    """Return the parameters that scikit-learn has in a simpler form."""
    solver = solvers.resolve(estimator.solver, vars(estimator))
    translated = {} if isinstance(estimator.momentum, Real) else {"momentum": 0.9}
    translated |= _translated_solver(solver, estimator.learning_rate)
    if not is_classifier(estimator):
        translated["loss"] = LOSSES[estimator.out_activation_]
    return translated


def _translated_solver(solver, schedule):
    """Return the parameters of a solver and of the schedule of its learning rate."""
    from sklearn.neural_network import MLPClassifier

    known = MLPClassifier._get_param_names()
    translated = {n: v for n, v in solver.get_params(deep=False).items() if n in known}
    translated["solver"] = solver.name
    if solver.name not in ("adam", "lbfgs", "sgd"):
        translated = {"solver": "adam", "learning_rate_init": 0.001}
    if not isinstance(translated.get("momentum", 0.9), Real):
        translated["momentum"] = 0.9
    name = schedule if isinstance(schedule, str) else getattr(schedule, "name", None)
    translated["learning_rate"] = name if name in STEPWISE else "constant"
    if isinstance(schedule, schedules.Schedule) and name == "invscaling":
        translated["power_t"] = schedule.power_t
    return translated


def _export_solver_state(estimator, theirs):
    """Give scikit-learn's estimator the state of the solver, where it has the same solver."""
    from sklearn.neural_network import _stochastic_optimizers as optimizers

    state = getattr(estimator, "_optimizer", None)
    if state is None or state.rule != theirs.solver or state.rule not in SOLVER_STATES:
        return
    parameters = [*theirs.coefs_, *theirs.intercepts_]
    # The estimator's own may have been set to others since the solver began.
    solver = state.solver or solvers.resolve(estimator.solver, vars(estimator))
    schedule = state.schedule or estimator.learning_rate
    has = theirs.get_params(deep=False) | _translated_solver(solver, schedule)
    rate = has["learning_rate_init"]
    if state.rule == "adam":
        betas = has["beta_1"], has["beta_2"], has["epsilon"]
        optimizer = optimizers.AdamOptimizer(parameters, rate, *betas)
        optimizer.t = state.t
    else:
        momentum = has["momentum"], has["nesterovs_momentum"]
        schedule = has["learning_rate"], *momentum, has["power_t"]
        optimizer = optimizers.SGDOptimizer(parameters, rate, *schedule)
    optimizer.learning_rate = state.learning_rate
    layout, _ = estimator._network()
    for name, vector in zip(SOLVER_STATES[state.rule], state.states, strict=True):
        coefs, intercepts = parameter_views(layout, vector)
        setattr(optimizer, name, [array.copy() for array in [*coefs, *intercepts]])
    theirs._optimizer = optimizer


def _take_over_solver_state(theirs, estimator, dtype):
    """Give our estimator the state of scikit-learn's solver."""
    optimizer = getattr(theirs, "_optimizer", None)
    if optimizer is None or theirs.solver not in SOLVER_STATES:
        return
    names = SOLVER_STATES[theirs.solver]
    if not all(hasattr(optimizer, name) for name in names):  # the solver has been changed
        return
    n_layers = len(theirs.coefs_)
    size = sum(map(np.size, [*theirs.coefs_, *theirs.intercepts_]))
    settings = {name: value for name, value in vars(optimizer).items() if name in SETTINGS}
    settings["nesterovs_momentum"] = getattr(optimizer, "nesterov", True)
    state = SolverState(
        theirs.solver,
        optimizer.learning_rate,
        size,
        dtype,
        solvers.resolve(theirs.solver, settings),
        schedules.resolve(getattr(optimizer, "lr_schedule", "constant"), settings),
    )
    for row, name in zip(state.states, names, strict=True):
        arrays = getattr(optimizer, name)
        row[:] = flatten(arrays[:n_layers], arrays[n_layers:], dtype)
    state.t = int(getattr(optimizer, "t", 0))
    if theirs.solver == "adam":
        state.base_rate = float(optimizer.learning_rate_init)
    estimator._optimizer = state
