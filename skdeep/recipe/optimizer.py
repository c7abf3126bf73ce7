"""The optimizer that the parameters ask for, with the schedule of its learning rate."""

import functools
from numbers import Real
from types import SimpleNamespace

from skdeep import schedules, solvers
from skdeep.formulas.optimizers import REGISTRY as UPDATE_RULES
from skdeep.formulas.schedules import STEPWISE
from skdeep.objects import copied
from skdeep.recipe.recipe import Optimizer
from skdeep.recipe.rules import check


def solver_name(value):
    """Return the name of the solver that the parameter ``solver`` stands for."""
    return value if isinstance(value, str) else value.name


def resolve_optimizer(parameters):
    """Return the optimizer that the parameters ask for.

    Parameters
    ----------
    parameters : SimpleNamespace
        Of the estimator, by their names.

    Returns
    -------
    optimizer : Optimizer

    Raises
    ------
    ValueError
        If a parameter of the solver or of the schedule is wrong, or they do not go together.
    """
    solver = solvers.resolve(parameters.solver, vars(parameters))
    return make_optimizer(solver, _rate_schedule(parameters, solver))


def make_optimizer(solver, schedule):
    """Return the optimizer of a solver and the schedule of its learning rate.

    Parameters
    ----------
    solver : Solver
        Checked.
    schedule : Schedule
        Checked.

    Returns
    -------
    optimizer : Optimizer
        No later change of the objects changes it.
    """
    solver, schedule = copied(solver), copied(schedule)
    rule = UPDATE_RULES.get(solver.name)
    if rule is None:
        return Optimizer(solver.name, solver, schedule, False, True, False)
    rate = float(solver.learning_rate_init)
    step_wise = schedule if schedule.stepwise else schedules.resolve("constant")
    parameters = list(rule.parameters.items())
    scheduled = {
        place: functools.partial(schedules.resolve(getattr(solver, name)), base=parameter.default)
        for place, (name, parameter) in enumerate(parameters)
        if _is_scheduled(solver, name, parameter)
    }
    numbers = [
        0.0 if place in scheduled else float(getattr(solver, name))
        for place, (name, _) in enumerate(parameters)
    ]
    return Optimizer(
        solver.name,
        solver,
        schedule,
        by_updates=True,
        all_rows=rule.full_batch,
        decoupled=rule.decoupled,
        parameters=tuple(numbers),
        scheduled=scheduled,
        step_wise=step_wise.name,
        step_wise_parameters=tuple(map(float, step_wise.values())),
        rate=None if schedule.stepwise else functools.partial(schedule, base=rate),
        initial_rate=rate,
    )


def continued(optimizer, state):
    """Return the optimizer that goes on from a state.

    Calls of `partial_fit` go on with the solver that there is, as in scikit-learn: its parameters
    and the schedule of its learning rate are those of when it began.

    Parameters
    ----------
    optimizer : Optimizer
    state : SolverState or None
        What the last call has left.

    Returns
    -------
    optimizer : Optimizer
    state : SolverState or None
        None if it is not that of this optimizer.
    """
    if state is None or state.rule != optimizer.name:
        return optimizer, None
    solver = optimizer.solver if state.solver is None else state.solver
    schedule = optimizer.schedule if state.schedule is None else state.schedule
    if solver is optimizer.solver and schedule is optimizer.schedule:
        return optimizer, state
    return make_optimizer(solver, schedule), state


def _is_scheduled(solver, name, parameter):
    return parameter.schedule and not isinstance(getattr(solver, name), Real)


def _rate_schedule(parameters, solver):
    """Return the schedule of the learning rate, checked over all of training."""
    value, rule = parameters.learning_rate, UPDATE_RULES.get(solver.name)
    is_step_wise = isinstance(value, str) and value in STEPWISE
    facts = SimpleNamespace(
        learning_rate=value,
        is_step_wise=is_step_wise,
        all_rows=rule is None or rule.full_batch,
        solver_name=solver.name,
    )
    check("learning_rate", facts)
    if is_step_wise and solver.name != "sgd":
        value = "constant"  # scikit-learn heeds these strings with "sgd" only
    schedule = schedules.resolve(value, vars(parameters))
    if not schedule.stepwise:
        rate = solver.learning_rate_init
        schedules.check_curve(schedule, rate, 0.0, float("inf"), "The 'learning_rate' parameter")
    return schedule
