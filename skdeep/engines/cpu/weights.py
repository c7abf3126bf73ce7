"""The weight phase: every weight tile gets its gradient and takes the solver's step."""

import math

from skdeep.engines.cpu import features
from skdeep.engines.cpu.batchnorm import sum_of_parts
from skdeep.engines.cpu.features import copy, fill
from skdeep.engines.cpu.jit import device, inlined, merged
from skdeep.engines.cpu.layers import (
    GAINS,
    GAP,
    STRIDE,
    TRANSPOSED,
    TRANSPOSED_GAP,
    TRANSPOSED_STRIDE,
    USED,
)
from skdeep.engines.cpu.loops import NOTHING, run
from skdeep.engines.cpu.maxnorm import limit_norms
from skdeep.engines.cpu.phases import GRADIENT_PRODUCT, UPDATING, mark
from skdeep.engines.cpu.product import Matrix, product, without_start
from skdeep.engines.cpu.randomness import drop_weights, loop_numbers
from skdeep.engines.cpu.rows import (
    add_rows,
    copy_inputs_across,
    delta_panels,
    inputs_across,
    layer_deltas,
    source_outputs,
)
from skdeep.engines.cpu.sections import section, table_row
from skdeep.engines.cpu.steps import gradient_square, half_square
from skdeep.engines.cpu.structures import (
    ALPHA,
    BY_DIRECTIONS,
    BY_WEIGHTS,
    CLIP_NORM,
    CONSTANTS,
    DECAY,
    DROP_WEIGHTS,
    FIRST_UPDATE,
    GRADIENT_STEP,
    GRADIENTS,
    LOOP_NUMBERS,
    MASKS,
    MAX_NORM,
    NORMS,
    OF_BIASES,
    OF_GAINS,
    OF_SCALES,
    OF_SHIFTS,
    OF_WEIGHTS,
    PARTS,
    PENALTIES,
    PENALTY_GRADIENT,
    PENALTY_PARAMETER,
    PENALTY_VALUE,
    RATE,
    RULE,
    RULE_CONSTANTS,
    RULE_PARAMETERS,
    RULE_PREPARE,
    SCRATCH,
    SCRATCH_STEP,
    SLOTS,
    SQUARES,
    STATE_STEP,
    STEP_NUMBERS,
    STEPS,
    STEPS_STEP,
    TILE_FIRST,
    TILE_INPUT,
    TILE_KIND,
    TILE_LAYER,
    TILE_ROWS,
    TILE_SOURCE,
    TRANSPOSED_KEPT,
    UPDATES,
    WATCH_GRADIENT,
    WHOLE,
    WHOLE_GRADIENT,
    Block,
)
from skdeep.engines.cpu.team import barrier
from skdeep.engines.cpu.variants import by_extension, by_limits
from skdeep.engines.cpu.weightnorm import carry_to_directions, write_weights
from skdeep.engines.table import BIASES, FAN_OUT, SCALES, SHIFTS, WEIGHTS


@device
def step_place(plan, update):
    """Return the place of the learning rate of an update; the rule's parameters follow it."""
    return plan[STEPS] + (update - 1 - plan[FIRST_UPDATE]) * plan[STEPS_STEP]


@inlined
def prepare(task, update, member):
    """Let the rule prepare what all updates of a step share.

    Parameters
    ----------
    task : Task
    update : int
        Number of the update, from 1.
    member : int
        Who asks.
    """
    numbers = task.numbers
    place = step_place(task.plan, update)
    rate = section(numbers, RATE if numbers[place] < 0.0 else place, 1)
    out = step_numbers(task, member)
    p = section(numbers, place + 1, RULE_PARAMETERS)
    run(task.plan[RULE_PREPARE], out, rate, rate, rate, p, update)


