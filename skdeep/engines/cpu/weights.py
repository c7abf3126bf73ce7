"""The weight phase: every weight tile gets its gradient and takes the solver's step."""

import math
from typing import NamedTuple

from skdeep.engines.cpu import features
from skdeep.engines.cpu.features import copy, fill
from skdeep.engines.cpu.jit import device, inlined, reduction
from skdeep.engines.cpu.layers import STRIDE, TRANSPOSED, TRANSPOSED_STRIDE
from skdeep.engines.cpu.loops import run
from skdeep.engines.cpu.phases import GRADIENT_PRODUCT, UPDATING, mark
from skdeep.engines.cpu.product import Matrix, product, without_start
from skdeep.engines.cpu.rows import add_rows, layer_deltas, layer_input
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
def tile_range(layers, tile):
    """Return the first parameter of a weight tile, and how many they are."""
    layer = table_row(layers, tile[TILE_LAYER])
    if tile[TILE_IS_BIAS] == 1:
        return layer[BIASES], layer[FAN_OUT]
    return layer[WEIGHTS] + tile[TILE_FIRST] * layer[STRIDE], tile[TILE_ROWS] * layer[STRIDE]


@device
def _batch_gradient(out, task, batch, tile, member):
    """Form the gradient of a weight tile over the whole batch."""
    index = tile[TILE_LAYER]
    layer = table_row(task.layers, index)
    block = Block(task.plan[SLOTS], 0, batch.count, batch.position, member)
    deltas = layer_deltas(task, block, layer)
    if tile[TILE_IS_BIAS] == 1:
        fill(out, 0)
        add_rows(out, deltas, block.rows)
        return
    mark(task.plan, member, GRADIENT_PRODUCT)
    matrix = Matrix(out, 0, layer[STRIDE], 1)
    first, rows = tile[TILE_FIRST], tile[TILE_ROWS]
    if layer[STRIDE] != layer[FAN_OUT]:
        fill(out, 0)
    if index == 0:
        features.tile_gradient(task, (block, matrix, deltas, first, rows))
    else:
        inputs = layer_input(task, block, layer)
        across = Matrix(inputs.data, inputs.offset + first, 1, inputs.row)
        shape = (rows, layer[FAN_OUT], block.rows)
        product(matrix, across, deltas, without_start(matrix), shape)


@device
def _transpose_rows(task, layer, first, rows):
    """Bring the transposed copy of some rows of weights up to date."""
    stride, across = layer[STRIDE], layer[TRANSPOSED_STRIDE]
    start = layer[WEIGHTS] + first * stride
    source = section(task.memory, start, rows * stride)
    for j in range(layer[FAN_OUT]):
        place = layer[TRANSPOSED] + j * across + first
        out = section(task.memory, place, rows)
        for i in range(rows):
            out[i] = source[i * stride + j]


@device
def refresh_tile(task, index):
    """Bring what depends on a weight tile up to date: its transposed copy and its penalty.

    Parameters
    ----------
    task : Task
    index : int
        Which tile.
    """
    tile = table_row(task.tiles, index)
    if tile[TILE_IS_BIAS] == 1:
        return
    if tile[TILE_LAYER] > 0 and task.plan[TRANSPOSED_KEPT] == 1:
        layer = table_row(task.layers, tile[TILE_LAYER])
        _transpose_rows(task, layer, tile[TILE_FIRST], tile[TILE_ROWS])
    if task.numbers[ALPHA] > 0:
        begin, size = tile_range(task.layers, tile)
        task.numbers[task.plan[PENALTIES] + index] = penalty_of(section(task.memory, begin, size))


@device
def step_tile(task, batch, index, member, scale):
    """Form the gradient of a weight tile and apply the update rule.

    Parameters
    ----------
    task : Task
    batch : Batch
    index : int
        Which tile.
    member : int
        Who is at it.
    scale : float
        One over the sum of the sample weights.
    """
    tile, plan = table_row(task.tiles, index), task.plan
    begin, size = tile_range(task.layers, tile)
    start = plan[SCRATCH] + member * plan[SCRATCH_STEP]
    gradient = section(task.memory, start, size)
    if plan[BY_WEIGHTS] == 1:
        _batch_gradient(gradient, task, batch, tile, member)
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
        square = gradient_square(w, gradient, task.memory.dtype.type(alpha))
        task.numbers[plan[SQUARES] + index] = float(square) * scale * scale
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
        step_tile(task, batch, index, member, scale)
        if task.plan[UPDATES] == 1:
            refresh_tile(task, index)


@inlined
def refresh_all(task, member, members):
    """Do a member's share of bringing everything up to date that depends on the weights."""
    for index in range(member, len(task.tiles), members):
        refresh_tile(task, index)


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
