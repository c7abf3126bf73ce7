"""Training by a stochastic solver: the compiled loop over epochs, entered for some batches."""

import numpy as np

from skdeep.engines.cpu.compiling.loops import address
from skdeep.engines.cpu.compiling.tasks import argument, replace
from skdeep.engines.cpu.kernels.train import schedule_loop, train
from skdeep.engines.cpu.memory.fields import NUMBERS_AT, PLAN_AT
from skdeep.engines.cpu.memory.parameters import PackedStates, pack, unpack
from skdeep.engines.cpu.memory.task import NO_ORDER, make_task, read_only, replace_data
from skdeep.engines.cpu.memory.weight_norm_directions import (
    get_directions,
    put_directions,
    with_weights_used,
)
from skdeep.engines.cpu.parameters.step_loops import prepare_loop, rule_loop
from skdeep.engines.cpu.planning.plan import plan_training
from skdeep.engines.cpu.runs.objective import put, set_objective, set_regularisation
from skdeep.engines.cpu.runs.prediction import predict
from skdeep.engines.cpu.runs.shapes import n_members, shape_of
from skdeep.engines.cpu.runs.validation import loss_of_outputs
from skdeep.engines.cpu.threads import team
from skdeep.engines.interface import ValidationOutcome
from skdeep.engines.regularisation import PLAIN
from skdeep.engines.training_position import RATE, RECORD, RULE_PARAMETERS
from skdeep.formulas.optimizers import REGISTRY as RULES
from skdeep.formulas.schedules import STEPWISE


