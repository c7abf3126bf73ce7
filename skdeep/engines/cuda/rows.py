"""What happens to the rows of a batch: forward through the layers, and back with the deltas.

Every function here is a phase, or part of one. The threads of a block, or of a whole grid, share
the elements of a phase; between phases all of them wait for one another.
"""

import numpy as np

from skdeep.engines.cuda.features import form_dense, row_of
from skdeep.engines.cuda.product import (
    TILE,
    Operand,
    accumulate,
    across,
    clear,
    down,
    n_tiles,
    set_places,
)
from skdeep.engines.cuda.randomness import keep, key_of, least, of_units
from skdeep.engines.cuda.shim import cuda, device
from skdeep.engines.cuda.structures import (
    CANONICAL,
    CONSTANTS,
    DATA_ROWS,
    DELTA,
    FIRST_READER,
    FROZEN,
    GRADIENT,
    HEAD_WEIGHT,
    HEADS,
    LAST_READER,
    LOSS_PARAMETER,
    N_LAYERS,
    NORMALISED,
    OUTPUT,
    PART_ROWS,
    PARTS,
    ROW_LOSSES,
    ROW_WEIGHTS,
    SLOPE,
    STRIDE,
    USED,
    WEIGHTED,
)
from skdeep.engines.cuda.sums import n_parts, sum_of_parts
from skdeep.engines.randomness import UNITS
from skdeep.engines.table import (
    ACTIVATION,
    BIASES,
    FAN_IN,
    FAN_OUT,
    FIRST_SOURCE,
    LAST_SOURCE,
    SCALES,
)


@device
def source_width(task, source):
    """Return the inputs that a source gives."""
    return task.layers[0, FAN_IN] if source == 0 else task.layers[source - 1, FAN_OUT]


@device
def waits(layer):
    """Return whether a layer's activation needs more than the unit itself."""
    return layer[SCALES] >= 0 or layer[NORMALISED] == 1


@device
def finish_unit(code, task, batch, index, place, a):
    """Activate a unit: ``place`` is its row in the batch, and which of the layer's units it is."""
    layer, (r, j) = task.layers[index], place
    element = r * layer[STRIDE] + j
    h = code.activate(layer[ACTIVATION], a)
    if layer[SLOPE] >= 0:
        slope = code.slope(layer[ACTIVATION], a, h)
        what = of_units(index)
        if least(task, what) > 0:
            key = key_of(code, task, index, UNITS, batch.update)
            counter = r * layer[FAN_OUT] + j
            h, slope = (
                keep(code, task, what, key, counter, h),
                keep(code, task, what, key, counter, slope),
            )
        task.store[layer[SLOPE] + element] = slope
    task.memory[layer[OUTPUT] + element] = h


@device
def _weigh_sources(code, task, batch, index, tile, rows, columns):
    """Add the inputs of a layer from all its sources, times its weights, to a tile."""
    layer, width = task.layers[index], task.layers[index, FAN_OUT]
    a, b = cuda.local.array(TILE, np.uint64), cuda.local.array(TILE, np.uint64)
    begin = layer[USED]
    for source in range(layer[FIRST_SOURCE], layer[LAST_SOURCE] + 1):
        set_places(b, columns, begin, 1)
        weights = Operand(task.memory, b, width)
        if source == 0:
            code.features.weigh(code, task, batch, tile, rows, weights)
        else:
            read = task.layers[source - 1]
            set_places(a, rows, read[OUTPUT], read[STRIDE])
            accumulate(tile, Operand(task.memory, a, 1), weights, read[FAN_OUT])
        begin += source_width(task, source) * width


@device
def end_unit(code, task, batch, index, place, a):
    """Add the bias to the weighted inputs of a unit, and activate it unless that must wait."""
    layer, (r, j) = task.layers[index], place
    a += task.memory[layer[BIASES] + j]
    if waits(layer):
        task.memory[layer[OUTPUT] + r * layer[STRIDE] + j] = a
    else:
        finish_unit(code, task, batch, index, place, a)


@device
def weigh(code, task, batch, index, who):
    """Compute ``a = h W + b`` of a layer, and its outputs unless they must wait."""
    width = task.layers[index, FAN_OUT]
    tile = cuda.local.array((TILE, TILE), task.memory.dtype)
    for t in range(who.lane, n_tiles(batch.count, width), who.lanes):
        rows, columns = across(t, batch.count, width)
        clear(tile)
        _weigh_sources(code, task, batch, index, tile, rows, columns)
        for i in range(TILE):
            r = rows.first + i * rows.apart
            for j in range(TILE):
                c = columns.first + j * columns.apart
                if r < batch.count and c < width:
                    end_unit(code, task, batch, index, (r, c), tile[i, j])


