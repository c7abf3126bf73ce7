"""Prediction: blocks of rows go forward, each in the cache of one core."""

from skdeep.engines.cpu.compiling.jit import kernel
from skdeep.engines.cpu.compiling.routines import NOTHING, call, on_stack
from skdeep.engines.cpu.compiling.tasks import driver
from skdeep.engines.cpu.compiling.views import row_of
from skdeep.engines.cpu.memory.fields import Block
from skdeep.engines.cpu.threads.member_phases import OUTSIDE, mark
from skdeep.engines.cpu.threads.team import join, take


@kernel
def predict(handle, shared, member):
    """Compute the network's outputs, or which are the largest.

    Parameters
    ----------
    handle : array of int64
        Of a task, whose plan says from which row up to which, and whose `outputs` or `places`
        receive what is found.
    shared : array of int64
        What the team shares.
    member : int
        Who this is.
    """
    members = join(shared, member)
    if members == 0:
        return
    task = driver(handle)
    plan = task.plan
    slot = plan.slots + member * plan.slot_step
    start = plan.row + take(shared, members) * plan.block_rows
    while start < plan.n_rows:
        rows = min(plan.block_rows, plan.n_rows - start)
        block = on_stack(Block(slot, 0, rows, start, member, 0, 0))
        for index in range(plan.n_operations):
            forward = row_of(task.operations, index).forward
            if forward != NOTHING:  # auxiliary outputs have no part in predictions
                call(forward, task, index, 0, 0, block)
        call(plan.write_outputs, task, plan.n_operations - 1, 0, 0, block)
        start = plan.row + take(shared, members) * plan.block_rows
    mark(plan, member, OUTSIDE)
