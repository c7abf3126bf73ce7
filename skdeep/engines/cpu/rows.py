"""The row phase: blocks of samples go forward through all layers and their deltas back."""

from skdeep.engines.cpu import features
from skdeep.engines.cpu.elementwise import (
    activate_rows,
    is_normalised,
    normalised_chain_rule,
    scale_rows,
    weighted_delta,
    weighted_sum,
)
from skdeep.engines.cpu.features import copy, copy_columns, fill, source_row
from skdeep.engines.cpu.jit import device, inlined, merged
from skdeep.engines.cpu.layers import (
    DELTA,
    DERIVATIVE,
    FORWARD,
    GAP,
    LAST_READER,
    OUTPUT,
    OUTPUT_STRIDE,
    PANELS,
    PANELS_GAP,
    SLOPE,
    STRIDE,
    TRANSPOSED,
    TRANSPOSED_GAP,
    TRANSPOSED_STRIDE,
    USED,
)
from skdeep.engines.cpu.loops import NOTHING, run
from skdeep.engines.cpu.phases import (
    ACTIVATING,
    BACKWARD_PRODUCT,
    FORWARD_PRODUCT,
    GATHERING,
    GRADIENT_PRODUCT,
    mark,
)
from skdeep.engines.cpu.product import Matrix, product, product_by_dots
from skdeep.engines.cpu.randomness import drop_units
from skdeep.engines.cpu.sections import section, table_row
from skdeep.engines.cpu.structures import (
    ACROSS,
    BY_WEIGHTS,
    CANONICAL,
    DATA_ROWS,
    DROP_UNITS,
    FROZEN,
    GRADIENT_STEP,
    GRADIENTS,
    HEAD_WEIGHT,
    HEADS,
    LOSS,
    LOSS_DERIVATIVE,
    LOSS_PARAMETER,
    PART_SUMS,
    PARTS,
    ROWS,
    SCRATCH,
    SCRATCH_INPUTS,
    SCRATCH_STEP,
    SLOT_LOSSES,
    SLOT_STEP,
    SLOT_TARGETS,
    SLOT_WEIGHTS,
    SLOTS,
    TRANSPOSED_KEPT,
    WEIGHTED,
    Block,
)
from skdeep.engines.table import (
    ACTIVATION,
    BIASES,
    FAN_IN,
    FAN_OUT,
    FIRST_SOURCE,
    LAST_SOURCE,
    WEIGHTS,
)


@device
def layer_weights(task, layer):
    """Return the weights of a layer, as products use them."""
    return Matrix(task.memory, layer[USED], layer[STRIDE], 1, layer[GAP])


@device
def layer_deltas(task, block, layer):
    """Return the place of a layer's deltas for the rows of a block."""
    stride = layer[OUTPUT_STRIDE]
    return Matrix(task.memory, block.slot + layer[DELTA] + block.row * stride, stride, 1, 0)


@device
def layer_output(task, block, layer):
    """Return the place of a layer's outputs for the rows of a block."""
    stride = layer[OUTPUT_STRIDE]
    return Matrix(task.memory, block.slot + layer[OUTPUT] + block.row * stride, stride, 1, 0)


@merged
def source_outputs(task, block, source):
    """Return the outputs that a source other than the features has for the rows of a block."""
    return layer_output(task, block, table_row(task.layers, source - 1))


@merged
def source_width(task, source):
    """Return the inputs that a source gives."""
    return task.layers[0, FAN_IN] if source == 0 else task.layers[source - 1, FAN_OUT]


@merged
def rows_from(matrix, first):
    """Return a matrix without its first rows."""
    offset = matrix.offset + first * matrix.row
    return Matrix(matrix.data, offset, matrix.row, matrix.column, matrix.gap)


@inlined
def _slopes(task, block, layer):
    """Return the place of the derivatives of a layer's activation for the rows of a block."""
    stride = layer[OUTPUT_STRIDE]
    start = block.slot + layer[SLOPE] + block.row * stride
    return section(task.memory, start, block.rows * stride)


@inlined
def contents(matrix, rows):
    """Return the contiguous memory of the rows of a matrix."""
    return section(matrix.data, matrix.offset, rows * matrix.row)


