"""What training and prediction see of the CPU engine."""

from typing import NamedTuple

import numpy as np
from scipy.sparse import issparse

from skdeep.engines.cpu import structures as at
from skdeep.engines.cpu import team
from skdeep.engines.cpu.directions import get_directions, put_directions, with_weights_used
from skdeep.engines.cpu.elementwise import ACTIVATIONS_BY_CODE, loss_derivative_loop, loss_loop
from skdeep.engines.cpu.epochs import schedule_loop, train
from skdeep.engines.cpu.evaluate import evaluate
from skdeep.engines.cpu.loops import NOTHING, address
from skdeep.engines.cpu.memory import (
    PackedStates,
    make_task,
    pack,
    read_only,
    replace_data,
    unpack,
)
from skdeep.engines.cpu.plan import Shape, operations, plan_prediction, plan_training
from skdeep.engines.cpu.predict import predict as predict_kernel
from skdeep.engines.cpu.randomness import drop_loop, drop_units_loop, noise_loop
from skdeep.engines.cpu.steps import (
    Gradient,
    gradient_loop,
    penalty_gradient_loop,
    penalty_value_loop,
    prepare_loop,
    rule_loop,
)
from skdeep.engines.regularisation import PLAIN
from skdeep.engines.table import ACTIVATION
from skdeep.formulas.losses import REGISTRY as LOSSES
from skdeep.formulas.normalisation import BATCH_SHARE
from skdeep.formulas.penalties import REGISTRY as PENALTIES
from skdeep.formulas.rules import REGISTRY as RULES
from skdeep.formulas.schedules import STEPWISE

#: A prediction returns to Python after about so many floating-point operations, for Ctrl-C.
OPERATIONS_PER_CALL = 4_000_000_000


class Data(NamedTuple):
    """The rows that a network is trained on.

    Attributes
    ----------
    X : C-ordered array or CSR matrix of shape (n_rows, n_features)
    targets : array of shape (n_rows, n_outputs) or None
    weights : array of shape (n_rows,) or None
    """

    X: object
    targets: np.ndarray | None
    weights: np.ndarray | None


class Objective(NamedTuple):
    """What is minimised.

    Attributes
    ----------
    loss : str
        Name of the loss in its registry.
    alpha : float
        Strength of the penalty.
    parameter : float
        Of the loss.
    as_reported : bool
        Whether losses that are reported as the mean over the outputs of a sample are averaged, or
        summed as in the gradient.
    penalty : str
        Name of the penalty in its registry.
    penalty_parameter : float
    """

    loss: str
    alpha: float
    parameter: float = 0.0
    as_reported: bool = True
    penalty: str = "l2"
    penalty_parameter: float = 0.0


class Course(NamedTuple):
    """How a stochastic solver goes about it.

    Attributes
    ----------
    rule : str
        Name of the update rule.
    parameters : sequence of float
        Values of the rule's parameters.
    decay : float
        Strength of the penalty, where the rule applies it to the weights.
    schedule : str
        Name of the step-wise schedule of the learning rate.
    schedule_parameters : tuple of float
        Values of its parameters.
    initial_rate : float
    batch_size : int
    tol, patience : float
        Training stalls after more than `patience` epochs that do not improve by `tol`.
    tol_gradient, tol_objective : float
        Training ends when the mean norm of the gradients of an epoch's batches, or the loss of an
        epoch, falls below; 0 and ``-inf`` for never.
    watch_loss : bool
        Whether the training loss decides when to stop.
    watch_layers : bool
        Whether the norms of the layers' gradients are recorded.
    """

    rule: str
    parameters: tuple
    decay: float
    schedule: str
    schedule_parameters: tuple
    initial_rate: float
    batch_size: int
    tol: float
    patience: float
    tol_gradient: float
    tol_objective: float
    watch_loss: bool
    watch_layers: bool = False


def _shape(X, batch_rows, gather, regularisation):
    entries = X.nnz / max(1, X.shape[0]) if issparse(X) else None
    gather = (gather or regularisation.disturbs_features) and entries is None
    return Shape(batch_rows, X.dtype.itemsize, entries, gather, regularisation)


def _threads(n_threads):
    return team.available_threads() if n_threads is None else n_threads


