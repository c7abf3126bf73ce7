"""What happens to the rows of a batch: forward through the layers, and back with the deltas.

Every function here is a phase, or part of one. The threads of a block, or of a whole grid, share
the elements of a phase; between phases all of them wait for one another.
"""

import numpy as np

from skdeep.engines.cuda.hardware.shim import cuda, device
from skdeep.engines.cuda.kernels.formulas import compiled
from skdeep.engines.cuda.kernels.sums import n_parts
from skdeep.engines.cuda.layers.cells import first_cell, next_cell
from skdeep.engines.cuda.layers.features import form_dense, row_of
from skdeep.engines.cuda.layers.register_tiles import (
    ONE,
    TILE,
    Operand,
    accumulate,
    across,
    clear,
    down,
    n_tiles,
    set_places,
)
from skdeep.engines.cuda.layers.units import finish_unit, slope_at, units_of, waits
from skdeep.engines.cuda.memory.structures import (
    HEAD_WEIGHT,
    LOSS_PARAMETER,
    Who,
)
from skdeep.formulas.activations import softmax
from skdeep.formulas.canonical import delta

canonical_delta = compiled(delta, np.float64)
shifted = compiled(softmax.shifted, np.float64)
share = compiled(softmax.share, np.float64)
softmax_chain_rule = compiled(softmax.chain_rule, np.float64)


@device
def source_width(task, source):
    """Return the inputs that a source gives."""
    return task.layers[0].fan_in if source == 0 else task.layers[source - 1].fan_out


@device
def _weigh_sources(code, task, batch, index, tile, rows, columns):
    """Add the inputs of a layer from all its sources, times its weights, to a tile."""
    layer, width = task.layers[index], task.layers[index].fan_out
    a, b = cuda.local.array(TILE, np.uint64), cuda.local.array(TILE, np.uint64)
    begin = layer.used
    for source in range(layer.first_source, layer.last_source + 1):
        set_places(b, columns, begin, 1)
        weights = Operand(task.memory, b, width)
        if source == 0:
            code.features.affine(code, task, batch, tile, rows, weights)
        else:
            read = task.layers[source - 1]
            set_places(a, rows, read.output, read.stride)
            accumulate(tile, Operand(task.memory, a, 1), weights, read.fan_out)
        begin += source_width(task, source) * width


@device
def end_unit(code, task, units, must_wait, place, a):
    """Add the bias to the weighted inputs of a unit, and activate it unless that must wait."""
    (r, j), bias = place
    a += task.memory[bias + j]
    if must_wait:
        task.memory[units.output + (r * units.stride + j)] = a
    else:
        finish_unit(code, task, units, r, j, a)


@device
def _end_tile(code, task, batch, index, tile, rows, columns):
    """End the units of a tile, one by one."""
    layer, units = task.layers[index], units_of(code, task, batch, index)
    must_wait, bias = waits(layer), np.uint64(layer.biases)
    for i in range(TILE):
        r = rows.first + i * rows.apart
        for j in range(TILE):
            c = columns.first + j * columns.apart
            if r < rows.count and c < columns.count:
                place = (np.uint32(r), np.uint32(c)), bias
                end_unit(code, task, units, must_wait, place, tile[i, j])


@device
def affine(code, task, batch, index, who):
    """Compute ``a = h W + b`` of a layer, and its outputs unless they must wait."""
    width = task.layers[index].fan_out
    tile = cuda.local.array((TILE, TILE), task.memory.dtype)
    for t in range(who.lane, n_tiles(batch.count, width), who.lanes):
        rows, columns = across(t, batch.count, width)
        clear(tile)
        _weigh_sources(code, task, batch, index, tile, rows, columns)
        _end_tile(code, task, batch, index, tile, rows, columns)


@device
def activate_units(code, task, batch, index, who):
    """End the units of a layer whose weighted inputs a library's product has formed."""
    layer, units = task.layers[index], units_of(code, task, batch, index)
    must_wait, bias, count = waits(layer), np.uint64(layer.biases), np.uint32(batch.count)
    cell = first_cell(who, units.width)
    while cell.row < count:
        a = task.memory[units.output + (cell.row * units.stride + cell.column)]
        end_unit(code, task, units, must_wait, ((cell.row, cell.column), bias), a)
        cell = next_cell(cell)


