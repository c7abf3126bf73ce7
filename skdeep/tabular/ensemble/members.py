"""The members of an ensemble: networks that train on their rows, side by side."""

import functools
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from skdeep.engines import signals
from skdeep.engines.cpu.threads.team import available_threads
from skdeep.estimators.inputs.validation_set import NOT_GIVEN, Given
from skdeep.tabular.ensemble import automatic_settings as automatic
from skdeep.tabular.ensemble.cycle_ends import CycleEnds, Printed
from skdeep.tabular.ensemble.leaf_codes import LeafCodes, LeafSettings
from skdeep.training.divergence import NOT_FINITE
from skdeep.training.interruption import GivenUp, Interruption
from skdeep.training.restarts import in_threads
from skdeep.training.user_warnings import without


class Rows(NamedTuple):
    """Rows that networks read, with targets and weights.

    Attributes
    ----------
    X : array of float32 of shape (n_rows, n_inputs)
    y : array of shape (n_rows,) or (n_rows, n_outputs)
        Numbers of classes, or standardised numbers.
    weights : array of shape (n_rows,) or None
    """

    X: np.ndarray
    y: np.ndarray
    weights: np.ndarray | None

    def take(self, rows):
        """Return some of the rows."""
        weights = None if self.weights is None else self.weights[rows]
        return Rows(self.X[rows], self.y[rows], weights)

    def load(self):
        """Return the rows, as a `Source` does."""
        return self


class Source(NamedTuple):
    """Rows that are made when a member begins to train.

    Attributes
    ----------
    make : callable
        ``make()`` returns ``X`` of `Rows`.
    y : array of shape (n_rows,) or (n_rows, n_outputs)
    weights : array of shape (n_rows,) or None
    """

    make: Callable
    y: np.ndarray
    weights: np.ndarray | None

    def load(self):
        """Return the rows."""
        return Rows(self.make(), self.y, self.weights)


class Job(NamedTuple):
    """What a member is to train on.

    Attributes
    ----------
    network : NetworkClassifier, NetworkRegressor, MLPClassifier or MLPRegressor
    way : int
        Place of its encoding.
    data : Source or Rows
        All rows.
    validation : Rows or None
        The validation set that the user gives.
    training, held_out : array of int or None
        The rows to train on, None for all, and those that are the validation set.
    leaves : LeafSettings or None, default=None
        Of the trees whose leaves it reads as categories.
    group : int, default=0
        Number of what it predicts, such as of a quantile.
    listen : callable or None, default=None
        ``listen(job, leaves)`` returns the `Listener` of the training when that begins; None for
        `CycleEnds`.
    is_left_out : callable or None, default=None
        ``is_left_out()`` is called when it is the member's turn, and returns whether it is not
        trained; None for never.
    name : str or None, default=None
        What the lines that are printed at each epoch call it; None prints none.
    """

    network: object
    way: int
    data: Source | Rows
    validation: Rows | None
    training: np.ndarray | None
    held_out: np.ndarray | None
    leaves: LeafSettings | None = None
    group: int = 0
    listen: Callable | None = None
    is_left_out: Callable | None = None
    name: str | None = None


class Member(NamedTuple):
    """A member that has trained.

    Attributes
    ----------
    network : NetworkClassifier, NetworkRegressor, MLPClassifier or MLPRegressor
    way : int
        Place of its encoding.
    held_out : array of int or None
        Rows of the training data that it has not trained on.
    predictions : array or None
        Of the network for these rows.
    leaves : LeafCodes or None
        Trees whose leaves it reads.
    group : int
        Number of what it predicts.
    """

    network: object
    way: int
    held_out: np.ndarray | None
    predictions: np.ndarray | None
    leaves: LeafCodes | None
    group: int


class _AllOrNothing(Interruption):
    """Ctrl-C gives up the training of all members: an ensemble of untrained ones is no use."""

    def interrupt(self):
        """End the training of all members without a result."""
        self.give_up()


