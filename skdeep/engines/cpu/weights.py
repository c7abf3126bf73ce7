"""The weight phase: every weight tile gets its gradient and takes the solver's step."""

from skdeep.engines.cpu import features
from skdeep.engines.cpu.features import copy, fill
from skdeep.engines.cpu.formulas import switch
from skdeep.engines.cpu.jit import device, inlined, reduction
from skdeep.engines.cpu.layers import STRIDE, TRANSPOSED, TRANSPOSED_STRIDE
from skdeep.engines.cpu.product import Matrix, product, without_start
from skdeep.engines.cpu.rows import add_rows, layer_deltas, layer_input
from skdeep.engines.cpu.sections import section, table_row
from skdeep.engines.cpu.structures import (
    ALPHA,
    BY_WEIGHTS,
    CONSTANTS,
    GRADIENT,
    GRADIENT_STEP,
    GRADIENTS,
    PARAMETERS,
    PARTS,
    PENALTIES,
    RULE,
    RULE_CONSTANTS,
    RULE_PARAMETERS,
    SCRATCH,
    SCRATCH_STEP,
    SLOTS,
    STATE_STEP,
    STATES,
    TILE_FIRST,
    TILE_IS_BIAS,
    TILE_LAYER,
    TILE_ROWS,
    TRANSPOSED_KEPT,
    Block,
)
from skdeep.engines.table import BIASES, FAN_OUT, WEIGHTS
from skdeep.formulas.penalties import l2_derivative, l2_value
from skdeep.formulas.rules import REGISTRY as RULES


def _no_state(update):
    def loop(arrays):
        w, g, _s, _u, c, alpha, scale = arrays
        for i in range(w.size):
            w[i] = update(w[i], (g[i] + alpha * l2_derivative(w[i])) * scale, c)

    return loop


def _one_state(update):
    def loop(arrays):
        w, g, s, _u, c, alpha, scale = arrays
        for i in range(w.size):
            gradient = (g[i] + alpha * l2_derivative(w[i])) * scale
            w[i], s[i] = update(w[i], gradient, s[i], c)

    return loop


def _two_states(update):
    def loop(arrays):
        w, g, s, u, c, alpha, scale = arrays
        for i in range(w.size):
            gradient = (g[i] + alpha * l2_derivative(w[i])) * scale
            w[i], s[i], u[i] = update(w[i], gradient, s[i], u[i], c)

    return loop


def _write_gradient(arrays):
    w, g, s, _u, _c, alpha, scale = arrays
    for i in range(w.size):
        s[i] = (g[i] + alpha * l2_derivative(w[i])) * scale


def _rule_loop(rule):
    if rule is None:
        return _write_gradient
    return (_no_state, _one_state, _two_states)[len(rule.states)](rule.update)


#: ``apply_rule(code, (w, g, s, u, c, alpha, scale))``: one step of a slice of the weights, with its
#: gradient, two states and what the rule has prepared.
apply_rule = switch([(GRADIENT, None)] + [(rule.code, rule) for rule in RULES.values()], _rule_loop)


def _prepare_call(rule):
    prepare = rule.prepare

    def call(arguments):
        out, rate, t, parameters = arguments
        prepared = prepare(rate, t, parameters)
        for i in range(RULE_CONSTANTS):
            out[i] = prepared[i]

    return call


#: ``prepare_rule(code, (out, rate, t, parameters))``: what all updates of a step share.
prepare_rule = switch([(rule.code, rule) for rule in RULES.values()], _prepare_call)


@inlined
def prepare(task, rate, update, member):
    """Let the rule prepare what all updates of a step share.

    Parameters
    ----------
    task : Task
    rate : float
        Learning rate.
    update : int
        Number of the update, from 1.
    member : int
        Who asks.
    """
    place = task.plan[CONSTANTS] + member * RULE_CONSTANTS
    out = section(task.numbers, place, RULE_CONSTANTS)
    prepare_rule(
        task.plan[RULE], (out, rate, update, section(task.numbers, PARAMETERS, RULE_PARAMETERS))
    )


@device
def _constants(task, member, kind):
    place = task.plan[CONSTANTS] + member * RULE_CONSTANTS
    c = section(task.numbers, place, RULE_CONSTANTS)
    return kind(c[0]), kind(c[1]), kind(c[2]), kind(c[3]), kind(c[4]), kind(c[5])


@reduction
def penalty_of(w):
    """Return the penalty of a slice of the weights, without its strength."""
    s = l2_value(w[0])
    for i in range(1, w.size):
        s += l2_value(w[i])
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
def _batch_gradient(out, task, batch, tile):
    """Form the gradient of a weight tile over the whole batch."""
    index = tile[TILE_LAYER]
    layer = table_row(task.layers, index)
    block = Block(task.plan[SLOTS], 0, batch.count, batch.position)
    deltas = layer_deltas(task, block, layer)
    if tile[TILE_IS_BIAS] == 1:
        fill(out, 0)
        add_rows(out, deltas, block.rows)
        return
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
        _batch_gradient(gradient, task, batch, tile)
    else:
        _sum_of_parts(gradient, task, begin)
    w = section(task.memory, begin, size)
    start = plan[STATES] + begin
    s = section(task.memory, start, size)
    start += plan[STATE_STEP]
    u = section(task.memory, start, size)
    kind = task.memory.dtype.type
    alpha = kind(task.numbers[ALPHA]) if tile[TILE_IS_BIAS] == 0 else kind(0)
    c = _constants(task, member, kind)
    apply_rule(plan[RULE], (w, gradient, s, u, c, alpha, kind(scale)))


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
        if task.plan[RULE] != GRADIENT:
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
