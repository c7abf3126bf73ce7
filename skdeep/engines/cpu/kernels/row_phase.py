"""The row phase of a mini-batch: blocks of samples go forward and back through all operations.

It knows neither the kinds of the operations nor the precision: what they do are routines.
"""

from skdeep.engines.cpu.compiling.jit import device
from skdeep.engines.cpu.compiling.routines import NOTHING, call, on_stack
from skdeep.engines.cpu.compiling.views import row_of
from skdeep.engines.cpu.memory.fields import Block
from skdeep.engines.cpu.threads.member_phases import (
    ACTIVATING,
    GATHERING,
    GRADIENT_PRODUCT,
    WAITING,
    mark,
)
from skdeep.engines.cpu.threads.team import barrier


@device
def _set_part_sums(task, part):
    """Begin the loss and weight of a part, to which blocks add theirs."""
    place = task.plan.part_sums + 2 * part
    task.numbers[place], task.numbers[place + 1] = 0.0, 0.0


@device
def _part_of_batch(task, batch, part, member):
    """Carry one part of a batch's rows through the row phase, block by block."""
    plan = task.plan
    begin = batch.count * part // plan.parts
    end = batch.count * (part + 1) // plan.parts
    gradient = plan.gradients + part * plan.gradient_step
    _set_part_sums(task, part)
    if begin == end and plan.by_tiles == 0:
        block = on_stack(Block(plan.slots, 0, 0, batch.position, member, 0, 0))
        _add_gradients(task, block, gradient, 1)
    first = begin
    while first < end:
        rows = min(plan.block_rows, end - first)
        slot, place = plan.slots, first
        if plan.by_tiles == 0:
            slot, place = plan.slots + part * plan.slot_step, 0
        position = batch.position + first
        block = on_stack(Block(slot, place, rows, position, member, first, batch.update))
        _through_network(task, block, part)
        if plan.by_tiles == 0:
            _add_gradients(task, block, gradient, 1 if first == begin else 0)
        first += rows


@device
def _through_network(task, block, part):
    """Carry a block from the first operation to the last, and its gradients back."""
    plan = task.plan
    if plan.gather != NOTHING:
        mark(plan, block.member, GATHERING)
        call(plan.gather, task, 0, 0, 0, block)
    for index in range(plan.n_operations):
        call(row_of(task.operations, index).forward, task, index, 0, part, block)
        if plan.drop_outputs != NOTHING:
            call(plan.drop_outputs, task, index, 0, 0, block)
    call(plan.output_gradient, task, 0, part, 0, block)
    for index in range(plan.n_operations - 1, -1, -1):
        hidden = 1 if index < plan.n_operations - plan.heads else 0
        operation = row_of(task.operations, index)
        if operation.reached == 1:
            call(operation.backward, task, index, hidden, part, block)
    if plan.in_panels == 1:
        call(plan.copy_into_panels, task, 0, 0, 0, block)


@device
def _add_gradients(task, block, gradient, fresh):
    """Add the gradients of a block to those of its part, or replace these if `fresh` is 1."""
    plan = task.plan
    mark(plan, block.member, GRADIENT_PRODUCT)
    if fresh == 1 and plan.clear_shared != NOTHING:
        call(plan.clear_shared, task, 0, gradient, 0, block)
    for index in range(plan.n_operations):
        operation = row_of(task.operations, index)
        if operation.trains == 1:
            replaces = fresh if operation.adds == 0 else 0
            call(operation.gradient, task, index, gradient, replaces, block)


@device
def _part_block(task, batch, part, member):
    """Return all rows of a part as one block, in the slot that a whole batch shares."""
    parts = task.plan.parts
    begin, end = batch.count * part // parts, batch.count * (part + 1) // parts
    position = batch.position + begin
    return Block(task.plan.slots, begin, end - begin, position, member, begin, batch.update)


@device
def _synchronise(task, team):
    if team.members > 1:
        mark(task.plan, team.member, WAITING)
        barrier(team.shared, team.members)
        mark(task.plan, team.member, ACTIVATING)


@device
def _call_for_parts(task, batch, team, address, index, a):
    """Call a routine for every part that a member takes; it gets `a` and the part."""
    for part in range(team.member, task.plan.parts, team.members):
        block = on_stack(_part_block(task, batch, part, team.member))
        call(address, task, index, a, part, block)


