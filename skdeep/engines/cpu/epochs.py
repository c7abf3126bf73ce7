"""The training loop: epochs, batches, learning rate and stopping, in one compiled call."""

from skdeep.engines.cpu.batch import batch_sums, row_phase
from skdeep.engines.cpu.jit import device, inlined, kernel
from skdeep.engines.cpu.loops import run
from skdeep.engines.cpu.phases import OUTSIDE, UPDATING, WAITING, mark
from skdeep.engines.cpu.sections import section
from skdeep.engines.cpu.structures import (
    BATCH_SIZE,
    BEST,
    EPOCH,
    HISTORY,
    INITIAL_RATE,
    LOSS_SUM,
    N_EPOCHS,
    N_ROWS,
    NORM_SUM,
    NORMS,
    ORDER_STEP,
    PATIENCE,
    PENALTY,
    RATE,
    READY,
    RECORD,
    RECORD_SIZE,
    ROW,
    SCHEDULE,
    SCHEDULE_STALLED,
    SEEN,
    STALLED,
    STOPPED,
    STOPPED_BY_CHANGE,
    STOPPED_BY_GRADIENT,
    STOPPED_BY_OBJECTIVE,
    TOL,
    TOL_GRADIENT,
    TOL_OBJECTIVE,
    UPDATE,
    WATCH_GRADIENT,
    WATCH_LOSS,
    Batch,
)
from skdeep.engines.cpu.team import barrier, join
from skdeep.engines.cpu.weights import (
    add_norms,
    gradient_norm,
    penalty_sum,
    prepare,
    refresh_all,
    step_place,
    weight_phase,
)


def schedule_loop(schedule, kind):
    """Return the function that gives the learning rate after an epoch.

    Its arrays are the learning rate and whether training has stalled, which it replaces by whether
    training ends; its numbers the initial learning rate and the schedule's parameters, its count
    the samples seen.
    """
    epoch_end, plateau = schedule.epoch_end, schedule.plateau

    def loop(rate, stalled, _x2, _x3, p, seen):
        parameters = p[1], p[2]
        rate[0] = epoch_end(rate[0], p[0], float(seen), parameters)
        if stalled[0] > 0.0:
            lowered, stop = plateau(rate[0], parameters)
            rate[0], stalled[0] = lowered, 1.0 if stop else 0.0

    return loop


@device
def follow_schedule(plan, numbers, stalled):
    """Let the schedule change the learning rate, or end training that has stalled."""
    numbers[SCHEDULE_STALLED] = 1.0 if stalled else 0.0
    rate, flag = section(numbers, RATE, 1), section(numbers, SCHEDULE_STALLED, 1)
    p = section(numbers, INITIAL_RATE, 3)
    run(plan[SCHEDULE], rate, flag, flag, flag, p, plan[SEEN])
    if stalled:
        if flag[0] > 0.0:
            plan[STOPPED] = STOPPED_BY_CHANGE
        else:
            plan[STALLED] = 0


@inlined
def end_epoch(task):
    """Close an epoch: its loss, the stopping rule, the learning rate."""
    plan, numbers = task.plan, task.numbers
    loss = numbers[LOSS_SUM] / plan[N_ROWS]
    numbers[LOSS_SUM] = 0.0
    plan[SEEN] += plan[N_ROWS]
    stalled = False
    if plan[WATCH_LOSS] == 1:
        plan[STALLED] = plan[STALLED] + 1 if loss > numbers[BEST] - numbers[TOL] else 0
        if loss < numbers[BEST]:
            numbers[BEST] = loss
        stalled = float(plan[STALLED]) > numbers[PATIENCE]
    follow_schedule(plan, numbers, stalled)
    batches = (plan[N_ROWS] + plan[BATCH_SIZE] - 1) // plan[BATCH_SIZE]
    norm = numbers[NORM_SUM] / batches
    numbers[NORM_SUM] = 0.0
    if loss < numbers[TOL_OBJECTIVE]:
        plan[STOPPED] = STOPPED_BY_OBJECTIVE
    if plan[WATCH_GRADIENT] == 1 and norm < numbers[TOL_GRADIENT]:
        plan[STOPPED] = STOPPED_BY_GRADIENT
    place = plan[HISTORY] + plan[RECORD_SIZE] * plan[EPOCH]
    numbers[place], numbers[place + 1], numbers[place + 2] = loss, numbers[RATE], norm
    for index in range(RECORD, plan[RECORD_SIZE]):
        total = plan[NORMS] + index - RECORD
        numbers[place + index] = numbers[total] / batches
        numbers[total] = 0.0
    plan[EPOCH] += 1


@inlined
def train_batch(task, batch, update, team):
    """One mini-batch: both phases, and the loss before the update.

    Parameters
    ----------
    task : Task
    batch : Batch
    update : int
        Number of the update, from 1.
    team : tuple
        What the team shares, who this is, and how many they are.
    """
    shared, member, members = team
    row_phase(task, batch, team)
    mark(task.plan, member, UPDATING)
    prepare(task, update, member)
    if members > 1:
        mark(task.plan, member, WAITING)
        barrier(shared, members)
        mark(task.plan, member, UPDATING)
    loss, weight = batch_sums(task)
    # A batch of samples without weight has no gradient.
    scale = 1.0 / weight if weight != 0.0 else 0.0
    if member == 0:
        task.numbers[LOSS_SUM] += (loss + task.numbers[PENALTY]) * scale * batch.count
        rate = task.numbers[step_place(task.plan, update)]
        task.numbers[RATE] = task.numbers[RATE] if rate < 0.0 else rate
    weight_phase(task, batch, scale, team)
    if members > 1:
        mark(task.plan, member, WAITING)
        barrier(shared, members)
    if member == 0:
        mark(task.plan, member, UPDATING)
        task.numbers[PENALTY] = penalty_sum(task)
        if task.plan[WATCH_GRADIENT] == 1:
            task.numbers[NORM_SUM] += gradient_norm(task)
            add_norms(task)


@kernel
def train(task, max_batches, shared, member):
    """Train for a number of mini-batches, or until the epochs set or training end.

    Parameters
    ----------
    task : Task
        Its plan and numbers say where training is, and are advanced.
    max_batches : int
    shared : array of int64
        What the team shares.
    member : int
        Who this is.
    """
    members = join(shared, member)
    if members == 0:
        return
    plan = task.plan
    epoch, row, update = plan[EPOCH], plan[ROW], plan[UPDATE]
    mark(plan, member, UPDATING)
    if plan[READY] == 0:
        refresh_all(task, update + 1, member, members)
        barrier(shared, members)
        if member == 0:
            task.numbers[PENALTY] = penalty_sum(task)
            plan[READY] = 1
    for _ in range(max_batches):
        if epoch >= plan[N_EPOCHS] or plan[STOPPED] != 0:
            break
        count = min(plan[BATCH_SIZE], plan[N_ROWS] - row)
        update += 1
        batch = Batch(epoch * plan[ORDER_STEP] + row, count, update)
        train_batch(task, batch, update, (shared, member, members))
        row += count
        if row == plan[N_ROWS]:
            if member == 0:
                end_epoch(task)
            row, epoch = 0, epoch + 1
            mark(plan, member, WAITING)
            barrier(shared, members)
    mark(plan, member, WAITING)
    barrier(shared, members)
    mark(plan, member, OUTSIDE)
    if member == 0:
        plan[ROW], plan[UPDATE] = row, update
