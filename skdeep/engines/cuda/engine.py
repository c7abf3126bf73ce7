"""Stochastic training on a GPU."""

import contextlib
import functools
import time
import weakref

import numpy as np
from scipy.sparse import issparse

from skdeep.engines.cuda.hardware.devices import feature_bytes
from skdeep.engines.cuda.kernels.compiled import kernels_for
from skdeep.engines.cuda.launching.dispatcher import MOST_SECONDS_PER_LAUNCH, SECONDS_PER_LAUNCH
from skdeep.engines.cuda.launching.grid import Grid
from skdeep.engines.cuda.launching.launch import compile_training, is_in_shared_memory
from skdeep.engines.cuda.launching.pace import Pace
from skdeep.engines.cuda.launching.ways import is_for_graph, is_for_grid
from skdeep.engines.cuda.memory import structures as at
from skdeep.engines.cuda.memory.admission import Ticket
from skdeep.engines.cuda.memory.model import MOST_ROWS, Model, fixed_bytes
from skdeep.engines.cuda.memory.plan import Shape, make_plan
from skdeep.engines.cuda.memory.streaming import Chunks, Place, Rows
from skdeep.engines.cuda.memory.structures import LayerRecord, NumberRecord
from skdeep.engines.cuda.runs.full_batch import FullBatch
from skdeep.engines.cuda.runs.prediction import predict
from skdeep.engines.cuda.runs.run_setup import (
    GRID_STEP,
    data_bytes,
    formulas_of,
    given_up_by,
    set_objective,
)
from skdeep.engines.cuda.runs.validation import make_validator, mean_loss, validate
from skdeep.engines.directions import Directions, norms_of_units
from skdeep.engines.regularisation import PLAIN
from skdeep.engines.training_position import (
    PARAMETERS,
    RECORD,
    RULE_PARAMETERS,
)

__all__ = ["FullBatch", "Training", "mean_loss", "predict"]

#: Work of a mini-batch, in floating-point operations, above which a whole grid shares it where the
#: fit is alone. On an H100, steps of 9e6 operations take a block 158 us, and a grid less than half.
MOST_OPERATIONS_OF_A_BLOCK = 5e6
#: By how much that is more where every epoch is validated: a block does that in its launch, and
#: beside a grid the host predicts, for some milliseconds.
FACTOR_OF_VALIDATION = 10
#: Work of a mini-batch up to which the steps of a grid are launched as a graph: a tenth of a
#: millisecond or two with our own products, as long as the host takes to launch a step's phases.
MOST_OPERATIONS_OF_A_GRAPH = 1e9
#: Operations that a block and a grid do in a second, before that is measured: cautious guesses.
GUESSED_RATES = {False: 5e10, True: 1e12}


def _seconds_of_grid(most=False):
    """Return how long a grid is to train in a call, or may at most."""
    return MOST_SECONDS_PER_LAUNCH if most else SECONDS_PER_LAUNCH


def _check_rows(X):
    if X.shape[0] > MOST_ROWS:
        raise ValueError(
            f"X has {X.shape[0]} samples, but a fit on a GPU takes at most {MOST_ROWS}: use "
            "partial_fit, or device='cpu'."
        )


