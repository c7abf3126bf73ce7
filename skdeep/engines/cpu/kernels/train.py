"""The training loop: epochs, batches, learning rate and stopping, in one compiled call."""

from skdeep.engines.cpu.compiling.jit import device, kernel
from skdeep.engines.cpu.compiling.loops import run
from skdeep.engines.cpu.compiling.tasks import driver
from skdeep.engines.cpu.compiling.views import section
from skdeep.engines.cpu.kernels.parameter_phase import (
    add_norms,
    begin,
    gradient_norm,
    parameter_phase,
    penalty_sum,
    prepare,
)
from skdeep.engines.cpu.kernels.row_phase import batch_sums, row_phase
from skdeep.engines.cpu.memory.fields import Batch, Team, place_of
from skdeep.engines.cpu.parameters.step_loops import step_place
from skdeep.engines.cpu.threads.member_phases import OUTSIDE, UPDATING, WAITING, mark
from skdeep.engines.cpu.threads.team import barrier, join
from skdeep.engines.training_position import RECORD
from skdeep.formulas.stopping import (
    BY_CHANGE,
    best_loss,
    epochs_without_progress,
    has_stalled,
    loss_of_rows,
    n_batches,
    rate_after_epoch,
    rate_of_update,
    reason_to_stop,
)

RATE, STALLED, SCHEDULE = map(place_of, ("rate", "schedule_stalled", "initial_rate"))


def schedule_loop(schedule, kind):
    """Return the function that gives the learning rate after an epoch.

    Its arrays are the learning rate and whether training has stalled, which it replaces by whether
    training ends; its numbers the initial learning rate and the schedule's parameters, its count
    the samples seen.
    """
    epoch_end, plateau = schedule.epoch_end, schedule.plateau

    def loop(rate, stalled, _x2, _x3, p, seen):
        numbers, parameters = (rate[0], p[0], float(seen)), (p[1], p[2])
        reached, ends = rate_after_epoch(epoch_end, plateau, numbers, stalled[0] > 0.0, parameters)
        rate[0], stalled[0] = reached, 1.0 if ends else 0.0

    return loop


@device
def _follow_schedule(task, stalled):
    """Let the schedule change the learning rate, or end training that has stalled."""
    plan, scalars = task.plan, task.scalars
    scalars.schedule_stalled = 1.0 if stalled else 0.0
    rate, flag = section(task.numbers, RATE, 1), section(task.numbers, STALLED, 1)
    run(plan.schedule, rate, flag, flag, flag, section(task.numbers, SCHEDULE, 3), plan.seen)
    if stalled:
        if scalars.schedule_stalled > 0.0:
            plan.stopped = BY_CHANGE
        else:
            plan.stalled = 0


@device
def _end_epoch(task):
    """Close an epoch: its loss, the stopping rule, the learning rate."""
    plan, scalars, numbers = task.plan, task.scalars, task.numbers
    loss = scalars.loss_sum / plan.n_rows
    scalars.loss_sum = 0.0
    plan.seen += plan.n_rows
    stalled = False
    if plan.watch_loss == 1:
        plan.stalled = epochs_without_progress(plan.stalled, loss, scalars.best, scalars.tol)
        scalars.best = best_loss(loss, scalars.best)
        stalled = has_stalled(plan.stalled, scalars.patience)
    _follow_schedule(task, stalled)
    batches = n_batches(plan.n_rows, plan.batch_size)
    norm = scalars.norm_sum / batches
    scalars.norm_sum = 0.0
    plan.stopped = reason_to_stop(
        plan.stopped, loss, norm, scalars.tol_objective, scalars.tol_gradient
    )
    place = plan.history + plan.record_size * plan.epoch
    numbers[place], numbers[place + 1], numbers[place + 2] = loss, scalars.rate, norm
    for index in range(RECORD, plan.record_size):
        total = plan.norms + index - RECORD
        numbers[place + index] = numbers[total] / batches
        numbers[total] = 0.0
    plan.epoch += 1


@device
def _wait_for_all(task, team):
    if team.members > 1:
        mark(task.plan, team.member, WAITING)
        barrier(team.shared, team.members)
        mark(task.plan, team.member, UPDATING)


@device
def _train_batch(task, batch, team):
    """One mini-batch: both phases, and the loss before the update."""
    plan, scalars, member = task.plan, task.scalars, team.member
    row_phase(task, batch, team)
    mark(plan, member, UPDATING)
    prepare(task, batch.update, member)
    _wait_for_all(task, team)
    loss, weight = batch_sums(task)
    # A batch of samples without weight has no gradient.
    scale = 1.0 / weight if weight != 0.0 else 0.0
    if member == 0:
        scalars.loss_sum += loss_of_rows(loss, scalars.penalty, weight, batch.count)
        given = task.numbers[step_place(plan, batch.update)]
        scalars.rate = rate_of_update(given, scalars.rate)
    parameter_phase(task, batch, scale, team)
    _wait_for_all(task, team)
    if member == 0:
        mark(plan, member, UPDATING)
        scalars.penalty = penalty_sum(task)
        if plan.watch_gradient == 1:
            scalars.norm_sum += gradient_norm(task)
            add_norms(task)


@device
def _make_ready(task, team):
    """Bring everything that depends on the parameters up to date before the first update."""
    begin(task, task.plan.update + 1, team)
    barrier(team.shared, team.members)
    if team.member == 0:
        task.scalars.penalty = penalty_sum(task)
        task.plan.ready = 1


@kernel
def train(handle, max_batches, shared, member):
    """Train for a number of mini-batches, or until the epochs set or training end.

    Parameters
    ----------
    handle : array of int64
        Of a task, whose plan and numbers say where training is, and are advanced.
    max_batches : int
    shared : array of int64
        What the team shares.
    member : int
        Who this is.
    """
    members = join(shared, member)
    if members == 0:
        return
    task, team = driver(handle), Team(shared, member, members)
    plan = task.plan
    epoch, place, update = plan.epoch, plan.row, plan.update
    mark(plan, member, UPDATING)
    if plan.ready == 0:
        _make_ready(task, team)
    for _ in range(max_batches):
        if epoch >= plan.n_epochs or plan.stopped != 0:
            break
        count = min(plan.batch_size, plan.n_rows - place)
        update += 1
        _train_batch(task, Batch(epoch * plan.order_step + place, count, update), team)
        place += count
        if place == plan.n_rows:
            if member == 0:
                _end_epoch(task)
            place, epoch = 0, epoch + 1
            mark(plan, member, WAITING)
            barrier(shared, members)
    mark(plan, member, WAITING)
    barrier(shared, members)
    mark(plan, member, OUTSIDE)
    if member == 0:
        plan.row, plan.update = place, update
