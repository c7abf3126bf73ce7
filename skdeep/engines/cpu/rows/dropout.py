"""What is random in training: units, features and weights that are dropped, and noise.

Everything is a function of the seed, the number of the update, the layer and the place of the
element, and so the same for any number of threads (`skdeep.formulas.randomness`).
"""

import numpy as np

from skdeep.engines.cpu.compiling.jit import device, inlined, widen
from skdeep.engines.cpu.compiling.loops import NOTHING, run
from skdeep.engines.cpu.compiling.tasks import as_float
from skdeep.engines.cpu.compiling.views import row_of, section
from skdeep.engines.cpu.parameters.step_loops import loop_numbers
from skdeep.engines.cpu.rows.matrices import contents, layer_output, layer_slopes
from skdeep.engines.randomness import FEATURES, NOISE, RANGE, STREAMS, UNITS, WEIGHTS
from skdeep.formulas.randomness.noise import normal
from skdeep.formulas.randomness.squares import squares, stream_key

LOW, HALF = np.uint64(0xFFFFFFFF), np.uint64(32)


@device
def _key(p):
    """Return the key of a stream from its two halves."""
    return (np.uint64(p[0]) << HALF) | np.uint64(p[1])


def drop_units_loop(_formula, kind):
    """Return the loop that drops units ``h`` and their slopes, and scales those that are kept."""

    def loop(h, slopes, _x2, _x3, p, n):
        widen()
        key, first, least, scale = _key(p), np.uint64(p[2]), np.uint64(p[3]), kind(p[4])
        for i in range(n):
            factor = scale if squares(first + np.uint64(i), key) >= least else kind(0)
            h[i] *= factor
            slopes[i] *= factor

    return loop


def drop_loop(_formula, kind):
    """Return the loop that writes ``x`` with elements dropped, and scales those that are kept."""

    def loop(out, x, _x2, _x3, p, n):
        widen()
        key, first, least, scale = _key(p), np.uint64(p[2]), np.uint64(p[3]), kind(p[4])
        for i in range(n):
            out[i] = x[i] * (scale if squares(first + np.uint64(i), key) >= least else kind(0))

    return loop


def noise_loop(_formula, kind):
    """Return the loop that adds Gaussian noise to ``x``."""

    def loop(x, _x1, _x2, _x3, p, n):
        widen()
        key, first, deviation = _key(p), np.uint64(p[2]), kind(p[4])
        for i in range(n):
            x[i] += deviation * kind(normal(squares(first + np.uint64(i), key)))

    return loop


@device
def _stream(task, layer, purpose, update):
    """Return the key of a stream of a layer."""
    stream = np.uint64(layer * STREAMS + purpose)
    return stream_key(np.uint64(task.plan.seed), np.uint64(update), stream)


@inlined
def _prepare(task, key, rate, member):
    """Set the numbers of a loop; the place of its first element is still to come."""
    p = loop_numbers(task, member)
    p[0], p[1] = float(key >> HALF), float(key & LOW)
    p[3], p[4] = rate * RANGE, 1.0 / (1.0 - rate)
    return p


def drop_outputs(task, index, _a, _b, block):
    """Drop units of a layer for the rows of a block: outputs and derivatives become 0."""
    layer, rate = row_of(task.operations, index), task.numbers[task.plan.rates + 2 + index]
    if rate == 0.0:
        return
    width, stride = layer.n_outputs, layer.output_stride
    h = contents(layer_output(task, block, layer), block.rows)
    slopes = layer_slopes(task, block, layer)
    p = _prepare(task, _stream(task, index, UNITS, block.update), rate, block.member)
    for r in range(block.rows):
        p[2] = float((block.first + r) * width)
        row, row_slopes = section(h, r * stride, width), section(slopes, r * stride, width)
        run(task.plan.drop_units, row, row_slopes, row, row, p, width)


@device
def _change_features(task, block, inputs, loop, p):
    """Run a loop over the gathered features of every row of a block."""
    width = row_of(task.operations, 0).n_inputs
    for r in range(block.rows):
        p[2] = float((block.first + r) * width)
        row = section(inputs.data, inputs.offset + r * inputs.row, width)
        run(loop, row, row, row, row, p, width)


@device
def disturb_features(task, block, inputs):
    """Add noise to the gathered features of a block, and drop some of them.

    Parameters
    ----------
    task : Task
    block : Block
    inputs : Matrix
        The features.
    """
    plan = task.plan
    if plan.add_noise != NOTHING:
        p = _prepare(task, _stream(task, 0, NOISE, block.update), 0.0, block.member)
        p[4] = task.numbers[plan.rates]
        _change_features(task, block, inputs, plan.add_noise, p)
    if plan.drop_features != NOTHING:
        rate = task.numbers[plan.rates + 1]
        p = _prepare(task, feature_key(task, block.update), rate, block.member)
        _change_features(task, block, inputs, plan.drop_features, p)


@device
def feature_key(task, update):
    """Return the key of the features that are dropped in an update."""
    return _stream(task, 0, FEATURES, update)


@device
def kept_feature(task, key, place, value):
    """Return a sparse feature, scaled, or 0 if it is dropped.

    Parameters
    ----------
    task : Task
    key : uint64
    place : int
        Of the feature in the batch, counted row by row.
    value : float
    """
    rate = task.numbers[task.plan.rates + 1]
    kept = float(squares(np.uint64(place), key)) >= rate * RANGE
    return value * as_float(task, 1.0 / (1.0 - rate) if kept else 0.0)


@device
def drop_weights(task, index, update, out, w, place, member):
    """Drop weights of a layer.

    Parameters
    ----------
    task : Task
    index, update : int
        The layer, and the update that the mask is for.
    out, w : 1-D arrays
        Where they go, and what they are: consecutive weights of one row.
    place : int
        Number of the first of them in the layer, row by row.
    member : int
        Who is at it.
    """
    rate = task.numbers[task.plan.rates + 2 + task.plan.n_operations + index]
    p = _prepare(task, _stream(task, index, WEIGHTS, update), rate, member)
    p[2] = float(place)
    run(task.plan.drop_weights, out, w, w, w, p, out.size)
