"""How much the steps of a sample read other steps, one head at a time, and the way back from there.

``p_i = softmax(q_i k' / sqrt(d))`` for the query ``q_i`` of a step and the keys ``k`` of all steps
that it may read. The shares ``p`` are in the scratch memory of a member: which steps are seen, keys
or values of a head, transposed, shares, and their gradients, one behind the other.
"""

import math

from skdeep.engines.cpu.compiling.jit import device
from skdeep.engines.cpu.compiling.tasks import as_float
from skdeep.engines.cpu.compiling.views import section
from skdeep.engines.cpu.products.product import Matrix, product, without_start
from skdeep.engines.cpu.rows.activation import dot, total
from skdeep.engines.cpu.rows.features import source_input
from skdeep.engines.cpu.rows.matrices import fill
from skdeep.formulas.activations.softmax import chain_rule as softmax_chain_rule
from skdeep.formulas.activations.softmax import share, shifted
from skdeep.formulas.elementary import exp


def shares_scratch(readers, steps, depth):
    """Return the numbers of scratch memory that a head needs.

    Parameters
    ----------
    readers, steps : int
        Steps that read, and steps that are read.
    depth : int
        Numbers of a query.

    Returns
    -------
    size : int
    """
    return steps + steps * depth + 2 * readers * steps


@device
def find_seen(task, block, r, seen, mask):
    """Set a vector to 1 for each step of a sample that is seen, and to 0 for those masked.

    `mask` are the source of the mask and the place of its first value, which is -1 without one.
    """
    fill(seen, 1)
    source, place = mask
    if place >= 0:
        masks = source_input(task, block, source)
        first = masks.offset + r * masks.row + place
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
def form_shares(task, place, queries, keys, seen, sizes, causal):
    """Return the shares of a head of a sample: of all steps, a column each, in every step.

    `place` is that of the scratch memory behind `seen`; `sizes` are the steps that read, those that
    are read, and the numbers of a query.
    """
    readers, steps, depth = sizes
    across = _transpose(task, place, keys, steps, depth)
    shares = Matrix(task.memory, place + depth * steps, steps, 1, 0)
    product(task, shares, queries, across, without_start(shares), (readers, steps, depth))
    scale = as_float(task, 1 / math.sqrt(depth))
    for i in range(readers):
        scores = section(task.memory, shares.offset + i * steps, steps)
        n_seen = min(i + 1, steps) if causal == 1 else steps
        _divide(scores, seen, n_seen, scale)
    return shares


@device
def score_gradients(task, place, shares, values, delta, sizes):
    """Return the gradients with respect to ``q k'`` of a head, of which the shares are given."""
    readers, steps, depth = sizes
    across = _transpose(task, place, values, steps, depth)
    found = Matrix(task.memory, shares.offset + readers * steps, steps, 1, 0)
    product(task, found, delta, across, without_start(found), (readers, steps, depth))
    scale = as_float(task, 1 / math.sqrt(depth))
    for i in range(readers):
        d = section(task.memory, found.offset + i * steps, steps)
        p = section(task.memory, shares.offset + i * steps, steps)
        mean = dot(d, p)
        for j in range(steps):
            d[j] = scale * softmax_chain_rule(d[j], p[j], mean)
    return found
