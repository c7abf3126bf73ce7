"""The weight phase: every weight tile gets its gradient and takes the solver's step."""

import math
from typing import NamedTuple

from skdeep.engines.cpu import features
from skdeep.engines.cpu.features import copy, fill
from skdeep.engines.cpu.jit import device, inlined, reduction
from skdeep.engines.cpu.layers import (
    GAP,
    STRIDE,
    TRANSPOSED,
    TRANSPOSED_GAP,
    TRANSPOSED_STRIDE,
)
from skdeep.engines.cpu.loops import run
from skdeep.engines.cpu.phases import GRADIENT_PRODUCT, UPDATING, mark
from skdeep.engines.cpu.product import Matrix, product, without_start
from skdeep.engines.cpu.rows import (
    add_rows,
    copy_inputs_across,
    delta_panels,
    inputs_across,
    layer_deltas,
    layer_input,
)
from skdeep.engines.cpu.sections import section, table_row
from skdeep.engines.cpu.structures import (
    ALPHA,
    BY_WEIGHTS,
    CONSTANTS,
    DECAY,
    FIRST_UPDATE,
    GRADIENT_STEP,
    GRADIENTS,
    PARTS,
    PENALTIES,
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
    STATES,
    STEP_NUMBERS,
    STEPS,
    STEPS_STEP,
    TILE_FIRST,
    TILE_IS_BIAS,
    TILE_LAYER,
    TILE_ROWS,
    TRANSPOSED_KEPT,
    UPDATES,
    WATCH_GRADIENT,
    Block,
)
from skdeep.engines.table import BIASES, FAN_OUT, WEIGHTS
from skdeep.formulas.penalties import l2_derivative, l2_value


def _no_state(update, kind):
    def loop(w, g, _s, _u, p, n):
        c, alpha, scale = _constants(p, kind)
        for i in range(n):
            w[i] = update(w[i], (g[i] + alpha * l2_derivative(w[i])) * scale, c)

    return loop


def _one_state(update, kind):
    def loop(w, g, s, _u, p, n):
        c, alpha, scale = _constants(p, kind)
        for i in range(n):
            gradient = (g[i] + alpha * l2_derivative(w[i])) * scale
            w[i], s[i] = update(w[i], gradient, s[i], c)

    return loop


def _two_states(update, kind):
    def loop(w, g, s, u, p, n):
        c, alpha, scale = _constants(p, kind)
        for i in range(n):
            gradient = (g[i] + alpha * l2_derivative(w[i])) * scale
            w[i], s[i], u[i] = update(w[i], gradient, s[i], u[i], c)

    return loop


@device
def _constants(p, kind):
    """Return what a rule has prepared, the penalty's strength and the scale in some precision."""
    c = kind(p[0]), kind(p[1]), kind(p[2]), kind(p[3]), kind(p[4]), kind(p[5]), kind(p[6])
    return c, kind(p[7]), kind(p[8])


def rule_loop(rule, kind):
    """Return the loop of one step: weights, gradient, two states, and the constants of the step."""
    return (_no_state, _one_state, _two_states)[len(rule.states)](rule.update, kind)


def prepare_loop(rule, kind):
    """Return the function that lets a rule prepare the constants of step ``t``."""
    prepare = rule.prepare

    def loop(out, rate, _x2, _x3, p, t):
        c = prepare(rate[0], t, (p[0], p[1], p[2], p[3], p[4], p[5]))
        out[0], out[1], out[2], out[3], out[4], out[5] = c

    return loop


class Gradient(NamedTuple):
    """Stands for a rule where the gradient itself is wanted, in the place of the first state."""

    name: str = "gradient"


def gradient_loop(_rule, kind):
    """Return the loop that writes down the penalised gradient."""

    def loop(w, g, s, _u, p, n):
        alpha, scale = kind(p[7]), kind(p[8])
        for i in range(n):
            s[i] = (g[i] + alpha * l2_derivative(w[i])) * scale

    return loop


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
    return section(task.numbers, task.plan[CONSTANTS] + member * STEP_NUMBERS, STEP_NUMBERS)


@reduction
def penalty_of(w):
    """Return the penalty of a slice of the weights, without its strength."""
    s = l2_value(w[0])
    for i in range(1, w.size):
        s += l2_value(w[i])
    return s


@reduction
def gradient_square(w, g, alpha):
    """Return the square of the norm of a slice of the penalised gradient."""
    first = g[0] + alpha * l2_derivative(w[0])
    s = first * first
    for i in range(1, w.size):
        element = g[i] + alpha * l2_derivative(w[i])
        s += element * element
    return s


@device
def _sum_of_parts(out, task, begin):
    start = task.plan[GRADIENTS] + begin
    copy(out, section(task.memory, start, out.size))
    for _ in range(1, task.plan[PARTS]):
        start += task.plan[GRADIENT_STEP]
        other = section(task.memory, start, out.size)
        for i in range(out.size):
            out[i] += other[i]


@device
def tile_pieces(layers, tile):
    """Return in how many pieces of memory a weight tile lies: one in every panel."""
    layer = table_row(layers, tile[TILE_LAYER])
    if tile[TILE_IS_BIAS] == 1 or layer[GAP] == 0:
        return 1
    return (layer[FAN_OUT] + layer[STRIDE] - 1) // layer[STRIDE]