def _set_objective(task, objective):
    loss, output = LOSSES[objective.loss], ACTIVATIONS_BY_CODE[task.layers[-1, ACTIVATION]]
    dtype = task.memory.dtype
    task.plan[at.LOSS] = address(loss_loop, loss, dtype)
    task.plan[at.LOSS_DERIVATIVE] = NOTHING
    task.plan[at.CANONICAL] = output.name in loss.canonical
    if output.name not in loss.canonical:
        task.plan[at.LOSS_DERIVATIVE] = address(loss_derivative_loop, loss, dtype)
    task.numbers[at.LOSS_PARAMETER] = objective.parameter
    task.plan[at.AVERAGED] = loss.averaged and objective.as_reported
    task.numbers[at.ALPHA] = objective.alpha
    # With directions in the place of the weights, rules cannot see to the squared norm either.
    by_directions = task.plan[at.BY_DIRECTIONS] == 1
    if (objective.penalty != "l2" or by_directions) and objective.alpha > 0:
        penalty = PENALTIES[objective.penalty]
        task.plan[at.PENALTY_GRADIENT] = address(penalty_gradient_loop, penalty, dtype)
        task.plan[at.PENALTY_VALUE] = address(penalty_value_loop, penalty, dtype)
        task.numbers[at.PENALTY_PARAMETER] = objective.penalty_parameter


class _Loop(NamedTuple):
    """Stands for a formula where a loop has none of its own."""

    name: str


