"""Routines for tiles of parameters: their gradient, and the solver's step.

A tile is some rows of the weights of a layer, or what a layer has one of for every unit, such as
its biases. In a wide matrix it lies in pieces, one in every panel.
"""

from skdeep.engines.cpu.compiling.jit import device, merged
from skdeep.engines.cpu.compiling.loops import run
from skdeep.engines.cpu.compiling.routines import NOTHING, call, on_stack
from skdeep.engines.cpu.compiling.tasks import as_float
from skdeep.engines.cpu.compiling.views import row_of, section
from skdeep.engines.cpu.memory.fields import (
    OF_BIASES,
    OF_GAINS,
    OF_SCALES,
    OF_SHIFTS,
    OF_WEIGHTS,
    RULE_CONSTANTS,
    Block,
)
from skdeep.engines.cpu.parameters.step_loops import (
    gradient_square,
    half_square,
    loop_numbers,
    step_numbers,
)
from skdeep.engines.cpu.rows.dropout import drop_weights
from skdeep.engines.cpu.rows.matrices import add_scaled, copy, fill
from skdeep.engines.cpu.rows.panels import piece_columns
from skdeep.engines.cpu.threads.member_phases import GRADIENT_PRODUCT, UPDATING, mark
from skdeep.engines.table import NO_DECAY


@merged
def _n_pieces(task, tile):
    """Return in how many pieces of memory a tile lies: one in every panel."""
    layer = row_of(task.operations, tile.operation)
    if tile.kind != OF_WEIGHTS or layer.gap == 0:
        return 1
    return (layer.fan_out + layer.stride - 1) // layer.stride


@device
def _piece_range(task, tile, piece):
    """Return the first parameter of a piece of a tile, and how many they are."""
    layer, kind = row_of(task.operations, tile.operation), tile.kind
    if kind == OF_WEIGHTS:
        start = layer.weights + tile.first * layer.stride
        return start + piece * (layer.stride + layer.gap), tile.rows * layer.stride
    if kind == OF_BIASES:
        return layer.biases, layer.n_biases
    start = layer.gains
    if kind == OF_SCALES:
        start = layer.scales
    elif kind == OF_SHIFTS:
        start = layer.shifts
    return start, layer.fan_out


@device
def _sum_of_parts(out, task, begin):
    start = task.plan.gradients + begin
    copy(out, section(task.memory, start, out.size))
    for _ in range(1, task.plan.parts):
        start += task.plan.gradient_step
        other = section(task.memory, start, out.size)
        for i in range(out.size):
            out[i] += other[i]


@device
def _transpose(task, tile, piece):
    """Bring the transposed copy of a piece of a tile up to date."""
    layer = row_of(task.operations, tile.operation)
    begin, size = _piece_range(task, tile, piece)
    begin += layer.used - layer.weights
    source, stride = section(task.memory, begin, size), layer.stride
    across, gap = layer.transposed_stride, layer.transposed_gap
    i, unit = 0, piece * stride
    while i < tile.rows:
        place = tile.first + i
        count = tile.rows - i
        if gap > 0:
            count = min(count, across - place % across)
            place += place // across * gap
        for j in range(piece_columns(layer, piece)):
            start = layer.transposed + (unit + j) * across + place
            out = section(task.memory, start, count)
            for r in range(count):
                out[r] = source[(i + r) * stride + j]
        i += count


@merged
def _penalty(task, w, member):
    """Return the penalty of some weights, without its strength."""
    if task.plan.penalty_value == NOTHING:
        return float(half_square(w))
    p = loop_numbers(task, member)
    p[0] = task.scalars.penalty_parameter
    run(task.plan.penalty_value, w, w, w, w, p, w.size)
    return p[1]


@merged
def _decay(task, tile):
    """Return what the strength of the penalty is multiplied by for a tile."""
    return task.numbers[task.plan.decays + tile.decay]


@device
def _refresh(task, index, piece, update, member):
    """Bring what depends on a piece of a tile up to date: copies and penalty.

    Parameters
    ----------
    task : Task
    index, piece : int
        Which tile, and which of its pieces.
    update, member : int
        The update that comes next, and who is at it.
    """
    tile, plan = row_of(task.tiles, index), task.plan
    begin, size = _piece_range(task, tile, piece)
    source = begin
    if tile.kind == OF_WEIGHTS:
        layer = row_of(task.operations, tile.operation)
        start = begin + layer.used - layer.weights
        source = begin if plan.by_directions == 0 else start
        if plan.drop_weights != NOTHING:
            block = on_stack(Block(source, 0, 0, 0, member, 0, update))
            call(plan.drop_piece, task, index, piece, start, block)
        if tile.transposed == 1:
            _transpose(task, tile, piece)
    if tile.decay != NO_DECAY and task.scalars.alpha > 0:
        place, w = plan.penalties + index, section(task.memory, source, size)
        before = 0.0 if piece == 0 else task.numbers[place]
        task.numbers[place] = before + _decay(task, tile) * _penalty(task, w, member)