@inlined
def step_numbers(task, member):
    """Return the place of the numbers that a member hands to the loop of a step."""
    start = task.plan[CONSTANTS] + member * (STEP_NUMBERS + LOOP_NUMBERS)
    return section(task.numbers, start, STEP_NUMBERS)


@device
def _sum_of_parts(out, task, begin):
    start = task.plan[GRADIENTS] + begin
    copy(out, section(task.memory, start, out.size))
    for _ in range(1, task.plan[PARTS]):
        start += task.plan[GRADIENT_STEP]
        other = section(task.memory, start, out.size)
        for i in range(out.size):
            out[i] += other[i]


@merged
def tile_pieces(layers, tile):
    """Return in how many pieces of memory a weight tile lies: one in every panel."""
    layer = table_row(layers, tile[TILE_LAYER])
    if tile[TILE_KIND] != OF_WEIGHTS or layer[GAP] == 0:
        return 1
    return (layer[FAN_OUT] + layer[STRIDE] - 1) // layer[STRIDE]


@merged
def piece_range(layers, tile, piece):
    """Return the first parameter of a piece of a weight tile, and how many they are."""
    layer, kind = table_row(layers, tile[TILE_LAYER]), tile[TILE_KIND]
    if kind == OF_BIASES:
        return layer[BIASES], layer[FAN_OUT]
    if kind == OF_SCALES:
        return layer[SCALES], layer[FAN_OUT]
    if kind == OF_SHIFTS:
        return layer[SHIFTS], layer[FAN_OUT]
    if kind == OF_GAINS:
        return layer[GAINS], layer[FAN_OUT]
    start = layer[WEIGHTS] + tile[TILE_FIRST] * layer[STRIDE]
    return start + piece * (layer[STRIDE] + layer[GAP]), tile[TILE_ROWS] * layer[STRIDE]


@merged
def piece_columns(layer, piece):
    """Return the units whose weights are in a piece."""
    if layer[GAP] == 0:
        return layer[FAN_OUT]
    return min(layer[STRIDE], layer[FAN_OUT] - piece * layer[STRIDE])


@device
def _batch_gradient(out, task, batch, tile, member, piece):
    """Form the gradient of a piece of a weight tile over the whole batch."""
    index = tile[TILE_LAYER]
    layer = table_row(task.layers, index)
    slot = task.plan[SLOTS]
    block = Block(slot, 0, batch.count, batch.position, member, 0, batch.update)
    if tile[TILE_KIND] == OF_BIASES:
        fill(out, 0)
        add_rows(out, layer_deltas(task, block, layer), block.rows)
        return
    mark(task.plan, member, GRADIENT_PRODUCT)
    matrix = Matrix(out, 0, layer[STRIDE], 1, 0)
    first, rows, columns = tile[TILE_INPUT], tile[TILE_ROWS], piece_columns(layer, piece)
    source = tile[TILE_SOURCE]
    if layer[STRIDE] != columns:
        fill(out, 0)
    if layer[GAP] > 0:
        if piece == 0:
            copy_inputs_across(task, block, source, first, rows)
        across = inputs_across(task, member, rows)
        panels = delta_panels(task, block, layer)
        offset = panels.offset + piece * (panels.row + panels.gap)
        panel = Matrix(panels.data, offset, panels.row, 1, 0)
        product(matrix, across, panel, without_start(matrix), (rows, columns, block.rows))
    elif source == 0:
        deltas = layer_deltas(task, block, layer)
        features.tile_gradient(task, (block, matrix, deltas, columns, first, rows))
    else:
        deltas, inputs = layer_deltas(task, block, layer), source_outputs(task, block, source)
        across = Matrix(inputs.data, inputs.offset + first, 1, inputs.row, 0)
        shape = (rows, columns, block.rows)
        product(matrix, across, deltas, without_start(matrix), shape)


def _keep_piece(task, arguments):
    return None


