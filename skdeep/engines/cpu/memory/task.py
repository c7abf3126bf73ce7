"""The arrays of a task."""

import functools

import numpy as np
from scipy.sparse import issparse

from skdeep.engines.cpu.compiling.tasks import handle_with, make_handle, replace
from skdeep.engines.cpu.memory.arena import zeros
from skdeep.engines.cpu.memory.fields import PLAN_AT, Task
from skdeep.engines.cpu.memory.places import Places


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


def _columns(X, batch_rows):
    """Return room for a sparse batch by columns."""
    entries = _most_entries(X, batch_rows)
    return {
        "column_starts": np.zeros(X.shape[1] + 2, dtype=np.int64),
        "column_rows": np.zeros(entries, dtype=np.int64),
        "column_values": np.zeros(entries, dtype=X.dtype),
    }


def _features(X, batch_rows):
    """Return the arrays of a task that hold features, by their names."""
    if not issparse(X):
        return {"values": read_only(X)}
    index = np.promote_types(X.indices.dtype, X.indptr.dtype)
    arrays = {name: read_only(getattr(X, name), index) for name in ("indices", "indptr")}
    arrays["values"] = read_only(X.data)
    return arrays if batch_rows is None else arrays | _columns(X, batch_rows)


#: For tasks whose rows come in the order of the data, and without labels.
NO_ORDER = read_only(np.empty(0, dtype=np.int64))
NO_LABELS = {kind: read_only(np.empty(0, dtype=kind)) for kind in (np.float32, np.float64)}


@functools.cache
def _empty_task(dtype):
    """Return a task of some precision without any arrays, and its handle."""
    none, no_index = NO_LABELS[dtype.type], np.zeros(1, dtype=np.int32)
    arrays = dict.fromkeys(Task._fields, none) | {"indices": no_index, "indptr": no_index}
    integers = ("column_starts", "column_rows", "order", "places", "plan", "numbers")
    arrays |= dict.fromkeys((*integers, "operations", "tiles", "settings"), NO_ORDER)
    task = Task(**arrays)
    return task._replace(handle=make_handle(task))


def _labels(data, dtype):
    """Return targets and sample weights in one array."""
    with np.errstate(over="ignore"):  # targets beyond the precision of X make training diverge
        labels = [
            np.asarray(part, dtype=dtype).reshape(-1)
            for part in (data.targets, data.weights)
            if part is not None
        ]
    if not labels:
        return NO_LABELS[dtype.type]
    return read_only(labels[0] if len(labels) == 1 else np.concatenate(labels))


def make_task(plan, data, batch_rows=None, **arrays):
    """Allocate the memory of a task.

    Parameters
    ----------
    plan : Plan
    data : Data
        Its features are not copied.
    batch_rows : int, default=None
        Rows of a batch, where sparse batches are to be arranged by columns.
    **arrays : dict of str to array
        Those that receive predictions, and `parameters` that are not in the memory.

    Returns
    -------
    task : Task
    """
    X, integers = data.X, plan.integers
    integers[PLAN_AT.data_rows] = X.shape[0]
    integers[PLAN_AT.weighted] = data.weights is not None
    if integers[PLAN_AT.n_rows] == 0:
        integers[PLAN_AT.n_rows] = X.shape[0]
    dtype = plan.shape.dtype
    memory = zeros(plan.memory_size, dtype, plan.members)
    arrays = {"parameters": memory} | arrays
    arrays |= {
        "memory": memory,
        "numbers": np.zeros(plan.numbers_size),
        "plan": integers,
        **_features(X, batch_rows),
    }
    if plan.n_states > 0:
        arrays["states"] = _states(plan, dtype)
    if data.targets is not None:
        arrays["targets"] = _labels(data, dtype)
    task = _empty_task(dtype)
    handle = handle_with(task, arrays)
    handle[: len(plan.tables)] = plan.tables
    tables = {"operations": plan.operations, "tiles": plan.tiles}
    return task._replace(handle=handle, **tables, **arrays)


def _states(plan, dtype):
    """Return memory for the states, which begins a third of a page behind that of the task."""
    stagger = Places(dtype.itemsize).stagger(0)
    size = stagger + plan.n_states * int(plan.integers[PLAN_AT.state_step])
    return zeros(size, dtype, plan.members)[stagger:]


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
    return replace(task, **_features(data.X, batch_rows), targets=_labels(data, task.memory.dtype))
