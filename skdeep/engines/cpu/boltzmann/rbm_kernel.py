"""The kernel that trains a restricted Boltzmann machine: batches, Gibbs steps and updates.

A mini-batch has three phases, between which all threads wait for each other: visible units are
sampled given the hidden ones, hidden units given the visible ones, and the parameters change. In
every phase, threads take tiles of units. The sums of an element are formed in one order, so results
do not depend on the number of threads.
"""

from skdeep.engines.cpu.boltzmann import rbm_task as at
from skdeep.engines.cpu.boltzmann.mersenne_twister import draw_uniforms
from skdeep.engines.cpu.boltzmann.rbm_task import Batch, Pieces
from skdeep.engines.cpu.boltzmann.rbm_units import (
    ROW_TILE,
    copy_rows,
    hidden_probabilities,
    sample_hidden,
    sample_visible,
)
from skdeep.engines.cpu.boltzmann.rbm_updates import (
    update_hidden_bias,
    update_visible_bias,
    update_weights,
    write_chain_codes,
)
from skdeep.engines.cpu.compiling.jit import device, kernel
from skdeep.engines.cpu.threads.team import barrier, join, take

_n_draws = device(at.n_draws)


@device
def _batch(sizes, number):
    """Return a mini-batch by its number."""
    begin = number * sizes[at.BATCH_SIZE]
    count = min(sizes[at.BATCH_SIZE], sizes[at.N_ROWS] - begin)
    return Batch(begin, count, sizes[at.N_CHAINS] if sizes[at.PERSISTENT] == 1 else count)


@device
def _n_tiles(size, tile):
    return (size + tile - 1) // tile


@device
def _take(pieces):
    return take(pieces.shared, pieces.members) - pieces.begin


@device
def _phase_end(pieces, n_pieces):
    """Wait for all; return the pieces of the next phase."""
    barrier(pieces.shared, pieces.members)
    # Every member has taken one number that stood for no piece.
    begin = pieces.begin + n_pieces + pieces.members
    return Pieces(pieces.shared, pieces.member, pieces.members, begin)


@device
def _start_at_data(task, batch, pieces):
    """Let the chains begin at hidden units sampled given the rows of the batch."""
    n_pieces, size = _n_tiles(batch.count, ROW_TILE), task.sizes[at.BATCH_SIZE]
    piece = _take(pieces)
    while piece < n_pieces:
        copy_rows(task, batch, piece)
        piece = _take(pieces)
    pieces = _phase_end(pieces, n_pieces)
    n_pieces = _n_tiles(task.sizes[at.N_HIDDEN], task.sizes[at.TILE])
    piece = _take(pieces)
    while piece < n_pieces:
        hidden_probabilities(task, size - batch.count, size, piece, pieces.member)
        sample_hidden(task, size - batch.count, batch.chains, piece, 0)
        piece = _take(pieces)
    return _phase_end(pieces, n_pieces)


@device
def _visible_phase(task, batch, copied, draws, pieces):
    """Sample the visible units of the chains; meanwhile, copy the rows of the batch."""
    n_copies = 0 if copied else _n_tiles(batch.count, ROW_TILE)
    n_pieces = n_copies + _n_tiles(task.sizes[at.N_FEATURES], task.sizes[at.TILE])
    piece = _take(pieces)
    while piece < n_pieces:
        if piece < n_copies:
            copy_rows(task, batch, piece)
        else:
            sample_visible(task, batch, piece - n_copies, draws, pieces.member)
        piece = _take(pieces)
    return _phase_end(pieces, n_pieces)


@device
def _hidden_phase(task, batch, last, draws, pieces):
    """Sample the hidden units of the chains; in the last step, change the biases as well."""
    n_hidden = _n_tiles(task.sizes[at.N_HIDDEN], task.sizes[at.TILE])
    n_visible = _n_tiles(task.sizes[at.N_FEATURES], task.sizes[at.TILE]) if last else 0
    n_pieces, size = n_hidden + n_visible, task.sizes[at.BATCH_SIZE]
    piece = _take(pieces)
    while piece < n_pieces:
        if piece < n_hidden:
            first = size - batch.count if last else size
            hidden_probabilities(task, first, size + batch.chains, piece, pieces.member)
            sample_hidden(task, size, batch.chains, piece, draws)
            if last:
                update_hidden_bias(task, batch, piece)
        else:
            update_visible_bias(task, batch, piece - n_hidden)
            if task.chain_codes.size > 0:
                write_chain_codes(task, batch, piece - n_hidden)
        piece = _take(pieces)
    return _phase_end(pieces, n_pieces)


@device
def _draw(task, count):
    draw_uniforms(task.generator, task.words, task.uniforms, _n_draws(task.sizes, count))


@device
def _weight_phase(task, batch, n_next, pieces):
    """Change the weights; meanwhile, draw the random numbers of the next batch, if there is one."""
    n_pieces = 1 + _n_tiles(task.sizes[at.N_HIDDEN], task.sizes[at.TILE])
    piece = _take(pieces)
    while piece < n_pieces:
        if piece > 0:
            update_weights(task, batch, piece - 1, pieces.member)
        elif n_next > 0:
            _draw(task, n_next)
        piece = _take(pieces)
    return _phase_end(pieces, n_pieces)


@device
def _train_batch(task, batch, n_next, pieces):
    """Run the chains of a batch, and change the parameters."""
    sizes = task.sizes
    n_visible = batch.chains * sizes[at.N_FEATURES] * (2 if sizes[at.GAUSSIAN] == 1 else 1)
    n_hidden = batch.chains * sizes[at.N_HIDDEN]
    draws, copied = 0, False
    if sizes[at.PERSISTENT] == 0:
        pieces = _start_at_data(task, batch, pieces)
        draws, copied = batch.count * sizes[at.N_HIDDEN], True
    for step in range(sizes[at.N_STEPS]):
        pieces = _visible_phase(task, batch, copied, draws, pieces)
        last = step == sizes[at.N_STEPS] - 1
        pieces = _hidden_phase(task, batch, last, draws + n_visible, pieces)
        draws, copied = draws + n_visible + n_hidden, True
    return _weight_phase(task, batch, n_next, pieces)


@kernel
def train(task, first, last, shared, member):
    """Train on some mini-batches, one after the other.

    Parameters
    ----------
    task : Task
    first, last : int
        The first mini-batch, and the one behind the last.
    shared, member
        Of the team.
    """
    members = join(shared, member)
    if members == 0:
        return
    pieces = Pieces(shared, member, members, 0)
    compiled = task.sizes[at.COMPILED_DRAWS] == 1
    if compiled and member == 0:
        _draw(task, _batch(task.sizes, first).count)
    barrier(shared, members)
    for number in range(first, last):
        batch, n_next = _batch(task.sizes, number), 0
        if compiled and number + 1 < last:
            n_next = _batch(task.sizes, number + 1).count
        pieces = _train_batch(task, batch, n_next, pieces)