@device
def softmax_row(code, memory, begin, width):
    """Replace a row of weighted inputs by their exponentials, divided by their sum."""
    end = begin + width
    place, most = begin + ONE, memory[begin]
    while place < end:
        most = max(most, memory[place])
        place += ONE
    place, total = begin, most - most
    while place < end:
        h = code.exponential(shifted(memory[place], most))
        memory[place] = h
        total += h
        place += ONE
    place = begin
    while place < end:
        memory[place] = share(memory[place], total)
        place += ONE


@device
def normalise_outputs(code, task, batch, index, who):
    """Divide the outputs of every row by their sum, where they are to be."""
    layer = task.layers[index]
    width = np.uint64(layer.fan_out)
    if layer.normalised == 1:
        for r in range(who.lane, batch.count, who.lanes):
            begin = np.uint64(layer.output + r * layer.stride)
            softmax_row(code, task.memory, begin, width)


@device
def sample_weight(task, row):
    """Return the weight of a row of the data, where they are weighted."""
    width = task.layers[task.plan.n_layers - 1].fan_out
    return task.targets[task.plan.data_rows * width + row]


@device
def _chain_rule_of_row(code, task, units, normalised, element):
    """Multiply the deltas of a row of outputs by the derivatives of their activation."""
    memory, end = task.memory, element + units.width
    if normalised:
        mean, place = memory[units.delta + element] * memory[units.output + element], element + ONE
        while place < end:
            mean += memory[units.delta + place] * memory[units.output + place]
            place += ONE
        while element < end:
            d, h = memory[units.delta + element], memory[units.output + element]
            memory[units.delta + element] = softmax_chain_rule(d, h, mean)
            element += ONE
    else:
        while element < end:
            memory[units.delta + element] *= slope_at(code, task, units, element)
            element += ONE


@device
def _head_row(code, task, head, r, row):
    """Compute the deltas of one row of a head, as yet without its weight; return its loss."""
    memory, (units, normalised, canonical, p) = task.memory, head
    begin = np.uint64(r) * units.stride
    if normalised:
        softmax_row(code, memory, units.output + begin, np.uint64(units.width))
    loss, element, end = p - p, begin, begin + units.width
    target = np.uint64(row) * units.width
    while element < end:
        y, o = task.targets[target], memory[units.output + element]
        loss += code.loss(y, o, p)
        d = canonical_delta(y, o) if canonical else code.loss_derivative(y, o, p)
        memory[units.delta + element] = d
        element += ONE
        target += ONE
    if not canonical:
        _chain_rule_of_row(code, task, units, normalised, begin)
    return loss


@device
def _scale_deltas(memory, units, r, factor):
    """Multiply the deltas of a row by a factor."""
    place = units.delta + np.uint64(r) * units.stride
    end = place + units.width
    while place < end:
        memory[place] *= factor
        place += ONE


@device
def _loss_gradient_of_row(code, task, batch, r):
    """Compute the deltas of the outputs of a row, and of its auxiliary ones; return its loss."""
    plan, memory, last = task.plan, task.memory, task.plan.n_layers - 1
    constants, canonical = plan.constants, plan.canonical == 1
    share, p = memory[constants + HEAD_WEIGHT], memory[constants + LOSS_PARAMETER]
    weighted, row, loss = plan.weighted == 1, row_of(task, batch.position + r), share - share
    for index in range(plan.n_layers - plan.heads, plan.n_layers):
        units, normalised = units_of(code, task, batch, index), task.layers[index].normalised == 1
        own = _head_row(code, task, (units, normalised, canonical, p), r, row)
        loss += own if index == last else share * own
        if index != last:
            _scale_deltas(memory, units, r, share)
        if weighted:
            _scale_deltas(memory, units, r, sample_weight(task, row))
    if weighted:
        weight = sample_weight(task, row)
        memory[plan.row_weights + r] = weight
        loss *= weight
    return loss


@device
def loss_gradient(code, task, batch, who):
    """Compute losses and deltas of the outputs, and of auxiliary ones."""
    losses = task.plan.row_losses
    for r in range(who.lane, batch.count, who.lanes):
        task.memory[losses + r] = _loss_gradient_of_row(code, task, batch, r)


