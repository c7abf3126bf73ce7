"""How the engine is to go about training, of the recipe and the number of rows."""

from skdeep.engines.problem import Course
from skdeep.training.stochastic.learning_rates import Steps


def make_course(recipe, batch_size, validated):
    """Return the engine's description of a training run.

    Parameters
    ----------
    recipe : Recipe
    batch_size : int
        Rows of a batch.
    validated : bool
        Whether there is a validation set.

    Returns
    -------
    course : Course
    """
    optimizer, stopping = recipe.optimizer, recipe.stopping
    return Course(
        optimizer.name,
        optimizer.parameters,
        recipe.loss.alpha if optimizer.decoupled else 0.0,
        optimizer.step_wise,
        optimizer.step_wise_parameters,
        optimizer.initial_rate,
        batch_size,
        float(stopping.tol),
        float(stopping.n_iter_no_change),
        float(stopping.tol_gradient or 0.0),
        -float("inf") if stopping.tol_objective is None else float(stopping.tol_objective),
        not recipe.validation.early_stopping,
        recipe.record_gradient_norms,
        validated,
    )


def make_steps(recipe, batch_size, n_rows):
    """Return what schedules give every update, where one of them is a curve.

    Parameters
    ----------
    recipe : Recipe
    batch_size : int
    n_rows : int
        Rows of an epoch.

    Returns
    -------
    steps : Steps or None
    """
    optimizer = recipe.optimizer
    if optimizer.rate is None and not optimizer.scheduled:
        return None
    n_updates = int(recipe.stopping.max_iter) * -(-n_rows // batch_size)
    return Steps(optimizer.rate, optimizer.parameters, optimizer.scheduled, n_updates)
