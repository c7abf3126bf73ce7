"""Predictions on a GPU, and losses of what is predicted, in chunks that it has room for."""

import contextlib
from typing import NamedTuple

import numpy as np
from scipy.sparse import issparse

from skdeep.engines.cuda.hardware.devices import feature_bytes
from skdeep.engines.cuda.kernels.compiled import kernels_for
from skdeep.engines.cuda.kernels.formulas import Formulas
from skdeep.engines.cuda.launching.launch import launch
from skdeep.engines.cuda.memory import structures as at
from skdeep.engines.cuda.memory.admission import Ticket
from skdeep.engines.cuda.memory.model import Model
from skdeep.engines.cuda.memory.plan import Shape, make_plan
from skdeep.engines.cuda.memory.slabs import span_of
from skdeep.engines.cuda.memory.structures import LayerRecord
from skdeep.engines.regularisation import PLAIN
from skdeep.formulas.activations import BY_CODE as ACTIVATIONS_BY_CODE

#: A prediction begins with so much memory, and does not wait for fits to end.
BYTES_TO_PREDICT = 1 << 25
#: Features and outputs of dense rows that are more than this come in turns of this many bytes.
BYTES_OF_A_TURN = 1 << 25
#: What predictions are compiled for, beside activations and features.
PREDICTION = Formulas((), "squared_error", "sgd", "l2", "constant", False, False, "float32")


def _losses_kernel(objective, X):
    """Return the kernel of the losses, which needs nothing of the network."""
    return kernels_for(PREDICTION._replace(loss=objective.loss, dtype=X.dtype.name)).losses


def _prediction_formulas(layout, X):
    names = {ACTIVATIONS_BY_CODE[code].name for code in LayerRecord(layout.table.T).activation}
    return PREDICTION._replace(
        activations=tuple(sorted(names)), sparse=issparse(X), dtype=np.dtype(X.dtype).name
    )


class Rows(NamedTuple):
    """Rows that a network is to see, and where what it makes of them goes.

    Attributes
    ----------
    X : C-ordered array or CSR matrix of shape (n_rows, n_features)
    outputs : array of shape (n_rows, n_outputs) or None
        None where they are not wanted.
    targets : array of shape (n_rows, n_outputs) or None, default=None
        None where the losses are not wanted.
    losses : array of shape (n_rows,) or None, default=None
        Where the losses go, if there are targets.
    """

    X: object
    outputs: np.ndarray | None
    targets: np.ndarray | None = None
    losses: np.ndarray | None = None

    def place(self, n_rows, n_outputs):
        """Return where what is wanted of some rows begins and ends on the device."""
        first = 0 if self.outputs is not None else n_rows * n_outputs
        return first, n_rows * (n_outputs + (self.losses is not None))

    def write(self, rows, found, copy):
        """Write what has been found out about a slice of the rows."""
        if self.outputs is not None:
            outputs = self.outputs[rows]
            copy(outputs, found[: outputs.size].reshape(outputs.shape))
            found = found[outputs.size :]
        if self.losses is not None:
            self.losses[rows] = found


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
    run(device, layout, vector, Rows(X, outputs))
    return outputs.argmax(axis=1) if largest else outputs