def _set_regularisation(task, regularisation):
    plan, numbers, dtype = task.plan, task.numbers, task.memory.dtype
    plan[at.SEED] = regularisation.seed
    numbers[at.CLIP_NORM] = regularisation.clip_norm
    numbers[at.MAX_NORM] = regularisation.max_norm
    numbers[at.RUNNING_SHARE] = BATCH_SHARE
    numbers[at.HEAD_WEIGHT] = regularisation.head_weight
    loops = (
        (at.DROP_UNITS, drop_units_loop, regularisation.drops_units),
        (at.DROP_FEATURES, drop_loop, any(regularisation.dropout[:1])),
        (at.DROP_WEIGHTS, drop_loop, any(regularisation.dropconnect)),
        (at.ADD_NOISE, noise_loop, regularisation.noise > 0),
    )
    for place, loop, wanted in loops:
        plan[place] = address(loop, _Loop("random"), dtype) if wanted else NOTHING
    start, n_layers = plan[at.RATES], len(task.layers)
    numbers[start] = regularisation.noise
    _put(numbers, start + 1, regularisation.dropout)
    rates = regularisation.dropconnect
    if rates:  # of hidden layers, and of the last
        _put(numbers, start + 2 + n_layers, rates[:-1])
        numbers[start + 1 + 2 * n_layers] = rates[-1]


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
        Where training is, at the places that `skdeep.engines.cpu.structures` names.
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
        n_threads,
        regularisation=PLAIN,
        directions=None,
    ):
        self.layout = layout
        shape = _shape(data.X, course.batch_size, gather, regularisation)
        self._plan = plan_training(layout.table, shape, len(states), _threads(n_threads))
        self.operations = operations(self._plan.layers, shape)
        by_columns = self._plan.integers[at.BY_WEIGHTS] == 1
        self._task = make_task(self._plan, data, course.batch_size if by_columns else None)
        self.plan, self.numbers = self._task.plan, self._task.numbers
        if regularisation.weight_norm:
            put_directions(self._plan, layout, vector, self._task, directions)
        else:
            pack(self._plan, layout, vector, self._task.memory)
        if states.any():
            self.states().put(states)
        _set_objective(self._task, objective)
        _set_regularisation(self._task, regularisation)
        if regularisation.masks is not None:
            masks = regularisation.masks.astype(self._task.memory.dtype)
            pack(self._plan, layout, masks, self._task.memory[self._task.plan[at.MASKS] :])
        self._set_course(course)
        self.plan[at.GATHER] = gather or shape.gather
        team.prepare(train, (self._task, 0))

    def _set_course(self, course):
        rule = RULES[course.rule]
        plan, numbers = self.plan, self.numbers
        plan[at.RULE] = address(rule_loop, rule, self._task.memory.dtype)
        plan[at.RULE_PREPARE] = address(prepare_loop, rule, np.float64)
        plan[at.SCHEDULE] = address(schedule_loop, STEPWISE[course.schedule], np.float64)
        plan[at.UPDATES] = 1
        plan[at.BATCH_SIZE], plan[at.WATCH_LOSS] = course.batch_size, course.watch_loss
        plan[at.WATCH_GRADIENT] = course.tol_gradient > 0
        numbers[at.TOL], numbers[at.PATIENCE] = course.tol, course.patience
        numbers[at.TOL_GRADIENT] = course.tol_gradient
        numbers[at.TOL_OBJECTIVE] = course.tol_objective
        numbers[at.INITIAL_RATE], numbers[at.DECAY] = course.initial_rate, course.decay
        plan[at.RECORD_SIZE] = at.RECORD + (len(self._plan.layers) if course.watch_layers else 0)
        if course.watch_layers:
            plan[at.WATCH_GRADIENT] = 1
        _put(numbers, at.SCHEDULE_PARAMETERS, course.schedule_parameters)
        _put(numbers, at.PARAMETERS, course.parameters)

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
        if order is None and self.plan[at.GATHER] == 1:
            order = np.arange(n_rows)
        alike = order is None or len(order) == n_rows
        self.plan[at.N_ROWS], self.plan[at.N_EPOCHS] = n_rows, n_epochs
        self.plan[at.ORDER_STEP] = 0 if alike else n_rows
        self.plan[at.EPOCH], self.plan[at.FIRST_UPDATE] = 0, self.plan[at.UPDATE]
        kept, end = (
            self._plan.numbers_size,
            self._plan.numbers_size + self.plan[at.RECORD_SIZE] * n_epochs,
        )
        # A rule reads as many parameters as the most that there are.
        numbers = np.zeros(end + (0 if steps is None else steps.size + at.RULE_PARAMETERS))
        numbers[:kept] = self.numbers[:kept]
        self.plan[at.STEPS], self.plan[at.STEPS_STEP] = at.RATE, 0
        if steps is not None:
            self.plan[at.STEPS], self.plan[at.STEPS_STEP] = end, steps.shape[1]
            _put(numbers, end, steps.reshape(-1))
        self.numbers = numbers
        order = np.empty(0, np.int64) if order is None else order
        self._task = self._task._replace(numbers=numbers, order=read_only(order, np.int64))

    def set_data(self, data):
        """Set other rows, as many as before and like them, for the epochs that come next."""
        batch_rows = self.plan[at.BATCH_SIZE] if self.plan[at.BY_WEIGHTS] == 1 else None
        self._task = replace_data(self._task, data, batch_rows)

    def advance(self, max_batches):
        """Train for up to `max_batches` batches of the epochs set."""
        team.run(train, (self._task, max_batches), self._plan.members)

    def history(self):
        """Return what is recorded of every epoch done of those set: `RECORD_SIZE` numbers."""
        start, size = self._plan.numbers_size, self.plan[at.RECORD_SIZE]
        return self.numbers[start : start + size * self.plan[at.EPOCH]].reshape(-1, size)

    def parameters(self, vector=None):
        """Return the current parameters in the network's arrangement, in `vector` or a new one."""
        by_directions = self.plan[at.BY_DIRECTIONS] == 1
        plan = with_weights_used(self._plan) if by_directions else self._plan
        return unpack(plan, self.layout, self._task.memory, vector)

    def directions(self):
        """Return the current directions and gains of weight normalisation, or None without."""
        if self.plan[at.BY_DIRECTIONS] == 0:
            return None
        return get_directions(self._plan, self.layout, self._task)

    def states(self):
        """Return the rule's states, which as an array have the shape (n_states, n_parameters)."""
        return PackedStates(self._plan, self.layout, self._task.states)


def _put(numbers, start, values):
    numbers[start : start + len(values)] = values


