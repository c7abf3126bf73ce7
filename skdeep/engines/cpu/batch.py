"""The row phase of a mini-batch: its parts one by one, or layer by layer where the team meets."""

from skdeep.engines.cpu import features
from skdeep.engines.cpu.batchnorm import (
    combine_moments,
    combine_sums,
    denormalise,
    normalise,
    take_moments,
    take_sums,
)
from skdeep.engines.cpu.jit import device, inlined
from skdeep.engines.cpu.phases import ACTIVATING, GATHERING, GRADIENT_PRODUCT, WAITING, mark
from skdeep.engines.cpu.rows import (
    activate,
    add_gradient,
    carry_back,
    chain_rule,
    contents,
    copy_into_panels,
    layer_deltas,
    layer_output,
    output_deltas,
    part_of_batch,
    weigh,
)
from skdeep.engines.cpu.sections import table_row
from skdeep.engines.cpu.structures import (
    AVERAGED,
    BY_WEIGHTS,
    FROZEN,
    GRADIENT_STEP,
    GRADIENTS,
    HEADS,
    PART_SUMS,
    PARTS,
    SLOTS,
    SYNCED,
    Block,
)
from skdeep.engines.cpu.team import barrier
from skdeep.engines.cpu.variants import by_extension
from skdeep.engines.table import FAN_OUT, SCALES


@device
def _part_block(task, batch, part, member):
    """Return all rows of a part as one block, in the slot that a whole batch shares."""
    parts = task.plan[PARTS]
    begin, end = batch.count * part // parts, batch.count * (part + 1) // parts
    position = batch.position + begin
    return Block(task.plan[SLOTS], begin, end - begin, position, member, begin, batch.update)


@device
def _meet(task, team):
    shared, member, members = team
    if members > 1:
        mark(task.plan, member, WAITING)
        barrier(shared, members)
        mark(task.plan, member, ACTIVATING)


@device
def _layer_forward(task, batch, index, team):
    """Carry all parts of a member through one layer."""
    _shared, member, members = team
    layer, parts = table_row(task.layers, index), task.plan[PARTS]
    for part in range(member, parts, members):
        block = _part_block(task, batch, part, member)
        weigh(task, block, index)
        if layer[SCALES] >= 0:
            a = contents(layer_output(task, block, layer), block.rows)
            take_moments(task, part, layer, a, block.rows)
    if layer[SCALES] >= 0:
        _meet(task, team)
        combine_moments(task, layer, batch.count, member)
    for part in range(member, parts, members):
        block = _part_block(task, batch, part, member)
        if layer[SCALES] >= 0:
            normalise(task, block, layer, contents(layer_output(task, block, layer), block.rows))
        activate(task, block, index)


@device
def _layer_backward(task, batch, index, team):
    """Carry the deltas of all parts of a member from one layer to those that it reads."""
    _shared, member, members = team
    layer, parts = table_row(task.layers, index), task.plan[PARTS]
    is_hidden = index < len(task.layers) - task.plan[HEADS]
    for part in range(member, parts, members):
        block = _part_block(task, batch, part, member)
        if is_hidden:
            chain_rule(task, block, layer)
        if layer[SCALES] >= 0:
            d = contents(layer_deltas(task, block, layer), block.rows)
            take_sums(task, block, part, layer, d)
    if layer[SCALES] >= 0:
        _meet(task, team)
        combine_sums(task, layer, batch.count, member)
    for part in range(member, parts, members):
        block = _part_block(task, batch, part, member)
        if layer[SCALES] >= 0:
            d = contents(layer_deltas(task, block, layer), block.rows)
            denormalise(task, block, layer, batch.count, d)
        carry_back(task, block, index)


@device
def synced_row_phase(task, batch, team):
    """Do a member's share of the row phase layer by layer, with the whole batch in one slot."""
    _shared, member, members = team
    parts = task.plan[PARTS]
    for part in range(member, parts, members):
        mark(task.plan, member, GATHERING)
        features.gather(task, _part_block(task, batch, part, member))
    for index in range(len(task.layers)):
        _layer_forward(task, batch, index, team)
    for part in range(member, parts, members):
        sums = output_deltas(task, _part_block(task, batch, part, member))
        place = task.plan[PART_SUMS] + 2 * part
        task.numbers[place], task.numbers[place + 1] = sums[0], sums[1]
    # Sums of the way back take the place of the moments, which all have read by then.
    _meet(task, team)
    for index in range(len(task.layers) - 1, task.plan[FROZEN] - 1, -1):
        _layer_backward(task, batch, index, team)
    for part in range(member, parts, members):
        block = _part_block(task, batch, part, member)
        copy_into_panels(task, block)
        if task.plan[BY_WEIGHTS] == 0:
            mark(task.plan, member, GRADIENT_PRODUCT)
            place = task.plan[GRADIENTS] + part * task.plan[GRADIENT_STEP]
            add_gradient(task, block, place, 1)


def _part_after_part(task, arguments):
    batch, team = arguments
    _shared, member, members = team
    for part in range(member, task.plan[PARTS], members):
        part_of_batch(task, batch, part, member)


def _layer_after_layer(task, arguments):
    batch, team = arguments
    _shared, member, members = team
    if task.plan[SYNCED] == 1:
        synced_row_phase(task, batch, team)
    else:
        for part in range(member, task.plan[PARTS], members):
            part_of_batch(task, batch, part, member)


_row_phase = by_extension(_part_after_part, _layer_after_layer)


@inlined
def row_phase(task, batch, team):
    """Do a member's share of the row phase.

    Parameters
    ----------
    task : Task
    batch : Batch
    team : tuple
        What the team shares, who this is, and how many they are.
    """
    _shared, member, members = team
    _row_phase(task, (batch, team))
    if member == members - 1:
        mark(task.plan, member, GATHERING)
        features.arrange_columns(task, batch)


@device
def batch_sums(task):
    """Return the loss of the batch and the sum of its sample weights, once all parts are done.

    Parameters
    ----------
    task : Task

    Returns
    -------
    loss, weight : float
        The loss is the weighted sum, as reported.
    """
    loss, weight = 0.0, 0.0
    for part in range(task.plan[PARTS]):
        place = task.plan[PART_SUMS] + 2 * part
        loss += task.numbers[place]
        weight += task.numbers[place + 1]
    if task.plan[AVERAGED] == 1:
        loss /= task.layers[len(task.layers) - 1, FAN_OUT]
    return loss, weight
