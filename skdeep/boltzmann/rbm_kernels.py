"""The compiled training of a restricted Boltzmann machine: batches, Gibbs steps and updates.

A mini-batch has three phases, between which all threads wait for each other: features are sampled
given the hidden units, hidden units given the features, and the weights change. In every phase,
threads take tiles of features or of hidden units. An element of a product is one chain of
multiplications and additions, so results do not depend on the number of threads.

All of it is in one file, since Numba's cache looks at the file of a kernel and at the engines.
"""

from typing import NamedTuple

import numpy as np

from skdeep.engines.cpu.compiling import formulas as _formulas  # noqa: F401 (registers them)
from skdeep.engines.cpu.compiling.jit import device, exact, kernel
from skdeep.engines.cpu.compiling.views import section
from skdeep.engines.cpu.products.product import Matrix, call_product, without_start
from skdeep.engines.cpu.threads.team import barrier, join, take
from skdeep.formulas.elementary import logistic

#: Features, hidden units and rows of a tile. No result depends on them.
FEATURE_TILE, HIDDEN_TILE, ROW_TILE = 48, 32, 16

#: Places of `Task.sizes`.
(
    N_ROWS,
    N_FEATURES,
    N_HIDDEN,
    BATCH_SIZE,  # rows of a batch
    N_CHAINS,
    FEATURE_ROW,  # elements from one row to the next of `Task.visible`
    HIDDEN_ROW,  # ... of `Task.weights`, `Task.velocity` and `Task.hidden`
    CHAIN_ROW,  # ... of `Task.chains` and `Task.inputs`
    N_STEPS,  # Gibbs steps for each update
    PERSISTENT,  # 1 if the chains of one batch are continued by the next, 0 if they begin at data
    GAUSSIAN,  # 1 for Gaussian visible units, 0 for Bernoulli ones
    PRODUCT,  # address of the compiled product
    COMPILED_DRAWS,  # 1 if random numbers are drawn here, 0 if `Task.uniforms` holds them already
    SIZES,
) = range(14)

#: Places of `Task.numbers`.
LEARNING_RATE, MOMENTUM, WEIGHT_DECAY, UP, NUMBERS = range(5)

#: The Mersenne Twister (Matsumoto & Nishimura 1998): words of its state, the lag of its recurrence.
STATE_WORDS, LAG = 624, 397
#: Words of random bits that are made at once.
WORDS = 2 * STATE_WORDS


class Task(NamedTuple):
    """What the kernel works on; all arrays have one axis. Matrices are kept row by row, with some
    elements between two rows: see `row_length`.

    Attributes
    ----------
    values : array of the type of the weights
        Features of all rows, or the entries of sparse rows. Read only.
    indices, indptr : array of int32, array of int64
        Of sparse rows (CSR); empty for dense ones. Read only.
    weights : array, a matrix of shape (n_features, n_hidden)
    hidden_bias, visible_bias : array of shape (n_hidden,), (n_features,)
    down : array of shape (n_features,)
        Factors of the input that visible units get from hidden units: 1, but in the pretraining of
        deep Boltzmann machines. The factor of hidden units is among `numbers`.
    chains : array, a matrix of shape (n_hidden, n_chains)
        Hidden units of the Markov chains, a column for each chain.
    visible : array, a matrix of shape (batch_size + n_chains, n_features)
        The last rows of the first `batch_size` are those of a batch; the chains' follow.
    hidden : array, a matrix of shape (batch_size + n_chains, n_hidden)
        Probabilities of the hidden units for the rows of `visible`.
    inputs : array, a matrix of shape (n_features, n_chains)
        What the visible units of the chains get from the hidden units.
    hidden_sums, visible_sums : array of shape (n_hidden,), (n_features,)
        Gradients of the biases.
    velocity, hidden_velocity, visible_velocity : array
        Last changes of the parameters, empty without momentum.
    uniforms : array of float64
        Random numbers of a batch, in the order in which they are used.
    words : array of uint32 of shape (WORDS,)
        Random bits.
    generator : array of uint32 of shape (STATE_WORDS + 1,)
        State of a Mersenne Twister as NumPy keeps it: words, and the place of the next.
    numbers : array of float64
        See the constants of this module.
    sizes : array of int64
        See the constants of this module.
    """

    values: np.ndarray
    indices: np.ndarray
    indptr: np.ndarray
    weights: np.ndarray
    hidden_bias: np.ndarray
    visible_bias: np.ndarray
    down: np.ndarray
    chains: np.ndarray
    visible: np.ndarray
    hidden: np.ndarray
    inputs: np.ndarray
    hidden_sums: np.ndarray
    visible_sums: np.ndarray
    velocity: np.ndarray
    hidden_velocity: np.ndarray
    visible_velocity: np.ndarray
    uniforms: np.ndarray
    words: np.ndarray
    generator: np.ndarray
    numbers: np.ndarray
    sizes: np.ndarray