@device
def end_units(code, task, batch, index, who):
    """End the units of a layer whose weighted inputs a library's product has formed."""
    layer = task.layers[index]
    for i in range(who.lane, batch.count * layer[FAN_OUT], who.lanes):
        r, j = i // layer[FAN_OUT], i % layer[FAN_OUT]
        a = task.memory[layer[OUTPUT] + r * layer[STRIDE] + j]
        end_unit(code, task, batch, index, (r, j), a)


@device
def softmax_row(code, task, layer, begin):
    """Replace a row of weighted inputs by their exponentials, divided by their sum."""
    memory, width = task.memory, layer[FAN_OUT]
    most = memory[begin]
    for j in range(1, width):
        most = max(most, memory[begin + j])
    total = most - most
    for j in range(width):
        h = code.exponential(memory[begin + j] - most)
        memory[begin + j] = h
        total += h
    for j in range(width):
        memory[begin + j] /= total


@device
def normalise_outputs(code, task, batch, index, who):
    """Divide the outputs of every row by their sum, where they are to be."""
    layer = task.layers[index]
    if layer[NORMALISED] == 1:
        for r in range(who.lane, batch.count, who.lanes):
            softmax_row(code, task, layer, layer[OUTPUT] + r * layer[STRIDE])


@device
def sample_weight(task, row):
    """Return the weight of a row of the data, where they are weighted."""
    width = task.layers[task.plan[N_LAYERS] - 1, FAN_OUT]
    return task.targets[task.plan[DATA_ROWS] * width + row]


@device
def _chain_rule_of_row(code, task, layer, element):
    """Multiply the deltas of a row of outputs by the derivatives of their activation."""
    memory, width = task.memory, layer[FAN_OUT]
    d, h = layer[DELTA] + element, layer[OUTPUT] + element
    if layer[NORMALISED] == 1:
        mean = memory[d] * memory[h]
        for j in range(1, width):
            mean += memory[d + j] * memory[h + j]
        for j in range(width):
            memory[d + j] = memory[h + j] * (memory[d + j] - mean)
    else:
        for j in range(width):
            memory[d + j] *= slope_of(code, task, layer, element + j)


@device
def slope_of(code, task, layer, element):
    """Return the derivative of the activation of a unit."""
    if layer[SLOPE] >= 0:
        return task.store[layer[SLOPE] + element]
    return code.derivative(layer[ACTIVATION], task.memory[layer[OUTPUT] + element])


@device
def _head_row(code, task, index, r, row):
    """Compute the deltas of one row of a head, as yet without its weight; return its loss."""
    layer, memory, plan = task.layers[index], task.memory, task.plan
    width, element = layer[FAN_OUT], r * layer[STRIDE]
    if layer[NORMALISED] == 1:
        softmax_row(code, task, layer, layer[OUTPUT] + element)
    p = memory[plan[CONSTANTS] + LOSS_PARAMETER]
    loss = p - p
    for j in range(width):
        y, o = task.targets[row * width + j], memory[layer[OUTPUT] + element + j]
        loss += code.loss(y, o, p)
        d = o - y if plan[CANONICAL] == 1 else code.loss_derivative(y, o, p)
        memory[layer[DELTA] + element + j] = d
    if plan[CANONICAL] == 0:
        _chain_rule_of_row(code, task, layer, element)
    return loss


@device
def meet_targets(code, task, batch, who):
    """Compute losses and deltas of the outputs, and of auxiliary ones."""
    plan, memory, last = task.plan, task.memory, task.plan[N_LAYERS] - 1
    share = memory[plan[CONSTANTS] + HEAD_WEIGHT]
    for r in range(who.lane, batch.count, who.lanes):
        row = row_of(task, batch.position + r)
        loss = share - share
        for index in range(plan[N_LAYERS] - plan[HEADS], plan[N_LAYERS]):
            own = _head_row(code, task, index, r, row)
            loss += own if index == last else share * own
            layer = task.layers[index]
            start = layer[DELTA] + r * layer[STRIDE]
            for j in range(layer[FAN_OUT]):
                d = memory[start + j]
                d = d if index == last else share * d
                memory[start + j] = d if plan[WEIGHTED] == 0 else d * sample_weight(task, row)
        if plan[WEIGHTED] == 1:
            weight = sample_weight(task, row)
            memory[plan[ROW_WEIGHTS] + r] = weight
            loss *= weight
        memory[plan[ROW_LOSSES] + r] = loss