@device
def piece_range(layers, tile, piece):
    """Return the first parameter of a piece of a weight tile, and how many they are."""
    layer = table_row(layers, tile[TILE_LAYER])
    if tile[TILE_IS_BIAS] == 1:
        return layer[BIASES], layer[FAN_OUT]
    start = layer[WEIGHTS] + tile[TILE_FIRST] * layer[STRIDE]
    return start + piece * (layer[STRIDE] + layer[GAP]), tile[TILE_ROWS] * layer[STRIDE]


@device
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
    block = Block(task.plan[SLOTS], 0, batch.count, batch.position, member)
    deltas = layer_deltas(task, block, layer)
    if tile[TILE_IS_BIAS] == 1:
        fill(out, 0)
        add_rows(out, deltas, block.rows)
        return
    mark(task.plan, member, GRADIENT_PRODUCT)
    matrix = Matrix(out, 0, layer[STRIDE], 1, 0)
    first, rows, columns = tile[TILE_FIRST], tile[TILE_ROWS], piece_columns(layer, piece)
    if layer[STRIDE] != columns:
        fill(out, 0)
    if layer[GAP] > 0:
        if piece == 0:
            copy_inputs_across(task, block, index, first, rows)
        across = inputs_across(task, member, rows)
        panels = delta_panels(task, block, layer)
        offset = panels.offset + piece * (panels.row + panels.gap)
        panel = Matrix(panels.data, offset, panels.row, 1, 0)
        product(matrix, across, panel, without_start(matrix), (rows, columns, block.rows))
    elif index == 0:
        features.tile_gradient(task, (block, matrix, deltas, first, rows))
    else:
        inputs = layer_input(task, block, layer)
        across = Matrix(inputs.data, inputs.offset + first, 1, inputs.row, 0)
        shape = (rows, columns, block.rows)
        product(matrix, across, deltas, without_start(matrix), shape)


@device
def _transpose(task, tile, piece):
    """Bring the transposed copy of a piece of a weight tile up to date."""
    layer = table_row(task.layers, tile[TILE_LAYER])
    begin, size = piece_range(task.layers, tile, piece)
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


@device
def refresh_piece(task, index, piece):
    """Bring what depends on a piece of a weight tile up to date: transposed copy and penalty.

    Parameters
    ----------
    task : Task
    index, piece : int
        Which tile, and which of its pieces.
    """
    tile = table_row(task.tiles, index)
    if tile[TILE_IS_BIAS] == 1:
        return
    if tile[TILE_LAYER] > 0 and task.plan[TRANSPOSED_KEPT] == 1:
        _transpose(task, tile, piece)
    if task.numbers[ALPHA] > 0:
        begin, size = piece_range(task.layers, tile, piece)
        place = task.plan[PENALTIES] + index
        before = 0.0 if piece == 0 else task.numbers[place]
        task.numbers[place] = before + penalty_of(section(task.memory, begin, size))


@device
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
    tile, plan = table_row(task.tiles, index), task.plan
    begin, size = piece_range(task.layers, tile, piece)
    start = plan[SCRATCH] + member * plan[SCRATCH_STEP]
    gradient = section(task.memory, start, size)
    if plan[BY_WEIGHTS] == 1:
        _batch_gradient(gradient, task, batch, tile, member, piece)
    else:
        mark(plan, member, GRADIENT_PRODUCT)
        _sum_of_parts(gradient, task, begin)
    mark(plan, member, UPDATING)
    w = section(task.memory, begin, size)
    start = plan[STATES] + begin
    s = section(task.memory, start, size)
    start += plan[STATE_STEP]
    u = section(task.memory, start, size)
    is_weight = 1.0 - tile[TILE_IS_BIAS]
    alpha = task.numbers[ALPHA] * is_weight
    if plan[WATCH_GRADIENT] == 1:
        square = float(gradient_square(w, gradient, task.memory.dtype.type(alpha)))
        before = 0.0 if piece == 0 else task.numbers[plan[SQUARES] + index]
        task.numbers[plan[SQUARES] + index] = before + square * scale * scale
    p = step_numbers(task, member)
    p[RULE_CONSTANTS] = task.numbers[DECAY] * is_weight
    p[RULE_CONSTANTS + 1], p[RULE_CONSTANTS + 2] = alpha, scale
    run(plan[RULE], w, gradient, s, u, p, size)


@inlined
def weight_phase(task, batch, scale, member, members):
    """Do a member's share of the weight phase.

    Parameters
    ----------
    task : Task
    batch : Batch
    scale : float
        One over the sum of the sample weights.
    member, members : int
        Who of how many.
    """
    for index in range(member, len(task.tiles), members):
        for piece in range(tile_pieces(task.layers, table_row(task.tiles, index))):
            step_piece(task, batch, index, piece, member, scale)
            if task.plan[UPDATES] == 1:
                refresh_piece(task, index, piece)


@inlined
def refresh_all(task, member, members):
    """Do a member's share of bringing everything up to date that depends on the weights."""
    for index in range(member, len(task.tiles), members):
        for piece in range(tile_pieces(task.layers, table_row(task.tiles, index))):
            refresh_piece(task, index, piece)


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
