"""What training and prediction see of the engine for GPUs."""

import contextlib
import weakref
from typing import NamedTuple

import numpy as np
from scipy.sparse import issparse

from skdeep.engines.cuda import structures as at
from skdeep.engines.cuda.admission import Ticket
from skdeep.engines.cuda.devices import feature_bytes
from skdeep.engines.cuda.formulas import GRADIENT, Formulas
from skdeep.engines.cuda.grid import Grid
from skdeep.engines.cuda.kernels import kernels_for
from skdeep.engines.cuda.launch import launch
from skdeep.engines.cuda.model import Model, fixed_bytes
from skdeep.engines.cuda.plan import ACTIVATIONS_BY_CODE, Shape, make_plan
from skdeep.engines.cuda.streaming import Chunks, Place, Rows, targets_of
from skdeep.engines.directions import Directions, norms_of_units
from skdeep.engines.progress import (
    EPOCH,
    FIRST_UPDATE,
    PARAMETERS,
    RECORD,
    ROW,
    RULE_PARAMETERS,
    UPDATE,
)
from skdeep.engines.regularisation import PLAIN
from skdeep.engines.table import ACTIVATION, FAN_IN, FAN_OUT, SCALES, WEIGHTS
from skdeep.formulas.losses import REGISTRY as LOSSES
from skdeep.formulas.normalisation import BATCH_SHARE

#: Work of a mini-batch, in floating-point operations, above which a whole grid shares it.
MOST_OPERATIONS_OF_A_BLOCK = 5e7
#: A prediction begins with so much memory, and does not wait for fits to end.
BYTES_TO_PREDICT = 1 << 25
#: Rows of outputs begin at multiples of so many elements where a library forms the products.
GRID_STEP = 4


def formulas_of(layout, X, objective, course, regularisation):
    """Return what kernels are compiled for.

    Parameters
    ----------
    layout : Layout
    X : array or CSR matrix
    objective : Objective
    course : Course
    regularisation : Regularisation

    Returns
    -------
    formulas : Formulas
    """
    names = {ACTIVATIONS_BY_CODE[code].name for code in layout.table[:, ACTIVATION]}
    return Formulas(
        tuple(sorted(names)),
        objective.loss,
        course.rule,
        objective.penalty,
        course.schedule,
        issparse(X),
        regularisation.noise > 0,
        np.dtype(X.dtype).name,
    )


def set_objective(plan, layout, objective, integers, numbers):
    """Set what is minimised."""
    loss, output = LOSSES[objective.loss], ACTIVATIONS_BY_CODE[layout.table[-1, ACTIVATION]]
    integers[at.CANONICAL] = output.name in loss.canonical
    integers[at.AVERAGED] = loss.averaged and objective.as_reported
    # With directions in the place of the weights, rules cannot see to the squared norm either.
    own = objective.penalty != "l2" or integers[at.BY_DIRECTIONS] == 1
    integers[at.OWN_PENALTY] = own and objective.alpha > 0
    numbers[at.ALPHA] = objective.alpha
    plan.constants[at.SQUARED_NORM] = 0.0 if own else objective.alpha
    plan.constants[at.STRENGTH] = objective.alpha
    plan.constants[at.PENALTY_PARAMETER] = objective.penalty_parameter
    plan.constants[at.LOSS_PARAMETER] = objective.parameter


def data_bytes(data):
    """Return the memory that features, targets and sample weights take."""
    n_rows, n_targets = data.targets.shape
    n_numbers = n_rows * (n_targets + (data.weights is not None))
    return feature_bytes(data.X) + n_numbers * data.X.dtype.itemsize


def _end(model, dispatcher):
    model.free()
    dispatcher.leave()


