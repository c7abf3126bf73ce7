"""What a phase of training does with a tile of visible or hidden units, or of rows."""

import numpy as np

from skdeep.engines.cpu.boltzmann import rbm_task as at
from skdeep.engines.cpu.boltzmann.binary_products import GROUP, binary_product
from skdeep.engines.cpu.compiling import formulas as _formulas  # noqa: F401 (registers them)
from skdeep.engines.cpu.compiling.jit import device
from skdeep.engines.cpu.compiling.views import section
from skdeep.engines.cpu.products.product import Matrix, call_product, without_start
from skdeep.formulas.elementary import logistic

#: Rows that are copied together.
ROW_TILE = 16


@device
def room_for_tables(task, member):
    """Return where a member of the team has its tables, the columns of a tile, and groups."""
    width, together = task.sizes[at.TILE], task.sizes[at.TOGETHER]
    size = together * 16 * width
    return section(task.tables, member * size, size), width, together


@device
def copy_rows(task, batch, tile):
    """Copy some rows of the features to where the batch is."""
    n_features, step = task.sizes[at.N_FEATURES], task.sizes[at.FEATURE_ROW]
    first = task.sizes[at.BATCH_SIZE] - batch.count
    for i in range(tile * ROW_TILE, min(batch.count, (tile + 1) * ROW_TILE)):
        out, row = section(task.visible, (first + i) * step, n_features), batch.begin + i
        if task.indptr.size == 0:
            features = section(task.values, row * n_features, n_features)
            for j in range(n_features):
                out[j] = features[j]
        else:
            for j in range(n_features):
                out[j] = 0
            for p in range(task.indptr[row], task.indptr[row + 1]):
                out[task.indices[p]] += task.values[p]


@device
def _inputs_of_visible(task, batch, begin, count, member):
    """Compute what a tile of visible units gets from the hidden units of the chains.

    Returns
    -------
    from_chain, from_unit : int
        Elements from one chain, and from one unit, to the next.
    """
    sizes, row = task.sizes, task.sizes[at.HIDDEN_ROW]
    if sizes[at.BINARY] == 1:
        step, codes = sizes[at.FEATURE_ROW], sizes[at.HIDDEN_CODES]
        binary_product(
            *(task.inputs, begin, step, task.hidden_codes, codes, task.weights, begin * row),
            *(1, row, (batch.chains, count, sizes[at.N_HIDDEN], 0)),
            room_for_tables(task, member),
        )
        return step, 1
    step = sizes[at.CHAIN_ROW]
    inputs = Matrix(task.inputs, begin * step, step, 1, 0)
    weights = Matrix(task.weights, begin * row, row, 1, 0)
    chains = Matrix(task.chains, 0, step, 1, 0)
    shape = (count, batch.chains, sizes[at.N_HIDDEN])
    call_product(sizes[at.PRODUCT], inputs, weights, chains, without_start(inputs), shape)
    return 1, step


@device
def _probabilities(task, batch, begin, count, from_chain, from_unit):
    """Make probabilities of what a tile of Bernoulli visible units gets."""
    bias, down = section(task.visible_bias, begin, count), section(task.down, begin, count)
    if from_unit == 1:
        for i in range(batch.chains):
            row = section(task.inputs, i * from_chain + begin, count)
            for j in range(count):
                row[j] = logistic(row[j] * down[j] + bias[j])
    else:
        for j in range(count):
            row = section(task.inputs, (begin + j) * from_unit, batch.chains)
            b, factor = bias[j], down[j]
            for i in range(batch.chains):
                row[i] = logistic(row[i] * factor + b)