@device
def loss_of_row(code, task, outputs, r, p):
    """Return the loss of a row, by its outputs in an array of rows like that of the targets."""
    width = np.uint64(task.layers[task.plan.n_layers - 1].fan_out)
    loss, place = p - p, np.uint64(r) * width
    end = place + width
    while place < end:
        loss += code.loss(task.targets[place], outputs[place], p)
        place += ONE
    return loss


@device
def set_delta(code, task, units, order, element, d):
    """Add to a delta what other readers have carried; the last multiplies it by the slope."""
    memory, (first, last) = task.memory, order
    if not first:
        d += memory[units.delta + element]
    if last:
        d *= slope_at(code, task, units, element)
    memory[units.delta + element] = d


@device
def _end_tile_of_deltas(code, task, batch, units, order, tile, rows, columns):
    """End the deltas of a tile, one by one."""
    for i in range(TILE):
        r = rows.first + i * rows.apart
        for j in range(TILE):
            c = columns.first + j * columns.apart
            if r < rows.count and c < columns.count:
                element = np.uint32(r) * units.stride + np.uint32(c)
                set_delta(code, task, units, order, element, tile[i, j])


@device
def _backward_to(code, task, batch, index, source, first, who):
    """Carry the deltas of a layer back to a source, whose weights begin at row `first`."""
    layer, reached, memory = task.layers[index], task.layers[source - 1], task.memory
    width, depth = reached.fan_out, layer.fan_out
    tile = cuda.local.array((TILE, TILE), memory.dtype)
    a, b = cuda.local.array(TILE, np.uint64), cuda.local.array(TILE, np.uint64)
    for t in range(who.lane, n_tiles(batch.count, width), who.lanes):
        rows, columns = down(t, batch.count, width)
        clear(tile)
        set_places(a, rows, layer.delta, layer.stride)
        set_places(b, columns, layer.used + first * depth, depth)
        accumulate(tile, Operand(memory, a, 1), Operand(memory, b, 1), depth)
        order = index == reached.last_reader, index == reached.first_reader
        units = units_of(code, task, batch, source - 1)
        _end_tile_of_deltas(code, task, batch, units, order, tile, rows, columns)


@device
def backward(code, task, batch, index, who):
    """Carry the deltas of a layer back to all trained layers that it reads."""
    layer, first = task.layers[index], 0
    for source in range(layer.first_source, layer.last_source + 1):
        if source > task.plan.frozen:
            _backward_to(code, task, batch, index, source, first, who)
        first += source_width(task, source)


@device
def multiply_by_slopes(code, task, batch, index, who):
    """Multiply the deltas that a library's products have carried to a layer by its slopes."""
    units, count = units_of(code, task, batch, index), np.uint32(batch.count)
    cell = first_cell(who, units.width)
    while cell.row < count:
        element = cell.row * units.stride + cell.column
        task.memory[units.delta + element] *= slope_at(code, task, units, element)
        cell = next_cell(cell)


@device
def sum_deltas(task, batch, index, who):
    """Sum the deltas of a layer's units over every part of the batch."""
    layer, memory, rows = task.layers[index], task.memory, task.plan.part_rows
    width, stride = np.uint64(layer.fan_out), np.uint64(layer.stride)
    deltas, parts = np.uint64(layer.delta), np.uint64(layer.parts)
    count, n = batch.count, np.uint32(n_parts(task, batch))
    # The last lanes have the least to do with tiles.
    cell = first_cell(Who(who.lanes - 1 - who.lane, who.lanes), layer.fan_out)
    while cell.row < n:
        first = cell.row * rows
        place = deltas + np.uint64(first) * stride + cell.column
        s = memory[place]
        for _ in range(1, min(rows, count - first)):
            place += stride
            s += memory[place]
        task.store[parts + np.uint64(cell.row) * width + cell.column] = s
        cell = next_cell(cell)


@device
def form_gradient(code, task, batch, index, who):
    """Form the gradient of a layer's weights, and sum its deltas."""
    layer, first = task.layers[index], 0
    for source in range(layer.first_source, layer.last_source + 1):
        if source == 0:
            code.features.form_gradient(code, task, batch, index, who)
        else:
            read = task.layers[source - 1]
            inputs = (task.memory, read.output, read.stride, read.fan_out)
            form_dense(task, inputs, batch.count, layer, first, who)
        first += source_width(task, source)
    sum_deltas(task, batch, index, who)
