"""The training loop: epochs, batches, learning rate and stopping, in one compiled call."""

from skdeep.engines.cpu.formulas import switch
from skdeep.engines.cpu.jit import inlined, kernel
from skdeep.engines.cpu.rows import batch_sums, row_phase
from skdeep.engines.cpu.structures import (
    BATCH_SIZE,
    BEST,
    EPOCH,
    HISTORY,
    INITIAL_RATE,
    LOSS_SUM,
    N_EPOCHS,
    N_ROWS,
    ORDER_STEP,
    PATIENCE,
    PENALTY,
    POWER,
    RATE,
    READY,
    ROW,
    SCHEDULE,
    SEEN,
    STALLED,
    STOPPED,
    TOL,
    UPDATE,
    WATCH_LOSS,
    Batch,
)
from skdeep.engines.cpu.team import barrier, join
from skdeep.engines.cpu.weights import penalty_sum, prepare, refresh_all, weight_phase
from skdeep.formulas.schedules import REGISTRY as SCHEDULES


def _schedule_call(schedule):
    epoch_end, plateau = schedule.epoch_end, schedule.plateau

    def call(arguments):
        numbers, plan, stalled = arguments
        seen = float(plan[SEEN])
        rate = epoch_end(numbers[RATE], numbers[INITIAL_RATE], seen, numbers[POWER])
        if stalled:
            rate, stop = plateau(rate)
            if stop:
                plan[STOPPED] = 1
            else:
                plan[STALLED] = 0
        numbers[RATE] = rate

    return call


#: ``follow_schedule(code, (numbers, plan, stalled))``: the learning rate after an epoch.
follow_schedule = switch([(s.code, s) for s in SCHEDULES.values()], _schedule_call)


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
    follow_schedule(plan[SCHEDULE], (numbers, plan, stalled))
    place = plan[HISTORY] + 2 * plan[EPOCH]
    numbers[place], numbers[place + 1] = loss, numbers[RATE]
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
    row_phase(task, batch, member, members)
    prepare(task, task.numbers[RATE], update, member)
    barrier(shared, members)
    loss, weight = batch_sums(task)
    # A batch of samples without weight has no gradient.
    scale = 1.0 / weight if weight != 0.0 else 0.0
    if member == 0:
        task.numbers[LOSS_SUM] += (loss + task.numbers[PENALTY]) * scale * batch.count
    weight_phase(task, batch, scale, member, members)
    barrier(shared, members)
    if member == 0:
        task.numbers[PENALTY] = penalty_sum(task)


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
    if plan[READY] == 0:
        refresh_all(task, member, members)
        barrier(shared, members)
        if member == 0:
            task.numbers[PENALTY] = penalty_sum(task)
            plan[READY] = 1
    for _ in range(max_batches):
        if epoch >= plan[N_EPOCHS] or plan[STOPPED] == 1:
            break
        count = min(plan[BATCH_SIZE], plan[N_ROWS] - row)
        update += 1
        batch = Batch(epoch * plan[ORDER_STEP] + row, count)
        train_batch(task, batch, update, (shared, member, members))
        row += count
        if row == plan[N_ROWS]:
            if member == 0:
                end_epoch(task)
            row, epoch = 0, epoch + 1
            barrier(shared, members)
    barrier(shared, members)
    if member == 0:
        plan[ROW], plan[UPDATE] = row, update
