"""The memory of a task, and the way of parameters into it and out of it."""

import numpy as np
from scipy.sparse import issparse

from skdeep.engines.cpu import team
from skdeep.engines.cpu.arena import zeros
from skdeep.engines.cpu.layers import GAP, STRIDE, Places
from skdeep.engines.cpu.structures import (
    DATA_ROWS,
    EXTENDED_TASK,
    LIMITED_TASK,
    N_ROWS,
    PLAIN_TASK,
    STATE_STEP,
    WEIGHTED,
    WHOLE_GRADIENT,
    SparseRows,
    Task,
)
from skdeep.engines.table import BIASES, FAN_IN, FAN_OUT, NORMALISATION, WEIGHTS


def read_only(array, dtype=None):
    """Return a flat read-only view: one type in compiled code for whatever users pass."""
    array = np.asarray(array, dtype)
    if not (array.flags.c_contiguous and array.flags.aligned and array.dtype.isnative):
        array = np.require(array, array.dtype.newbyteorder("="), ["C", "A"])
    view = array.reshape(-1)
    if view is array:
        view = array.view()
    view.setflags(write=False)
    return view


def _most_entries(X, rows):
    """Return the most stored entries that `rows` rows of a sparse matrix can have."""
    counts = np.diff(X.indptr)
    kept = min(rows, len(counts))
    return int(np.partition(counts, len(counts) - kept)[len(counts) - kept :].sum())


def _features(X, batch_rows):
    if not issparse(X):
        return read_only(X)
    index = np.promote_types(X.indices.dtype, X.indptr.dtype)
    starts = 0 if batch_rows is None else X.shape[1] + 2
    entries = 0 if batch_rows is None else _most_entries(X, batch_rows)
    return SparseRows(
        read_only(X.data),
        read_only(X.indices, index),
        read_only(X.indptr, index),
        np.zeros(starts, dtype=np.int64),
        np.zeros(entries, dtype=np.int64),
        np.zeros(entries, dtype=X.dtype),
    )


#: For tasks whose rows come in the order of the data, and without labels.
NO_ORDER = read_only(np.empty(0, dtype=np.int64))
NO_LABELS = {kind: read_only(np.empty(0, dtype=kind)) for kind in (np.float32, np.float64)}


def _labels(data):
    """Return targets and sample weights in one array."""
    dtype = data.X.dtype
    with np.errstate(over="ignore"):  # targets beyond the precision of X make training diverge
        labels = [
            np.asarray(part, dtype=dtype).reshape(-1)
            for part in (data.targets, data.weights)
            if part is not None
        ]
    if not labels:
        return NO_LABELS[dtype.type]
    return read_only(labels[0] if len(labels) == 1 else np.concatenate(labels))


def make_task(plan, data, batch_rows=None):
    """Allocate the memory of a task.

    Parameters
    ----------
    plan : Plan
    data : Data
        Its features are not copied.
    batch_rows : int, default=None
        Rows of a batch, where sparse batches are to be arranged by columns.

    Returns
    -------
    task : Task
    """
    X, weights = data.X, data.weights
    plan.integers[DATA_ROWS], plan.integers[WEIGHTED] = X.shape[0], weights is not None
    if plan.integers[N_ROWS] == 0:
        plan.integers[N_ROWS] = X.shape[0]
    return Task(
        zeros(plan.memory_size, X.dtype, plan.members),
        _states(plan, X.dtype),
        np.zeros(plan.numbers_size),
        plan.integers,
        plan.layers,
        plan.tiles,
        _features(X, batch_rows),
        _labels(data),
        NO_ORDER,
        _extension(plan),
    )


def _states(plan, dtype):
    """Return memory for the states, which begins a third of a page behind that of the task."""
    stagger = Places(np.dtype(dtype).itemsize).stagger(0)
    size = stagger + plan.n_states * plan.integers[STATE_STEP]
    return zeros(size, dtype, plan.members)[stagger:]


def _extension(plan):
    """Return what says which kernels a task needs."""
    if plan.integers[WHOLE_GRADIENT] == 1:
        return LIMITED_TASK
    return EXTENDED_TASK if plan.extended else PLAIN_TASK


