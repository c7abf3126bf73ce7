"""What one thread keeps account of between phases: losses, norms, learning rate, where training is.

These are the only functions that compute in float64, whatever the network's precision.
"""

import math

import numpy as np

from skdeep.engines.cuda.hardware.shim import device
from skdeep.engines.cuda.kernels.formulas import compiled
from skdeep.engines.cuda.kernels.sums import total
from skdeep.engines.cuda.memory.structures import (
    COUNT,
    LAYER_SQUARES,
    LOSSES,
    PENALTIES,
    SCALE,
    WEIGHTS,
    Batch,
)
from skdeep.engines.training_position import RECORD
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
    doubles, place = task.doubles, _rate_place(task, batch.update)
    rate = rate_of_update(doubles[place], task.numbers.rate)
    p = (
        doubles[place + 1],
        doubles[place + 2],
        doubles[place + 3],
        doubles[place + 4],
        doubles[place + 5],
        doubles[place + 6],
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
    task.numbers.penalty = 0.0
    if task.numbers.alpha > 0.0:
        task.numbers.penalty = task.numbers.alpha * float(total(task, PENALTIES))


@device
def set_value(task):
    """Take note of the objective."""
    weight = total(task, WEIGHTS) if task.plan.weighted == 1 else task.plan.n_rows
    task.numbers.value = (_loss(task) + task.numbers.penalty) / weight


@device
def limit_step(task):
    """Take note of the norm of the gradient, and clip it by the scale of the step."""
    plan, numbers = task.plan, task.numbers
    square = 0.0
    for index in range(plan.frozen, plan.n_layers):
        own = float(total(task, LAYER_SQUARES + index))
        square += own
        task.doubles[plan.norms + index] += math.sqrt(own)
    norm, most = math.sqrt(square), numbers.clip_norm
    numbers.norm_sum += norm
    if most > 0.0 and norm > most:
        task.memory[plan.constants + SCALE] *= most / norm


@device
def add_loss(task, batch):
    """Add the loss of a batch, before its update, to that of the epoch."""
    plan, numbers = task.plan, task.numbers
    weight = float(total(task, WEIGHTS)) if plan.weighted == 1 else float(batch.count)
    numbers.loss_sum += loss_of_rows(_loss(task), numbers.penalty, weight, float(batch.count))
    numbers.rate = rate_of_update(task.doubles[_rate_place(task, batch.update)], numbers.rate)


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
    p = numbers.schedule_parameter_0, numbers.schedule_parameter_1
    known = numbers.rate, numbers.initial_rate, float(plan.seen)
    numbers.rate, ends = rate_after_epoch(code.epoch_end, code.plateau, known, stalled, p)
    if ends:
        plan.stopped = BY_CHANGE
    elif stalled:
        plan.stalled = 0


@device
def _end_epoch(code, task):
    plan, numbers, doubles = task.plan, task.numbers, task.doubles
    loss = numbers.loss_sum / plan.n_rows
    numbers.loss_sum = 0.0
    plan.seen += plan.n_rows
    stalled = False
    if plan.watch_loss == 1:
        plan.stalled = epochs_without_progress(plan.stalled, loss, numbers.best, numbers.tol)
        numbers.best = best_loss(loss, numbers.best)
        stalled = has_stalled(plan.stalled, numbers.patience)
    _follow_schedule(code, task, stalled)
    batches = n_batches(plan.n_rows, plan.batch_size)
    norm = numbers.norm_sum / batches
    numbers.norm_sum = 0.0
    limits = numbers.tol_objective, numbers.tol_gradient
    plan.stopped = reason_to_stop(plan.stopped, loss, norm, limits[0], limits[1])
    place = plan.history + plan.record_size * plan.epoch
    doubles[place], doubles[place + 1], doubles[place + 2] = loss, numbers.rate, norm
    for index in range(plan.record_size - RECORD):
        doubles[place + RECORD + index] = doubles[plan.norms + index] / batches
    for index in range(plan.n_layers):
        doubles[plan.norms + index] = 0.0
    plan.epoch += 1
