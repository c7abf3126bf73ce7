"""Training runs of stochastic solvers on the workers of a cluster."""

import functools

import numpy as np

from skdeep.dask.partitions.shard_holder import EpochTask
from skdeep.dask.updates.parameter_step import ParameterStep, Penalty
from skdeep.engines import training_position as at
from skdeep.engines.interface import ValidationOutcome
from skdeep.formulas import stopping
from skdeep.training.stochastic.python_run import PythonRun
from skdeep.training.stochastic.through_chunks import without_stopping


class DistributedRun(PythonRun):
    """What both ways of distributing updates have in common.

    Parameters
    ----------
    layout : Layout
    vector : array of shape (n_parameters,)
    states : array of shape (n_states, n_parameters)
    data : RemoteData
    objective : Objective
    course : Course
    spec : Spec
        Without what the network says.
    regularisation : Regularisation
    """

    def __init__(self, layout, vector, states, data, objective, course, spec, regularisation):
        super().__init__(layout, vector, states, course)
        self._team, self._objective = data.team, objective
        spec = spec._replace(layout=layout, objective=objective, dtype=vector.dtype)
        self.spec = spec._replace(regularisation=regularisation, held_out=data.team.held_out)
        self._team.begin(self.spec)

    def validate_on(self, data, needs_outputs):
        """Set the validation set of `validation`, which workers have.

        Parameters
        ----------
        data : RemoteValidation
        needs_outputs : bool
        """
        self._validator = data
        data.begin(self.spec)

    def validation(self, parameters):
        """Validate the network after the epochs set.

        Parameters
        ----------
        parameters : callable
            ``parameters()`` returns the current parameters.

        Returns
        -------
        outcome : ValidationOutcome
            Whose outputs are the sums that the score is computed from.
        """
        loss, sums = self._validator.outcome(parameters())
        return ValidationOutcome(sums, loss)


class GradientRun(DistributedRun):
    """Every update uses the gradients of all workers' shares of a mini-batch."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        dtype = self._vector.dtype
        self._penalty = Penalty(self.layout, self._objective, dtype)
        form = self.layout, self.course, self.spec.regularisation, dtype
        self._step = ParameterStep(*form)
        self._sums = self._new_sums()

    def advance(self, max_batches, meanwhile=None):
        """Train for some batches of the epochs set.

        Parameters
        ----------
        max_batches : int
        meanwhile : callable or None, default=None
        """
        for _ in range(max_batches):
            if self.plan[at.EPOCH] >= self._n_epochs or self.plan[at.STOPPED]:
                break
            self._train_batch()
        if meanwhile is not None:
            meanwhile()

    def _new_sums(self):
        n_layers = self.layout.table.shape[0] if self.course.watch_layers else 0
        return 0.0, 0.0, np.zeros(n_layers)

    def _train_batch(self):
        """Do one update, and end the epoch with its last."""
        plan, n_batches = self.plan, self.n_batches
        batch, update = int(plan[at.ROW]), int(plan[at.UPDATE])
        loss, weight, gradient, count = self._gradient(update, batch, n_batches)
        loss = stopping.loss_of_rows(loss, self._penalty.value(self._vector), weight, count)
        self._penalty.add_gradient(self._vector, gradient)
        rate, parameters = self._step_of(update)
        self.numbers[at.RATE] = rate
        step = rate, update + 1, parameters
        norms = self._step(self._vector, self._states, gradient, weight, step)
        found = loss, *norms
        self._sums = tuple(a + b for a, b in zip(self._sums, found, strict=True))
        plan[at.UPDATE], plan[at.ROW] = update + 1, batch + 1
        if batch + 1 == n_batches:
            plan[at.ROW] = 0
            total, norm, layers = self._sums
            self._sums = self._new_sums()
            self._end_epoch(total / self._n_rows, norm / n_batches, layers / n_batches)

    def _gradient(self, update, batch, n_batches):
        """Return the sums over a mini-batch, and how many rows it has."""
        if n_batches == 1 and not self.spec.regularisation.is_random:
            return *self._team.call("sums", self._vector), self._n_rows
        # Workers draw an order for every epoch since the first fit.
        epoch = (update - batch) // n_batches
        return self._team.call("share", self._vector, epoch, update, batch, n_batches)


class LocalEpochsRun(DistributedRun):
    """Workers train on their own rows for an epoch; then networks and states are averaged.

    S. U. Stich, "Local SGD converges fast and communicates little", ICLR 2019.

    Parameters
    ----------
    *arguments : objects
        As of `DistributedRun`.
    batch_size : int
        Of a worker.
    """

    def __init__(self, *arguments, batch_size):
        super().__init__(*arguments)
        self._batch_size = batch_size
        self._updates = self._team.n_batches(batch_size)

    def advance(self, max_batches, meanwhile=None):
        """Train for an epoch.

        Parameters
        ----------
        max_batches : int
            Is not looked at.
        meanwhile : callable or None, default=None
        """
        update, steps = int(self.plan[at.UPDATE]), self._steps_of_epoch()
        course = without_stopping(self.course._replace(batch_size=self._batch_size))
        number = update // self._updates
        rate = float(self.numbers[at.RATE])
        task = EpochTask(number, course, rate, update, steps, self._team.shares)
        found = self._team.call("train_epoch", self._vector, self._states, task)
        self._vector, self._states, loss, norm, layers = found
        self.plan[at.UPDATE] = update + self._updates
        if steps is not None:
            self.numbers[at.RATE] = stopping.rate_of_update(float(steps[-1, 0]), rate)
        self._end_epoch(loss, norm, layers)
        if meanwhile is not None:
            meanwhile()


class DistributedObjective:
    """The objective over the rows of all workers: a `FullBatchObjective`.

    Parameters
    ----------
    layout : Layout
    data : RemoteData
    objective : Objective
    spec : Spec
        Without what the network says.
    regularisation : Regularisation
    """

    def __init__(self, layout, data, objective, spec, regularisation):
        self.layout, self._team = layout, data.team
        self._penalty = Penalty(layout, objective, data.X.dtype)
        regularisation = regularisation._replace(clip_norm=0.0, max_norm=0.0)
        self._masks = regularisation.masks
        spec = spec._replace(layout=layout, objective=objective, dtype=data.X.dtype)
        self._team.begin(spec._replace(regularisation=regularisation))

    def __call__(self, vector):
        """Return the objective and its gradient, by a tree reduction over all partitions.

        Parameters
        ----------
        vector : array of shape (n_parameters,)

        Returns
        -------
        value : float
        gradient : array of shape (n_parameters,)
        """
        loss, weight, gradient = self._team.call("sums", np.ascontiguousarray(vector))
        self._penalty.add_gradient(vector, gradient)
        if self._masks is not None:
            gradient *= self._masks
        return (loss + self._penalty.value(vector)) / weight, gradient / weight

    def settled(self, vector):
        """Return the parameters as they are: there are no running statistics."""
        return vector


def make_run(way, batch_size):
    """Return what makes a training run.

    Parameters
    ----------
    way : {"update", "epoch"}
    batch_size : int
        Of a worker, for "epoch".

    Returns
    -------
    make : callable
    """
    if way == "update":
        return GradientRun
    return functools.partial(LocalEpochsRun, batch_size=batch_size)
