"""Training runs that are not one compiled loop: what they count, and how their epochs end."""

import numpy as np

from skdeep.engines import training_position as at
from skdeep.formulas import stopping
from skdeep.formulas.schedules import STEPWISE


class PythonRun:
    """A `TrainingRun` whose epochs Python takes apart, with the end of an epoch as compiled loops.

    Classes of it define `advance` and `validation`.

    Parameters
    ----------
    layout : Layout
    vector : array of shape (n_parameters,)
        Copied.
    states : array of shape (n_states, n_parameters)
        Copied.
    course : Course

    Attributes
    ----------
    plan, numbers, operations, pace
        As of `skdeep.engines.interface.TrainingRun`.
    """

    pace = None

    def __init__(self, layout, vector, states, course):
        self.layout, self.course = layout, course
        self._vector, self._states = vector.copy(), states.copy()
        self.plan = np.zeros(at.PLAN_KEPT, dtype=np.int64)
        self.numbers = np.zeros(at.NUMBERS_KEPT)
        self.numbers[at.PARAMETERS : at.PARAMETERS + len(course.parameters)] = course.parameters
        self.numbers[at.BEST] = np.inf
        self.operations = 6.0 * layout.n_parameters * course.batch_size
        self._records, self._steps, self._n_epochs, self._n_rows = [], None, 0, 0
        self._validator = None

    @property
    def n_batches(self):
        """Batches of an epoch."""
        return stopping.n_batches(self._n_rows, self.course.batch_size)

    def set_epochs(self, order, n_rows, n_epochs, steps=None):
        """Set the epochs that come next; orders are drawn where the rows are."""
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

    def _steps_of_epoch(self):
        """Return the steps of the present epoch, where schedules give them, else None."""
        if self._steps is None:
            return None
        count, epoch = len(self._steps) // self._n_epochs, int(self.plan[at.EPOCH])
        return self._steps[epoch * count : (epoch + 1) * count]

    def _step_of(self, update):
        """Return the learning rate and the rule's parameters of an update, numbered from 0."""
        parameters = self.numbers[at.PARAMETERS : at.BEST]
        if self._steps is None:
            return float(self.numbers[at.RATE]), tuple(parameters)
        step = self._steps[update - int(self.plan[at.FIRST_UPDATE])]
        rate = stopping.rate_of_update(float(step[0]), float(self.numbers[at.RATE]))
        return rate, (*step[1:], *parameters[len(step) - 1 :])