@merged
def weigh_inputs(task, block, index, out):
    """Compute ``a = h W + b`` of one layer for the rows of a block.

    Parameters
    ----------
    task : Task
    block : Block
    index : int
        Which layer.
    out : Matrix
        Where it goes.
    """
    layer = table_row(task.layers, index)
    width = layer[FAN_OUT]
    weights = layer_weights(task, layer)
    start = Matrix(task.memory, layer[BIASES], 0, 1, 0)
    for source in range(layer[FIRST_SOURCE], layer[LAST_SOURCE] + 1):
        if source == 0:
            features.forward(task, (block, out, weights, start, width))
        else:
            inputs = source_outputs(task, block, source)
            shape = (block.rows, width, source_width(task, source))
            product(out, inputs, weights, start, shape)
        start = out
        weights = rows_from(weights, source_width(task, source))


@merged
def weigh(task, block, index):
    """Weigh the inputs of a layer for the rows of a block."""
    mark(task.plan, block.member, FORWARD_PRODUCT)
    weigh_inputs(task, block, index, layer_output(task, block, table_row(task.layers, index)))
    mark(task.plan, block.member, ACTIVATING)


@merged
def activate(task, block, index):
    """Activate a layer, drop some of its units, and keep the slopes where they are wanted."""
    layer = table_row(task.layers, index)
    outputs = contents(layer_output(task, block, layer), block.rows)
    if layer[SLOPE] < 0:
        activate_rows(task, layer, outputs, layer[OUTPUT_STRIDE])
        return
    slopes = _slopes(task, block, layer)
    if layer[FORWARD] != NOTHING and layer[DERIVATIVE] == NOTHING:
        run(layer[FORWARD], outputs, slopes, slopes, slopes, task.numbers, outputs.size)
    else:
        activate_rows(task, layer, outputs, layer[OUTPUT_STRIDE])
        fill(slopes, 1)
        if layer[DERIVATIVE] != NOTHING:
            run(layer[DERIVATIVE], slopes, outputs, outputs, outputs, task.numbers, slopes.size)
    if task.plan[DROP_UNITS] != NOTHING:
        stride, width = layer[OUTPUT_STRIDE], layer[FAN_OUT]
        drop_units(task, (block, index, outputs, slopes, stride, width))


@device
def _forward(task, block):
    """Carry a block from the first layer to the last, and keep what the way back needs."""
    for index in range(len(task.layers)):
        weigh(task, block, index)
        activate(task, block, index)


@merged
def chain_rule(task, block, layer):
    """Multiply the derivatives with respect to a layer's outputs by those of its activation."""
    d = contents(layer_deltas(task, block, layer), block.rows)
    outputs = contents(layer_output(task, block, layer), block.rows)
    if layer[SLOPE] >= 0:
        slopes = _slopes(task, block, layer)
        for i in range(d.size):
            d[i] *= slopes[i]
    elif is_normalised(layer[ACTIVATION]):
        normalised_chain_rule(d, outputs, layer[OUTPUT_STRIDE], layer[FAN_OUT])
    elif layer[DERIVATIVE] != NOTHING:
        run(layer[DERIVATIVE], d, outputs, outputs, outputs, task.numbers, d.size)


@merged
def _carry_to_source(task, block, index, source, first):
    """Carry the deltas of a layer back to a source, whose weights begin at row `first`."""
    layer, reached = table_row(task.layers, index), table_row(task.layers, source - 1)
    deltas, out = layer_deltas(task, block, layer), layer_deltas(task, block, reached)
    start = Matrix(out.data, out.offset, out.row, 0 if index == reached[LAST_READER] else 1, 0)
    shape = (block.rows, reached[FAN_OUT], layer[FAN_OUT])
    if task.plan[TRANSPOSED_KEPT] == 1:
        place, stride = layer[TRANSPOSED] + first, layer[TRANSPOSED_STRIDE]
        transposed = Matrix(task.memory, place, stride, 1, layer[TRANSPOSED_GAP])
        product(out, deltas, transposed, start, shape)
    else:
        product_by_dots(out, deltas, rows_from(layer_weights(task, layer), first), start, shape)


@merged
def carry_back(task, block, index):
    """Carry the deltas of a layer back to all trained layers that it reads."""
    layer, first = table_row(task.layers, index), 0
    mark(task.plan, block.member, BACKWARD_PRODUCT)
    for source in range(layer[FIRST_SOURCE], layer[LAST_SOURCE] + 1):
        if source > task.plan[FROZEN]:
            _carry_to_source(task, block, index, source, first)
        first += source_width(task, source)
    mark(task.plan, block.member, ACTIVATING)


@device
def _backward(task, block):
    """Carry the deltas of a block back from the last layer to the first that is trained."""
    first_head = len(task.layers) - task.plan[HEADS]
    for index in range(len(task.layers) - 1, task.plan[FROZEN] - 1, -1):
        if index < first_head:
            chain_rule(task, block, table_row(task.layers, index))
        carry_back(task, block, index)


