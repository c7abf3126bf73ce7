"""The training of one network by a recipe."""

import functools
from typing import NamedTuple

import numpy as np

from skdeep.training.batches import rows_of_batch, warn_of_clipping
from skdeep.training.divergence import Divergence
from skdeep.training.minimisation import minimise
from skdeep.training.run_description import RunDescription, describe_updates
from skdeep.training.stochastic.course import make_course, make_steps
from skdeep.training.stochastic.resuming import blank, go_on, take_up
from skdeep.training.stochastic.run import History, Run
from skdeep.training.stochastic.state import SolverState
from skdeep.training.stochastic.trainer import StochasticTrainer, start

#: Seeds are below this.
MOST_SEEDS = 2**31 - 1


class Earlier(NamedTuple):
    """What earlier fits have left, where training goes on from them.

    Attributes
    ----------
    history : History or None
        Of which a copy is added to; None for a new one.
    solver_state : SolverState or None
        None for a new one.
    """

    history: History | None = None
    solver_state: SolverState | None = None


#: Where training does not go on from anything.
NOTHING = Earlier()


def fit(
    recipe,
    data,
    network,
    *,
    engine,
    random_state,
    rows=None,
    validation=None,
    augment=None,
    earlier=NOTHING,
    listener=None,
    interruption=None,
):
    """Train a network.

    Parameters
    ----------
    recipe : Recipe
        See `skdeep.recipe`; complete, with its objective.
    data : Data
    network : FlatNetwork
        What training begins with; it is not changed.
    engine : Engine
    random_state : numpy.random.RandomState
        Orders of rows and the seeds of what is random in training are drawn from it.
    rows : array of int64 or None, default=None
        Rows to train on; None for all.
    validation : Validator or None, default=None
    augment : callable or None, default=None
        ``augment(rows, seed)`` returns a function that makes the rows of an epoch of its number.
    earlier : Earlier, default=NOTHING
    listener : Listener or None, default=None
        Told of every epoch or iteration.
    interruption : Interruption or None, default=None
        Of all networks that are trained at the same time; None for a single one.

    Returns
    -------
    result : Result
        A diverged training has a result, too.

    Raises
    ------
    ValueError
        If data or states do not suit the network, or a function of the user's returns nonsense.
    """
    if recipe.optimizer.by_updates:
        options = {"rows": rows, "validation": validation, "augment": augment}
        trainer, state = _prepare(
            recipe, data, network, engine, random_state, earlier, listener, interruption, **options
        )
        try:
            while (call := trainer.next_call()) is not None:
                call()
        except KeyboardInterrupt:
            trainer.interrupt()
        finally:
            trainer.close()
        trainer.warn_of_limit()
        result = trainer.result(state)
    else:
        history = earlier.history or History()
        result = minimise(recipe, data, network, engine, history, listener, interruption)
    if interruption is not None and result.stop_reason == "interrupted":
        interruption.interrupt()
    if listener is not None:
        listener.finish(result)
    return result


def _prepare(
    recipe,
    data,
    network,
    engine,
    random_state,
    earlier,
    listener,
    interruption,
    *,
    rows,
    validation,
    augment,
):
    """Return the trainer, and the state of the optimizer that it begins with."""
    optimizer, layout = recipe.optimizer, network.layout
    all_rows = rows is None
    rows = np.arange(data.X.shape[0]) if all_rows else rows
    size = recipe.batches.size, optimizer.all_rows, len(rows)
    warn_of_clipping(*size)
    course = make_course(recipe, rows_of_batch(*size))
    state = earlier.solver_state or _new_state(optimizer, network.vector)
    history = History() if earlier.history is None else earlier.history.copy()
    regularisation = recipe.regularisation._replace(masks=network.masks())
    if regularisation.is_random:
        regularisation = regularisation._replace(seed=int(random_state.randint(MOST_SEEDS)))
    shuffled = recipe.batches.shuffle and not optimizer.all_rows
    run = Run(
        rows,
        not shuffled and all_rows,
        random_state,
        shuffled,
        int(recipe.stopping.max_iter),
        recipe.incremental,
        recipe.verbose,
        validation,
        make_steps(recipe, course.batch_size, len(rows)),
        regularisation,
        listener=listener,
        diverged=_divergence(recipe, data, network, rows, course, engine, history),
        interruption=interruption,
    )
    if augment is not None:
        make = augment(rows, int(random_state.randint(MOST_SEEDS)))
        run = run._replace(augment=make, rows=np.arange(len(rows)), in_order=not shuffled)
        data = make(0)

    def make_trainer(vector, state):
        begun = vector, state, data, recipe.objective, course, run, history, engine
        return StochasticTrainer(start(layout, *begun), course, run, history)

    trainer = make_trainer(network.vector, state)
    if listener is not None:
        described = describe_updates(recipe, course, run)
        form = functools.partial(blank, trainer)
        description = RunDescription(recipe, data, network, described, form, run, listener)
        snapshot = listener.start(trainer.result_at, description)
        if snapshot is not None:
            description.check(snapshot)  # callbacks of users may supply it
            trainer = make_trainer(*take_up(snapshot, state, history, course.parameters))
            go_on(trainer, snapshot)
    return trainer, state


def _new_state(optimizer, vector):
    rate, kept = optimizer.initial_rate, (optimizer.solver, optimizer.schedule)
    return SolverState(optimizer.name, rate, len(vector), vector.dtype, *kept)


def _divergence(recipe, data, network, rows, course, engine, history):
    """Return what tells whether training has diverged."""
    # Over many calls, each of which may raise the loss by little.
    first_losses = list(history.losses) if recipe.incremental else None
    return Divergence(
        network.layout,
        network.vector,
        data,
        rows,
        course.batch_size,
        recipe.objective,
        engine.predict,
        first_losses or None,
    )