@device
def _carry_to(code, task, batch, index, source, first, who):
    """Carry the deltas of a layer back to a source, whose weights begin at row `first`."""
    layer, reached, memory = task.layers[index], task.layers[source - 1], task.memory
    width, depth = reached[FAN_OUT], layer[FAN_OUT]
    tile = cuda.local.array((TILE, TILE), memory.dtype)
    a, b = cuda.local.array(TILE, np.uint64), cuda.local.array(TILE, np.uint64)
    for t in range(who.lane, n_tiles(batch.count, width), who.lanes):
        rows, columns = down(t, batch.count, width)
        clear(tile)
        set_places(a, rows, layer[DELTA], layer[STRIDE])
        set_places(b, columns, layer[USED] + first * depth, depth)
        accumulate(tile, Operand(memory, a, 1), Operand(memory, b, 1), depth)
        for i in range(TILE):
            r = rows.first + i * rows.apart
            for j in range(TILE):
                c = columns.first + j * columns.apart
                if r < batch.count and c < width:
                    element = r * reached[STRIDE] + c
                    d = tile[i, j]
                    if index != reached[LAST_READER]:
                        d += memory[reached[DELTA] + element]
                    if index == reached[FIRST_READER]:
                        d *= slope_of(code, task, reached, element)
                    memory[reached[DELTA] + element] = d


@device
def carry_back(code, task, batch, index, who):
    """Carry the deltas of a layer back to all trained layers that it reads."""
    layer, first = task.layers[index], 0
    for source in range(layer[FIRST_SOURCE], layer[LAST_SOURCE] + 1):
        if source > task.plan[FROZEN]:
            _carry_to(code, task, batch, index, source, first, who)
        first += source_width(task, source)


@device
def end_deltas(code, task, batch, index, who):
    """Multiply the deltas that a library's products have carried to a layer by its slopes."""
    layer = task.layers[index]
    for i in range(who.lane, batch.count * layer[FAN_OUT], who.lanes):
        element = i // layer[FAN_OUT] * layer[STRIDE] + i % layer[FAN_OUT]
        slope = slope_of(code, task, layer, element)
        task.memory[layer[DELTA] + element] *= slope


@device
def sum_deltas(task, batch, index, who):
    """Sum the deltas of a layer's units over every part of the batch."""
    layer, memory, rows = task.layers[index], task.memory, task.plan[PART_ROWS]
    width, stride, deltas, parts = layer[FAN_OUT], layer[STRIDE], layer[DELTA], layer[PARTS]
    # The last lanes have the least to do with tiles.
    for i in range(who.lanes - 1 - who.lane, n_parts(task, batch) * width, who.lanes):
        first = i // width * rows
        place = deltas + first * stride + i % width
        s = memory[place]
        for r in range(1, min(rows, batch.count - first)):
            s += memory[place + r * stride]
        task.store[parts + i] = s


@device
def form_bias_gradients(task, batch, who):
    """Form the gradient of all biases from the sums over the parts."""
    for index in range(task.plan[FROZEN], task.plan[N_LAYERS]):
        layer = task.layers[index]
        width, parts = layer[FAN_OUT], layer[PARTS]
        start, n = task.plan[GRADIENT] + layer[BIASES], n_parts(task, batch)
        for j in range(who.lane, width, who.lanes):
            task.store[start + j] = sum_of_parts(task.store, parts + j, n, width)


@device
def form_gradient(code, task, batch, index, who):
    """Form the gradient of a layer's weights, and sum its deltas."""
    layer, first = task.layers[index], 0
    for source in range(layer[FIRST_SOURCE], layer[LAST_SOURCE] + 1):
        if source == 0:
            code.features.form_gradient(code, task, batch, index, who)
        else:
            read = task.layers[source - 1]
            inputs = (task.memory, read[OUTPUT], read[STRIDE], read[FAN_OUT])
            form_dense(task, inputs, batch.count, layer, first, who)
        first += source_width(task, source)
    sum_deltas(task, batch, index, who)