class Training:
    """A stochastic training run, which enters the compiled loop for some batches at a time.

    Parameters
    ----------
    layout : Layout
        Of the network.
    vector : array of shape (n_parameters,)
        Its parameters; copied.
    states : array of shape (n_states, n_parameters)
        The rule's states; copied.
    data : Data
    objective : Objective
    course : Course
    gather : bool
        Whether rows come in another order than that of the data.
    n_threads : int or None
    regularisation : Regularisation, default=PLAIN
    directions : Directions or None, default=None
        Of weight normalisation, where an earlier run has reached some.

    Attributes
    ----------
    plan, numbers : arrays
        Where training is, at the places that `skdeep.engines.cpu.memory.fields` names.
    operations : float
        Floating-point operations of one batch.
    pace : None
        The time that calls take is enough to tell how much to do in the next one.
    """

    pace = None

    def __init__(
        self,
        layout,
        vector,
        states,
        data,
        objective,
        course,
        *,
        gather,
        n_threads,
        regularisation=PLAIN,
        directions=None,
    ):
        self.layout, self._n_threads, self._objective = layout, n_threads, objective
        self._validation_data = None
        form = course.batch_size, gather, regularisation, vector.dtype
        shape = shape_of(data.X, *form)
        plan = plan_training(layout, shape, len(states), n_members(n_threads))
        self._plan, self.operations = plan, plan.work
        by_columns = plan.integers[PLAN_AT.by_tiles] == 1
        batch_rows = course.batch_size if by_columns else None
        self._task = make_task(plan, data, batch_rows, settings=layout.settings)
        if regularisation.weight_norm:
            put_directions(self._plan, layout, vector, self._task, directions)
        else:
            pack(self._plan, layout, vector, self._task.memory)
        if states.any():
            self.states().put(states)
        set_objective(self._task, objective)
        set_regularisation(self._task, self._plan, layout, regularisation)
        self._set_course(course)
        self.plan[PLAN_AT.gathers] = gather or shape.gather
        team.prepare(train, (argument(self._task), 0))

    @property
    def plan(self):
        """Where training is, as an array of integers."""
        return self._plan.integers

    @property
    def numbers(self):
        """Where training is, as an array of numbers."""
        return self._task.numbers

    @property
    def task(self):
        """The arrays of the run."""
        return self._task

    @property
    def cut(self):
        """The `Plan` of the run: how its work is cut, and where its parameters are."""
        return self._plan

    def _set_course(self, course):
        rule = RULES[course.rule]
        plan, numbers = self.plan, self.numbers
        plan[PLAN_AT.optimizer] = address(rule_loop, rule, self._task.memory.dtype)
        plan[PLAN_AT.optimizer_prepare] = address(prepare_loop, rule, np.float64)
        plan[PLAN_AT.schedule] = address(schedule_loop, STEPWISE[course.schedule], np.float64)
        plan[PLAN_AT.updates] = 1
        plan[PLAN_AT.batch_size], plan[PLAN_AT.watch_loss] = course.batch_size, course.watch_loss
        plan[PLAN_AT.watch_gradient] = course.tol_gradient > 0 or course.watch_layers
        numbers[NUMBERS_AT.tol], numbers[NUMBERS_AT.patience] = course.tol, course.patience
        numbers[NUMBERS_AT.tol_gradient] = course.tol_gradient
        numbers[NUMBERS_AT.tol_objective] = course.tol_objective
        numbers[NUMBERS_AT.initial_rate], numbers[NUMBERS_AT.decay] = (
            course.initial_rate,
            course.decay,
        )
        n_recorded = len(self._plan.operations) if course.watch_layers else 0
        plan[PLAN_AT.record_size] = RECORD + n_recorded
        put(self.numbers, NUMBERS_AT.schedule_parameter_0, course.schedule_parameters)
        put(self.numbers, NUMBERS_AT.parameter_0, course.parameters)

    def set_epochs(self, order, n_rows, n_epochs, steps=None):
        """Set the epochs that come next.

        Parameters
        ----------
        order : array of int64 of shape (n_orders * n_rows,) or None
            Row numbers, epoch after epoch, or for all epochs alike; None for the order of the data.
        n_rows, n_epochs : int
        steps : array of float64 of shape (n_updates, 1 + n_rule_parameters), default=None
            The learning rate and the rule's parameters of every update in these epochs; None for
            those set for all of them.
        """
        plan = self.plan
        if order is None and plan[PLAN_AT.gathers] == 1:
            order = np.arange(n_rows)
        alike = order is None or len(order) == n_rows
        plan[PLAN_AT.n_rows], plan[PLAN_AT.n_epochs] = n_rows, n_epochs
        plan[PLAN_AT.order_step] = 0 if alike else n_rows
        plan[PLAN_AT.epoch], plan[PLAN_AT.first_update] = 0, plan[PLAN_AT.update]
        kept = self._plan.numbers_size
        end = kept + plan[PLAN_AT.record_size] * n_epochs
        # A rule reads as many parameters as the most that there are.
        numbers = np.zeros(end + (0 if steps is None else steps.size + RULE_PARAMETERS))
        numbers[:kept] = self.numbers[:kept]
        plan[PLAN_AT.steps], plan[PLAN_AT.steps_step] = RATE, 0
        if steps is not None:
            plan[PLAN_AT.steps], plan[PLAN_AT.steps_step] = end, steps.shape[1]
            put(numbers, end, steps.reshape(-1))
        order = NO_ORDER if order is None else read_only(order, np.int64)
        self._task = replace(self._task, numbers=numbers, order=order)

    def set_data(self, data):
        """Set other rows, as many as before and like them, for the epochs that come next."""
        plan = self.plan
        batch_rows = plan[PLAN_AT.batch_size] if plan[PLAN_AT.by_tiles] == 1 else None
        self._task = replace_data(self._task, data, batch_rows)

    def validate_on(self, data, needs_outputs):
        """Set the validation set of `validation`, whose outputs are there in any case."""
        self._validation_data = data

    def validation(self, parameters):
        """Validate the network after the epochs set, by the rows of `validate_on`.

        Parameters
        ----------
        parameters : callable
            ``parameters()`` returns the current parameters.

        Returns
        -------
        outcome : ValidationOutcome
        """
        data = self._validation_data
        outputs = predict(self.layout, parameters(), data.X, n_threads=self._n_threads)
        return ValidationOutcome(outputs, loss_of_outputs(outputs, data, self._objective))

    def advance(self, max_batches, meanwhile=None):
        """Train for some batches of the epochs set.

        Parameters
        ----------
        max_batches : int
        meanwhile : callable or None, default=None
            Called afterwards: processors have no time for it while they train.
        """
        team.run(train, (argument(self._task), max_batches), self._plan.members, self.plan)
        if meanwhile is not None:
            meanwhile()

    def history(self):
        """Return what is recorded of every epoch done of those set: `RECORD_SIZE` numbers."""
        start, size = self._plan.numbers_size, self.plan[PLAN_AT.record_size]
        return self.numbers[start : start + size * self.plan[PLAN_AT.epoch]].reshape(-1, size)

    def parameters(self, vector=None):
        """Return the current parameters in the network's arrangement, in `vector` or a new one."""
        by_directions = self.plan[PLAN_AT.by_directions] == 1
        plan = with_weights_used(self._plan) if by_directions else self._plan
        return unpack(plan, self.layout, self._task.memory, vector)

    def directions(self):
        """Return the current directions and gains of weight normalisation, or None without."""
        if self.plan[PLAN_AT.by_directions] == 0:
            return None
        return get_directions(self._plan, self.layout, self._task)

    def states(self):
        """Return the rule's states, which as an array have the shape (n_states, n_parameters)."""
        return PackedStates(self._plan, self.layout, self._task.states)
