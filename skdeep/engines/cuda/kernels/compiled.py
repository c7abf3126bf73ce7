"""The kernels that the host launches, compiled for the formulas of a network.

`Kernels.train` gives every model a block of threads, which trains it for many batches without
returning: what small networks need, one or hundreds of them. The kernels of phases share one phase
of a large model among a whole grid, and the host launches them one after another.
"""

import numpy as np

from skdeep.engines.cuda.hardware.once import once, once_property
from skdeep.engines.cuda.hardware.shim import (
    block,
    blocks,
    cuda,
    device,
    inlined,
    kernel,
    nanoseconds,
    sync,
    thread,
    threads,
)
from skdeep.engines.cuda.kernels import batch as of_batch
from skdeep.engines.cuda.kernels import bookkeeping
from skdeep.engines.cuda.kernels.formulas import make_code
from skdeep.engines.cuda.kernels.phases import PHASES
from skdeep.engines.cuda.layers.batch_norm import normalise_by_running
from skdeep.engines.cuda.layers.cells import first_cell, next_cell
from skdeep.engines.cuda.layers.dense import affine, loss_of_row, normalise_outputs
from skdeep.engines.cuda.layers.features import part
from skdeep.engines.cuda.memory.structures import (
    LAYERS,
    LOSS_PARAMETER,
    MEMORY,
    NUMBERS,
    ORDER,
    OUT,
    PLAN,
    STORE,
    TARGETS,
    Batch,
    Task,
    Who,
    layers_of,
    numbers_of,
    plan_of,
)
from skdeep.engines.table import AUXILIARY


@inlined
def task_of(code, arrays, places, memory):
    """Return what a kernel works on for one model.

    Parameters
    ----------
    code : Code
    arrays : tuple of arrays
        Of the network's precision, of float64, int64 and int32, and int64 in rows of a layer table:
        the same memory.
    places : array of int64
        The model's row of the table of models.
    memory : array
        Its memory.
    """
    kinds, doubles, integers, shorts, tables = arrays
    numbered, store = part(integers, places, PLAN), part(kinds, places, STORE)
    plan, floats = plan_of(numbered), part(doubles, places, NUMBERS)
    features = code.features.find(arrays, places)
    return Task(
        memory,
        store,
        code.features.inputs(arrays, places, plan.direct),
        numbers_of(floats),
        floats,
        plan,
        numbered,
        layers_of(part(tables, places, LAYERS)),
        features,
        part(kinds, places, TARGETS),
        part(shorts, places, ORDER),
    )


@device
def train_epochs(code, task, who):
    """Train until the batches of the call are done, or the epochs set, or training has ended."""
    plan, start = task.plan, nanoseconds()
    if plan.ready == 0:
        of_batch.refresh_all(code, task, plan.update + 1, who)
        of_batch.fold_penalties(task, who)
        sync()
        if who.lane == 0:
            bookkeeping.set_penalty(task)
            plan.ready = 1
        sync()
    for _ in range(plan.max_batches):
        if bookkeeping.ended(task):
            break
        batch = bookkeeping.next_batch(task)
        sync()
        of_batch.train_batch(code, task, batch, who)
    if who.lane == 0:
        plan.nanoseconds = nanoseconds() - start


@device
def forward(code, task, batch, who):
    """Compute the outputs of some rows, as predictions do."""
    for index in range(task.plan.n_layers):
        if task.layers[index].role == AUXILIARY:
            continue
        affine(code, task, batch, index, who)
        sync()
        if task.layers[index].scales >= 0:
            normalise_by_running(code, task, batch, index, who)
            sync()
    normalise_outputs(code, task, batch, task.plan.n_layers - 1, who)
    sync()


@device
def write_outputs(task, batch, out, who):
    """Copy the outputs of some rows to where they are wanted."""
    layer, count = task.layers[task.plan.n_layers - 1], np.uint32(batch.count)
    place, stride = np.uint64(layer.output), np.uint32(layer.stride)
    begin, cell = np.uint64(batch.position * layer.fan_out), first_cell(who, layer.fan_out)
    while cell.row < count:
        r, j = cell.row, cell.column
        out[begin + (r * cell.width + j)] = task.memory[place + (r * stride + j)]
        cell = next_cell(cell)


@device
def predict_rows(code, task, out, turn, who):
    """Predict every so many-th group of rows, from the first of its own on.

    Parameters
    ----------
    code : Code
    task : Task
    out : array
        Outputs of all rows.
    turn : tuple of int
        The first group, and from one group to the next.
    who : Who
    """
    rows, (first, step) = task.plan.batch_size, turn
    for start in range(first * rows, task.plan.n_rows, step * rows):
        batch = Batch(start, min(rows, task.plan.n_rows - start), 0)
        code.features.gather(code, task, batch, who)
        sync()
        forward(code, task, batch, who)
        write_outputs(task, batch, out, who)
        sync()


