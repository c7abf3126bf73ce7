"""Scaled dot-product attention, ``h_i = sum_j p_ij v_j`` with ``p_i = softmax(q_i k' / sqrt(d))``.

The inputs of a sample are its steps, one behind the other, each with its queries, keys and values,
which are those of all heads side by side. Heads of a sample are worked on one after the other, in
the scratch memory of the member. The way back forms the shares ``p`` anew, because those of all
samples would be more memory than the rest of a network takes where sequences are long.
"""

import math

from skdeep.engines.cpu.compiling.jit import device
from skdeep.engines.cpu.compiling.tasks import as_float
from skdeep.engines.cpu.compiling.views import row_of, section
from skdeep.engines.cpu.products.product import Matrix, product, without_start
from skdeep.engines.cpu.rows.activation import activate_block, chain_rule_of_block, dot, total
from skdeep.engines.cpu.rows.features import layer_input, source_input
from skdeep.engines.cpu.rows.matrices import (
    begin_deltas,
    fill,
    is_reached,
    layer_deltas,
    layer_output,
    layer_scratch,
)
from skdeep.engines.cpu.threads.member_phases import (
    ACTIVATING,
    BACKWARD_PRODUCT,
    FORWARD_PRODUCT,
    mark,
)
from skdeep.formulas.activations.softmax import chain_rule as softmax_chain_rule
from skdeep.formulas.activations.softmax import share, shifted
from skdeep.formulas.elementary import exp

#: Settings: steps, numbers that a step gives, heads, whether a step sees no later ones (1 or 0),
#: and the source of the mask and the place of its first value, -1 without one.
STEPS, WIDTH, HEADS, CAUSAL, MASK_SOURCE, MASK_PLACE = range(6)


def multiplications(_operation, settings):
    """Return the multiplications of a row on the way forward."""
    return 2 * int(settings[STEPS]) ** 2 * int(settings[WIDTH])