def replace_data(task, data, batch_rows=None):
    """Return a task with other rows, as many as before and like them.

    Parameters
    ----------
    task : Task
    data : Data
    batch_rows : int, default=None

    Returns
    -------
    task : Task
    """
    return task._replace(features=_features(data.X, batch_rows), targets=_labels(data))


def _pairs(layers, table, packed, vector):
    """Iterate over the weights and biases of every layer in both arrangements."""
    for ours, theirs in zip(layers, table, strict=True):
        fan_in, fan_out, stride = theirs[FAN_IN], theirs[FAN_OUT], ours[STRIDE]
        plain = vector[theirs[WEIGHTS] : theirs[WEIGHTS] + fan_in * fan_out]
        plain = plain.reshape(fan_in, fan_out)
        width = stride if ours[GAP] > 0 else fan_out
        count = fan_out // width
        panels = packed[ours[WEIGHTS] :][: -(-fan_out // width) * fan_in * stride]
        panels = panels.reshape(-1, fan_in, stride).transpose(1, 0, 2)
        yield panels[:, :count, :width], plain[:, : count * width].reshape(fan_in, count, width)
        if count * width < fan_out:
            rest = plain[:, count * width :]
            yield panels[:, count, : rest.shape[1]], rest
        for kind in (BIASES, *NORMALISATION):
            if theirs[kind] >= 0:
                yield (
                    packed[ours[kind] : ours[kind] + fan_out],
                    vector[theirs[kind] : theirs[kind] + fan_out],
                )


#: Elements from which on a copy is shared among threads.
SHARED_COPY = 1 << 18


def _copy(copies, plan):
    """Copy arrays, large ones by several threads.

    Parameters
    ----------
    copies : iterable of tuple of two arrays
        Where to, and what.
    plan : Plan
        Its members say how many threads.
    """
    for out, values in copies:
        if plan.members == 1 or out.size < SHARED_COPY:
            out[...] = values
            continue
        cuts = [np.array_split(array, plan.members) for array in (out, values)]
        parts = list(zip(*cuts, strict=True))
        team.run_each(lambda part: np.copyto(*part), parts, plan.members)


def pack(plan, layout, vector, packed):
    """Copy parameters from the network's arrangement into the engine's.

    Parameters
    ----------
    plan : Plan
    layout : Layout
    vector : array of shape (layout.n_parameters,)
    packed : array of at least ``plan.n_parameters`` elements
        Written to.
    """
    _copy(_pairs(plan.layers, layout.table, packed, vector), plan)


def unpack(plan, layout, packed, vector=None):
    """Return parameters in the network's arrangement.

    Parameters
    ----------
    plan : Plan
    layout : Layout
    packed : array of at least ``plan.n_parameters`` elements
    vector : array of shape (layout.n_parameters,), default=None
        Written to; None for a new one.

    Returns
    -------
    vector : array of shape (layout.n_parameters,)
    """
    vector = np.empty(layout.n_parameters, dtype=packed.dtype) if vector is None else vector
    pairs = _pairs(plan.layers, layout.table, packed, vector)
    _copy(((theirs, ours) for ours, theirs in pairs), plan)
    return vector


class PackedStates:
    """The states of a rule as training has left them: an array of the network once one is wanted.

    Few fits are gone on with, so that to bring the states into the network's arrangement, as many
    bytes again, would mostly be for nothing.

    Parameters
    ----------
    plan : Plan
    layout : Layout
    packed : array of shape (n_states * STATE_STEP,)
    """

    def __init__(self, plan, layout, packed):
        self.plan, self.layout, self.packed = plan, layout, packed

    def __array__(self, dtype=None, copy=None):
        """Return the states, of shape (n_states, n_parameters)."""
        states = np.empty((self.plan.n_states, self.layout.n_parameters), dtype=self.packed.dtype)
        for state, packed in zip(states, self.parts(), strict=True):
            unpack(self.plan, self.layout, packed, state)
        return states if dtype is None else states.astype(dtype, copy=False)

    def parts(self):
        """Return the memory of every state."""
        step = self.plan.integers[STATE_STEP]
        return [self.packed[index * step :][:step] for index in range(self.plan.n_states)]

    def put(self, states):
        """Set the states to those of the network."""
        for state, packed in zip(states, self.parts(), strict=True):
            pack(self.plan, self.layout, state, packed)
