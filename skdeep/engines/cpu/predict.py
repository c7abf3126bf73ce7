"""Prediction: blocks of rows go forward, each in the cache of one core."""

from skdeep.engines.cpu.batchnorm import normalise_by_running
from skdeep.engines.cpu.elementwise import activate_rows
from skdeep.engines.cpu.jit import kernel
from skdeep.engines.cpu.phases import ACTIVATING, FORWARD_PRODUCT, OUTSIDE, mark
from skdeep.engines.cpu.product import Matrix
from skdeep.engines.cpu.rows import contents, layer_output, weigh_inputs
from skdeep.engines.cpu.sections import table_row
from skdeep.engines.cpu.structures import N_ROWS, ROW, ROWS, SLOT_STEP, SLOTS, Block
from skdeep.engines.cpu.team import join
from skdeep.engines.table import AUXILIARY, FAN_OUT, KIND, SCALES


@kernel
def predict(task, out, shared, member):
    """Compute the network's outputs.

    Parameters
    ----------
    task : Task
        Its plan says from which row up to which.
    out : array of shape (n_rows * n_outputs,)
        Receives the outputs.
    shared : array of int64
        What the team shares.
    member : int
        Who this is.
    """
    members = join(shared, member)
    if members == 0:
        return
    plan = task.plan
    last = len(task.layers) - 1
    width = task.layers[last, FAN_OUT]
    slot = plan[SLOTS] + member * plan[SLOT_STEP]
    for start in range(plan[ROW] + member * plan[ROWS], plan[N_ROWS], members * plan[ROWS]):
        block = Block(slot, 0, min(plan[ROWS], plan[N_ROWS] - start), start, member, 0, 0)
        for index in range(last + 1):
            layer = table_row(task.layers, index)
            if layer[KIND] == AUXILIARY:
                continue
            target = layer_output(task, block, layer)
            if index == last:
                target = Matrix(out, start * width, width, 1, 0)
            mark(plan, member, FORWARD_PRODUCT)
            weigh_inputs(task, block, index, target)
            mark(plan, member, ACTIVATING)
            if layer[SCALES] >= 0:
                normalise_by_running(task, layer, contents(target, block.rows), target.row)
            activate_rows(task, layer, contents(target, block.rows), target.row)
    mark(plan, member, OUTSIDE)
