"""What a task minimises, and how it is regularised."""

from typing import NamedTuple

from skdeep.engines.cpu.compiling.loops import NOTHING, address
from skdeep.engines.cpu.memory.fields import NUMBERS_AT, PLAN_AT
from skdeep.engines.cpu.memory.parameters import pack
from skdeep.engines.cpu.parameters.step_loops import penalty_gradient_loop, penalty_value_loop
from skdeep.engines.cpu.rows.activation import (
    ACTIVATIONS_BY_CODE,
    loss_by_output_loop,
    loss_derivative_by_output_loop,
    loss_derivative_loop,
    loss_loop,
)
from skdeep.engines.cpu.rows.dropout import drop_loop, drop_units_loop, noise_loop
from skdeep.formulas.losses import REGISTRY as LOSSES
from skdeep.formulas.normalisation import BATCH_SHARE
from skdeep.formulas.penalties import REGISTRY as PENALTIES


def set_objective(task, objective):
    """Set what a task minimises.

    Parameters
    ----------
    task : Task
    objective : Objective
    """
    loss, by_output = LOSSES[objective.loss], len(objective.parameters) > 0
    of_loss = loss_by_output_loop if by_output else loss_loop
    of_derivative = loss_derivative_by_output_loop if by_output else loss_derivative_loop
    output = ACTIVATIONS_BY_CODE[int(task.operations.activation[-1])]
    plan, numbers, dtype = task.plan, task.numbers, task.memory.dtype
    plan[PLAN_AT.loss] = address(of_loss, loss, dtype)
    plan[PLAN_AT.loss_derivative] = NOTHING
    plan[PLAN_AT.canonical] = output.name in loss.canonical
    if output.name not in loss.canonical:
        plan[PLAN_AT.loss_derivative] = address(of_derivative, loss, dtype)
    numbers[NUMBERS_AT.loss_parameter] = objective.parameter
    plan[PLAN_AT.by_output] = by_output
    put(numbers, plan[PLAN_AT.loss_parameters], objective.parameters)
    plan[PLAN_AT.averaged] = loss.averaged and objective.as_reported
    numbers[NUMBERS_AT.alpha] = objective.alpha
    # With directions in the place of the weights, optimizers cannot see to the squared norm either.
    by_directions = plan[PLAN_AT.by_directions] == 1
    if (objective.penalty != "l2" or by_directions) and objective.alpha > 0:
        penalty = PENALTIES[objective.penalty]
        plan[PLAN_AT.penalty_gradient] = address(penalty_gradient_loop, penalty, dtype)
        plan[PLAN_AT.penalty_value] = address(penalty_value_loop, penalty, dtype)
        numbers[NUMBERS_AT.penalty_parameter] = objective.penalty_parameter


class _Loop(NamedTuple):
    """Stands for a formula where a loop has none of its own."""

    name: str


def set_regularisation(task, plan, layout, regularisation):
    """Set how the training of a task is regularised.

    Parameters
    ----------
    task : Task
    plan : Plan
    layout : Layout
    regularisation : Regularisation
    """
    fields, numbers, dtype = task.plan, task.numbers, task.memory.dtype
    fields[PLAN_AT.seed] = regularisation.seed
    numbers[NUMBERS_AT.clip_norm], numbers[NUMBERS_AT.max_norm] = (
        regularisation.clip_norm,
        regularisation.max_norm,
    )
    numbers[NUMBERS_AT.running_share], numbers[NUMBERS_AT.head_weight] = (
        BATCH_SHARE,
        regularisation.head_weight,
    )
    loops = (
        ("drop_units", drop_units_loop, regularisation.drops_units),
        ("drop_features", drop_loop, any(regularisation.dropout[:1])),
        ("drop_weights", drop_loop, any(regularisation.dropconnect)),
        ("add_noise", noise_loop, regularisation.noise > 0),
    )
    for name, loop, wanted in loops:
        fields[getattr(PLAN_AT, name)] = (
            address(loop, _Loop("random"), dtype) if wanted else NOTHING
        )
    put(numbers, fields[PLAN_AT.factors], layout.rate_factors)
    put(numbers, fields[PLAN_AT.decays], layout.decays)
    start, n_layers = fields[PLAN_AT.rates], len(task.operations)
    numbers[start] = regularisation.noise
    put(numbers, start + 1, regularisation.dropout)
    rates = regularisation.dropconnect
    if rates:  # of hidden layers, and of the last
        put(numbers, start + 2 + n_layers, rates[:-1])
        numbers[start + 1 + 2 * n_layers] = rates[-1]
    if regularisation.masks is not None:
        masks = regularisation.masks.astype(dtype)
        pack(plan, layout, masks, task.memory[fields[PLAN_AT.masks] :])


def put(numbers, start, values):
    """Write some values into an array, from a place on."""
    numbers[start : start + len(values)] = values
