"""An epoch over rows that come in chunks, each of which the compiled loop trains on by itself."""

from typing import NamedTuple

import numpy as np

from skdeep.engines import training_position as at
from skdeep.engines.regularisation import Regularisation

#: Batches of one call of the compiled loop: all of a chunk.
ALL_BATCHES = 2**62


class Terms(NamedTuple):
    """What does not change from one chunk to the next.

    Attributes
    ----------
    layout : Layout
    objective : Objective
    course : Course
    regularisation : Regularisation
    """

    layout: object
    objective: object
    course: object
    regularisation: Regularisation


class Reached(NamedTuple):
    """Where training is between two chunks.

    Attributes
    ----------
    vector : array of shape (n_parameters,)
    states : array of shape (n_states, n_parameters)
    update : int
        Updates done.
    loss, norm : float
        Of the batches of this epoch, summed: losses times rows, and norms of gradients.
    layer_norms : array or float
        Norms of the layers' gradients, summed likewise.
    n_rows, n_batches : int
        Of this epoch.
    """

    vector: np.ndarray
    states: np.ndarray
    update: int
    loss: float = 0.0
    norm: float = 0.0
    layer_norms: object = 0.0
    n_rows: int = 0
    n_batches: int = 0

    def record(self):
        """Return what is recorded of the epoch: loss, norm, norms of layers."""
        n_rows, n_batches = max(1, self.n_rows), max(1, self.n_batches)
        return self.loss / n_rows, self.norm / n_batches, self.layer_norms / n_batches


def train_chunk(engine, terms, reached, data, order, rate, steps=None):
    """Train on the rows of a chunk, once.

    Parameters
    ----------
    engine : Engine
    terms : Terms
        Its course has the batch size, and a constant learning rate.
    reached : Reached
    data : Data
    order : array of int64
        Of the rows to train on.
    rate : float
        Learning rate.
    steps : array of shape (n_updates, 1 + n_rule_parameters) or None, default=None
        Learning rates and parameters of the rule, where schedules change them.

    Returns
    -------
    reached : Reached
    """
    n_rows = len(order)
    course = terms.course._replace(batch_size=min(terms.course.batch_size, n_rows))
    n_batches = -(-n_rows // course.batch_size)
    run = engine.Training(
        terms.layout,
        reached.vector,
        reached.states,
        data,
        terms.objective,
        course,
        gather=True,
        regularisation=terms.regularisation,
    )
    run.plan[at.UPDATE], run.numbers[at.RATE] = reached.update, rate
    run.numbers[at.BEST] = np.inf
    run.set_epochs(order, n_rows, 1, steps)
    while run.plan[at.EPOCH] < 1:
        run.advance(ALL_BATCHES)
    loss, _, norm, *layer_norms = run.history()[0]
    return Reached(
        run.parameters(),
        np.asarray(run.states()),
        reached.update + n_batches,
        reached.loss + loss * n_rows,
        reached.norm + norm * n_batches,
        reached.layer_norms + np.array(layer_norms) * n_batches,
        reached.n_rows + n_rows,
        reached.n_batches + n_batches,
    )


def without_stopping(course):
    """Return a course whose stopping and learning rate are not those of single chunks.

    Parameters
    ----------
    course : Course

    Returns
    -------
    course : Course
    """
    never = {"watch_loss": False, "tol_objective": -np.inf}
    return course._replace(**never, schedule="constant", schedule_parameters=())


def steps_of(steps, place, count, n_batches):
    """Return the steps of some batches, where those of an epoch are spread over all of its batches.

    Parameters
    ----------
    steps : array of shape (n_steps, 1 + n_rule_parameters) or None
        Of an epoch.
    place, count : int
        The first batch, and how many.
    n_batches : int
        Of the epoch.

    Returns
    -------
    steps : array of shape (count, 1 + n_rule_parameters) or None
    """
    if steps is None:
        return None
    places = (place + np.arange(count)) * len(steps) // max(1, n_batches)
    return steps[np.minimum(places, len(steps) - 1)]