class FullBatch:
    """The objective over all rows, as a function of the parameters.

    Parameters
    ----------
    layout : Layout
    data : Data
    objective : Objective
    n_threads : int or None
    regularisation : Regularisation, default=PLAIN
        What is random is drawn as in the first update.
    """

    def __init__(self, layout, data, objective, *, n_threads, regularisation=PLAIN):
        self.layout = layout
        n_rows = data.X.shape[0]
        regularisation = regularisation._replace(clip_norm=0.0, max_norm=0.0, weight_norm=False)
        shape = _shape(data.X, n_rows, False, regularisation)
        self._plan = plan_training(layout.table, shape, 1, _threads(n_threads), whole_gradient=True)
        by_columns = self._plan.integers[at.BY_WEIGHTS] == 1
        self._task = make_task(self._plan, data, n_rows if by_columns else None)
        if shape.gather:
            order = read_only(np.arange(n_rows), np.int64)
            self._task = self._task._replace(order=order)
        self._task.plan[at.RULE] = address(gradient_loop, Gradient(), data.X.dtype)
        _set_objective(self._task, objective)
        _set_regularisation(self._task, regularisation)
        if regularisation.masks is not None:
            masks = regularisation.masks.astype(self._task.memory.dtype)
            pack(self._plan, layout, masks, self._task.memory[self._task.plan[at.MASKS] :])
        team.prepare(evaluate, (self._task,))

    def settled(self, vector):
        """Return parameters in which the running statistics are those of the data.

        Parameters
        ----------
        vector : array of shape (n_parameters,)

        Returns
        -------
        vector : array of shape (n_parameters,)
        """
        if self._task.plan[at.SYNCED] == 0:
            return vector
        self._task.numbers[at.RUNNING_SHARE] = 1.0
        self(vector)
        self._task.numbers[at.RUNNING_SHARE] = BATCH_SHARE
        return unpack(self._plan, self.layout, self._task.memory)

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
        pack(self._plan, self.layout, vector, self._task.memory)
        team.run(evaluate, (self._task,), self._plan.members)
        gradient = unpack(self._plan, self.layout, self._task.states)
        return float(self._task.numbers[at.VALUE]), gradient


def predict(layout, vector, X, *, n_threads, largest=False):
    """Return a network's outputs, or for every row the place of the largest.

    Parameters
    ----------
    layout : Layout
    vector : array of shape (n_parameters,)
    X : C-ordered array or CSR matrix of shape (n_rows, n_features)
    n_threads : int or None
    largest : bool, default=False

    Returns
    -------
    outputs : array of shape (n_rows, n_outputs), or of int64 and shape (n_rows,)
    """
    n_rows = X.shape[0]
    plan = plan_prediction(layout.table, n_rows, X.dtype.itemsize, _threads(n_threads))
    task = make_task(plan, Data(X, None, None))
    task.memory[: layout.n_parameters] = vector
    outputs = np.empty((0 if largest else n_rows, layout.n_outputs), dtype=X.dtype)
    places = np.empty(n_rows if largest else 0, dtype=np.int64)
    blocks = max(plan.members, OPERATIONS_PER_CALL // (2 * layout.n_weights * task.plan[at.ROWS]))
    step, arguments = int(blocks * task.plan[at.ROWS]), (task, outputs.reshape(-1), places)
    for start in range(0, n_rows, step):
        task.plan[at.ROW], task.plan[at.N_ROWS] = start, min(start + step, n_rows)
        if plan.members == 1:
            team.run_alone(predict_kernel, arguments)
        else:
            team.run(predict_kernel, arguments, plan.members)
    return places if largest else outputs


class Predictor:
    """Predicts with one network again and again, on few rows at a time, at little cost per call.

    Calls from several threads do not disturb each other.

    Parameters
    ----------
    layout : Layout
    vector : array of shape (n_parameters,)
        Copied.
    """

    #: More rows than this are worth a team.
    MOST_ROWS = 4096

    def __init__(self, layout, vector):
        self.layout, self.vector = layout, vector.copy()
        self._tasks, self._no_places = [], np.empty(0, dtype=np.int64)

    def __call__(self, X):
        """Return the network's outputs.

        Parameters
        ----------
        X : C-ordered array of shape (n_rows, n_features), of the type of `vector`

        Returns
        -------
        outputs : array of shape (n_rows, n_outputs)
        """
        n_rows = len(X)
        if n_rows > self.MOST_ROWS:
            return predict(self.layout, self.vector, X, n_threads=None)
        outputs = np.empty((n_rows, self.layout.n_outputs), dtype=self.vector.dtype)
        task = self._take_task(X)
        task.plan[at.N_ROWS] = n_rows
        features = X.reshape(-1)
        features.setflags(write=False)
        arguments = task._replace(features=features), outputs.reshape(-1), self._no_places
        team.run_alone(predict_kernel, arguments)
        self._tasks.append(task)
        return outputs

    def _take_task(self, X):
        """Return a task that no other thread works on."""
        try:
            return self._tasks.pop()
        except IndexError:
            plan = plan_prediction(self.layout.table, self.MOST_ROWS, X.dtype.itemsize, 1)
            task = make_task(plan, Data(X[:0], None, None))
            task.memory[: self.layout.n_parameters] = self.vector
            return task