@device
def write_losses(code, task, out, who):
    """Write the loss of every row behind the outputs of all, which are there."""
    plan = task.plan
    losses = plan.n_rows * task.layers[plan.n_layers - 1].fan_out
    p = task.memory[plan.constants + LOSS_PARAMETER]
    for r in range(who.lane, plan.n_rows, who.lanes):
        out[losses + r] = loss_of_row(code, task, out, r, p)


@device
def validate(code, task, rows, out, who):
    """Once the epochs set are done, evaluate the network on the rows of another task.

    Their outputs are written, and behind them their losses.
    """
    if not bookkeeping.ended(task):
        return
    sync()
    for i in range(who.lane, rows.plan.constants, who.lanes):
        rows.memory[i] = task.memory[i]
    sync()
    if task.plan.by_directions == 1:
        for index in range(task.plan.n_layers):
            layer = task.layers[index]
            for i in range(who.lane, layer.fan_in * layer.fan_out, who.lanes):
                rows.memory[layer.weights + i] = task.memory[layer.used + i]
        sync()
    predict_rows(code, rows, out, (0, 1), who)
    write_losses(code, rows, out, who)


def _train(code, validated):
    def train(kinds, doubles, integers, shorts, tables, models):
        places, arrays = models[block()], (kinds, doubles, integers, shorts, tables)
        task = task_of(code, arrays, places, part(kinds, places, MEMORY))
        who = Who(thread(), threads())
        train_epochs(code, task, who)
        if validated:
            places = models[blocks() + block()]
            rows = task_of(code, arrays, places, part(kinds, places, MEMORY))
            validate(code, task, rows, part(kinds, places, OUT), who)

    return kernel(train)


def _train_in_shared_memory(code, validated):
    def train(kinds, doubles, integers, shorts, tables, models):
        places, arrays = models[block()], (kinds, doubles, integers, shorts, tables)
        memory, kept = cuda.shared.array(0, kinds.dtype), part(kinds, places, MEMORY)
        for i in range(thread(), kept.size, threads()):
            memory[i] = kept[i]
        sync()
        task, who = task_of(code, arrays, places, memory), Who(thread(), threads())
        train_epochs(code, task, who)
        for i in range(thread(), kept.size, threads()):
            kept[i] = memory[i]
        if validated:
            places = models[blocks() + block()]
            rows = task_of(code, arrays, places, part(kinds, places, MEMORY))
            validate(code, task, rows, part(kinds, places, OUT), who)

    return kernel(train)


def _predict(code):
    def predict(kinds, doubles, integers, shorts, tables, models):
        places, arrays = models[block()], (kinds, doubles, integers, shorts, tables)
        task = task_of(code, arrays, places, part(kinds, places, MEMORY))
        who, out = Who(thread(), threads()), part(kinds, places, OUT)
        predict_rows(code, task, out, (block(), blocks()), who)

    return kernel(predict)


def _losses(code):
    def losses(kinds, doubles, integers, shorts, tables, models):
        places, arrays = models[block()], (kinds, doubles, integers, shorts, tables)
        task = task_of(code, arrays, places, part(kinds, places, MEMORY))
        who = Who(block() * threads() + thread(), blocks() * threads())
        write_losses(code, task, part(kinds, places, OUT), who)

    return kernel(losses)


def _phase(code, phase):
    phase = phase if hasattr(phase, "py_func") else device(phase)

    def run(kinds, doubles, integers, shorts, tables, models, index):
        places, arrays = models[0], (kinds, doubles, integers, shorts, tables)
        task = task_of(code, arrays, places, part(kinds, places, MEMORY))
        who = Who(block() * threads() + thread(), blocks() * threads())
        if bookkeeping.ended(task):
            return
        phase(code, task, bookkeeping.next_batch(task), index, who)

    return kernel(run)


class Kernels:
    """The kernels for the formulas of a network, each made when it is first wanted.

    Parameters
    ----------
    formulas : Formulas
    """

    def __init__(self, formulas):
        self.formulas, self._code = formulas, make_code(formulas)
        self._make_phase = once(lambda name: _phase(self._code, PHASES[name]))

    @once_property
    def train(self):
        """Train every model in a block of its own."""
        return _train(self._code, self.formulas.validated)

    @once_property
    def train_in_shared_memory(self):
        """Train every model in a block, with its memory in that of the multiprocessor."""
        return _train_in_shared_memory(self._code, self.formulas.validated)

    @once_property
    def predict(self):
        """Compute the outputs of one model, some rows to a block."""
        return _predict(self._code)

    @once_property
    def losses(self):
        """Compute the losses of the rows of one model, whose outputs are there."""
        return _losses(self._code)

    def phase(self, name):
        """Return the kernel of a phase, of `skdeep.engines.cuda.kernels.phases`."""
        return self._make_phase(name)


@once
def kernels_for(formulas):
    """Return the kernels for the formulas of a network, the same objects in every thread."""
    return Kernels(formulas)
