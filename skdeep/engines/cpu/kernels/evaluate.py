"""The objective and its gradient over all rows, for full-batch solvers and gradient checks."""

from skdeep.engines.cpu.compiling.jit import kernel
from skdeep.engines.cpu.compiling.tasks import driver
from skdeep.engines.cpu.kernels.parameter_phase import begin, parameter_phase, penalty_sum
from skdeep.engines.cpu.kernels.row_phase import batch_sums, row_phase
from skdeep.engines.cpu.memory.fields import Batch, Team
from skdeep.engines.cpu.threads.member_phases import OUTSIDE, UPDATING, WAITING, mark
from skdeep.engines.cpu.threads.team import barrier, join


@kernel
def evaluate(handle, shared, member):
    """Compute the objective, and its gradient in the place of the optimizer's first state.

    Parameters
    ----------
    handle : array of int64
        Of a task with the loop for an optimizer that writes down the gradient.
    shared : array of int64
        What the team shares.
    member : int
        Who this is.
    """
    members = join(shared, member)
    if members == 0:
        return
    task, team = driver(handle), Team(shared, member, members)
    batch = Batch(0, task.plan.n_rows, 1)
    mark(task.plan, member, UPDATING)
    begin(task, 1, team)
    mark(task.plan, member, WAITING)
    barrier(shared, members)
    row_phase(task, batch, team)
    mark(task.plan, member, WAITING)
    barrier(shared, members)
    mark(task.plan, member, UPDATING)
    loss, weight = batch_sums(task)
    if member == 0:
        task.scalars.value = (loss + penalty_sum(task)) / weight
    parameter_phase(task, batch, 1.0 / weight, team)
    mark(task.plan, member, OUTSIDE)
