"""Predictions on a GPU, in chunks that it has room for."""

import numpy as np
from scipy.sparse import issparse

from skdeep.engines.cuda import structures as at
from skdeep.engines.cuda.admission import Ticket
from skdeep.engines.cuda.devices import feature_bytes
from skdeep.engines.cuda.formulas import Formulas
from skdeep.engines.cuda.kernels import kernels_for
from skdeep.engines.cuda.launch import launch
from skdeep.engines.cuda.memory import span_of
from skdeep.engines.cuda.model import Model
from skdeep.engines.cuda.plan import ACTIVATIONS_BY_CODE, Shape, make_plan
from skdeep.engines.regularisation import PLAIN
from skdeep.engines.table import ACTIVATION

#: A prediction begins with so much memory, and does not wait for fits to end.
BYTES_TO_PREDICT = 1 << 25
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
        span = span_of([model])
        rows = np.repeat(model.row(span.begin)[None], blocks, axis=0)
        rows[:, at.LAYERS] += np.arange(blocks) * len(plan.layers)
        rows[:, at.LAYERS_END] = rows[:, at.LAYERS] + len(plan.layers)
        kernel = kernels_for(_prediction_formulas(layout, X)).predict
        with device.active():
            arguments = *span.arrays(model.dtype), table.write(rows)
            launch(kernel, (blocks, device.threads, 0), arguments)
        return model.get("out", 0, n_rows * layout.n_outputs).reshape(n_rows, -1)
    finally:
        model.free()
        table.free()
