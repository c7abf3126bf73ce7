"""Predictions on a GPU, in chunks that it has room for."""

import contextlib

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
from skdeep.engines.table import ACTIVATION
from skdeep.formulas.activations import BY_CODE as ACTIVATIONS_BY_CODE

#: A prediction begins with so much memory, and does not wait for fits to end.
BYTES_TO_PREDICT = 1 << 25
#: Features and outputs of dense rows that are more than this come in turns of this many bytes.
BYTES_OF_A_TURN = 1 << 25
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
    with device.active(), room as granted, ticket.at_work():
        step = device.rows_at_once(granted, X, row_bytes)
        if issparse(X) or wanted <= BYTES_OF_A_TURN:
            _predict_in_chunks(device, layout, vector, X, step, outputs)
        else:
            step = min(step // 2, BYTES_OF_A_TURN * X.shape[0] // wanted)
            _predict_in_turns(device, layout, vector, X, max(1, step), outputs)
    return outputs.argmax(axis=1) if largest else outputs


class Predictor:
    """A network on the device, with room for some rows and their outputs.

    Parameters
    ----------
    device : Device
    layout : Layout
    vector : array of shape (n_parameters,)
    X : array or CSR matrix
        Rows as those to come.
    n_rows : int
        Most of them at a time.
    extra : dict of str to tuple
        Further arrays on the device, see `Model`.
    """

    def __init__(self, device, layout, vector, X, n_rows, extra):
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
            "out": (n_rows * layout.n_outputs, X.dtype),
            **extra,
        }
        whole = plan._replace(layers=layers, memory=begin + self.blocks * slot)
        self._kernel = kernels_for(_prediction_formulas(layout, X)).predict
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
            launch(self._kernel, shape, self._arguments, stream)

    def free(self):
        """Give the memory back."""
        self.model.free()
        if self._table is not None:
            self._table.free()


def _predict_in_chunks(device, layout, vector, X, step, outputs):
    """Predict rows chunk after chunk, and wait for each."""
    for start in range(0, X.shape[0], step):
        chunk = X[start : start + step]
        predictor = Predictor(device, layout, vector, chunk, chunk.shape[0], {})
        try:
            predictor.model.set_features(chunk)
            predictor.begin(chunk.shape[0])
            predictor.launch()
            found = outputs[start : start + step]
            found[:] = predictor.model.get("out", 0, found.size).reshape(found.shape)
        finally:
            predictor.free()


class _Turn:
    """One of two places for rows on their way to the device, in it, or on their way back.

    Parameters
    ----------
    predictor : Predictor
    staged : tuple of array
        Pinned memory for features and outputs.
    X : array of shape (n_rows, n_features)
    outputs : array of shape (n_rows, n_outputs)
        Where the outputs go.
    """

    def __init__(self, predictor, staged, X, outputs):
        self.predictor, self._X, self._outputs = predictor, X, outputs
        self._staged, self._stream = staged, predictor.device.stream()
        self._rows, self._n_rows = None, None

    def _staged_for(self, rows):
        """Return the pinned memory of so many features and outputs."""
        n_rows, found = rows.stop - rows.start, []
        for array, buffer in zip((self._X, self._outputs), self._staged, strict=True):
            n_bytes = n_rows * array.shape[1] * array.itemsize
            found.append(buffer[:n_bytes].view(array.dtype).reshape(n_rows, array.shape[1]))
        return found

    def begin(self, rows):
        """Send rows to the device, once the last ones of this turn are done."""
        self.end()
        predictor, n_rows = self.predictor, rows.stop - rows.start
        features, found = self._staged_for(rows)
        predictor.device.staging.copy(features, self._X[rows])
        if n_rows != self._n_rows:
            predictor.begin(n_rows)
            self._n_rows = n_rows
        self._rows = rows
        predictor.model.put("values", features, 0, self._stream)
        predictor.launch(self._stream)
        predictor.model.get_into("out", found, self._stream)

    def end(self):
        """Wait for the rows, if there are any on their way, and write their outputs."""
        rows, self._rows = self._rows, None
        if rows is not None:
            self.wait()
            found = self._staged_for(rows)[1]
            self.predictor.device.staging.copy(self._outputs[rows], found)

    def wait(self):
        """Wait until nothing is on its way."""
        with self.predictor.device.active():
            self._stream.synchronize()


def _predict_in_turns(device, layout, vector, X, step, outputs):
    """Predict dense rows: while some are copied or predicted, the host prepares the next."""
    extra = {"values": (step * X.shape[1], X.dtype)}
    sizes = step * X.shape[1] * X.itemsize, step * outputs.shape[1] * outputs.itemsize
    with contextlib.ExitStack() as stack:
        turns = []
        for _ in range(2):
            predictor = Predictor(device, layout, vector, X, step, extra)
            stack.callback(predictor.free)
            staged = [stack.enter_context(device.staging.buffer(size)) for size in sizes]
            turns.append(_Turn(predictor, staged, X, outputs))
            stack.callback(turns[-1].wait)  # before anything of it is given back
        for number, start in enumerate(range(0, X.shape[0], step)):
            turns[number % 2].begin(slice(start, min(start + step, X.shape[0])))
        for turn in turns:
            turn.end()