@device
def _sample_binary(task, batch, begin, count, draws, from_chain, from_unit):
    """Sample a tile of visible units of the chains from their Bernoulli distributions."""
    n_features, size = task.sizes[at.N_FEATURES], task.sizes[at.BATCH_SIZE]
    step = task.sizes[at.FEATURE_ROW]
    zero, one = task.weights.dtype.type(0), task.weights.dtype.type(1)
    _probabilities(task, batch, begin, count, from_chain, from_unit)
    for i in range(batch.chains):
        uniform = section(task.uniforms, draws + i * n_features + begin, count)
        out = section(task.visible, (size + i) * step + begin, count)
        if from_unit == 1:
            p = section(task.inputs, i * from_chain + begin, count)
            for j in range(count):
                out[j] = one if uniform[j] < p[j] else zero
            write_codes(out, task.visible_codes, i * task.sizes[at.FEATURE_CODES] + begin // GROUP)
        else:
            for j in range(count):
                p_j = task.inputs[(begin + j) * from_unit + i]
                out[j] = one if uniform[j] < p_j else zero


@device
def write_codes(values, codes, place):
    """Write the bits of units, four in a code; those behind the last count as 0."""
    whole = values.size // GROUP
    for g in range(whole):
        k = g * GROUP
        code = values[k] + 2 * values[k + 1] + 4 * values[k + 2] + 8 * values[k + 3]
        codes[place + g] = np.uint8(code)
    if whole * GROUP < values.size:
        code = 0
        for k in range(whole * GROUP, values.size):
            code += np.int64(values[k]) << (k - whole * GROUP)
        codes[place + whole] = np.uint8(code)


@device
def _sample_gaussian(task, batch, begin, count, draws, from_chain, from_unit):
    """Sample a tile of visible units of the chains from normal distributions of variance 1.

    Normal numbers are made by the transformation of Box & Muller (1958).
    """
    n_features, size = task.sizes[at.N_FEATURES], task.sizes[at.BATCH_SIZE]
    step = task.sizes[at.FEATURE_ROW]
    for i in range(batch.chains):
        uniform = section(task.uniforms, draws + 2 * (i * n_features + begin), 2 * count)
        out = section(task.visible, (size + i) * step + begin, count)
        for j in range(count):
            f = begin + j
            radius = np.sqrt(-2.0 * np.log(1.0 - uniform[2 * j]))
            normal = radius * np.cos(2.0 * np.pi * uniform[2 * j + 1])
            inputs = task.inputs[i * from_chain + f * from_unit]
            mean = inputs * task.down[f] + task.visible_bias[f]
            out[j] = mean + task.weights.dtype.type(normal)


@device
def sample_visible(task, batch, tile, draws, member):
    """Sample a tile of visible units given the hidden units of the chains."""
    begin = tile * task.sizes[at.TILE]
    count = min(task.sizes[at.TILE], task.sizes[at.N_FEATURES] - begin)
    from_chain, from_unit = _inputs_of_visible(task, batch, begin, count, member)
    if task.sizes[at.GAUSSIAN] == 1:
        _sample_gaussian(task, batch, begin, count, draws, from_chain, from_unit)
    else:
        _sample_binary(task, batch, begin, count, draws, from_chain, from_unit)


@device
def _inputs_of_hidden(task, first, last, begin, count):
    """Compute what a tile of hidden units gets from the visible units of some rows."""
    sizes = task.sizes
    features, step = sizes[at.FEATURE_ROW], sizes[at.HIDDEN_ROW]
    out = Matrix(task.hidden, first * step + begin, step, 1, 0)
    visible = Matrix(task.visible, first * features, features, 1, 0)
    weights = Matrix(task.weights, begin, step, 1, 0)
    shape = (last - first, count, sizes[at.N_FEATURES])
    call_product(sizes[at.PRODUCT], out, visible, weights, without_start(out), shape)


@device
def hidden_probabilities(task, first, last, tile, member):
    """Compute a tile of the probabilities of hidden units, for some rows of `Task.visible`."""
    sizes, begin = task.sizes, tile * task.sizes[at.TILE]
    count = min(sizes[at.TILE], sizes[at.N_HIDDEN] - begin)
    middle, step = sizes[at.BATCH_SIZE], sizes[at.HIDDEN_ROW]
    if sizes[at.BINARY] == 1 and sizes[at.GAUSSIAN] == 0 and last > middle:
        if first < middle:
            _inputs_of_hidden(task, first, middle, begin, count)
        codes = sizes[at.FEATURE_CODES]
        binary_product(
            *(task.hidden, middle * step + begin, step, task.visible_codes, codes),
            *(task.weights, begin, step, 1, (last - middle, count, sizes[at.N_FEATURES], 0)),
            room_for_tables(task, member),
        )
    else:
        _inputs_of_hidden(task, first, last, begin, count)
    up, bias = task.weights.dtype.type(task.numbers[at.UP]), section(task.hidden_bias, begin, count)
    for i in range(first, last):
        row = section(task.hidden, i * step + begin, count)
        for j in range(count):
            row[j] = logistic(row[j] * up + bias[j])


@device
def sample_hidden(task, first, n_chains, tile, draws):
    """Sample a tile of hidden units of the chains, whose probabilities begin with row `first`."""
    sizes, n_hidden, begin = task.sizes, task.sizes[at.N_HIDDEN], tile * task.sizes[at.TILE]
    count, binary = min(sizes[at.TILE], n_hidden - begin), sizes[at.BINARY] == 1
    zero, one = task.weights.dtype.type(0), task.weights.dtype.type(1)
    samples = section(task.hidden_samples, begin, count)
    for i in range(n_chains):
        row = section(task.hidden, (first + i) * sizes[at.HIDDEN_ROW] + begin, count)
        uniform = section(task.uniforms, draws + i * n_hidden + begin, count)
        for j in range(count):
            samples[j] = one if uniform[j] < row[j] else zero
        if binary:
            write_codes(samples, task.hidden_codes, i * sizes[at.HIDDEN_CODES] + begin // GROUP)
        for j in range(count):
            task.chains[(begin + j) * sizes[at.CHAIN_ROW] + i] = samples[j]
