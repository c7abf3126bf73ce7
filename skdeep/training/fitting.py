"""The training of one network by a recipe."""

import functools
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from skdeep.engines.interface import Engine
from skdeep.training.calls import making_calls
from skdeep.training.divergence import Divergence
from skdeep.training.minimisation import minimise
from skdeep.training.run_description import RunDescription, describe_updates
from skdeep.training.stochastic.batches import rows_of_batch, warn_of_clipping
from skdeep.training.stochastic.hyperparameters import make_course, make_steps
from skdeep.training.stochastic.resuming import blank, go_on, take_up
from skdeep.training.stochastic.run import History, Run
from skdeep.training.stochastic.solver_state import SolverState
from skdeep.training.stochastic.trainer import StochasticTrainer, start
from skdeep.training.validator import Validator

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
    diverged : bool
        Whether the last call of ``partial_fit`` diverged.
    """

    history: History | None = None
    solver_state: SolverState | None = None
    diverged: bool = False


#: Where training does not go on from anything.
NOTHING = Earlier()


class Setup(NamedTuple):
    """What training needs beside a recipe, data and a network.

    Attributes
    ----------
    engine : Engine
    random_state : numpy.random.RandomState
        Orders of rows and the seeds of what is random in training are drawn from it.
    earlier : Earlier
    rows : array of int64 or None
        Rows to train on; None for all.
    validation : Validator or None
    augment : callable or None
        ``augment(rows, seed)`` returns a function that makes the rows of an epoch of its number.
    disposable : bool
        Whether nothing but the fit, which has no listener, reads `random_state`.
    """

    engine: Engine
    random_state: np.random.RandomState
    earlier: Earlier = NOTHING
    rows: np.ndarray | None = None
    validation: Validator | None = None
    augment: Callable | None = None
    disposable: bool = False


@making_calls
def fit(recipe, data, network, setup, listener=None, interruption=None):
    """Train a network.

    What is below yields the calls of the engine, and the decorator makes them.

    Parameters
    ----------
    recipe : Recipe
        See `skdeep.recipe`; complete, with its objective.
    data : Data
    network : FlatNetwork
        What training begins with; it is not changed.
    setup : Setup
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
    begun = recipe, data, network, setup, listener, interruption
    if recipe.optimizer.by_updates:
        trainer, state = _make_trainer(*begun)
        yield from trainer.train()
        trainer.warn_of_limit()
        result = trainer.result(state)
    else:
        result = yield from minimise(*begun)
    if interruption is not None and result.stop_reason == "interrupted":
        interruption.interrupt()
    if listener is not None:
        listener.finish(result)
    return result


def _make_trainer(recipe, data, network, setup, listener, interruption):
    """Return the trainer, and the state of the optimizer that it begins with."""
    run, course, history = _make_run(recipe, data, network, setup, listener, interruption)
    state = setup.earlier.solver_state or _new_state(recipe.optimizer, network.vector)
    if setup.augment is not None:
        make = setup.augment(run.rows, int(run.random_state.randint(MOST_SEEDS)))
        order = {"rows": np.arange(len(run.rows)), "in_order": not run.shuffled}
        run, data = run._replace(augment=make, **order), make(0)

    layout = network.layout.freeze(recipe.frozen_layers)

    def make_trainer(vector, state):
        begun = vector, state, data, recipe.objective, course, run, history, setup.engine
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


def _make_run(recipe, data, network, setup, listener, interruption):
    """Return what is to be done, how the engine goes about it, and what is recorded."""
    optimizer, random_state = recipe.optimizer, setup.random_state
    rows = np.arange(data.X.shape[0]) if setup.rows is None else setup.rows
    size = recipe.batches.size, optimizer.all_rows, len(rows)
    warn_of_clipping(*size)
    course = make_course(recipe, rows_of_batch(*size), setup.validation is not None)
    regularisation = recipe.regularisation._replace(masks=network.masks())
    if regularisation.is_random:
        regularisation = regularisation._replace(seed=int(random_state.randint(MOST_SEEDS)))
    shuffled = recipe.batches.shuffle and not optimizer.all_rows
    history = History() if setup.earlier.history is None else setup.earlier.history.copy()
    run = Run(
        rows,
        not shuffled and setup.rows is None,
        random_state,
        shuffled,
        int(recipe.stopping.max_iter),
        recipe.incremental,
        recipe.verbose,
        setup.validation,
        make_steps(recipe, course.batch_size, len(rows)),
        regularisation,
        listener=listener,
        diverged=_divergence(recipe, data, network, rows, course, setup, history),
        interruption=interruption,
        disposable=setup.disposable,
    )
    return run, course, history


def _new_state(optimizer, vector):
    rate, kept = optimizer.initial_rate, (optimizer.solver, optimizer.schedule)
    return SolverState(optimizer.name, rate, len(vector), vector.dtype, *kept)


def _divergence(recipe, data, network, rows, course, setup, history):
    """Return what tells whether training has diverged."""
    engine, earlier = setup.engine, setup.earlier
    # Over many calls, each of which may raise the loss by little.
    first_losses = list(history.losses) if recipe.incremental else None
    return Divergence(
        network.layout,
        network.vector,
        data,
        rows,
        course.batch_size,
        recipe.objective,
        engine.mean_loss,
        first_losses or None,
        earlier.diverged,
    )
