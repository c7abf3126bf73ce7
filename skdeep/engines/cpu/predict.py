"""Prediction: blocks of rows go forward, each in the cache of one core."""

from skdeep.engines.cpu.batchnorm import normalise_by_running
from skdeep.engines.cpu.elementwise import activate_rows
from skdeep.engines.cpu.jit import device, kernel
from skdeep.engines.cpu.phases import ACTIVATING, FORWARD_PRODUCT, OUTSIDE, mark
from skdeep.engines.cpu.product import Matrix
from skdeep.engines.cpu.rows import contents, layer_output, weigh_inputs
from skdeep.engines.cpu.sections import section, table_row
from skdeep.engines.cpu.structures import N_ROWS, ROW, ROWS, SLOT_STEP, SLOTS, Block
from skdeep.engines.cpu.team import join
from skdeep.engines.table import AUXILIARY, FAN_OUT, KIND, SCALES


@device
def find_largest(places, outputs, stride, width):
    """Write the place of the first largest output, or of the first NaN, of every row."""
    for r in range(places.size):
        start = r * stride
        row = section(outputs, start, width)
        best, place, finite = row[0], 0, row[0] == row[0]
        for j in range(1, width):  # without branches, which could not be foreseen
            larger = row[j] > best
            best = row[j] if larger else best
            place = j if larger else place
            finite &= row[j] == row[j]
        if not finite:
            place = 0
            while row[place] == row[place]:
                place += 1
        places[r] = place


@kernel
def predict(task, out, places, shared, member):
    """Compute the network's outputs, or which are the largest.

    Parameters
    ----------
    task : Task
        Its plan says from which row up to which.
    out : array of shape (n_rows * n_outputs,)
        Receives the outputs; of no size where they are not wanted.
    places : array of int64 of shape (n_rows,)
        Receives the place of the largest output of every row; of no size likewise.
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
            if index == last and out.size > 0:
                target = Matrix(out, start * width, width, 1, 0)
            mark(plan, member, FORWARD_PRODUCT)
            weigh_inputs(task, block, index, target)
            mark(plan, member, ACTIVATING)
            if layer[SCALES] >= 0:
                normalise_by_running(task, layer, contents(target, block.rows), target.row)
            activate_rows(task, layer, contents(target, block.rows), target.row)
            if index == last and places.size > 0:
                found = section(places, start, block.rows)
                find_largest(found, contents(target, block.rows), target.row, width)
    mark(plan, member, OUTSIDE)