def _drop_piece(task, arguments):
    tile, piece, update, out, w, member = arguments
    layer = table_row(task.layers, tile[TILE_LAYER])
    columns, stride = piece_columns(layer, piece), layer[STRIDE]
    for i in range(tile[TILE_ROWS]):
        place = (tile[TILE_FIRST] + i) * layer[FAN_OUT] + piece * stride
        row, source = section(out, i * stride, columns), section(w, i * stride, columns)
        drop_weights(task, tile[TILE_LAYER], update, row, source, place, member)


#: ``drop_piece(task, (tile, piece, update, out, w, member))``: drop weights of a piece of a tile
#: as in some update.
drop_piece = by_extension(_keep_piece, _drop_piece)


@device
def _transpose(task, tile, piece):
    """Bring the transposed copy of a piece of a weight tile up to date."""
    layer = table_row(task.layers, tile[TILE_LAYER])
    begin, size = piece_range(task.layers, tile, piece)
    begin += layer[USED] - layer[WEIGHTS]
    source, stride = section(task.memory, begin, size), layer[STRIDE]
    across, gap = layer[TRANSPOSED_STRIDE], layer[TRANSPOSED_GAP]
    i, unit = 0, piece * stride
    while i < tile[TILE_ROWS]:
        place = tile[TILE_FIRST] + i
        count = tile[TILE_ROWS] - i
        if gap > 0:
            count = min(count, across - place % across)
            place += place // across * gap
        for j in range(piece_columns(layer, piece)):
            start = layer[TRANSPOSED] + (unit + j) * across + place
            out = section(task.memory, start, count)
            for r in range(count):
                out[r] = source[(i + r) * stride + j]
        i += count


@merged
def _penalty(task, w, member):
    """Return the penalty of some weights, without its strength."""
    if task.plan[PENALTY_VALUE] == NOTHING:
        return float(half_square(w))
    p = loop_numbers(task, member)
    p[0] = task.numbers[PENALTY_PARAMETER]
    run(task.plan[PENALTY_VALUE], w, w, w, w, p, w.size)
    return p[1]


@merged
def refresh_piece(task, index, piece, update, member):
    """Bring what depends on a piece of a weight tile up to date: copies and penalty.

    Parameters
    ----------
    task : Task
    index, piece : int
        Which tile, and which of its pieces.
    update, member : int
        The update that comes next, and who is at it.
    """
    tile = table_row(task.tiles, index)
    if tile[TILE_KIND] != OF_WEIGHTS:
        return
    begin, size = piece_range(task.layers, tile, piece)
    layer = table_row(task.layers, tile[TILE_LAYER])
    start = begin + layer[USED] - layer[WEIGHTS]
    w = section(task.memory, begin if task.plan[BY_DIRECTIONS] == 0 else start, size)
    if task.plan[DROP_WEIGHTS] != NOTHING:
        used = section(task.memory, start, size)
        drop_piece(task, (tile, piece, update, used, w, member))
    if tile[TILE_SOURCE] > 0 and task.plan[TRANSPOSED_KEPT] == 1:
        _transpose(task, tile, piece)
    if task.numbers[ALPHA] > 0:
        place = task.plan[PENALTIES] + index
        before = 0.0 if piece == 0 else task.numbers[place]
        task.numbers[place] = before + _penalty(task, w, member)


def _normalisation_gradient(task, arguments):
    layer, of_scales, gradient = arguments
    sum_of_parts(task, layer, 1 if of_scales else 0, gradient)


#: ``normalisation_gradient(task, (layer, of_scales, gradient))``: the gradient of the scales or
#: shifts of a layer.
normalisation_gradient = by_extension(_keep_piece, _normalisation_gradient)