@device
def _form_by_tile(task, block, index, piece, place):
    """Form the gradient of a piece of a tile over a batch, for one operation that uses it."""
    tile = row_of(task.tiles, index)
    if tile.kind == OF_SCALES or tile.kind == OF_SHIFTS:
        of_scales = 1 if tile.kind == OF_SCALES else 0
        call(task.plan.normalisation_gradient, task, tile.operation, of_scales, place, block)
    else:
        address = row_of(task.operations, tile.operation).tile_gradient
        call(address, task, index, piece, place, block)


@device
def _form_gradient(task, block, index, piece, place):
    """Form the gradient of a piece of a tile, but for the squared norm as a penalty.

    Parameters
    ----------
    task : Task
    block : Block
        The whole batch.
    index, piece : int
        Which tile, and which of its pieces.
    place : int
        Where the gradient goes in the memory.
    """
    tile, plan, member = row_of(task.tiles, index), task.plan, block.member
    begin, size = _piece_range(task, tile, piece)
    layer, of_weights = row_of(task.operations, tile.operation), tile.kind == OF_WEIGHTS
    if tile.kind == OF_GAINS:  # comes with that of the directions
        return
    gradient = section(task.memory, place, size)
    if plan.by_tiles == 1 or tile.kind == OF_SCALES or tile.kind == OF_SHIFTS:
        _form_by_tile(task, block, index, piece, place)
        if tile.next_use >= 0:
            call(plan.add_further_uses, task, index, piece, place, block)
    else:
        mark(plan, member, GRADIENT_PRODUCT)
        _sum_of_parts(gradient, task, begin)
    mark(plan, member, UPDATING)
    if of_weights and plan.drop_weights != NOTHING:
        dropped = on_stack(Block(place, 0, 0, 0, member, 0, block.update))
        call(plan.drop_piece, task, index, piece, place, dropped)
    if tile.decay != NO_DECAY and plan.penalty_gradient != NOTHING:
        used = of_weights and plan.by_directions == 1
        start = begin + layer.used - layer.weights if used else begin
        w, p = section(task.memory, start, size), loop_numbers(task, member)
        p[0], p[1] = task.scalars.alpha * _decay(task, tile), task.scalars.penalty_parameter
        run(plan.penalty_gradient, w, gradient, w, w, p, size)
    if of_weights and plan.masks > 0:
        mask = section(task.memory, plan.masks + begin, size)
        for i in range(size):
            gradient[i] *= mask[i]


@merged
def _strength(task, tile):
    """Return the strength of the squared norm as a penalty on a tile."""
    if task.plan.penalty_gradient != NOTHING:
        return 0.0
    return task.scalars.alpha * _decay(task, tile)


@device
def _watch(task, index, piece, place, member):
    """Add the square of a piece's gradient, which is at a place, to that of its tile."""
    tile = row_of(task.tiles, index)
    begin, size = _piece_range(task, tile, piece)
    alpha = as_float(task, _strength(task, tile))
    w, gradient = section(task.memory, begin, size), section(task.memory, place, size)
    square = float(gradient_square(w, gradient, alpha))
    scale = step_numbers(task, member, 0)[RULE_CONSTANTS + 2]
    place = task.plan.squares + index
    before = 0.0 if piece == 0 else task.numbers[place]
    task.numbers[place] = before + square * scale * scale


@device
def _apply_optimizer(task, index, piece, place, member):
    """Let the optimizer change the parameters of a piece, whose gradient is at a place."""
    tile, plan = row_of(task.tiles, index), task.plan
    begin, size = _piece_range(task, tile, piece)
    w, gradient = section(task.memory, begin, size), section(task.memory, place, size)
    s = section(task.states, begin, size)
    u = section(task.states, begin + plan.state_step, size)
    p = step_numbers(task, member, tile.factor)
    p[RULE_CONSTANTS] = task.scalars.decay * _decay(task, tile)
    p[RULE_CONSTANTS + 1] = _strength(task, tile)
    run(plan.optimizer, w, gradient, s, u, p, size)