@device
def delta_panels(task, block, layer):
    """Return the place of the copy, in panels, of a layer's deltas for the rows of a block."""
    width = layer[STRIDE]
    place = block.slot + layer[PANELS] + block.row * width
    return Matrix(task.memory, place, width, 1, layer[PANELS_GAP])


@merged
def copy_into_panels(task, block):
    """Copy the deltas of wide layers into panels, for the products that form the gradient."""
    for index in range(task.plan[FROZEN], len(task.layers)):
        layer = table_row(task.layers, index)
        if layer[GAP] == 0:
            continue
        deltas, panels = layer_deltas(task, block, layer), delta_panels(task, block, layer)
        for first in range(0, layer[FAN_OUT], panels.row):
            width = min(panels.row, layer[FAN_OUT] - first)
            place = panels.offset + first // panels.row * (panels.row + panels.gap)
            for r in range(block.rows):
                source = deltas.offset + r * deltas.row + first
                copy(
                    section(task.memory, place + r * panels.row, width),
                    section(task.memory, source, width),
                )


@device
def inputs_across(task, member, rows):
    """Return the place of the copy of some inputs of a wide layer, with a row for every input."""
    place = task.plan[SCRATCH] + member * task.plan[SCRATCH_STEP] + task.plan[SCRATCH_INPUTS]
    return Matrix(task.memory, place, 1, rows, 0)


@device
def copy_inputs_across(task, block, source, first, rows):
    """Copy some inputs of a wide layer together.

    Parameters
    ----------
    task : Task
    block : Block
    source, first, rows : int
        The source, the first of its inputs and how many.
    """
    across = inputs_across(task, block.member, rows)
    out = section(task.memory, across.offset, rows * block.rows)
    if source == 0:
        features.copy_inputs(task, (block, first, rows, out))
    else:
        inputs = source_outputs(task, block, source)
        inputs = Matrix(inputs.data, inputs.offset + first, inputs.row, 1, 0)
        copy_columns(out, inputs, block.rows, rows)


@device
def _add_wide_gradient(task, block, index, source, place, fresh):
    """Add the gradient of a block for the weights of a wide layer, some inputs at a time."""
    layer, n_inputs = table_row(task.layers, index), source_width(task, source)
    deltas = delta_panels(task, block, layer)
    for first in range(0, n_inputs, ACROSS):
        rows = min(ACROSS, n_inputs - first)
        copy_inputs_across(task, block, source, first, rows)
        across = inputs_across(task, block.member, rows)
        offset = place + first * layer[STRIDE]
        out = Matrix(task.memory, offset, layer[STRIDE], 1, layer[GAP])
        start = Matrix(task.memory, offset, layer[STRIDE], 1 - fresh, layer[GAP])
        product(out, across, deltas, start, (rows, layer[FAN_OUT], block.rows))


@device
def add_rows(total, matrix, rows):
    """Add the rows of a matrix to a vector."""
    for r in range(rows):
        start = matrix.offset + r * matrix.row
        row = section(matrix.data, start, total.size)
        for j in range(total.size):
            total[j] += row[j]


@device
def add_gradient(task, block, gradient, fresh):
    """Add the gradient of a block to that of its part, or replace what is there if `fresh` is 1."""
    for index in range(task.plan[FROZEN], len(task.layers)):
        layer = table_row(task.layers, index)
        deltas = layer_deltas(task, block, layer)
        out = Matrix(task.memory, gradient + layer[WEIGHTS], layer[STRIDE], 1, 0)
        for source in range(layer[FIRST_SOURCE], layer[LAST_SOURCE] + 1):
            n_inputs = source_width(task, source)
            if layer[GAP] > 0:
                _add_wide_gradient(task, block, index, source, out.offset, fresh)
            elif source == 0:
                features.add_gradient(task, (block, out, deltas, layer[FAN_OUT], fresh))
            else:
                inputs = source_outputs(task, block, source)
                across = Matrix(inputs.data, inputs.offset, 1, inputs.row, 0)
                shape = (n_inputs, layer[FAN_OUT], block.rows)
                start = Matrix(out.data, out.offset, out.row, 1 - fresh, 0)
                product(out, across, deltas, start, shape)
            out = rows_from(out, n_inputs)
        start = gradient + layer[BIASES]
        bias = section(task.memory, start, layer[FAN_OUT])
        if fresh == 1:
            fill(bias, 0)
        add_rows(bias, deltas, block.rows)


