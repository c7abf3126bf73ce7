"""Scaled dot-product attention, ``h_i = sum_j p_ij v_j`` with ``p_i = softmax(q_i k' / sqrt(d))``.

The inputs of a sample are its steps, one behind the other, each with its queries, keys and values,
which are those of all heads side by side. Where steps read those of another source, one source has
the queries, and the other keys and values side by side. Heads of a sample are worked on one after
the other, in the scratch memory of the member. The way back forms the shares ``p`` anew, because
those of all samples would be more memory than the rest of a network takes where sequences are long.
"""

from skdeep.engines.cpu.compiling.jit import device
from skdeep.engines.cpu.compiling.views import row_of, section
from skdeep.engines.cpu.products.product import Matrix, product, without_start
from skdeep.engines.cpu.rows.activation import activate_block, chain_rule_of_block
from skdeep.engines.cpu.rows.attention_shares import (
    find_seen,
    form_shares,
    score_gradients,
    shares_scratch,
)
from skdeep.engines.cpu.rows.features import source_input
from skdeep.engines.cpu.rows.matrices import (
    begin_deltas,
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

#: Settings: steps that read, steps that are read, numbers that a step gives, heads, whether a step
#: sees no later ones (1 or 0), the source of the mask and the place of its first value, -1 without
#: one, and the sources of the queries, and of the keys and values.
READERS, STEPS, WIDTH, HEADS, CAUSAL, MASK_SOURCE, MASK_PLACE, OF_QUERIES, OF_KEYS = range(9)
#: What a head has of every step.
QUERY, KEY, VALUE = range(3)


def multiplications(_operation, settings):
    """Return the multiplications of a row on the way forward."""
    return 2 * int(settings[READERS]) * int(settings[STEPS]) * int(settings[WIDTH])


def scratch(_operation, settings):
    """Return the numbers of scratch memory that a block needs."""
    readers, steps, width, heads = (int(settings[k]) for k in (READERS, STEPS, WIDTH, HEADS))
    return shares_scratch(readers, steps, width // heads)


@device
def _setting(task, layer, which):
    return task.settings[layer.settings + which]


@device
def _sizes(task, layer):
    """Return the steps that read, those that are read, and the numbers of a query of a head."""
    depth = _setting(task, layer, WIDTH) // _setting(task, layer, HEADS)
    return _setting(task, layer, READERS), _setting(task, layer, STEPS), depth


@device
def _mask(task, layer):
    return _setting(task, layer, MASK_SOURCE), _setting(task, layer, MASK_PLACE)


@device
def _head(task, layer, matrix, r, head, part):
    """Return queries, keys or values of a head of a sample, or their gradients: a row per step.

    `matrix` has those of a block of rows, from the source that gives them.
    """
    width = _setting(task, layer, WIDTH)
    depth = width // _setting(task, layer, HEADS)
    n_parts, place = 3, part
    if _setting(task, layer, OF_QUERIES) != _setting(task, layer, OF_KEYS):
        n_parts, place = (1, 0) if part == QUERY else (2, part - 1)
    offset = matrix.offset + r * matrix.row + place * width + head * depth
    return Matrix(matrix.data, offset, n_parts * width, 1, 0)


@device
def _head_of_outputs(task, layer, matrix, r, head):
    """Return what a head of a sample gives, or the gradients of that: a row for each step."""
    width = _setting(task, layer, WIDTH)
    depth = width // _setting(task, layer, HEADS)
    return Matrix(matrix.data, matrix.offset + r * matrix.row + head * depth, width, 1, 0)


@device
def _attend(task, block, index):
    """Compute the outputs of the rows of a block."""
    layer = row_of(task.operations, index)
    mark(task.plan, block.member, FORWARD_PRODUCT)
    of_queries = source_input(task, block, _setting(task, layer, OF_QUERIES))
    of_keys = source_input(task, block, _setting(task, layer, OF_KEYS))
    outputs, sizes = layer_output(task, block, layer), _sizes(task, layer)
    readers, steps, depth = sizes
    causal, place = _setting(task, layer, CAUSAL), layer_scratch(task, block.member)
    seen = section(task.memory, place, steps)
    for r in range(block.rows):
        find_seen(task, block, r, seen, _mask(task, layer))
        for head in range(_setting(task, layer, HEADS)):
            queries = _head(task, layer, of_queries, r, head, QUERY)
            keys = _head(task, layer, of_keys, r, head, KEY)
            shares = form_shares(task, place + steps, queries, keys, seen, sizes, causal)
            out = _head_of_outputs(task, layer, outputs, r, head)
            values = _head(task, layer, of_keys, r, head, VALUE)
            product(task, out, shares, values, without_start(out), (readers, depth, steps))
    mark(task.plan, block.member, ACTIVATING)


@device
def _found_deltas(task, block, source):
    """Return the gradients with respect to a source that is reached."""
    return layer_deltas(task, block, row_of(task.operations, source - 1))


@device
def _add_to_keys(task, layer, found, of_queries, parts, where):
    """Add to the gradients with respect to keys and values of a head of a sample.

    `parts` are the shares, the gradients with respect to the scores and those to the outputs.
    """
    shares, scores, delta = parts
    r, head = where
    readers, steps, depth = _sizes(task, layer)
    out = _head(task, layer, found, r, head, VALUE)
    across = Matrix(shares.data, shares.offset, 1, steps, 0)
    product(task, out, across, delta, out, (steps, depth, readers))
    out = _head(task, layer, found, r, head, KEY)
    queries = _head(task, layer, of_queries, r, head, QUERY)
    across = Matrix(scores.data, scores.offset, 1, steps, 0)
    product(task, out, across, queries, out, (steps, depth, readers))


@device
def _to_sources(task, block, index):
    """Carry gradients from the outputs of the rows of a block to queries, keys and values."""
    layer = row_of(task.operations, index)
    mark(task.plan, block.member, BACKWARD_PRODUCT)
    queries_source, keys_source = _setting(task, layer, OF_QUERIES), _setting(task, layer, OF_KEYS)
    begin_deltas(task, block, index, queries_source)
    begin_deltas(task, block, index, keys_source)
    of_queries = source_input(task, block, queries_source)
    of_keys = source_input(task, block, keys_source)
    deltas, sizes = layer_deltas(task, block, layer), _sizes(task, layer)
    readers, steps, depth = sizes
    causal, place = _setting(task, layer, CAUSAL), layer_scratch(task, block.member)
    seen = section(task.memory, place, steps)
    for r in range(block.rows):
        find_seen(task, block, r, seen, _mask(task, layer))
        for head in range(_setting(task, layer, HEADS)):
            queries = _head(task, layer, of_queries, r, head, QUERY)
            keys = _head(task, layer, of_keys, r, head, KEY)
            shares = form_shares(task, place + steps, queries, keys, seen, sizes, causal)
            delta = _head_of_outputs(task, layer, deltas, r, head)
            values = _head(task, layer, of_keys, r, head, VALUE)
            scores = score_gradients(task, place + steps, shares, values, delta, sizes)
            if is_reached(task, queries_source):
                found = _found_deltas(task, block, queries_source)
                out = _head(task, layer, found, r, head, QUERY)
                product(task, out, scores, keys, out, (readers, depth, steps))
            if is_reached(task, keys_source):
                found = _found_deltas(task, block, keys_source)
                parts = shares, scores, delta
                _add_to_keys(task, layer, found, of_queries, parts, (r, head))
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
    of_queries, of_keys = _setting(task, layer, OF_QUERIES), _setting(task, layer, OF_KEYS)
    if is_reached(task, of_queries) or is_reached(task, of_keys):
        _to_sources(task, block, index)


def gradient(task, index, _place, _fresh, _block):
    """Do nothing: there are no parameters."""


def tile_gradient(task, index, _piece, _place, _block):
    """Do nothing: there are no parameters."""