@merged
def _form_gradient(task, batch, index, piece, member, gradient):
    """Form the gradient of a piece of a weight tile, but for the squared norm as a penalty."""
    tile, plan = table_row(task.tiles, index), task.plan
    begin, size = piece_range(task.layers, tile, piece)
    layer = table_row(task.layers, tile[TILE_LAYER])
    if tile[TILE_KIND] == OF_SCALES or tile[TILE_KIND] == OF_SHIFTS:
        normalisation_gradient(task, (layer, tile[TILE_KIND] == OF_SCALES, gradient))
        return
    if tile[TILE_KIND] == OF_GAINS:  # comes with that of the directions
        return
    if plan[BY_WEIGHTS] == 1:
        _batch_gradient(gradient, task, batch, tile, member, piece)
    else:
        mark(plan, member, GRADIENT_PRODUCT)
        _sum_of_parts(gradient, task, begin)
    mark(plan, member, UPDATING)
    if tile[TILE_KIND] != OF_WEIGHTS:
        return
    if plan[DROP_WEIGHTS] != NOTHING:
        drop_piece(task, (tile, piece, batch.update, gradient, gradient, member))
    if plan[PENALTY_GRADIENT] != NOTHING:
        begin += layer[USED] - layer[WEIGHTS] if plan[BY_DIRECTIONS] == 1 else 0
        w, p = section(task.memory, begin, size), loop_numbers(task, member)
        p[0], p[1] = task.numbers[ALPHA], task.numbers[PENALTY_PARAMETER]
        run(plan[PENALTY_GRADIENT], w, gradient, w, w, p, size)
    if plan[MASKS] > 0:
        start = plan[MASKS] + piece_range(task.layers, tile, piece)[0]
        mask = section(task.memory, start, size)
        for i in range(size):
            gradient[i] *= mask[i]


@merged
def _strength(task, tile):
    """Return the strength of the squared norm as a penalty on a tile."""
    is_l2 = task.plan[PENALTY_GRADIENT] == NOTHING and tile[TILE_KIND] == OF_WEIGHTS
    return task.numbers[ALPHA] if is_l2 else 0.0


@device
def _watch(task, index, piece, gradient, scale):
    """Add the square of a piece's gradient to that of its tile."""
    tile = table_row(task.tiles, index)
    begin, size = piece_range(task.layers, tile, piece)
    alpha = task.memory.dtype.type(_strength(task, tile))
    square = float(gradient_square(section(task.memory, begin, size), gradient, alpha))
    place = task.plan[SQUARES] + index
    before = 0.0 if piece == 0 else task.numbers[place]
    task.numbers[place] = before + square * scale * scale


@merged
def _apply_rule(task, index, piece, member, gradient, scale):
    """Let the rule change the weights of a piece of a tile."""
    tile, plan = table_row(task.tiles, index), task.plan
    begin, size = piece_range(task.layers, tile, piece)
    w = section(task.memory, begin, size)
    s = section(task.states, begin, size)
    start = begin + plan[STATE_STEP]
    u = section(task.states, start, size)
    p = step_numbers(task, member)
    p[RULE_CONSTANTS] = task.numbers[DECAY] if tile[TILE_KIND] == OF_WEIGHTS else 0.0
    p[RULE_CONSTANTS + 1], p[RULE_CONSTANTS + 2] = _strength(task, tile), scale
    run(plan[RULE], w, gradient, s, u, p, size)


@merged
def step_piece(task, batch, index, piece, member, scale):
    """Form the gradient of a piece of a weight tile and apply the update rule.

    Parameters
    ----------
    task : Task
    batch : Batch
    index, piece : int
        Which tile, and which of its pieces.
    member : int
        Who is at it.
    scale : float
        One over the sum of the sample weights.
    """
    size = piece_range(task.layers, table_row(task.tiles, index), piece)[1]
    start = task.plan[SCRATCH] + member * task.plan[SCRATCH_STEP]
    gradient = section(task.memory, start, size)
    _form_gradient(task, batch, index, piece, member, gradient)
    if task.plan[WATCH_GRADIENT] == 1:
        _watch(task, index, piece, gradient, scale)
    _apply_rule(task, index, piece, member, gradient, scale)