@device
def _call_for_batch(task, batch, team, address, index):
    """Call a routine for the whole batch."""
    slot, member = task.plan.slots, team.member
    block = on_stack(Block(slot, 0, batch.count, batch.position, member, 0, batch.update))
    call(address, task, index, 0, 0, block)


@device
def _forward_together(task, batch, index, team):
    """Carry all parts of a member through one operation."""
    plan, operation = task.plan, row_of(task.operations, index)
    if operation.mixes == 1:
        _synchronise(task, team)
    _call_for_parts(task, batch, team, operation.affine, index, 0)
    if operation.scales >= 0:
        _call_for_parts(task, batch, team, plan.take_moments, index, 0)
        _synchronise(task, team)
        _call_for_batch(task, batch, team, plan.combine_moments, index)
        _call_for_parts(task, batch, team, plan.normalise, index, 0)
    _call_for_parts(task, batch, team, operation.activate, index, 0)
    if plan.drop_outputs != NOTHING:
        _call_for_parts(task, batch, team, plan.drop_outputs, index, 0)


@device
def _backward_together(task, batch, index, team):
    """Carry the gradients of all parts of a member from one operation to those that it reads."""
    plan, operation = task.plan, row_of(task.operations, index)
    if index < plan.n_operations - plan.heads:
        _call_for_parts(task, batch, team, operation.chain_rule, index, 0)
    if operation.scales >= 0:
        _call_for_parts(task, batch, team, plan.take_sums, index, 0)
        _synchronise(task, team)
        _call_for_batch(task, batch, team, plan.combine_sums, index)
        _call_for_parts(task, batch, team, plan.denormalise, index, batch.count)
    if operation.mixes == 1:
        _synchronise(task, team)
    _call_for_parts(task, batch, team, operation.to_sources, index, 0)


@device
def _all_parts_together(task, batch, team):
    """Do a member's share of the row phase operation by operation, the batch in one slot."""
    plan = task.plan
    if plan.gather != NOTHING:
        mark(plan, team.member, GATHERING)
        _call_for_parts(task, batch, team, plan.gather, 0, 0)
    for part in range(team.member, plan.parts, team.members):
        _set_part_sums(task, part)
    for index in range(plan.n_operations):
        _forward_together(task, batch, index, team)
    for part in range(team.member, plan.parts, team.members):
        block = on_stack(_part_block(task, batch, part, team.member))
        call(plan.output_gradient, task, 0, part, 0, block)
    # Sums of the way back take the place of the moments, which all have read by then.
    _synchronise(task, team)
    for index in range(plan.n_operations - 1, -1, -1):
        if row_of(task.operations, index).reached == 1:
            _backward_together(task, batch, index, team)
    for part in range(team.member, plan.parts, team.members):
        block = on_stack(_part_block(task, batch, part, team.member))
        if plan.in_panels == 1:
            call(plan.copy_into_panels, task, 0, 0, 0, block)
        if plan.by_tiles == 0:
            _add_gradients(task, block, plan.gradients + part * plan.gradient_step, 1)


@device
def row_phase(task, batch, team):
    """Do a member's share of the row phase.

    Parameters
    ----------
    task : Driver
    batch : Batch
    team : Team
    """
    plan, member = task.plan, team.member
    if plan.synchronised == 1:
        _all_parts_together(task, batch, team)
    else:
        for part in range(member, plan.parts, team.members):
            _part_of_batch(task, batch, part, member)
    if plan.arrange_columns != NOTHING and member == team.members - 1:
        mark(plan, member, GATHERING)
        _call_for_batch(task, batch, team, plan.arrange_columns, 0)


@device
def batch_sums(task):
    """Return the loss of the batch and the sum of its sample weights, once all parts are done.

    Parameters
    ----------
    task : Driver

    Returns
    -------
    loss, weight : float
        The loss is the weighted sum, as reported.
    """
    loss, weight = 0.0, 0.0
    for part in range(task.plan.parts):
        place = task.plan.part_sums + 2 * part
        loss += task.numbers[place]
        weight += task.numbers[place + 1]
    if task.plan.averaged == 1:
        loss /= row_of(task.operations, task.plan.n_operations - 1).n_biases
    return loss, weight