def outputs_of(network, X):
    """Return what a member predicts: probabilities, or numbers."""
    return (getattr(network, "predict_proba", None) or network.predict)(X)


def _train(job, n_threads, interruption):
    """Train a member; return None if it is left out, or its weights do not stay finite."""
    interruption.check()
    if job.is_left_out is not None and job.is_left_out():
        return None
    data, validation, leaves = job.data.load(), job.validation, None
    if job.leaves is not None:
        leaves = job.leaves.fit(*data, job.training)
        data = data._replace(X=leaves.insert(data.X))
        validation = validation and validation._replace(X=leaves.insert(validation.X))
    validation = validation if job.held_out is None else data.take(job.held_out)
    network, given = job.network, NOT_GIVEN if validation is None else Given(*validation)
    # A member keeps its best epoch: that it has made all of them is as it should be.
    with without(ConvergenceWarning):
        # As its `fit`, but that Ctrl-C, which arrives in another thread, ends it.
        work = network._prepare(*data, given, rows=job.training)
        listener = CycleEnds(network.max_iter) if job.listen is None else job.listen(job, leaves)
        if job.name is not None:
            listener = Printed(listener, job.name)
        result = work.train(listener=listener, interruption=interruption)
        try:
            work.conclude(result)
        except ValueError as error:
            if str(error) == NOT_FINITE:
                return None
            raise
    vars(network).pop("_optimizer", None)  # which is twice as large as the network
    network.n_threads = n_threads  # for predictions, which members make one after the other
    predictions = None if job.held_out is None else outputs_of(network, validation.X)
    return Member(network, job.way, job.held_out, predictions, leaves, job.group)


def train_members(jobs, n_threads):
    """Train the members of an ensemble side by side.

    Each has a core; what there is beyond one for each is divided among them. The result is the same
    for any number of threads.

    Parameters
    ----------
    jobs : list of Job
    n_threads : int or None
        None for as many as may be used.

    Returns
    -------
    members : list of Member
        Without those that are left out, and those whose weights are not finite.

    Raises
    ------
    ValueError
        If that is none.
    KeyboardInterrupt
        After Ctrl-C.
    """
    n_available, interruption = n_threads or available_threads(), _AllOrNothing()
    for job in jobs:
        job.network.n_threads = max(1, n_available // len(jobs))
    calls = [functools.partial(_train, job, n_threads, interruption) for job in jobs]
    try:
        with signals.deferred():
            members, _ = in_threads(calls, min(n_available, len(jobs)), interruption)
        interruption.check()
    except GivenUp:
        raise KeyboardInterrupt from None
    members = [member for member in members if member is not None]
    if {job.group for job in jobs} != {member.group for member in members}:
        raise ValueError(
            "The weights of all members have become infinite or NaN. Look for extreme values in y "
            "and sample_weight."
        )
    return members


def rows_of_trial(job, n_rows, random_state, is_classification):
    """Return a job with no more rows than a trial needs, drawn at random; None if they are no use.

    Rows of classes that are not among those to train on are left out of the others.

    Parameters
    ----------
    job : Job
    n_rows : int
        Of the table.
    random_state : RandomState
    is_classification : bool

    Returns
    -------
    job : Job or None
    """
    most, most_validation = automatic.ROWS_OF_TRIAL, automatic.VALIDATION_ROWS_OF_TRIAL
    training = np.arange(n_rows) if job.training is None else job.training
    training = np.sort(random_state.permutation(training)[:most])
    data = job.data.load()
    if job.held_out is None:
        rows = np.sort(random_state.permutation(len(job.validation.y))[:most_validation])
        validation = job.validation.take(rows)
    else:
        validation = data.take(np.sort(random_state.permutation(job.held_out)[:most_validation]))
    data = data.take(training)
    if is_classification:
        validation = validation.take(np.flatnonzero(np.isin(validation.y, data.y)))
    for part in (data, validation):
        if not len(part.y) or (part.weights is not None and not np.any(part.weights > 0)):
            return None
    return job._replace(data=data, training=None, held_out=None, validation=validation)
