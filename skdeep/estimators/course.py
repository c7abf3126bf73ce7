"""How a solver that updates weight by weight goes about training."""

import functools
from numbers import Real

from skdeep import schedules
from skdeep.engines.cpu.engine import Course
from skdeep.formulas.rules import REGISTRY as RULES
from skdeep.training.steps import Steps


def make_course(estimator, choices, batch_size):
    """Return the course of training.

    Parameters
    ----------
    estimator : MLPClassifier or MLPRegressor
    choices : Choices
    batch_size : int

    Returns
    -------
    course : Course
    """
    solver, schedule = choices.solver, choices.schedule
    rule = RULES[solver.name]
    stepwise = schedule if schedule.stepwise else schedules.resolve("constant")
    tol_objective = estimator.tol_objective
    return Course(
        solver.name,
        _numbers(solver, rule),
        float(estimator.alpha) if rule.decoupled else 0.0,
        stepwise.name,
        tuple(map(float, stepwise.values())),
        float(solver.learning_rate_init),
        batch_size,
        float(estimator.tol),
        float(estimator.n_iter_no_change),
        float(estimator.tol_gradient or 0.0),
        -float("inf") if tol_objective is None else float(tol_objective),
        not estimator.early_stopping,
        bool(estimator.record_gradient_norms),
    )


def make_steps(estimator, choices, course, n_rows):
    """Return what schedules give every update, where one of them is a curve.

    Parameters
    ----------
    estimator : MLPClassifier or MLPRegressor
    choices : Choices
    course : Course
    n_rows : int
        Rows of an epoch.

    Returns
    -------
    steps : Steps or None
    """
    solver, schedule = choices.solver, choices.schedule
    rule = RULES[solver.name]
    scheduled = {
        place: functools.partial(schedules.resolve(getattr(solver, name)), base=parameter.default)
        for place, (name, parameter) in enumerate(rule.parameters.items())
        if _is_scheduled(solver, name, parameter)
    }
    if schedule.stepwise and not scheduled:
        return None
    rate = None if schedule.stepwise else functools.partial(schedule, base=course.initial_rate)
    n_updates = int(estimator.max_iter) * -(-n_rows // course.batch_size)
    return Steps(rate, course.parameters, scheduled, n_updates)


def _is_scheduled(solver, name, parameter):
    return parameter.schedule and not isinstance(getattr(solver, name), Real)


def _numbers(solver, rule):
    """Return the values of the rule's parameters; 0 where a schedule gives them."""
    return tuple(
        0.0 if _is_scheduled(solver, name, parameter) else float(getattr(solver, name))
        for name, parameter in rule.parameters.items()
    )
