"""What the last phase of a batch does with the parameters."""

import numpy as np

from skdeep.engines.cpu.boltzmann import rbm_task as at
from skdeep.engines.cpu.boltzmann.binary_products import GROUP, binary_product
from skdeep.engines.cpu.boltzmann.rbm_units import room_for_tables
from skdeep.engines.cpu.compiling.jit import device, exact
from skdeep.engines.cpu.compiling.views import section
from skdeep.engines.cpu.products.product import Matrix, call_product


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
    momentum = task.weights.dtype.type(task.numbers[at.MOMENTUM])
    for j in range(gradient.size):
        change = rate * gradient[j]
        if velocity.size > 0:
            change += momentum * velocity[begin + j]
            velocity[begin + j] = change
        bias[begin + j] += change


@device
def _rows(task, batch):
    """Return the first row of the batch in `Task.visible`, that of the chains, and their end."""
    size = task.sizes[at.BATCH_SIZE]
    return size - batch.count, size, size + batch.chains


@device
def rate_of(task, batch):
    """Return the learning rate of a row."""
    return task.weights.dtype.type(task.numbers[at.LEARNING_RATE] / batch.count)


@device
def update_hidden_bias(task, batch, tile):
    """Change the biases of a tile of hidden units, and prepare the gradient of their weights."""
    step, begin = task.sizes[at.HIDDEN_ROW], tile * task.sizes[at.TILE]
    count, rate = min(task.sizes[at.TILE], task.sizes[at.N_HIDDEN] - begin), rate_of(task, batch)
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
def update_visible_bias(task, batch, tile):
    """Change the biases of a tile of features, by changes in float64 as in scikit-learn."""
    rate, begin = task.numbers[at.LEARNING_RATE] / batch.count, tile * task.sizes[at.TILE]
    count = min(task.sizes[at.TILE], task.sizes[at.N_FEATURES] - begin)
    total, step = section(task.visible_sums, begin, count), task.sizes[at.FEATURE_ROW]
    _column_sums(task.visible, begin, count, step, _rows(task, batch), total)
    _change_bias(task, task.visible_bias, task.visible_velocity, total, rate, begin)


@device
def write_chain_codes(task, batch, tile):
    """Write the bits that a tile of visible units has in the chains, four chains in a code."""
    begin, row = tile * task.sizes[at.TILE], task.sizes[at.CHAIN_CODES]
    count = min(task.sizes[at.TILE], task.sizes[at.N_FEATURES] - begin)
    step, size = task.sizes[at.FEATURE_ROW], task.sizes[at.BATCH_SIZE]
    for i in range(0, batch.chains, GROUP):
        place = (size + i) * step + begin
        for j in range(count):
            code = np.int32(0)
            for k in range(min(GROUP, batch.chains - i)):
                code += np.int32(task.visible[place + k * step + j]) << np.int32(k)
            task.chain_codes[(begin + j) * row + i // GROUP] = np.uint8(code)


@device
def _add_gradient(task, out, batch, tile, member):
    """Add the gradient times the learning rate to a tile of columns of a matrix."""
    sizes, begin, size = task.sizes, tile * task.sizes[at.TILE], task.sizes[at.BATCH_SIZE]
    features, step = sizes[at.FEATURE_ROW], sizes[at.HIDDEN_ROW]
    count = min(sizes[at.TILE], sizes[at.N_HIDDEN] - begin)
    binary = sizes[at.BINARY] == 1 and sizes[at.GAUSSIAN] == 0
    first, depth = size - batch.count, batch.count if binary else batch.count + batch.chains
    visible = Matrix(task.visible, first * features, 1, features, 0)
    hidden = Matrix(task.hidden, first * step + begin, step, 1, 0)
    columns = Matrix(out, begin, step, 1, 0)
    shape = (sizes[at.N_FEATURES], count, depth)
    call_product(sizes[at.PRODUCT], columns, visible, hidden, columns, shape)
    if binary:
        binary_product(
            *(out, begin, step, task.chain_codes, sizes[at.CHAIN_CODES], task.hidden),
            *(size * step + begin, step, 1, (sizes[at.N_FEATURES], count, batch.chains, 1)),
            room_for_tables(task, member),
        )


@device
def update_weights(task, batch, tile, member):
    """Change the weights of a tile of hidden units."""
    sizes, kind, begin = task.sizes, task.weights.dtype.type, tile * task.sizes[at.TILE]
    count, step = min(sizes[at.TILE], sizes[at.N_HIDDEN] - begin), sizes[at.HIDDEN_ROW]
    decay = kind(task.numbers[at.WEIGHT_DECAY] * task.numbers[at.LEARNING_RATE])
    if task.velocity.size == 0:
        if decay != 0:
            for f in range(sizes[at.N_FEATURES]):
                weights = section(task.weights, f * step + begin, count)
                for j in range(count):
                    weights[j] -= decay * weights[j]
        _add_gradient(task, task.weights, batch, tile, member)
        return
    momentum = kind(task.numbers[at.MOMENTUM])
    for f in range(sizes[at.N_FEATURES]):
        weights = section(task.weights, f * step + begin, count)
        velocity = section(task.velocity, f * step + begin, count)
        for j in range(count):
            velocity[j] = momentum * velocity[j] - decay * weights[j]
    _add_gradient(task, task.velocity, batch, tile, member)
    for f in range(sizes[at.N_FEATURES]):
        weights = section(task.weights, f * step + begin, count)
        velocity = section(task.velocity, f * step + begin, count)
        for j in range(count):
            weights[j] += velocity[j]