@merged
def _whole_place(task, index, piece):
    """Return the place of the gradient of a piece, where that of all parameters is kept."""
    return task.plan.whole + _piece_range(task, row_of(task.tiles, index), piece)[0]


def step_tiles(task, first, step, _b, block):
    """Form the gradient of some tiles over a batch, and let the optimizer take its step.

    These are the tile `first` and every `step`-th after it, as in the routines below.
    """
    plan, member = task.plan, block.member
    place = plan.scratch + member * plan.scratch_step
    for index in range(first, plan.n_tiles, step):
        for piece in range(_n_pieces(task, row_of(task.tiles, index))):
            _form_gradient(task, block, index, piece, place)
            if plan.watch_gradient == 1:
                _watch(task, index, piece, place, member)
            _apply_optimizer(task, index, piece, place, member)
            if plan.updates == 1:
                _refresh(task, index, piece, block.update + 1, member)


def refresh_tiles(task, first, step, _b, block):
    """Bring what depends on the parameters of some tiles up to date."""
    for index in range(first, task.plan.n_tiles, step):
        for piece in range(_n_pieces(task, row_of(task.tiles, index))):
            _refresh(task, index, piece, block.update, block.member)


def transpose_fixed(task, first, step, _b, _block):
    """Transpose some tiles of weights that are not trained, but that gradients go back through."""
    for index in range(task.plan.n_tiles + first, task.plan.fixed_end, step):
        tile = row_of(task.tiles, index)
        for piece in range(_n_pieces(task, tile)):
            _transpose(task, tile, piece)


def add_further_uses(task, index, piece, place, block):
    """Add the gradient of a piece for all operations that use it but the first, in their order."""
    plan, size = task.plan, _piece_range(task, row_of(task.tiles, index), piece)[1]
    other = plan.scratch + block.member * plan.scratch_step + plan.scratch_shared
    total, part = section(task.memory, place, size), section(task.memory, other, size)
    use = row_of(task.tiles, index).next_use
    while use >= 0:
        _form_by_tile(task, block, use, piece, other)
        add_scaled(total, as_float(task, 1), part)
        use = row_of(task.tiles, use).next_use


def clear_shared(task, _index, place, _b, _block):
    """Set the gradients of shared parameters, to which operations add theirs, to 0."""
    for index in range(task.plan.n_operations):
        layer = row_of(task.operations, index)
        if layer.adds == 1:
            if layer.fan_out > 0:
                start = place + layer.weights
                fill(section(task.memory, start, layer.fan_in * layer.stride), 0)
            if layer.biases >= 0:
                fill(section(task.memory, place + layer.biases, layer.n_biases), 0)


def form_tiles(task, first, step, _b, block):
    """Form the gradient of some tiles over a batch, where that of all parameters is kept."""
    for index in range(first, task.plan.n_tiles, step):
        for piece in range(_n_pieces(task, row_of(task.tiles, index))):
            _form_gradient(task, block, index, piece, _whole_place(task, index, piece))


def watch_tiles(task, first, step, _b, block):
    """Take the squares of the norms of some tiles' gradients, where that of all is kept."""
    for index in range(first, task.plan.n_tiles, step):
        for piece in range(_n_pieces(task, row_of(task.tiles, index))):
            _watch(task, index, piece, _whole_place(task, index, piece), block.member)


def apply_tiles(task, first, step, _b, block):
    """Let the optimizer change the parameters of some tiles, where the gradient of all is kept."""
    for index in range(first, task.plan.n_tiles, step):
        for piece in range(_n_pieces(task, row_of(task.tiles, index))):
            place = _whole_place(task, index, piece)
            _apply_optimizer(task, index, piece, place, block.member)


def drop_piece(task, index, piece, place, block):
    """Drop weights of a piece of a tile as in some update.

    What is written at `place` are numbers from the place that the block calls its slot: weights, or
    their gradient.
    """
    tile = row_of(task.tiles, index)
    layer = row_of(task.operations, tile.operation)
    columns, stride = piece_columns(layer, piece), layer.stride
    for i in range(tile.rows):
        first = (tile.first + i) * layer.fan_out + piece * stride
        out = section(task.memory, place + i * stride, columns)
        w = section(task.memory, block.slot + i * stride, columns)
        drop_weights(task, tile.operation, block.update, out, w, first, block.member)