class Batch(NamedTuple):
    """A mini-batch: its first row, how many rows it has, and how many chains run."""

    begin: int
    count: int
    chains: int


class Pieces(NamedTuple):
    """The team, and the number that `take` returns for the first piece of a phase."""

    shared: np.ndarray
    member: int
    members: int
    begin: int


def row_length(columns, dtype):
    """Return how many elements apart the rows of a matrix are.

    Rows are an odd number of cache lines apart. Where that number is a multiple of a large power of
    two, elements below each other share few sets of the cache, and products take twice as long.

    Parameters
    ----------
    columns : int
    dtype : numpy dtype

    Returns
    -------
    length : int
    """
    per_line = 64 // np.dtype(dtype).itemsize
    return (-(-columns // per_line) | 1) * per_line


@device
def _next_word(high, low, far):
    """Return a word of the state from the one at its place, the next and the one `LAG` ahead."""
    y = (high & np.uint32(0x80000000)) | (low & np.uint32(0x7FFFFFFF))
    odd = np.uint32(0) - np.uint32(y & np.uint32(1))
    return np.uint32(far ^ (y >> np.uint32(1)) ^ (odd & np.uint32(0x9908B0DF)))


@device
def _renew(generator):
    """Compute the next words of the state of a Mersenne Twister, all at once."""
    rest = STATE_WORDS - LAG
    for k in range(rest):
        generator[k] = _next_word(generator[k], generator[k + 1], generator[k + LAG])
    # Each of these loops reads what an earlier one has written, and none what it writes itself.
    begin = rest
    while begin < STATE_WORDS - 1:
        count = min(rest, STATE_WORDS - 1 - begin)
        out = section(generator, begin, count)
        following = section(generator, begin + 1, count)
        before = section(generator, begin - rest, count)
        for k in range(count):
            out[k] = _next_word(out[k], following[k], before[k])
        begin += count
    last = STATE_WORDS - 1
    generator[last] = _next_word(generator[last], generator[0], generator[LAG - 1])
    generator[STATE_WORDS] = np.uint32(0)


@device
def _temper(y):
    """Return the random bits of a word of the state."""
    y = np.uint32(y ^ (y >> np.uint32(11)))
    y = np.uint32(y ^ (np.uint32(y << np.uint32(7)) & np.uint32(0x9D2C5680)))
    y = np.uint32(y ^ (np.uint32(y << np.uint32(15)) & np.uint32(0xEFC60000)))
    return np.uint32(y ^ (y >> np.uint32(18)))


@device
def draw_uniforms(generator, words, out, n):
    """Draw numbers from [0, 1) as `numpy.random.RandomState.uniform` does.

    Parameters
    ----------
    generator : array of uint32 of shape (STATE_WORDS + 1,)
    words : array of uint32 of shape (WORDS,)
        Room.
    out : array of float64
        The first `n` elements are written.
    n : int
    """
    done = 0
    while done < n:
        wanted = min(WORDS, 2 * (n - done))
        filled = 0
        while filled < wanted:
            if generator[STATE_WORDS] >= STATE_WORDS:
                _renew(generator)
            place = np.int64(generator[STATE_WORDS])
            count = min(STATE_WORDS - place, wanted - filled)
            state, drawn = section(generator, place, count), section(words, filled, count)
            for k in range(count):
                drawn[k] = _temper(state[k])
            generator[STATE_WORDS] = np.uint32(place + count)
            filled += count
        numbers = section(out, done, wanted // 2)
        for k in range(wanted // 2):
            high, low = np.int32(words[2 * k] >> 5), np.int32(words[2 * k + 1] >> 6)
            numbers[k] = (np.float64(high) * 67108864.0 + np.float64(low)) / 9007199254740992.0
        done += wanted // 2


def n_draws(sizes, count):
    """Return how many random numbers a batch takes.

    Parameters
    ----------
    sizes : array of int64 of shape (SIZES,)
    count : int
        Rows of the batch.

    Returns
    -------
    n : int
    """
    visible = sizes[N_FEATURES] * (2 if sizes[GAUSSIAN] == 1 else 1)
    hidden = sizes[N_HIDDEN]
    chains = sizes[N_CHAINS] if sizes[PERSISTENT] == 1 else count
    first = 0 if sizes[PERSISTENT] == 1 else count * hidden
    return first + sizes[N_STEPS] * chains * (visible + hidden)


_n_draws = device(n_draws)


@device
def _batch(sizes, number):
    """Return a mini-batch by its number."""
    begin = number * sizes[BATCH_SIZE]
    count = min(sizes[BATCH_SIZE], sizes[N_ROWS] - begin)
    return Batch(begin, count, sizes[N_CHAINS] if sizes[PERSISTENT] == 1 else count)


@device
def _n_tiles(size, tile):
    return (size + tile - 1) // tile


@device
def _copy_rows(task, batch, tile):
    """Copy some rows of the features to where the batch is."""
    n_features, values, indptr = task.sizes[N_FEATURES], task.values, task.indptr
    first = task.sizes[BATCH_SIZE] - batch.count
    for i in range(tile * ROW_TILE, min(batch.count, (tile + 1) * ROW_TILE)):
        out = section(task.visible, (first + i) * task.sizes[FEATURE_ROW], n_features)
        row = batch.begin + i
        if indptr.size == 0:
            features = section(values, row * n_features, n_features)
            for j in range(n_features):
                out[j] = features[j]
        else:
            for j in range(n_features):
                out[j] = 0
            for p in range(indptr[row], indptr[row + 1]):
                out[task.indices[p]] += values[p]


@device
def _sample_binary(task, batch, begin, count, draws):
    """Sample some visible units of the chains from their Bernoulli distributions."""
    n_features, size = task.sizes[N_FEATURES], task.sizes[BATCH_SIZE]
    row, step = task.sizes[FEATURE_ROW], task.sizes[CHAIN_ROW]
    zero, one = task.weights.dtype.type(0), task.weights.dtype.type(1)
    for f in range(begin, begin + count):
        inputs = section(task.inputs, f * step, batch.chains)
        bias, factor = task.visible_bias[f], task.down[f]
        for i in range(batch.chains):
            inputs[i] = logistic(inputs[i] * factor + bias)
    for i in range(batch.chains):
        uniform = section(task.uniforms, draws + i * n_features + begin, count)
        out = section(task.visible, (size + i) * row + begin, count)
        for j in range(count):
            p = task.inputs[(begin + j) * step + i]
            out[j] = one if uniform[j] < p else zero


@device
def _sample_gaussian(task, batch, begin, count, draws):
    """Sample some visible units of the chains from normal distributions of variance 1.

    Normal numbers are made by the transformation of Box & Muller (1958).
    """
    n_features, size = task.sizes[N_FEATURES], task.sizes[BATCH_SIZE]
    row, step = task.sizes[FEATURE_ROW], task.sizes[CHAIN_ROW]
    for i in range(batch.chains):
        uniform = section(task.uniforms, draws + 2 * (i * n_features + begin), 2 * count)
        out = section(task.visible, (size + i) * row + begin, count)
        for j in range(count):
            f = begin + j
            radius = np.sqrt(-2.0 * np.log(1.0 - uniform[2 * j]))
            normal = radius * np.cos(2.0 * np.pi * uniform[2 * j + 1])
            mean = task.inputs[f * step + i] * task.down[f] + task.visible_bias[f]
            out[j] = mean + task.weights.dtype.type(normal)


@device
def _sample_visible(task, batch, tile, draws):
    """Sample a tile of features given the hidden units of the chains."""
    sizes, step, row = task.sizes, task.sizes[CHAIN_ROW], task.sizes[HIDDEN_ROW]
    begin = tile * FEATURE_TILE
    count = min(FEATURE_TILE, sizes[N_FEATURES] - begin)
    inputs = Matrix(task.inputs, begin * step, step, 1, 0)
    weights = Matrix(task.weights, begin * row, row, 1, 0)
    chains = Matrix(task.chains, 0, step, 1, 0)
    shape = (count, batch.chains, sizes[N_HIDDEN])
    call_product(sizes[PRODUCT], inputs, weights, chains, without_start(inputs), shape)
    if sizes[GAUSSIAN] == 1:
        _sample_gaussian(task, batch, begin, count, draws)
    else:
        _sample_binary(task, batch, begin, count, draws)


@device
def _hidden_tile(task, first, last, tile):
    """Compute a tile of the probabilities of hidden units, for some rows of `Task.visible`."""
    sizes = task.sizes
    features, step, begin = sizes[FEATURE_ROW], sizes[HIDDEN_ROW], tile * HIDDEN_TILE
    count = min(HIDDEN_TILE, sizes[N_HIDDEN] - begin)
    out = Matrix(task.hidden, first * step + begin, step, 1, 0)
    visible = Matrix(task.visible, first * features, features, 1, 0)
    weights = Matrix(task.weights, begin, step, 1, 0)
    shape = (last - first, count, sizes[N_FEATURES])
    call_product(sizes[PRODUCT], out, visible, weights, without_start(out), shape)
    up, bias = task.weights.dtype.type(task.numbers[UP]), section(task.hidden_bias, begin, count)
    for i in range(first, last):
        row = section(task.hidden, i * step + begin, count)
        for j in range(count):
            row[j] = logistic(row[j] * up + bias[j])


@device
def _sample_hidden(task, first, n_chains, tile, draws):
    """Sample a tile of hidden units of the chains; the first row of their probabilities is given."""
    n_hidden, begin = task.sizes[N_HIDDEN], tile * HIDDEN_TILE
    step, chain_step = task.sizes[HIDDEN_ROW], task.sizes[CHAIN_ROW]
    zero, one = task.weights.dtype.type(0), task.weights.dtype.type(1)
    count = min(HIDDEN_TILE, n_hidden - begin)
    for i in range(n_chains):
        row = section(task.hidden, (first + i) * step + begin, count)
        uniform = section(task.uniforms, draws + i * n_hidden + begin, count)
        for j in range(count):
            task.chains[(begin + j) * chain_step + i] = one if uniform[j] < row[j] else zero


@device
def _step(task, value, velocity, place, gradient):
    """Change a bias by its gradient times the learning rate."""
    change = task.weights.dtype.type(task.numbers[MOMENTUM])
    if velocity.size > 0:
        gradient += change * velocity[place]
        velocity[place] = gradient
    value[place] += gradient


@device
def _column_sums(matrix, begin, count, step, rows, total):
    """Add up columns of a matrix over the rows of the batch, and subtract those of the chains."""
    first, middle, last = rows
    for j in range(count):
        total[j] = 0
    for i in range(first, middle):
        row = section(matrix, i * step + begin, count)
        for j in range(count):
            total[j] += row[j]
    for i in range(middle, last):
        row = section(matrix, i * step + begin, count)
        for j in range(count):
            total[j] -= row[j]


@exact
def _change_bias(task, bias, velocity, gradient, rate, begin):
    """Change some biases by their gradient times the learning rate.

    Rounded as in NumPy: gradients often cancel, and the bits then differ.
    """
    momentum = task.weights.dtype.type(task.numbers[MOMENTUM])
    for j in range(gradient.size):
        change = rate * gradient[j]
        if velocity.size > 0:
            change += momentum * velocity[begin + j]
            velocity[begin + j] = change
        bias[begin + j] += change


@device
def _rows(task, batch):
    """Return the first row of the batch in `Task.visible`, that of the chains, and their end."""
    size = task.sizes[BATCH_SIZE]
    return size - batch.count, size, size + batch.chains


@device
def _hidden_bias(task, batch, rate, tile):
    """Change the biases of a tile of hidden units, and prepare the gradient of their weights."""
    step, begin = task.sizes[HIDDEN_ROW], tile * HIDDEN_TILE
    count = min(HIDDEN_TILE, task.sizes[N_HIDDEN] - begin)
    first, middle, last = _rows(task, batch)
    total = section(task.hidden_sums, begin, count)
    _column_sums(task.hidden, begin, count, step, (first, middle, last), total)
    _change_bias(task, task.hidden_bias, task.hidden_velocity, total, rate, begin)
    for i in range(first, last):
        row = section(task.hidden, i * step + begin, count)
        factor = rate if i < middle else -rate
        for j in range(count):
            row[j] *= factor


@device
def _visible_bias(task, batch, rate, begin, count):
    """Change the biases of some features."""
    total, step = section(task.visible_sums, begin, count), task.sizes[FEATURE_ROW]
    _column_sums(task.visible, begin, count, step, _rows(task, batch), total)
    _change_bias(task, task.visible_bias, task.visible_velocity, total, rate, begin)


@device
def _update_weights(task, batch, rate, tile):
    """Change the weights and the biases of a tile of features."""
    sizes, kind = task.sizes, task.weights.dtype.type
    features, step, begin = sizes[FEATURE_ROW], sizes[HIDDEN_ROW], tile * FEATURE_TILE
    count = min(FEATURE_TILE, sizes[N_FEATURES] - begin)
    weights = section(task.weights, begin * step, count * step)
    decay = kind(task.numbers[WEIGHT_DECAY] * task.numbers[LEARNING_RATE])
    first = sizes[BATCH_SIZE] - batch.count
    visible = Matrix(task.visible, first * features + begin, 1, features, 0)
    hidden = Matrix(task.hidden, first * step, step, 1, 0)
    shape = (count, sizes[N_HIDDEN], batch.count + batch.chains)
    _visible_bias(task, batch, rate, begin, count)
    if task.velocity.size > 0:
        velocity = section(task.velocity, begin * step, count * step)
        momentum = kind(task.numbers[MOMENTUM])
        for k in range(velocity.size):
            velocity[k] = momentum * velocity[k] - decay * weights[k]
        out = Matrix(task.velocity, begin * step, step, 1, 0)
        call_product(sizes[PRODUCT], out, visible, hidden, out, shape)
        for k in range(velocity.size):
            weights[k] += velocity[k]
    else:
        if decay != 0:
            for k in range(weights.size):
                weights[k] -= decay * weights[k]
        out = Matrix(task.weights, begin * step, step, 1, 0)
        call_product(sizes[PRODUCT], out, visible, hidden, out, shape)


@device
def _phase_end(pieces, n_pieces):
    """Wait for all; return the pieces of the next phase."""
    barrier(pieces.shared, pieces.members)
    # Every member has taken one number that stood for no piece.
    begin = pieces.begin + n_pieces + pieces.members
    return Pieces(pieces.shared, pieces.member, pieces.members, begin)


@device
def _take(pieces):
    return take(pieces.shared, pieces.members) - pieces.begin


@device
def _start_at_data(task, batch, pieces):
    """Let the chains begin at hidden units sampled given the rows of the batch."""
    n_pieces, size = _n_tiles(batch.count, ROW_TILE), task.sizes[BATCH_SIZE]
    piece = _take(pieces)
    while piece < n_pieces:
        _copy_rows(task, batch, piece)
        piece = _take(pieces)
    pieces = _phase_end(pieces, n_pieces)
    n_pieces = _n_tiles(task.sizes[N_HIDDEN], HIDDEN_TILE)
    piece = _take(pieces)
    while piece < n_pieces:
        _hidden_tile(task, size - batch.count, size, piece)
        _sample_hidden(task, size - batch.count, batch.chains, piece, 0)
        piece = _take(pieces)
    return _phase_end(pieces, n_pieces)


@device
def _visible_phase(task, batch, copied, draws, pieces):
    """Sample the visible units of the chains; meanwhile, copy the rows of the batch."""
    n_copies = 0 if copied else _n_tiles(batch.count, ROW_TILE)
    n_pieces = n_copies + _n_tiles(task.sizes[N_FEATURES], FEATURE_TILE)
    piece = _take(pieces)
    while piece < n_pieces:
        if piece < n_copies:
            _copy_rows(task, batch, piece)
        else:
            _sample_visible(task, batch, piece - n_copies, draws)
        piece = _take(pieces)
    return _phase_end(pieces, n_pieces)


@device
def _hidden_phase(task, batch, last, draws, pieces):
    """Sample the hidden units of the chains; in the last step, change their biases as well."""
    n_pieces, size = _n_tiles(task.sizes[N_HIDDEN], HIDDEN_TILE), task.sizes[BATCH_SIZE]
    rate = _rate(task, batch)
    piece = _take(pieces)
    while piece < n_pieces:
        first = size - batch.count if last else size
        _hidden_tile(task, first, size + batch.chains, piece)
        _sample_hidden(task, size, batch.chains, piece, draws)
        if last:
            _hidden_bias(task, batch, rate, piece)
        piece = _take(pieces)
    return _phase_end(pieces, n_pieces)


@device
def _rate(task, batch):
    return task.weights.dtype.type(task.numbers[LEARNING_RATE] / batch.count)


@device
def _draw(task, count):
    draw_uniforms(task.generator, task.words, task.uniforms, _n_draws(task.sizes, count))


@device
def _weight_phase(task, batch, n_next, pieces):
    """Change the weights; meanwhile, draw the random numbers of the next batch, if there is one."""
    n_pieces = 1 + _n_tiles(task.sizes[N_FEATURES], FEATURE_TILE)
    rate = _rate(task, batch)
    piece = _take(pieces)
    while piece < n_pieces:
        if piece > 0:
            _update_weights(task, batch, rate, piece - 1)
        elif n_next > 0:
            _draw(task, n_next)
        piece = _take(pieces)
    return _phase_end(pieces, n_pieces)


@device
def _train_batch(task, batch, n_next, pieces):
    """Run the chains of a batch, and change the parameters."""
    sizes = task.sizes
    n_visible = batch.chains * sizes[N_FEATURES] * (2 if sizes[GAUSSIAN] == 1 else 1)
    n_hidden = batch.chains * sizes[N_HIDDEN]
    draws, copied = 0, False
    if sizes[PERSISTENT] == 0:
        pieces = _start_at_data(task, batch, pieces)
        draws, copied = batch.count * sizes[N_HIDDEN], True
    for step in range(sizes[N_STEPS]):
        pieces = _visible_phase(task, batch, copied, draws, pieces)
        last = step == sizes[N_STEPS] - 1
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
    compiled = task.sizes[COMPILED_DRAWS] == 1
    if compiled and member == 0:
        _draw(task, _batch(task.sizes, first).count)
    barrier(shared, members)
    for number in range(first, last):
        batch, n_next = _batch(task.sizes, number), 0
        if compiled and number + 1 < last:
            n_next = _batch(task.sizes, number + 1).count
        pieces = _train_batch(task, batch, n_next, pieces)
