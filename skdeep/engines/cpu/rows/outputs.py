"""The outputs of a network: their losses and gradients in training, and predictions."""

from skdeep.engines.cpu.compiling.jit import device, merged
from skdeep.engines.cpu.compiling.loops import run
from skdeep.engines.cpu.compiling.tasks import as_float
from skdeep.engines.cpu.compiling.views import row_of, section
from skdeep.engines.cpu.memory.fields import place_of
from skdeep.engines.cpu.rows.activation import chain_rule_of_block, total
from skdeep.engines.cpu.rows.features import source_row
from skdeep.engines.cpu.rows.matrices import contents, copy, layer_deltas, layer_output
from skdeep.engines.cpu.threads.member_phases import ACTIVATING, GATHERING, mark
from skdeep.formulas.canonical import delta

LOSS_PARAMETER = place_of("loss_parameter")


@device
def scale_rows(d, stride, width, weights):
    """Multiply every row by the weight of its sample."""
    for row in range(weights.size):
        start = row * stride
        weight, d_row = weights[row], section(d, start, width)
        for j in range(width):
            d_row[j] *= weight


@device
def weighted_sum(values, stride, width, weights):
    """Return ``sum_r weights[r] * sum_j values[r, j]`` in float64."""
    s = 0.0
    for row in range(weights.size):
        start = row * stride
        s += float(weights[row]) * float(total(section(values, start, width)))
    return s


@device
def weighted_delta(arrays, stride, width, weights):
    """Write the deltas of the output units, times the weights of their samples.

    Parameters
    ----------
    arrays : tuple of 1-D arrays
        Deltas, targets and outputs, rows of `width` units that are `stride` elements apart.
    stride, width : int
    weights : 1-D array
        One per row.
    """
    d, y, o = arrays
    for row in range(weights.size):
        start = row * stride
        weight = weights[row]
        d_row, y_row = section(d, start, width), section(y, start, width)
        o_row = section(o, start, width)
        for j in range(width):
            d_row[j] = weight * delta(y_row[j], o_row[j])


@device
def sample_weight(task, block, r):
    """Return the weight of the sample of a row of a block."""
    if task.plan.weighted == 0:
        return as_float(task, 1)
    width = row_of(task.operations, task.plan.n_operations - 1).n_outputs
    row = source_row(task, block.position + r)
    return task.targets[task.plan.data_rows * width + row]


@device
def _gather_targets(task, block, targets, weights):
    """Copy the targets and sample weights of a block together."""
    layer = row_of(task.operations, task.plan.n_operations - 1)
    width, stride = layer.n_outputs, layer.output_stride
    all_weights = task.plan.data_rows * width
    for r in range(block.rows):
        source = source_row(task, block.position + r)
        copy(
            section(targets, r * stride, width),
            section(task.targets, source * width, width),
        )
        if task.plan.weighted == 1:
            weights[r] = task.targets[all_weights + source]
        else:
            weights[r] = 1


@device
def _run_loss(task, loop, out, arrays, stride, width):
    """Run a loop of the loss over rows of outputs, `stride` elements apart.

    Parameters
    ----------
    task : Task
    loop : int
        Address.
    out : 1-D array
        Written to.
    arrays : tuple of two 1-D arrays
        Targets and outputs.
    stride, width : int
    """
    targets, outputs = arrays
    if task.plan.by_output == 0:
        p = section(task.numbers, LOSS_PARAMETER, 1)
        run(loop, out, targets, outputs, outputs, p, targets.size)
        return
    p = section(task.numbers, task.plan.loss_parameters, width)
    for start in range(0, targets.size, stride):
        o = section(outputs, start, width)
        run(loop, section(out, start, width), section(targets, start, width), o, o, p, width)


@merged
def _head_deltas(task, block, index, targets, weights):
    """Compute the deltas of the outputs of a head; return its loss."""
    layer = row_of(task.operations, index)
    width, stride = layer.n_outputs, layer.output_stride
    start = block.slot + task.plan.slot_losses + block.row * stride
    losses = section(task.memory, start, targets.size)
    outputs = contents(layer_output(task, block, layer), block.rows)
    arrays = targets, outputs
    _run_loss(task, task.plan.loss, losses, arrays, stride, width)
    loss = weighted_sum(losses, stride, width, weights)
    deltas = contents(layer_deltas(task, block, layer), block.rows)
    if task.plan.canonical == 1:
        weighted_delta((deltas, targets, outputs), stride, width, weights)
    else:
        _run_loss(task, task.plan.loss_derivative, deltas, arrays, stride, width)
        chain_rule_of_block(task, block, layer)
        scale_rows(deltas, stride, width, weights)
    if index + 1 == task.plan.n_operations:
        return loss
    share = as_float(task, task.scalars.head_weight)
    for i in range(deltas.size):
        deltas[i] *= share
    return loss * task.scalars.head_weight


def output_gradient(task, _index, part, _b, block):
    """Compute the gradients of a block with respect to the weighted inputs of the outputs.

    The loss of the block, and the sum of its sample weights, are added to those of its part.
    """
    plan = task.plan
    layer = row_of(task.operations, plan.n_operations - 1)
    stride = layer.output_stride
    start = block.slot + plan.slot_targets + block.row * stride
    targets = section(task.memory, start, block.rows * stride)
    weights = section(task.memory, block.slot + plan.slot_weights + block.row, block.rows)
    mark(plan, block.member, GATHERING)
    _gather_targets(task, block, targets, weights)
    mark(plan, block.member, ACTIVATING)
    loss, weight = 0.0, 0.0
    for index in range(plan.n_operations - plan.heads, plan.n_operations):
        loss += _head_deltas(task, block, index, targets, weights)
    for r in range(block.rows):
        weight += float(weights[r])
    place = plan.part_sums + 2 * part
    task.numbers[place] += loss
    task.numbers[place + 1] += weight


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


def write_outputs(task, index, _a, _b, block):
    """Copy the outputs of the last layer for the rows of a block to where they are wanted."""
    layer = row_of(task.operations, index)
    found, width = layer_output(task, block, layer), layer.n_outputs
    if found.row == width:
        target = section(task.outputs, block.position * width, block.rows * width)
        copy(target, contents(found, block.rows))
        return
    for r in range(block.rows):
        start = found.offset + r * found.row
        target = section(task.outputs, (block.position + r) * width, width)
        copy(target, section(found.data, start, width))


def write_largest(task, index, _a, _b, block):
    """Write down which output of the last layer is the largest, for the rows of a block."""
    layer = row_of(task.operations, index)
    found = layer_output(task, block, layer)
    places = section(task.places, block.position, block.rows)
    find_largest(places, contents(found, block.rows), found.row, layer.n_outputs)