@inlined
def _kept_gradient(task, index, piece):
    """Return the place of the gradient of a piece, where that of all weights is kept."""
    begin, size = piece_range(task.layers, table_row(task.tiles, index), piece)
    start = task.plan[WHOLE] + begin
    return section(task.memory, start, size)


def _step_in_two(task, arguments):
    batch, scale, team = arguments
    shared, member, members = team
    for index in range(member, len(task.tiles), members):
        for piece in range(tile_pieces(task.layers, table_row(task.tiles, index))):
            gradient = _kept_gradient(task, index, piece)
            _form_gradient(task, batch, index, piece, member, gradient)
    barrier(shared, members)
    if task.plan[BY_DIRECTIONS] == 1:
        carry_to_directions(task, member, members)
        barrier(shared, members)
    for index in range(member, len(task.tiles), members):
        for piece in range(tile_pieces(task.layers, table_row(task.tiles, index))):
            _watch(task, index, piece, _kept_gradient(task, index, piece), scale)
    barrier(shared, members)
    most = task.numbers[CLIP_NORM]
    norm = gradient_norm(task)
    if most > 0.0 and norm > most:
        scale *= most / norm
    for index in range(member, len(task.tiles), members):
        for piece in range(tile_pieces(task.layers, table_row(task.tiles, index))):
            _apply_rule(task, index, piece, member, _kept_gradient(task, index, piece), scale)
    if task.numbers[MAX_NORM] > 0.0:
        barrier(shared, members)
        limit_norms(task, member, members)
        barrier(shared, members)
    if task.plan[BY_DIRECTIONS] == 1:
        barrier(shared, members)
        write_weights(task, member, members)
        barrier(shared, members)


#: ``step_in_two(task, (batch, scale, team))``: form the gradient of all weights before any is
#: changed, and limit norms.
step_in_two = by_limits(_keep_piece, _step_in_two)


@inlined
def weight_phase(task, batch, scale, team):
    """Do a member's share of the weight phase.

    Parameters
    ----------
    task : Task
    batch : Batch
    scale : float
        One over the sum of the sample weights.
    team : tuple
        What the team shares, who this is, and how many they are.
    """
    _shared, member, members = team
    if task.plan[WHOLE_GRADIENT] == 1:
        step_in_two(task, (batch, scale, team))
        refresh_all(task, batch.update + 1, member, members)
        return
    for index in range(member, len(task.tiles), members):
        for piece in range(tile_pieces(task.layers, table_row(task.tiles, index))):
            step_piece(task, batch, index, piece, member, scale)
            if task.plan[UPDATES] == 1:
                refresh_piece(task, index, piece, batch.update + 1, member)


@device
def refresh_all(task, update, member, members):
    """Do a member's share of bringing everything up to date that depends on the weights."""
    for index in range(member, len(task.tiles), members):
        for piece in range(tile_pieces(task.layers, table_row(task.tiles, index))):
            refresh_piece(task, index, piece, update, member)


@device
def penalty_sum(task):
    """Return the penalty of all weights, times its strength."""
    s = 0.0
    for index in range(len(task.tiles)):
        s += task.numbers[task.plan[PENALTIES] + index]
    return task.numbers[ALPHA] * s


@device
def gradient_norm(task):
    """Return the norm of the gradient of the last batch."""
    s = 0.0
    for index in range(len(task.tiles)):
        s += task.numbers[task.plan[SQUARES] + index]
    return math.sqrt(s)


@device
def add_norms(task):
    """Add the norms of the layers' gradients to those of earlier batches."""
    numbers = task.numbers
    for layer in range(len(task.layers)):
        s = 0.0
        for index in range(len(task.tiles)):
            if task.tiles[index, TILE_LAYER] == layer:
                s += numbers[task.plan[SQUARES] + index]
        numbers[task.plan[NORMS] + layer] += math.sqrt(s)