@device
def _gather_targets(task, block, targets, weights):
    """Copy the targets and sample weights of a block together."""
    layer = table_row(task.layers, len(task.layers) - 1)
    width, stride = layer[FAN_OUT], layer[OUTPUT_STRIDE]
    all_weights = task.plan[DATA_ROWS] * width
    for r in range(block.rows):
        source = source_row(task, block.position + r)
        copy(
            section(targets, r * stride, width),
            section(task.targets, source * width, width),
        )
        if task.plan[WEIGHTED] == 1:
            weights[r] = task.targets[all_weights + source]
        else:
            weights[r] = 1


@merged
def _head_deltas(task, block, index, targets, weights):
    """Compute the deltas of the outputs of a head; return its loss."""
    layer = table_row(task.layers, index)
    width, stride = layer[FAN_OUT], layer[OUTPUT_STRIDE]
    start = block.slot + task.plan[SLOT_LOSSES] + block.row * stride
    losses = section(task.memory, start, targets.size)
    outputs = contents(layer_output(task, block, layer), block.rows)
    p = section(task.numbers, LOSS_PARAMETER, 1)
    run(task.plan[LOSS], losses, targets, outputs, outputs, p, targets.size)
    loss = weighted_sum(losses, stride, width, weights)
    deltas = contents(layer_deltas(task, block, layer), block.rows)
    if task.plan[CANONICAL] == 1:
        weighted_delta((deltas, targets, outputs), stride, width, weights)
    else:
        run(task.plan[LOSS_DERIVATIVE], deltas, targets, outputs, outputs, p, targets.size)
        chain_rule(task, block, layer)
        scale_rows(deltas, stride, width, weights)
    if index + 1 == len(task.layers):
        return loss
    share = task.memory.dtype.type(task.numbers[HEAD_WEIGHT])
    for i in range(deltas.size):
        deltas[i] *= share
    return loss * task.numbers[HEAD_WEIGHT]


@device
def output_deltas(task, block):
    """Compute the output deltas of a block; return its loss and the sum of its sample weights."""
    layer = table_row(task.layers, len(task.layers) - 1)
    stride = layer[OUTPUT_STRIDE]
    start = block.slot + task.plan[SLOT_TARGETS] + block.row * stride
    targets = section(task.memory, start, block.rows * stride)
    start = block.slot + task.plan[SLOT_WEIGHTS] + block.row
    weights = section(task.memory, start, block.rows)
    mark(task.plan, block.member, GATHERING)
    _gather_targets(task, block, targets, weights)
    mark(task.plan, block.member, ACTIVATING)
    loss = 0.0
    for index in range(len(task.layers) - task.plan[HEADS], len(task.layers)):
        loss += _head_deltas(task, block, index, targets, weights)
    weight = 0.0
    for r in range(block.rows):
        weight += float(weights[r])
    return loss, weight


@device
def part_of_batch(task, batch, part, member):
    """Carry one part of a batch's rows through the row phase.

    Parameters
    ----------
    task : Task
    batch : Batch
    part, member : int
        Which part, and who carries it.
    """
    plan = task.plan
    begin = batch.count * part // plan[PARTS]
    end = batch.count * (part + 1) // plan[PARTS]
    row = begin
    gradient = plan[GRADIENTS] + part * plan[GRADIENT_STEP]
    if begin == end and plan[BY_WEIGHTS] == 0:
        fill(section(task.memory, gradient, plan[GRADIENT_STEP]), 0)
    loss, weight = 0.0, 0.0
    while row < end:
        rows = min(plan[ROWS], end - row)
        slot, place = plan[SLOTS], row
        if plan[BY_WEIGHTS] == 0:
            slot, place = plan[SLOTS] + part * plan[SLOT_STEP], 0
        block = Block(slot, place, rows, batch.position + row, member, row, batch.update)
        mark(plan, member, GATHERING)
        features.gather(task, block)
        _forward(task, block)
        sums = output_deltas(task, block)
        loss, weight = loss + sums[0], weight + sums[1]
        _backward(task, block)
        copy_into_panels(task, block)
        if plan[BY_WEIGHTS] == 0:
            mark(plan, member, GRADIENT_PRODUCT)
            add_gradient(task, block, gradient, 1 if row == begin else 0)
        row += rows
    place = plan[PART_SUMS] + 2 * part
    task.numbers[place], task.numbers[place + 1] = loss, weight
