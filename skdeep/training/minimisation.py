"""Training by a solver that minimises one fixed function: the objective over all rows."""

import functools

import numpy as np

from skdeep.training.full_batch import REGISTRY
from skdeep.training.full_batch._common import Limits, Solution
from skdeep.training.result import Result
from skdeep.training.run_description import RunDescription
from skdeep.training.stochastic.run import History

#: Limits that do not decide the numbers of a run.
UNIMPORTANT = "max_iter", "max_fun", "verbose", "listener", "resumed", "interruption"


def minimise(recipe, data, network, setup, listener, interruption):
    """Train on all rows at once, in double precision as scipy has it.

    Parameters
    ----------
    recipe : Recipe
    data : Data
    network : FlatNetwork
    setup : Setup
    listener : Listener or None
    interruption : Interruption or None

    Yields
    ------
    call : callable
        See `skdeep.training.calls`.

    Returns
    -------
    result : Result
    """
    solver, parameters = REGISTRY[recipe.optimizer.name], recipe.optimizer.solver.get_params()
    begin = network.vector.astype(np.float64)
    function = setup.engine.FullBatch(
        network.layout.freeze(recipe.frozen_layers),
        data._replace(X=data.X.astype(np.float64, copy=False)),
        recipe.objective._replace(as_reported=recipe.objective.as_reported and solver.as_reported),
        regularisation=recipe.regularisation._replace(masks=network.masks()),
    )
    limits = Limits(
        **recipe.stopping._asdict(),
        verbose=recipe.verbose,
        listener=listener,
        interruption=interruption,
    )

    def result_of(solution, settled):
        vector = settled.astype(network.vector.dtype, copy=False)
        # scikit-learn's lbfgs has no curve
        record = None if solver.name == "lbfgs" else _recorded(setup.earlier.history, solution)
        return Result(vector, solution.n_iter, solution.stop_reason, solution.loss, record)

    def result_at(epoch):
        loss = np.inf if epoch.loss is None else epoch.loss
        reached = epoch.parameters(), loss, epoch.number, epoch.losses, "callback"
        return result_of(Solution(*reached), function.settled(reached[0]))

    if listener is not None:
        described = {**parameters, **limits._asdict()}
        for name in UNIMPORTANT:
            del described[name]
        form = solver.blank and functools.partial(solver.blank, begin)
        description = RunDescription(recipe, data, network, described, form, None, listener)
        snapshot = listener.start(result_at, description, "iteration")
        if snapshot is not None:
            description.check(snapshot)
        limits = limits._replace(resumed=snapshot)
    solution = yield from solver.minimise(function, begin, limits, parameters)
    return result_of(solution, (yield functools.partial(function.settled, solution.vector)))


def _recorded(history, solution):
    """Return the history after a solution."""
    history = History() if history is None else history.copy()
    history.losses = [*history.losses, *solution.losses]
    history.best_loss = min(history.losses, default=solution.loss)
    return history
