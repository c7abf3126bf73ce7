"""Training runs of stochastic solvers on the workers of a cluster."""

import functools

import numpy as np

from skdeep.dask.partitions.shard_holder import EpochTask
from skdeep.dask.updates.parameter_step import ParameterStep, Penalty
from skdeep.engines import training_position as at
from skdeep.engines.interface import ValidationOutcome
from skdeep.formulas import stopping
from skdeep.formulas.schedules import STEPWISE


class DistributedRun:
    """What both ways of distributing updates have in common: a `TrainingRun`.

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

    Attributes
    ----------
    plan, numbers, operations, pace
        As of `skdeep.engines.interface.TrainingRun`.
    """

    pace = None

    def __init__(self, layout, vector, states, data, objective, course, spec, regularisation):
        self.layout, self.course, self._team = layout, course, data.team
        self._vector, self._states = vector.copy(), states.copy()
        self._objective = objective
        self.plan = np.zeros(at.PLAN_KEPT, dtype=np.int64)
        self.numbers = np.zeros(at.NUMBERS_KEPT)
        self.numbers[at.PARAMETERS : at.PARAMETERS + len(course.parameters)] = course.parameters
        self.numbers[at.BEST] = np.inf
        self.operations = 6.0 * layout.n_parameters * course.batch_size
        self._records, self._steps, self._n_epochs, self._n_rows = [], None, 0, 0
        self._validator = None
        spec = spec._replace(layout=layout, objective=objective, dtype=vector.dtype)
        self.spec = spec._replace(regularisation=regularisation, held_out=data.team.held_out)
        self._team.begin(self.spec)

    @property
    def n_batches(self):
        """Batches of an epoch."""
        return stopping.n_batches(self._n_rows, self.course.batch_size)

    def set_epochs(self, order, n_rows, n_epochs, steps=None):
        """Set the epochs that come next; workers draw the orders themselves."""
        self._n_rows, self._n_epochs, self._steps = n_rows, n_epochs, steps
        self._records = []
        self.plan[at.EPOCH], self.plan[at.FIRST_UPDATE] = 0, self.plan[at.UPDATE]

    def history(self):
        """Return what is recorded of every epoch done of those set."""
        if not self._records:
            return np.zeros((0, at.RECORD + self.layout.table.shape[0] * self.course.watch_layers))
        return np.array(self._records)

    def parameters(self, vector=None):
        """Return the current parameters, in `vector` or a new array."""
        if vector is None:
            return self._vector.copy()
        vector[:] = self._vector
        return vector

    def states(self):
        """Return the rule's states."""
        return self._states.copy()

    def directions(self):
        """Return None: there is no weight normalisation."""

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

    def _end_epoch(self, loss, norm, layer_norms):
        """Close an epoch as compiled training does: progress, learning rate, stopping."""
        plan, numbers, course = self.plan, self.numbers, self.course
        plan[at.SEEN] += self._n_rows
        stalled = False
        if course.watch_loss:
            count = int(plan[at.STALLED])
            count = stopping.epochs_without_progress(count, loss, numbers[at.BEST], course.tol)
            plan[at.STALLED], stalled = count, stopping.has_stalled(count, course.patience)
            numbers[at.BEST] = stopping.best_loss(loss, numbers[at.BEST])
        schedule = STEPWISE[course.schedule]
        before = float(numbers[at.RATE]), course.initial_rate, float(plan[at.SEEN])
        formulas = schedule.epoch_end, schedule.plateau
        rate, ends = stopping.rate_after_epoch(
            *formulas, before, stalled, (*course.schedule_parameters, 0.0, 0.0)
        )
        numbers[at.RATE] = rate
        if stalled:
            if ends:
                plan[at.STOPPED] = stopping.BY_CHANGE
            else:
                plan[at.STALLED] = 0
        limits = course.tol_objective, course.tol_gradient
        plan[at.STOPPED] = stopping.reason_to_stop(int(plan[at.STOPPED]), loss, norm, *limits)
        self._records.append([loss, rate, norm, *layer_norms])
        plan[at.EPOCH] += 1

    def _step_of(self, update):
        """Return the learning rate and the rule's parameters of an update, numbered from 0."""
        parameters = self.numbers[at.PARAMETERS : at.BEST]
        if self._steps is None:
            return float(self.numbers[at.RATE]), tuple(parameters)
        step = self._steps[update - int(self.plan[at.FIRST_UPDATE])]
        rate = stopping.rate_of_update(float(step[0]), float(self.numbers[at.RATE]))
        return rate, (*step[1:], *parameters[len(step) - 1 :])


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
        update, steps = int(self.plan[at.UPDATE]), self._steps
        if steps is not None:
            of_epoch, epoch = len(steps) // self._n_epochs, int(self.plan[at.EPOCH])
            steps = steps[epoch * of_epoch : (epoch + 1) * of_epoch]
        never = {"tol_objective": -np.inf, "schedule": "constant", "schedule_parameters": ()}
        course = self.course._replace(batch_size=self._batch_size, watch_loss=False, **never)
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