class Training:
    """A stochastic training run on a GPU, with the interface of that on processors.

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
    device : Device
    regularisation : Regularisation, default=PLAIN
    directions : Directions or None, default=None

    Attributes
    ----------
    plan, numbers : arrays
        Where training is, at the places that `skdeep.engines.training_position` names.
    operations : float
        Floating-point operations of one batch.
    pace : Pace
        How many batches a launch is to train.
    """

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
        device,
        regularisation=PLAIN,
        directions=None,
    ):
        _check_rows(data.X)
        self.layout, self.n_states, self.device = layout, len(states), device
        self._objective, self._validation_set = objective, None
        self.operations = 6.0 * layout.n_weights * course.batch_size
        ending = contextlib.ExitStack()
        self._end = weakref.finalize(self, ending.close)
        device.crowd.enter()
        ending.callback(device.crowd.leave)
        with given_up_by(self._end), device.active():
            self._prepare(data, objective, course, regularisation, ending)
            self._put_parameters(vector, states, directions)
        self.pace = self._make_pace()

    def _prepare(self, data, objective, course, regularisation, ending):
        """Plan the model, and take its memory; `ending` gives back what is taken."""
        layout, device = self.layout, self.device
        most = MOST_OPERATIONS_OF_A_BLOCK * (FACTOR_OF_VALIDATION if course.validated else 1)
        by_grid = is_for_grid(self.operations, most, device.crowd, device.processors)
        shape = Shape(
            course.batch_size,
            self.n_states,
            device.grid_lanes if by_grid else device.threads,
            GRID_STEP if by_grid else 0,
            not issparse(data.X),
            False,
            True,
            regularisation,
        )
        self._plan = plan = make_plan(layout, shape)
        formulas = formulas_of(layout, data.X, objective, regularisation, course)
        self.kernels = kernels_for(formulas)
        self.plan, self._record = plan.integers, plan.record
        self.numbers = np.zeros(at.NUMBERS_SIZE + len(plan.layers))
        set_objective(plan, layout, objective, self.numbers)
        self._set_course(course, regularisation)
        self._record.weighted = data.weights is not None
        self._order, self._given_order, self._order_there = np.empty(0, np.int32), None, None
        self._ticket = Ticket()
        fixed = fixed_bytes(plan, data.X.dtype, data.X.shape[0])
        with device.admission.room_for(self._ticket, fixed, data_bytes(data)) as granted:
            self.model = Model(device.pool, plan, data.X, {})
            ending.callback(self.model.free)
            if not by_grid:
                self._place_at_dispatcher = place = contextlib.ExitStack()
                ending.push(place)
                device.dispatcher.enter(formulas)
                place.callback(device.dispatcher.leave, formulas)
            self._rows = self._make_rows(data, granted)
            self._record.data_rows = self._rows.n_data_rows
            if regularisation.masks is not None:
                self.model.put("store", regularisation.masks, int(self._record.masks))
            by_graph = is_for_graph(self.operations, MOST_OPERATIONS_OF_A_GRAPH)
            self._grid = None
            if by_grid:
                self._grid = Grid(device, self.kernels, self.model, plan, by_graph)

    def _make_pace(self):
        dispatcher, formulas = self.device.dispatcher, self.kernels.formulas
        by_grid = self._grid is not None
        seconds = functools.partial(dispatcher.seconds_per_model, formulas)
        return Pace(
            dispatcher.rates,
            (formulas, by_grid),
            self.operations,
            GUESSED_RATES[by_grid],
            _seconds_of_grid if by_grid else seconds,
        )

    def _set_course(self, course, regularisation):
        plan, constants = self._record, self._plan.constants
        watched = course.tol_gradient > 0 or course.watch_layers
        plan.batch_size = course.batch_size
        plan.watch_loss = course.watch_loss
        plan.watched = watched or regularisation.clip_norm > 0
        plan.limited = regularisation.max_norm > 0
        plan.in_two = plan.watched | plan.limited | plan.by_directions
        plan.norms = at.NUMBERS_SIZE
        plan.record_size = RECORD + (len(self._plan.layers) if course.watch_layers else 0)
        numbers = NumberRecord(self.numbers)
        numbers.clip_norm, numbers.initial_rate = regularisation.clip_norm, course.initial_rate
        numbers.tol, numbers.patience = course.tol, course.patience
        numbers.tol_gradient, numbers.tol_objective = course.tol_gradient, course.tol_objective
        first_of_schedule = at.NUMBER_FIELDS.names.index("schedule_parameter_0")
        _put(self.numbers, first_of_schedule, course.schedule_parameters)
        _put(self.numbers, PARAMETERS, course.parameters)
        constants[at.DECAY], constants[at.MAX_NORM] = course.decay, regularisation.max_norm
        constants[at.HEAD_WEIGHT] = regularisation.head_weight

    def _put_parameters(self, vector, states, directions):
        """Copy parameters, gains, constants and states to the device."""
        plan, n = self._plan, self.layout.n_parameters
        begin = np.zeros(int(self._record.constants) + len(plan.constants), vector.dtype)
        begin[:n] = vector
        begin[self._record.constants :] = plan.constants
        if plan.used:
            begin[plan.used : plan.used + n] = vector
        own = np.zeros((self.n_states, plan.step), vector.dtype)
        own[:, :n] = states
        if self._record.by_directions == 1:
            gains, n_units = norms_of_units(self.layout, vector), self._n_units()
            if directions is not None and np.array_equal(directions.weights, vector):
                gains, begin[:n] = directions.gains, directions.vector
                own[:, n : n + n_units] = directions.states
            begin[n : n + n_units] = gains
        self.model.put("memory", begin)
        self.model.put("store", own, int(self._record.states))

    def set_epochs(self, order, n_rows, n_epochs, steps=None):
        """Set the epochs that come next.

        Parameters
        ----------
        order : array of int of shape (n_orders * n_rows,) or None
            Row numbers, epoch after epoch, or for all epochs alike; None for the order of the data.
        n_rows, n_epochs : int
        steps : array of float64 of shape (n_updates, 1 + n_rule_parameters), default=None
            The learning rate and the rule's parameters of every update in these epochs; None for
            those set for all of them.
        """
        plan = self._record
        self._rows.forget()
        alike = order is None or len(order) == n_rows
        plan.n_rows, plan.n_epochs = n_rows, n_epochs
        plan.order_step = 0 if alike else n_rows
        plan.epoch, plan.first_update = 0, plan.update
        kept = at.NUMBERS_SIZE + len(self._plan.layers)
        plan.history, end = kept, kept + int(plan.record_size) * n_epochs
        # A rule reads as many parameters as the most that there are.
        numbers = np.zeros(end + (0 if steps is None else steps.size + RULE_PARAMETERS))
        numbers[:kept] = self.numbers[:kept]
        plan.steps, plan.steps_step = 0, 0
        if steps is not None:
            plan.steps, plan.steps_step = end, steps.shape[1]
            _put(numbers, end, steps.reshape(-1))
        self.numbers = numbers
        if order is not self._given_order:
            given = np.empty(0) if order is None else order
            self._given_order, self._order = order, np.ascontiguousarray(given, dtype=np.int32)

    def validate_on(self, data, needs_outputs):
        """Set the validation set of `validation`.

        The last launch of every epoch validates, too: but not that of a grid, or without enough
        memory.

        Parameters
        ----------
        data : Data
        needs_outputs : bool
            Whether the outputs are wanted beside the loss.
        """
        self._validation_set = data, self._objective, needs_outputs
        if self._grid is not None or issparse(data.X) != self.kernels.formulas.sparse:
            return
        with given_up_by(self._end), self.device.active():
            arguments = *self._validation_set, self._ticket
            validator = make_validator(self.device, self.layout, *arguments)
        if validator is None:
            return
        self.model.validator, dispatcher = validator, self.device.dispatcher
        formulas = self.kernels.formulas._replace(validated=True)
        self._place_at_dispatcher.close()
        dispatcher.enter(formulas)
        self._place_at_dispatcher.callback(dispatcher.leave, formulas)
        self.kernels = kernels_for(formulas)
        self.pace = self._make_pace()

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
        if self.model.validator is not None:
            return self.model.validator.validation()
        return validate(self.device, self.layout, parameters(), *self._validation_set)

    def set_data(self, data):
        """Set other rows, as many as before and like them, for the epochs that come next."""
        self._rows.set_data(data)

    def _make_rows(self, data, granted):
        """Return the rows, in as much memory as is granted."""
        if granted >= data_bytes(data):
            return Rows(self.model, data)
        batch = int(self._record.batch_size)
        beside = (data_bytes(data) - feature_bytes(data.X)) / data.X.shape[0]
        rows = self.device.rows_at_once(granted, data.X, beside)
        return Chunks(self.model, data, max(1, rows // batch) * batch)

    def advance(self, max_batches, meanwhile=None):
        """Train for some batches of the epochs set.

        Parameters
        ----------
        max_batches : int
            How many; a launch may train to the end of the epoch.
        meanwhile : callable or None, default=None
            What is to be done while the device trains.
        """
        with given_up_by(self._end), self._ticket.at_work(), self.device.active():
            self._advance(max_batches, meanwhile)

    def _advance(self, max_batches, meanwhile):
        plan, batch = self._record, int(self._record.batch_size)
        step, before = int(plan.order_step), int(plan.update)
        place = Place(int(plan.epoch), int(plan.row), int(plan.n_rows), step)
        n_batches = self.pace.at_once(max_batches, -(-(place.n_rows - place.row) // batch))
        there = self._rows.provide(self._order, place, n_batches * batch)
        order, plan.order_step, available = there
        plan.ordered = order.size > 0
        plan.max_batches, plan.nanoseconds = -(-available // batch), 0
        if order.size and order is not self._order_there:
            self.model.set_order(order)
            self._order_there = order
        self.model.set_course(self.plan, self.numbers)
        start = time.perf_counter()
        try:
            self._launch(meanwhile)
        finally:
            self.model.get_course(self.plan, self.numbers)
            plan.order_step = step
        seconds = 1e-9 * int(plan.nanoseconds)
        if self._grid is not None:  # which the host waits for
            seconds = time.perf_counter() - start
        self.pace.learn(int(plan.update) - before, seconds)

    def _batches_ahead(self):
        """Return how many batches a launch will train."""
        plan = self._record
        per_epoch = -(-int(plan.n_rows) // int(plan.batch_size))
        done = int(plan.epoch) * per_epoch + int(plan.row) // int(plan.batch_size)
        return min(int(plan.max_batches), int(plan.n_epochs) * per_epoch - done)

    def _launch(self, meanwhile):
        if self._grid is None:
            compile_training(self.device, self.kernels, self.model)
            dispatcher, seconds = self.device.dispatcher, self.pace.seconds(self._batches_ahead())
            kind = is_in_shared_memory(self.device, self.model)
            dispatcher.run(self.kernels, self.model, seconds, meanwhile, kind)
            return
        self._grid.train(int(self._record.max_batches))
        if meanwhile is not None:
            meanwhile()

    def history(self):
        """Return what is recorded of every epoch done of those set."""
        start, size = int(self._record.history), int(self._record.record_size)
        return self.numbers[start : start + size * int(self._record.epoch)].reshape(-1, size)

    def parameters(self, vector=None):
        """Return the current parameters in the network's arrangement.

        Parameters
        ----------
        vector : array of shape (n_parameters,) or None, default=None
            Where they go.
        """
        plan, n = self._plan, self.layout.n_parameters
        reached = self.model.get("memory", 0, n)
        if vector is None:
            vector = reached
        else:
            vector[:] = reached
        if self._record.by_directions == 1:
            used = self.model.get("memory", plan.used, n)
            for layer in map(LayerRecord, plan.layers):
                weights = slice(layer.weights, layer.weights + layer.fan_in * layer.fan_out)
                vector[weights] = used[weights]
        return vector

    def directions(self):
        """Return the current directions and gains of weight normalisation, or None without."""
        if self._record.by_directions == 0:
            return None
        n, n_units = self.layout.n_parameters, self._n_units()
        states = self._states()[:, n : n + n_units]
        vector, gains = self.model.get("memory", 0, n), self.model.get("memory", n, n_units)
        return Directions(self.parameters(), vector, gains, states)

    def _n_units(self):
        """Return how many units have a gain with weight normalisation."""
        return int(LayerRecord(self._plan.layers.T).fan_out.sum())

    def _states(self):
        step = self._plan.step
        states = self.model.get("store", int(self._record.states), self.n_states * step)
        return states.reshape(self.n_states, step)

    def states(self):
        """Return the rule's states, of shape (n_states, n_parameters)."""
        return self._states()[:, : self.layout.n_parameters].copy()


def _put(numbers, start, values):
    numbers[start : start + len(values)] = values
