"""The objective and its gradient over all rows, for full-batch solvers and gradient checks."""

from skdeep.engines.cpu.batch import batch_sums, row_phase
from skdeep.engines.cpu.jit import kernel
from skdeep.engines.cpu.phases import OUTSIDE, UPDATING, WAITING, mark
from skdeep.engines.cpu.structures import N_ROWS, VALUE, Batch
from skdeep.engines.cpu.team import barrier, join
from skdeep.engines.cpu.weights import penalty_sum, refresh_all, weight_phase


@kernel
def evaluate(task, shared, member):
    """Compute the objective, and its gradient in the place of the rule's first state.

    Parameters
    ----------
    task : Task
        With the loop for a rule that writes down the gradient.
    shared : array of int64
        What the team shares.
    member : int
        Who this is.
    """
    members = join(shared, member)
    if members == 0:
        return
    batch = Batch(0, task.plan[N_ROWS], 1)
    team = shared, member, members
    mark(task.plan, member, UPDATING)
    refresh_all(task, 1, member, members)
    mark(task.plan, member, WAITING)
    barrier(shared, members)
    row_phase(task, batch, team)
    mark(task.plan, member, WAITING)
    barrier(shared, members)
    mark(task.plan, member, UPDATING)
    loss, weight = batch_sums(task)
    if member == 0:
        task.numbers[VALUE] = (loss + penalty_sum(task)) / weight
    weight_phase(task, batch, 1.0 / weight, team)
    mark(task.plan, member, OUTSIDE)
