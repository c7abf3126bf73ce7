"""What the parameters of an estimator stand for: names and objects, checked before any work."""

from typing import NamedTuple

from skdeep import initialisers, schedules, solvers
from skdeep.engines.regularisation import Regularisation
from skdeep.estimators import regularisation
from skdeep.estimators.constraints import hidden_sizes
from skdeep.estimators.structure import Structure, resolve_graph, resolve_structure
from skdeep.formulas import losses
from skdeep.formulas.activations import NAMES, hidden_names
from skdeep.formulas.activations import REGISTRY as ACTIVATIONS
from skdeep.formulas.rules import REGISTRY as RULES
from skdeep.formulas.schedules import STEPWISE
from skdeep.network.graph import Graph

#: Names of the activations that hidden layers can use.
HIDDEN = hidden_names()


class Choices(NamedTuple):
    """What the parameters stand for.

    Attributes
    ----------
    sizes : list of int
        Units of every hidden layer.
    activations : list of str
        Their activations.
    solver : Solver
    schedule : Schedule
        Of the learning rate.
    initialiser : Initialiser or "auto"
    regularisation : Regularisation
    graph : Graph or None
    structure : Structure
    """

    sizes: list
    activations: list
    solver: solvers.Solver
    schedule: schedules.Schedule
    initialiser: object
    regularisation: Regularisation
    graph: Graph | None
    structure: Structure


def resolve(estimator):
    """Return what the parameters of an estimator stand for.

    Parameters
    ----------
    estimator : MLPClassifier or MLPRegressor

    Returns
    -------
    choices : Choices

    Raises
    ------
    ValueError
        If they are out of their ranges or do not go together.
    """
    graph = resolve_graph(estimator)
    if graph is None:
        sizes = hidden_sizes(estimator.hidden_layer_sizes)
        activations = hidden_activations(estimator.activation, len(sizes))
    else:
        sizes, activations = list(map(len, graph.layers)), list(graph.activations)
    for name in activations:
        check_trainable("activation", name)
    solver = solvers.resolve(estimator.solver, vars(estimator))
    return Choices(
        sizes,
        activations,
        solver,
        _rate_schedule(estimator, solver),
        initialisers.resolve(estimator.weight_init),
        regularisation.resolve(estimator, len(sizes), solver),
        graph,
        resolve_structure(estimator, len(sizes), graph),
    )


def solver_name(value):
    """Return the name of the solver that the parameter ``solver`` stands for."""
    return value if isinstance(value, str) else value.name


def check_name(parameter, value, known):
    """Return the name of an activation if it is one of those known.

    Parameters
    ----------
    parameter : str
        Parameter or attribute that names it.
    value : object
    known : collection of str

    Returns
    -------
    value : str

    Raises
    ------
    ValueError
        If it is not.
    """
    if not isinstance(value, str) or value not in known:
        raise ValueError(f"{parameter} must be one of {sorted(known)}. Got {value!r} instead.")
    return value


def hidden_activations(value, n_layers):
    """Return the names of the activations of the hidden layers.

    Parameters
    ----------
    value : str or sequence of str
        The parameter ``activation``.
    n_layers : int
        Number of hidden layers.

    Returns
    -------
    names : list of str

    Raises
    ------
    ValueError
        If a sequence has the wrong length or holds anything but names.
    """
    if isinstance(value, str):
        return [NAMES[check_name("activation", value, HIDDEN)]] * n_layers
    value = list(value)
    for name in value:
        if not isinstance(name, str) or name not in HIDDEN:
            raise ValueError(f"activation holds {name!r}; it may hold {sorted(HIDDEN)}.")
    if len(value) != n_layers:
        raise ValueError(
            f"activation has {len(value)} entries, but hidden_layer_sizes has {n_layers}: give one "
            "activation for all hidden layers, or one for each."
        )
    return [NAMES[name] for name in value]


def check_trainable(parameter, name):
    """Check that a layer can be trained.

    Parameters
    ----------
    parameter : str
        Name of the parameter that says the activation.
    name : str
        Of the activation.

    Raises
    ------
    ValueError
        If its units are threshold units.
    """
    if not ACTIVATIONS[name].trainable:
        raise ValueError(
            f"{parameter}={name!r} cannot be trained: the derivative of threshold units is 0. "
            "They are for networks with given weights."
        )


def choose_output(value, natural, loss):
    """Return the name of the output activation.

    Parameters
    ----------
    value : str
        The parameter ``out_activation``.
    natural : str
        What ``"auto"`` stands for, if it suits the loss.
    loss : str
        Public name of the loss.

    Returns
    -------
    name : str

    Raises
    ------
    ValueError
        If the outputs do not suit the loss, or cannot be trained.
    """
    if value == "auto":
        entry = losses.find(loss, ACTIVATIONS[natural].normalised)
        suits = entry.accepts(ACTIVATIONS[natural].range)
        return natural if suits else entry.default_output
    name = NAMES[value]
    check_trainable("out_activation", name)
    check_outputs(losses.find(loss, ACTIVATIONS[name].normalised), name)
    return name


def check_single_output(name, n_outputs):
    """Return the name of an output activation that can have so many outputs.

    Parameters
    ----------
    name : str
    n_outputs : int

    Returns
    -------
    name : str

    Raises
    ------
    ValueError
        If a single output would be divided by itself.
    """
    if ACTIVATIONS[name].normalised and n_outputs == 1:
        raise ValueError(
            f"out_activation={name!r} is for several outputs: of a single one it makes 1."
        )
    return name


def check_outputs(loss, name):
    """Check that a loss can take the outputs of an activation.

    Parameters
    ----------
    loss : Loss
    name : str
        Of the activation.

    Raises
    ------
    ValueError
        If it cannot.
    """
    outputs = ACTIVATIONS[name].range
    if not loss.accepts(outputs):
        raise ValueError(
            f"loss={loss.public!r} needs outputs {loss.needed_outputs}, but "
            f"out_activation={name!r} gives outputs in {outputs}."
        )


def _rate_schedule(estimator, solver):
    """Return the schedule of the learning rate, checked over all of training."""
    value = estimator.learning_rate
    rule = RULES.get(solver.name)
    if rule is None or rule.full_batch:
        if not isinstance(value, str) or value not in STEPWISE:
            raise ValueError(
                f"learning_rate={value!r} is a schedule for solvers that train by mini-batches; "
                f"solver={solver.name!r} does not."
            )
    if isinstance(value, str) and value in STEPWISE and solver.name != "sgd":
        value = "constant"  # scikit-learn heeds these strings with "sgd" only
    schedule = schedules.resolve(value, vars(estimator))
    if not schedule.stepwise:
        rate = solver.learning_rate_init
        schedules.check_curve(schedule, rate, 0.0, float("inf"), "The 'learning_rate' parameter")
    return schedule