def run(device, layout, vector, rows, objective=None):
    """Predict rows, in chunks that the device has room for.

    Parameters
    ----------
    device : Device
    layout : Layout
    vector : array of shape (n_parameters,)
    rows : Rows
        Into which the results are written.
    objective : Objective or None, default=None
        Of the losses, where they are wanted.
    """
    X, ticket, row_bytes = rows.X, Ticket(), device.prediction_row_bytes(layout, rows.X)
    if objective is not None:
        row_bytes = 2 * row_bytes + X.dtype.itemsize
    wanted = feature_bytes(X) + X.shape[0] * row_bytes
    room = device.admission.room_for(ticket, 0, wanted, BYTES_TO_PREDICT)
    with device.active(), room as granted, ticket.at_work():
        step, network = device.rows_at_once(granted, X, row_bytes), (layout, vector, objective)
        if issparse(X) or wanted <= BYTES_OF_A_TURN:
            _predict_in_chunks(device, network, rows, step)
        else:
            step = min(step // 2, BYTES_OF_A_TURN * X.shape[0] // wanted)
            _predict_in_turns(device, network, rows, max(1, step))


class Predictor:
    """A network on the device, with room for some rows and what it makes of them.

    Parameters
    ----------
    device : Device
    network : tuple
        The layout, the vector of parameters, and the objective if losses are wanted, else None.
    X : array or CSR matrix
        Rows as those to come.
    n_rows : int
        Most of them at a time.
    extra : dict of str to tuple
        Further arrays on the device, see `Model`.
    """

    def __init__(self, device, network, X, n_rows, extra):
        layout, vector, objective = network
        rows, dense = min(device.prediction_rows, n_rows), not issparse(X)
        plan = make_plan(layout, Shape(rows, 0, 1, 0, dense, dense, False, PLAIN))
        self.device, self._layout, self._rows, self._plan = device, layout, rows, plan
        self.blocks = min(-(-n_rows // rows), device.prediction_blocks)
        outputs = LayerRecord(plan.layers.T).output
        begin = int(outputs[outputs > 0].min())
        slot = plan.memory - begin
        layers = np.repeat(plan.layers[None], self.blocks, axis=0)
        LayerRecord(layers.transpose(2, 0, 1)).output += np.arange(self.blocks)[:, None] * slot
        arrays = {
            "plan": (len(plan.integers), np.int64),
            "out": (n_rows * (layout.n_outputs + (objective is not None)), X.dtype),
            **extra,
        }
        whole = plan._replace(layers=layers, memory=begin + self.blocks * slot)
        self._kernels = [kernels_for(_prediction_formulas(layout, X)).predict]
        if objective is not None:
            self._kernels.append(_losses_kernel(objective, X))
            plan.constants[at.LOSS_PARAMETER] = objective.parameter
        self.model, self._table = Model(device.pool, whole, X, arrays), None
        try:
            self._table = device.table(self.blocks)
            self.model.put("memory", vector)
            self.model.put("memory", plan.constants, int(plan.record.constants))
        except BaseException:
            self.free()
            raise

    def begin(self, n_rows):
        """Set how many rows come, when they have their place."""
        model, record = self.model, self._plan.record
        record.n_rows, record.batch_size = n_rows, self._rows
        model.put("plan", self._plan.integers)
        span = span_of([model])
        rows = np.repeat(model.row(span.begin)[None], self.blocks, axis=0)
        rows[:, at.LAYERS] += np.arange(self.blocks) * len(self._plan.layers)
        rows[:, at.LAYERS_END] = rows[:, at.LAYERS] + len(self._plan.layers)
        with self.device.active():
            self._arguments = *span.arrays(model.dtype), self._table.write(rows)

    def launch(self, stream=0):
        """Begin to predict the rows."""
        with self.device.active():
            shape = self.blocks, self.device.threads, 0
            for kernel in self._kernels:
                launch(kernel, shape, self._arguments, stream)

    def free(self):
        """Give the memory back."""
        self.model.free()
        if self._table is not None:
            self._table.free()


def _predict_in_chunks(device, network, rows, step):
    """Predict rows chunk after chunk, and wait for each."""
    n_outputs = network[0].n_outputs
    for start in range(0, rows.X.shape[0], step):
        X, these = rows.X[start : start + step], slice(start, start + step)
        n_rows, targets = X.shape[0], None
        if rows.targets is not None:
            targets = np.ascontiguousarray(rows.targets[these], X.dtype).reshape(-1)
        predictor = Predictor(device, network, X, n_rows, {})
        try:
            predictor.model.set_features(X, targets)
            predictor.begin(n_rows)
            predictor.launch()
            first, end = rows.place(n_rows, n_outputs)
            rows.write(these, predictor.model.get("out", first, end - first), np.copyto)
        finally:
            predictor.free()


class _Turn:
    """One of two places for rows on their way to the device, in it, or on their way back.

    Parameters
    ----------
    predictor : Predictor
    staged : tuple of array
        Pinned memory for features and targets, and for results.
    rows : Rows
        Into which the results are written.
    n_outputs : int
        Of the network.
    """

    def __init__(self, predictor, staged, rows, n_outputs):
        self.predictor, self._all, self._n_outputs = predictor, rows, n_outputs
        self._staged, self._stream = staged, predictor.device.stream()
        self._rows, self._n_rows = None, None

    def _inputs(self, n_rows):
        """Return the features and targets of all rows with pinned memory for some, by name."""
        found, buffer = {}, self._staged[0]
        for name, array in (("values", self._all.X), ("targets", self._all.targets)):
            if array is not None:
                shape, dtype = (n_rows, array.shape[1]), self._all.X.dtype
                n_bytes = n_rows * array.shape[1] * dtype.itemsize
                found[name] = array, buffer[:n_bytes].view(dtype).reshape(shape)
                buffer = buffer[n_bytes:]
        return found

    def _results(self, n_rows):
        """Return where the results of some rows begin on the device, and pinned memory for them."""
        (first, end), dtype = self._all.place(n_rows, self._n_outputs), self._all.X.dtype
        return first, self._staged[1][: (end - first) * dtype.itemsize].view(dtype)

    def begin(self, rows):
        """Send rows to the device, once the last ones of this turn are done."""
        self.end()
        predictor, n_rows = self.predictor, rows.stop - rows.start
        inputs = self._inputs(n_rows)
        for array, pinned in inputs.values():
            predictor.device.staging.copy(pinned, array[rows])
        if n_rows != self._n_rows:
            predictor.begin(n_rows)
            self._n_rows = n_rows
        self._rows = rows
        for name, (_array, pinned) in inputs.items():
            predictor.model.put(name, pinned, 0, self._stream)
        predictor.launch(self._stream)
        first, found = self._results(n_rows)
        predictor.model.get_into("out", found, self._stream, first)

    def end(self):
        """Wait for the rows, if there are any on their way, and write their results."""
        rows, self._rows = self._rows, None
        if rows is not None:
            self.wait()
            found = self._results(rows.stop - rows.start)[1]
            self._all.write(rows, found, self.predictor.device.staging.copy)

    def wait(self):
        """Wait until nothing is on its way."""
        with self.predictor.device.active():
            self._stream.synchronize()


def _predict_in_turns(device, network, rows, step):
    """Predict dense rows: while some are copied or predicted, the host prepares the next."""
    X, n_outputs = rows.X, network[0].n_outputs
    n_inputs = {"values": X.shape[1]}
    if rows.targets is not None:
        n_inputs["targets"] = n_outputs
    extra = {name: (step * width, X.dtype) for name, width in n_inputs.items()}
    first, end = rows.place(step, n_outputs)
    sizes = step * sum(n_inputs.values()) * X.itemsize, (end - first) * X.itemsize
    with contextlib.ExitStack() as stack:
        turns = []
        for _ in range(2):
            predictor = Predictor(device, network, X, step, extra)
            stack.callback(predictor.free)
            staged = [stack.enter_context(device.staging.buffer(size)) for size in sizes]
            turns.append(_Turn(predictor, staged, rows, n_outputs))
            stack.callback(turns[-1].wait)  # before anything of it is given back
        for number, start in enumerate(range(0, X.shape[0], step)):
            turns[number % 2].begin(slice(start, min(start + step, X.shape[0])))
        for turn in turns:
            turn.end()
