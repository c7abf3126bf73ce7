"""What one thread keeps account of between phases: losses, norms, learning rate, where training is.

These are the only functions that compute in float64, whatever the network's precision.
"""

import math

import numpy as np

from skdeep.engines.cuda.hardware.shim import device
from skdeep.engines.cuda.kernels.formulas import compiled
from skdeep.engines.cuda.kernels.sums import total
from skdeep.engines.cuda.memory.structures import (
    ALPHA,
    CLIP_NORM,
    COUNT,
    INITIAL_RATE,
    LAYER_SQUARES,
    LOSS_SUM,
    LOSSES,
    NORM_SUM,
    PATIENCE,
    PENALTIES,
    PENALTY,
    SCALE,
    SCHEDULE_PARAMETERS,
    TOL,
    TOL_GRADIENT,
    TOL_OBJECTIVE,
    VALUE,
    WEIGHTS,
    Batch,
)
from skdeep.engines.training_position import (
    BEST,
    RATE,
    RECORD,
)
from skdeep.formulas import stopping

BY_CHANGE = stopping.BY_CHANGE
best_loss = compiled(stopping.best_loss, np.float64)
epochs_without_progress = compiled(stopping.epochs_without_progress, np.float64)
has_stalled = compiled(stopping.has_stalled, np.float64)
loss_of_rows = compiled(stopping.loss_of_rows, np.float64)
n_batches = compiled(stopping.n_batches, np.float64)
rate_after_epoch = compiled(stopping.rate_after_epoch, np.float64)
rate_of_update = compiled(stopping.rate_of_update, np.float64)
reason_to_stop = compiled(stopping.reason_to_stop, np.float64)


@device
def ended(task):
    """Return whether the epochs set are done, or training has ended by itself."""
    return task.plan.epoch >= task.plan.n_epochs or task.plan.stopped != 0


@device
def next_batch(task):
    """Return the batch that comes next."""
    plan = task.plan
    count = min(plan.batch_size, plan.n_rows - plan.row)
    return Batch(plan.epoch * plan.order_step + plan.row, count, plan.update + 1)


@device
def _rate_place(task, update):
    return task.plan.steps + (update - 1 - task.plan.first_update) * task.plan.steps_step


@device
def prepare(code, task, batch):
    """Let the rule prepare what all parameters of a step share."""
    numbers, place = task.numbers, _rate_place(task, batch.update)
    rate = rate_of_update(numbers[place], numbers[RATE])
    p = (
        numbers[place + 1],
        numbers[place + 2],
        numbers[place + 3],
        numbers[place + 4],
        numbers[place + 5],
        numbers[place + 6],
    )
    c = code.prepare(rate, batch.update, p)
    constants = task.plan.constants
    for i in range(6):
        task.memory[constants + i] = c[i]
    task.memory[constants + COUNT] = batch.count


@device
def set_scale(task, batch):
    """Set one over the sum of the sample weights; 0 for a batch without weight."""
    constants = task.plan.constants
    weight = task.memory[constants + COUNT]
    if task.plan.weighted == 1:
        weight = total(task, WEIGHTS)
    one = task.memory[constants + COUNT] / task.memory[constants + COUNT]
    task.memory[constants + SCALE] = one / weight if weight != 0 else one - one


@device
def _loss(task):
    """Return the loss of a batch: the weighted sum, as reported."""
    loss = float(total(task, LOSSES))
    if task.plan.averaged == 1:
        loss /= task.layers[task.plan.n_layers - 1].fan_out
    return loss


@device
def set_penalty(task):
    """Take note of the penalty of the weights as they are."""
    task.numbers[PENALTY] = 0.0
    if task.numbers[ALPHA] > 0.0:
        task.numbers[PENALTY] = task.numbers[ALPHA] * float(total(task, PENALTIES))


@device
def set_value(task):
    """Take note of the objective."""
    weight = total(task, WEIGHTS) if task.plan.weighted == 1 else task.plan.n_rows
    task.numbers[VALUE] = (_loss(task) + task.numbers[PENALTY]) / weight


@device
def limit_step(task):
    """Take note of the norm of the gradient, and clip it by the scale of the step."""
    plan, numbers = task.plan, task.numbers
    square = 0.0
    for index in range(plan.frozen, plan.n_layers):
        own = float(total(task, LAYER_SQUARES + index))
        square += own
        numbers[plan.norms + index] += math.sqrt(own)
    norm, most = math.sqrt(square), numbers[CLIP_NORM]
    numbers[NORM_SUM] += norm
    if most > 0.0 and norm > most:
        task.memory[plan.constants + SCALE] *= most / norm


@device
def add_loss(task, batch):
    """Add the loss of a batch, before its update, to that of the epoch."""
    plan, numbers = task.plan, task.numbers
    weight = float(total(task, WEIGHTS)) if plan.weighted == 1 else float(batch.count)
    numbers[LOSS_SUM] += loss_of_rows(_loss(task), numbers[PENALTY], weight, float(batch.count))
    numbers[RATE] = rate_of_update(numbers[_rate_place(task, batch.update)], numbers[RATE])


@device
def end_batch(code, task, batch):
    """Close a batch, and the epoch with its last."""
    plan = task.plan
    set_penalty(task)
    plan.update = batch.update
    plan.row += batch.count
    if plan.row == plan.n_rows:
        plan.row = 0
        _end_epoch(code, task)


@device
def _follow_schedule(code, task, stalled):
    """Let the schedule change the learning rate, or end training that has stalled."""
    plan, numbers = task.plan, task.numbers
    p = numbers[SCHEDULE_PARAMETERS], numbers[SCHEDULE_PARAMETERS + 1]
    known = numbers[RATE], numbers[INITIAL_RATE], float(plan.seen)
    numbers[RATE], ends = rate_after_epoch(code.epoch_end, code.plateau, known, stalled, p)
    if ends:
        plan.stopped = BY_CHANGE
    elif stalled:
        plan.stalled = 0


@device
def _end_epoch(code, task):
    plan, numbers = task.plan, task.numbers
    loss = numbers[LOSS_SUM] / plan.n_rows
    numbers[LOSS_SUM] = 0.0
    plan.seen += plan.n_rows
    stalled = False
    if plan.watch_loss == 1:
        plan.stalled = epochs_without_progress(plan.stalled, loss, numbers[BEST], numbers[TOL])
        numbers[BEST] = best_loss(loss, numbers[BEST])
        stalled = has_stalled(plan.stalled, numbers[PATIENCE])
    _follow_schedule(code, task, stalled)
    batches = n_batches(plan.n_rows, plan.batch_size)
    norm = numbers[NORM_SUM] / batches
    numbers[NORM_SUM] = 0.0
    limits = numbers[TOL_OBJECTIVE], numbers[TOL_GRADIENT]
    plan.stopped = reason_to_stop(plan.stopped, loss, norm, limits[0], limits[1])
    place = plan.history + plan.record_size * plan.epoch
    numbers[place], numbers[place + 1], numbers[place + 2] = loss, numbers[RATE], norm
    for index in range(plan.record_size - RECORD):
        numbers[place + RECORD + index] = numbers[plan.norms + index] / batches
    for index in range(plan.n_layers):
        numbers[plan.norms + index] = 0.0
    plan.epoch += 1