@contextlib.contextmanager
def _given_up_by(end):
    """Call `end` after an error: tracebacks may keep the fit for long, but not its memory.

    After Ctrl-C, which is no error, the network keeps what it has learned.
    """
    try:
        yield
    except Exception:
        end()
        raise


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
        Where training is, at the places that `skdeep.engines.progress` names.
    operations : float
        Floating-point operations of one batch.
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
        self.layout, self.n_states, self.device = layout, len(states), device
        self.operations = 6.0 * layout.n_weights * course.batch_size
        by_grid = self.operations > MOST_OPERATIONS_OF_A_BLOCK
        shape = Shape(
            course.batch_size,
            len(states),
            device.grid_lanes if by_grid else device.threads,
            GRID_STEP if by_grid else 0,
            not issparse(data.X),
            False,
            True,
            regularisation,
        )
        self._plan = plan = make_plan(layout, shape)
        self.kernels = kernels_for(formulas_of(layout, data.X, objective, course, regularisation))
        self.plan, self.numbers = plan.integers, np.zeros(at.NUMBERS_SIZE + len(plan.layers))
        set_objective(plan, layout, objective, self.plan, self.numbers)
        self._set_course(course, regularisation)
        self.plan[at.WEIGHTED] = data.weights is not None
        self._order, self._ticket = np.empty(0, np.int64), Ticket()
        fixed = fixed_bytes(plan, data.X.dtype, data.X.shape[0])
        with device.admission.room_for(self._ticket, fixed, data_bytes(data)) as granted:
            self.model = Model(device.pool, plan, data.X, {})
            device.dispatcher.enter()
            self._end = weakref.finalize(self, _end, self.model, device.dispatcher)
            with _given_up_by(self._end):
                self._rows = self._make_rows(data, granted)
                self.plan[at.DATA_ROWS] = self._rows.n_data_rows
                self._put_parameters(vector, states, directions)
                if regularisation.masks is not None:
                    self.model.put("store", regularisation.masks, int(self.plan[at.MASKS]))
                self._grid = Grid(device, self.kernels, self.model, plan) if by_grid else None

    def _set_course(self, course, regularisation):
        plan, numbers, constants = self.plan, self.numbers, self._plan.constants
        watched = course.tol_gradient > 0 or course.watch_layers
        plan[at.BATCH_SIZE] = course.batch_size
        plan[at.WATCH_LOSS], plan[at.WATCH_GRADIENT] = course.watch_loss, watched
        plan[at.WATCHED] = watched or regularisation.clip_norm > 0
        plan[at.LIMITED] = regularisation.max_norm > 0
        plan[at.IN_TWO] = plan[at.WATCHED] | plan[at.LIMITED] | plan[at.BY_DIRECTIONS]
        plan[at.NORMS] = at.NUMBERS_SIZE
        plan[at.RECORD_SIZE] = RECORD + (len(self._plan.layers) if course.watch_layers else 0)
        numbers[at.CLIP_NORM] = regularisation.clip_norm
        numbers[at.TOL], numbers[at.PATIENCE] = course.tol, course.patience
        numbers[at.TOL_GRADIENT] = course.tol_gradient
        numbers[at.TOL_OBJECTIVE] = course.tol_objective
        numbers[at.INITIAL_RATE] = course.initial_rate
        _put(numbers, at.SCHEDULE_PARAMETERS, course.schedule_parameters)
        _put(numbers, PARAMETERS, course.parameters)
        constants[at.DECAY], constants[at.MAX_NORM] = course.decay, regularisation.max_norm
        constants[at.HEAD_WEIGHT] = regularisation.head_weight

    def _put_parameters(self, vector, states, directions):
        """Copy parameters, gains, constants and states to the device."""
        plan, n = self._plan, self.layout.n_parameters
        begin = np.zeros(int(self.plan[at.CONSTANTS]) + len(plan.constants), vector.dtype)
        begin[:n] = vector
        begin[self.plan[at.CONSTANTS] :] = plan.constants
        if plan.used:
            begin[plan.used : plan.used + n] = vector
        own = np.zeros((self.n_states, plan.step), vector.dtype)
        own[:, :n] = states
        if self.plan[at.BY_DIRECTIONS] == 1:
            gains, n_units = norms_of_units(self.layout, vector), plan.layers[:, FAN_OUT].sum()
            if directions is not None and np.array_equal(directions.weights, vector):
                gains, begin[:n] = directions.gains, directions.vector
                own[:, n : n + n_units] = directions.states
            begin[n : n + n_units] = gains
        self.model.put("memory", begin)
        self.model.put("store", own, int(self.plan[at.STATES]))

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
        self._rows.forget()
        alike = order is None or len(order) == n_rows
        plan[at.N_ROWS], plan[at.N_EPOCHS] = n_rows, n_epochs
        plan[at.ORDER_STEP] = 0 if alike else n_rows
        plan[EPOCH], plan[FIRST_UPDATE] = 0, plan[UPDATE]
        kept = at.NUMBERS_SIZE + len(self._plan.layers)
        plan[at.HISTORY], end = kept, kept + int(plan[at.RECORD_SIZE]) * n_epochs
        # A rule reads as many parameters as the most that there are.
        numbers = np.zeros(end + (0 if steps is None else steps.size + RULE_PARAMETERS))
        numbers[:kept] = self.numbers[:kept]
        plan[at.STEPS], plan[at.STEPS_STEP] = 0, 0
        if steps is not None:
            plan[at.STEPS], plan[at.STEPS_STEP] = end, steps.shape[1]
            _put(numbers, end, steps.reshape(-1))
        self.numbers = numbers
        self._order = np.empty(0, np.int64) if order is None else np.ascontiguousarray(order)

    def set_data(self, data):
        """Set other rows, as many as before and like them, for the epochs that come next."""
        self._rows.set_data(data)

    def _make_rows(self, data, granted):
        """Return the rows, in as much memory as is granted."""
        if granted >= data_bytes(data):
            return Rows(self.model, data)
        batch = int(self.plan[at.BATCH_SIZE])
        beside = (data_bytes(data) - feature_bytes(data.X)) / data.X.shape[0]
        rows = self.device.rows_at_once(granted, data.X, beside)
        return Chunks(self.model, data, max(1, rows // batch) * batch)

    def advance(self, max_batches):
        """Train for up to `max_batches` batches of the epochs set."""
        with _given_up_by(self._end), self._ticket.at_work():
            self._advance(max_batches)

    def _advance(self, max_batches):
        plan, batch = self.plan, int(self.plan[at.BATCH_SIZE])
        step = int(plan[at.ORDER_STEP])
        place = Place(int(plan[EPOCH]), int(plan[ROW]), int(plan[at.N_ROWS]), step)
        there = self._rows.provide(self._order, place, max_batches * batch)
        order, plan[at.ORDER_STEP], available = there
        plan[at.ORDERED] = order.size > 0
        plan[at.MAX_BATCHES] = -(-available // batch)
        self.model.set_course(plan, self.numbers, order)
        try:
            if self._grid is not None:
                self._grid.train(int(plan[at.MAX_BATCHES]))
            else:
                self.device.dispatcher.run(self.kernels, self.model)
        finally:
            self.model.get_course(plan, self.numbers)
            plan[at.ORDER_STEP] = step

    def history(self):
        """Return what is recorded of every epoch done of those set."""
        start, size = int(self.plan[at.HISTORY]), int(self.plan[at.RECORD_SIZE])
        return self.numbers[start : start + size * int(self.plan[EPOCH])].reshape(-1, size)

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
        if self.plan[at.BY_DIRECTIONS] == 1:
            used = self.model.get("memory", plan.used, n)
            for row in self.layout.table:
                weights = slice(row[WEIGHTS], row[WEIGHTS] + row[FAN_IN] * row[FAN_OUT])
                vector[weights] = used[weights]
        return vector

    def directions(self):
        """Return the current directions and gains of weight normalisation, or None without."""
        if self.plan[at.BY_DIRECTIONS] == 0:
            return None
        n, n_units = self.layout.n_parameters, int(self._plan.layers[:, FAN_OUT].sum())
        states = self._states()[:, n : n + n_units]
        vector, gains = self.model.get("memory", 0, n), self.model.get("memory", n, n_units)
        return Directions(self.parameters(), vector, gains, states)

    def _states(self):
        step = self._plan.step
        states = self.model.get("store", int(self.plan[at.STATES]), self.n_states * step)
        return states.reshape(self.n_states, step)

    def states(self):
        """Return the rule's states, of shape (n_states, n_parameters)."""
        return self._states()[:, : self.layout.n_parameters].copy()


def _put(numbers, start, values):
    numbers[start : start + len(values)] = values


class FullBatch:
    """The objective over all rows, as a function of the parameters, on a GPU.

    Parameters
    ----------
    layout : Layout
    data : Data
    objective : Objective
    device : Device
    regularisation : Regularisation, default=PLAIN
        What is random is drawn as in the first update.
    """

    def __init__(self, layout, data, objective, *, device, regularisation=PLAIN):
        self.layout, self._n_rows = layout, data.X.shape[0]
        regularisation = regularisation._replace(clip_norm=0.0, max_norm=0.0, weight_norm=False)
        n_rows, dense = data.X.shape[0], not issparse(data.X)
        direct = dense and not regularisation.disturbs_features
        lanes = device.grid_lanes
        shape = Shape(n_rows, 1, lanes, GRID_STEP, dense, direct, True, regularisation)
        self._plan = plan = make_plan(layout, shape)
        integers, numbers = plan.integers, np.zeros(at.NUMBERS_SIZE + len(plan.layers))
        set_objective(plan, layout, objective, integers, numbers)
        integers[at.N_EPOCHS] = 1
        integers[at.N_ROWS] = integers[at.BATCH_SIZE] = integers[at.DATA_ROWS] = n_rows
        integers[at.WEIGHTED] = data.weights is not None
        plan.constants[at.HEAD_WEIGHT] = regularisation.head_weight
        self._ticket, fixed = Ticket(), fixed_bytes(plan, data.X.dtype, 0)
        with device.admission.room_for(self._ticket, fixed, data_bytes(data)):
            self._model = Model(device.pool, plan, data.X, {})
            self._end = weakref.finalize(self, self._model.free)
            with _given_up_by(self._end):
                self._model.set_features(data.X, targets_of(data))
        self._model.put("memory", plan.constants, int(integers[at.CONSTANTS]))
        # What is not trained has no gradient.
        self._model.put("store", np.zeros(plan.step), int(integers[at.STATES]))
        if regularisation.masks is not None:
            self._model.put("store", regularisation.masks, int(integers[at.MASKS]))
        self._model.set_course(integers, numbers, np.empty(0, np.int64))
        self._numbers = numbers
        course = Course(GRADIENT, "constant")
        formulas = formulas_of(layout, data.X, objective, course, regularisation)
        self._grid = Grid(device, kernels_for(formulas), self._model, plan)
        self._grid.begin()

    def _put_constant(self, which, value):
        self._model.put("memory", [value], int(self._plan.integers[at.CONSTANTS]) + which)

    def settled(self, vector):
        """Return parameters in which the running statistics are those of the data."""
        if (self.layout.table[:, SCALES] < 0).all():
            return vector
        self._put_constant(at.RUNNING_SHARE, 1.0)
        self(vector)
        self._put_constant(at.RUNNING_SHARE, BATCH_SHARE)
        return self._model.get("memory", 0, self.layout.n_parameters)

    def __call__(self, vector):
        """Return the objective and its gradient.

        Parameters
        ----------
        vector : array of shape (n_parameters,)

        Returns
        -------
        value : float
        gradient : array of shape (n_parameters,)
        """
        model = self._model
        model.put("memory", vector)
        if self._plan.used:
            model.put("memory", vector, self._plan.used)
        with _given_up_by(self._end), self._ticket.at_work():
            self._grid.take_gradient(self._n_rows)
        integers = self._plan.integers.copy()
        model.get_course(integers, self._numbers)
        states = int(self._plan.integers[at.STATES])
        gradient = model.get("store", states, self.layout.n_parameters)
        return float(self._numbers[at.VALUE]), gradient


class Course(NamedTuple):
    """What kernels are compiled for of a course, where there is none."""

    rule: str
    schedule: str


#: What predictions are compiled for, beside activations and features.
PREDICTION = Formulas((), "squared_error", "sgd", "l2", "constant", False, False, "float32")


def _prediction_formulas(layout, X):
    names = {ACTIVATIONS_BY_CODE[code].name for code in layout.table[:, ACTIVATION]}
    return PREDICTION._replace(
        activations=tuple(sorted(names)), sparse=issparse(X), dtype=np.dtype(X.dtype).name
    )


def predict(layout, vector, X, *, device, largest=False):
    """Return a network's outputs, or for every row the place of the largest, computed on a GPU.

    Parameters
    ----------
    layout : Layout
    vector : array of shape (n_parameters,)
    X : C-ordered array or CSR matrix of shape (n_rows, n_features)
    device : Device
    largest : bool, default=False

    Returns
    -------
    outputs : array of shape (n_rows, n_outputs), or of int64 of shape (n_rows,)
    """
    outputs = np.empty((X.shape[0], layout.n_outputs), dtype=X.dtype)
    ticket, row_bytes = Ticket(), device.prediction_row_bytes(layout, X)
    wanted = feature_bytes(X) + X.shape[0] * row_bytes
    room = device.admission.room_for(ticket, 0, wanted, BYTES_TO_PREDICT)
    with room as granted, ticket.at_work():
        step = device.rows_at_once(granted, X, row_bytes)
        for start in range(0, X.shape[0], step):
            chunk = X[start : start + step]
            outputs[start : start + step] = _predict_chunk(layout, vector, chunk, device)
    return outputs.argmax(axis=1) if largest else outputs


def _predict_chunk(layout, vector, X, device):
    """Return the outputs of rows that the device has room for."""
    n_rows, rows = X.shape[0], min(device.prediction_rows, X.shape[0])
    dense = not issparse(X)
    plan = make_plan(layout, Shape(rows, 0, 1, 0, dense, dense, False, PLAIN))
    blocks = min(-(-n_rows // rows), device.prediction_blocks)
    begin = int(plan.layers[:, at.OUTPUT][plan.layers[:, at.OUTPUT] > 0].min())
    slot = plan.memory - begin
    layers = np.repeat(plan.layers[None], blocks, axis=0)
    layers[:, :, at.OUTPUT] += np.arange(blocks)[:, None] * slot
    plan.integers[at.N_ROWS], plan.integers[at.BATCH_SIZE] = n_rows, rows
    extra = {
        "plan": (len(plan.integers), np.int64),
        "out": (n_rows * layout.n_outputs, X.dtype),
    }
    whole = plan._replace(layers=layers, memory=begin + blocks * slot)
    model, table = Model(device.pool, whole, X, extra), device.table(blocks)
    try:
        model.set_features(X)
        model.put("plan", plan.integers)
        model.put("memory", vector)
        model.put("memory", plan.constants, int(plan.integers[at.CONSTANTS]))
        rows = np.repeat(model.row()[None], blocks, axis=0)
        rows[:, at.LAYERS] += np.arange(blocks) * len(plan.layers)
        rows[:, at.LAYERS_END] = rows[:, at.LAYERS] + len(plan.layers)
        kernel = kernels_for(_prediction_formulas(layout, X)).predict
        arguments = *model.slab.arrays(model.dtype), table.write(rows)
        with device.active():
            launch(kernel, (blocks, device.threads, 0), arguments)
        return model.get("out", 0, n_rows * layout.n_outputs).reshape(n_rows, -1)
    finally:
        model.free()
        table.free()
