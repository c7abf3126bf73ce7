"""Outputs for every step of a sequence: their losses and gradients in training.

The outputs of a row are those of its steps, one step after the other, and every step has a weight.
The weight of a row is the sum of those of its steps.
"""

from skdeep.engines.cpu.compiling.jit import device, merged
from skdeep.engines.cpu.compiling.loops import run
from skdeep.engines.cpu.compiling.tasks import as_float
from skdeep.engines.cpu.compiling.views import row_of, section
from skdeep.engines.cpu.rows.activation import (
    chain_rule_of_block,
    is_normalised,
    normalised_chain_rule,
)
from skdeep.engines.cpu.rows.features import source_row
from skdeep.engines.cpu.rows.matrices import contents, copy, layer_deltas, layer_output
from skdeep.engines.cpu.rows.outputs import (
    LOSS_PARAMETER,
    scale_rows,
    weighted_delta,
    weighted_sum,
)
from skdeep.engines.cpu.threads.member_phases import ACTIVATING, GATHERING, mark


@device
def _gather_step_targets(task, block, targets, weights):
    """Copy the targets of a block, and the weights of all its steps, together."""
    layer = row_of(task.operations, task.plan.n_operations - 1)
    length, stride = layer.n_outputs, layer.output_stride
    n_steps = length // layer.fan_out
    all_weights = task.plan.data_rows * length
    for r in range(block.rows):
        source = source_row(task, block.position + r)
        copy(section(targets, r * stride, length), section(task.targets, source * length, length))
        of_row = section(weights, r * n_steps, n_steps)
        if task.plan.weighted == 1:
            copy(of_row, section(task.targets, all_weights + source * n_steps, n_steps))
        else:
            for t in range(n_steps):
                of_row[t] = as_float(task, 1) / as_float(task, n_steps)


@device
def _weighted_step_deltas(task, block, layer, targets, weights):
    """Write the deltas of the outputs, times the weights of their steps."""
    stride, length, width = layer.output_stride, layer.n_outputs, layer.fan_out
    n_steps = length // width
    deltas = contents(layer_deltas(task, block, layer), block.rows)
    outputs = contents(layer_output(task, block, layer), block.rows)
    if task.plan.canonical == 0:
        p = section(task.numbers, LOSS_PARAMETER, 1)
        run(task.plan.loss_derivative, deltas, targets, outputs, outputs, p, targets.size)
        if not is_normalised(layer.activation):
            chain_rule_of_block(task, block, layer)
    for r in range(block.rows):
        d, of_row = section(deltas, r * stride, length), section(weights, r * n_steps, n_steps)
        if task.plan.canonical == 1:
            y, o = section(targets, r * stride, length), section(outputs, r * stride, length)
            weighted_delta((d, y, o), width, width, of_row)
        else:
            if is_normalised(layer.activation):
                o = section(outputs, r * stride, length)
                normalised_chain_rule(d, o, width, width)
            scale_rows(d, width, width, of_row)


@merged
def _step_deltas(task, block, index, targets, weights):
    """Compute the deltas of the outputs of a head; return its loss."""
    layer = row_of(task.operations, index)
    stride, length, width = layer.output_stride, layer.n_outputs, layer.fan_out
    n_steps = length // width
    start = block.slot + task.plan.slot_losses + block.row * stride
    losses = section(task.memory, start, targets.size)
    outputs = contents(layer_output(task, block, layer), block.rows)
    p = section(task.numbers, LOSS_PARAMETER, 1)
    run(task.plan.loss, losses, targets, outputs, outputs, p, targets.size)
    loss = 0.0
    for r in range(block.rows):
        of_row = section(weights, r * n_steps, n_steps)
        loss += weighted_sum(section(losses, r * stride, length), width, width, of_row)
    _weighted_step_deltas(task, block, layer, targets, weights)
    if index + 1 == task.plan.n_operations:
        return loss
    share = as_float(task, task.scalars.head_weight)
    deltas = contents(layer_deltas(task, block, layer), block.rows)
    for i in range(deltas.size):
        deltas[i] *= share
    return loss * task.scalars.head_weight


def step_output_gradient(task, _index, part, _b, block):
    """Compute the gradients of a block with respect to the weighted inputs of the outputs.

    The loss of the block, and the sum of the weights of its steps, are added to those of its part.
    """
    plan = task.plan
    layer = row_of(task.operations, plan.n_operations - 1)
    stride, n_steps = layer.output_stride, layer.n_outputs // layer.fan_out
    start = block.slot + plan.slot_targets + block.row * stride
    targets = section(task.memory, start, block.rows * stride)
    start = block.slot + plan.slot_weights + block.row * n_steps
    weights = section(task.memory, start, block.rows * n_steps)
    mark(plan, block.member, GATHERING)
    _gather_step_targets(task, block, targets, weights)
    mark(plan, block.member, ACTIVATING)
    loss, weight = 0.0, 0.0
    for index in range(plan.n_operations - plan.heads, plan.n_operations):
        loss += _step_deltas(task, block, index, targets, weights)
    for i in range(weights.size):
        weight += float(weights[i])
    place = plan.part_sums + 2 * part
    task.numbers[place] += loss
    task.numbers[place + 1] += weight


def write_step_outputs(task, index, _a, _b, block):
    """Copy the outputs of the last layer for the rows of a block to where they are wanted."""
    layer = row_of(task.operations, index)
    found, length = layer_output(task, block, layer), layer.n_outputs
    for r in range(block.rows):
        target = section(task.outputs, (block.position + r) * length, length)
        copy(target, section(found.data, found.offset + r * found.row, length))