def scratch(_operation, settings):
    """Return the numbers of scratch memory that a block needs.

    Which steps are seen; keys or values of a head, transposed; shares and their gradients.
    """
    steps, width, heads = (int(settings[place]) for place in (STEPS, WIDTH, HEADS))
    return steps + steps * (width // heads) + 2 * steps * steps


@device
def _setting(task, layer, which):
    return task.settings[layer.settings + which]


@device
def _find_seen(task, block, layer, r, seen):
    """Set a vector to 1 for each step of a sample that is seen, and to 0 for those masked."""
    fill(seen, 1)
    if _setting(task, layer, MASK_PLACE) >= 0:
        masks = source_input(task, block, _setting(task, layer, MASK_SOURCE))
        first = masks.offset + r * masks.row + _setting(task, layer, MASK_PLACE)
        for t in range(seen.size):
            if masks.data[first + t] == 0:
                seen[t] = 0


@device
def _transpose(task, place, matrix, steps, depth):
    """Copy a matrix of a head with rows and columns exchanged; return the copy."""
    for d in range(depth):
        row = section(task.memory, place + d * steps, steps)
        for t in range(steps):
            row[t] = matrix.data[matrix.offset + t * matrix.row + d]
    return Matrix(task.memory, place, steps, 1, 0)


@device
def _divide(scores, seen, n_seen, scale):
    """Replace the scores of a step by its shares in all steps; those not seen have none."""
    largest, found = scores[0], False
    for j in range(n_seen):
        scores[j] *= scale
        if seen[j] != 0 and (not found or not (scores[j] <= largest)):
            largest, found = scores[j], True
    for j in range(n_seen):
        below = shifted(scores[j], largest) if seen[j] != 0 else scores[j] - scores[j]
        scores[j] = exp(below) * seen[j]
    for j in range(n_seen, scores.size):
        scores[j] = 0
    if found:
        s = total(section(scores, 0, n_seen))
        for j in range(n_seen):
            scores[j] = share(scores[j], s)


@device
def _head(task, layer, inputs, r, head, part):
    """Return the queries (0), keys (1) or values (2) of a head of a sample, a row for each step."""
    width = _setting(task, layer, WIDTH)
    offset = inputs.offset + r * inputs.row + part * width
    offset += head * (width // _setting(task, layer, HEADS))
    return Matrix(inputs.data, offset, 3 * width, 1, 0)


@device
def _form_shares(task, block, layer, r, head, seen):
    """Return the shares of a head of a sample: of all steps, a column each, in every step."""
    steps, width = _setting(task, layer, STEPS), _setting(task, layer, WIDTH)
    depth = width // _setting(task, layer, HEADS)
    inputs, place = layer_input(task, block, layer), layer_scratch(task, block.member) + steps
    keys = _transpose(task, place, _head(task, layer, inputs, r, head, 1), steps, depth)
    shares = Matrix(task.memory, place + depth * steps, steps, 1, 0)
    queries = _head(task, layer, inputs, r, head, 0)
    product(task, shares, queries, keys, without_start(shares), (steps, steps, depth))
    scale = as_float(task, 1 / math.sqrt(depth))
    for i in range(steps):
        scores = section(task.memory, shares.offset + i * steps, steps)
        n_seen = i + 1 if _setting(task, layer, CAUSAL) == 1 else steps
        _divide(scores, seen, n_seen, scale)
    return shares


@device
def _attend(task, block, index):
    """Compute the outputs of the rows of a block."""
    layer = row_of(task.operations, index)
    mark(task.plan, block.member, FORWARD_PRODUCT)
    inputs, outputs = layer_input(task, block, layer), layer_output(task, block, layer)
    steps, width = _setting(task, layer, STEPS), _setting(task, layer, WIDTH)
    depth = width // _setting(task, layer, HEADS)
    seen = section(task.memory, layer_scratch(task, block.member), steps)
    for r in range(block.rows):
        _find_seen(task, block, layer, r, seen)
        for head in range(_setting(task, layer, HEADS)):
            shares = _form_shares(task, block, layer, r, head, seen)
            place = outputs.offset + r * outputs.row + head * depth
            out = Matrix(outputs.data, place, width, 1, 0)
            values = _head(task, layer, inputs, r, head, 2)
            product(task, out, shares, values, without_start(out), (steps, depth, steps))
    mark(task.plan, block.member, ACTIVATING)


@device
def _score_gradients(task, block, layer, shares, values, delta):
    """Return the gradients with respect to ``q k'`` of a head, of which the shares are given."""
    steps = _setting(task, layer, STEPS)
    depth = _setting(task, layer, WIDTH) // _setting(task, layer, HEADS)
    place = layer_scratch(task, block.member) + steps
    across = _transpose(task, place, values, steps, depth)
    found = Matrix(task.memory, shares.offset + steps * steps, steps, 1, 0)
    product(task, found, delta, across, without_start(found), (steps, steps, depth))
    scale = as_float(task, 1 / math.sqrt(depth))
    for i in range(steps):
        d = section(task.memory, found.offset + i * steps, steps)
        p = section(task.memory, shares.offset + i * steps, steps)
        mean = dot(d, p)
        for j in range(steps):
            d[j] = scale * softmax_chain_rule(d[j], p[j], mean)
    return found


@device
def _to_source(task, block, index):
    """Carry gradients from the outputs of the rows of a block to queries, keys and values."""
    layer = row_of(task.operations, index)
    reached = row_of(task.operations, layer.first_source - 1)
    mark(task.plan, block.member, BACKWARD_PRODUCT)
    begin_deltas(task, block, index, layer.first_source)
    inputs, deltas = layer_input(task, block, layer), layer_deltas(task, block, layer)
    found = layer_deltas(task, block, reached)
    steps, width = _setting(task, layer, STEPS), _setting(task, layer, WIDTH)
    depth = width // _setting(task, layer, HEADS)
    by_depth = steps, depth, steps
    seen = section(task.memory, layer_scratch(task, block.member), steps)
    for r in range(block.rows):
        _find_seen(task, block, layer, r, seen)
        for head in range(_setting(task, layer, HEADS)):
            shares = _form_shares(task, block, layer, r, head, seen)
            place = deltas.offset + r * deltas.row + head * depth
            delta = Matrix(deltas.data, place, width, 1, 0)
            values = _head(task, layer, inputs, r, head, 2)
            scores = _score_gradients(task, block, layer, shares, values, delta)
            out = _head(task, layer, found, r, head, 2)
            across = Matrix(shares.data, shares.offset, 1, steps, 0)
            product(task, out, across, delta, out, by_depth)
            out, keys = (
                _head(task, layer, found, r, head, 0),
                _head(task, layer, inputs, r, head, 1),
            )
            product(task, out, scores, keys, out, by_depth)
            out = _head(task, layer, found, r, head, 1)
            queries = _head(task, layer, inputs, r, head, 0)
            across = Matrix(scores.data, scores.offset, 1, steps, 0)
            product(task, out, across, queries, out, by_depth)
    mark(task.plan, block.member, ACTIVATING)


def forward(task, index, _a, _b, block):
    """Compute the outputs of a layer for the rows of a block, and what the way back needs."""
    _attend(task, block, index)
    activate_block(task, block, index)


def predict(task, index, _a, _b, block):
    """Compute the outputs of a layer for the rows of a block."""
    _attend(task, block, index)


def backward(task, index, hidden, _b, block):
    """Carry the gradients of a block from the outputs of a layer to those that it reads."""
    layer = row_of(task.operations, index)
    if hidden == 1:
        chain_rule_of_block(task, block, layer)
    if is_reached(task, layer.first_source):
        _to_source(task, block, index)


def gradient(task, index, _place, _fresh, _block):
    """Do nothing: there are no parameters."""


def tile_gradient(task, index, _piece, _place, _block):
    """Do nothing: there are no parameters."""
