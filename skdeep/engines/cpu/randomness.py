"""What is random in training: units, features and weights that are dropped, and noise.

Everything is a function of the seed, the number of the update, the layer and the place of the
element, and so the same for any number of threads (`skdeep.formulas.randomness`).
"""

import numpy as np

from skdeep.engines.cpu.jit import device, inlined, widen
from skdeep.engines.cpu.loops import NOTHING, run
from skdeep.engines.cpu.sections import section
from skdeep.engines.cpu.structures import (
    ADD_NOISE,
    CONSTANTS,
    DROP_FEATURES,
    DROP_UNITS,
    DROP_WEIGHTS,
    LOOP_NUMBERS,
    RATES,
    SEED,
    STEP_NUMBERS,
)
from skdeep.engines.cpu.variants import by_extension
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


@inlined
def loop_numbers(task, member):
    """Return the place of the numbers that a member hands to the loops that are not the rule's."""
    size = STEP_NUMBERS + LOOP_NUMBERS
    start = task.plan[CONSTANTS] + member * size + STEP_NUMBERS
    return section(task.numbers, start, LOOP_NUMBERS)


@device
def _stream(task, layer, purpose, update):
    """Return the key of a stream of a layer."""
    stream = np.uint64(layer * STREAMS + purpose)
    return stream_key(np.uint64(task.plan[SEED]), np.uint64(update), stream)


@inlined
def _prepare(task, key, rate, member):
    """Set the numbers of a loop; the place of its first element is still to come."""
    p = loop_numbers(task, member)
    p[0], p[1] = float(key >> HALF), float(key & LOW)
    p[3], p[4] = rate * RANGE, 1.0 / (1.0 - rate)
    return p


def _keep_all(task, arguments):
    return None


def _drop_units(task, arguments):
    block, index, h, slopes, stride, width = arguments
    rate = task.numbers[task.plan[RATES] + 2 + index]
    if rate == 0.0:
        return None
    p = _prepare(task, _stream(task, index, UNITS, block.update), rate, block.member)
    for r in range(block.rows):
        start = r * stride
        p[2] = float((block.first + r) * width)
        row, row_slopes = section(h, start, width), section(slopes, start, width)
        run(task.plan[DROP_UNITS], row, row_slopes, row, row, p, width)
    return None


#: ``drop_units(task, (block, index, h, slopes, stride, width))``: drop units of a hidden layer for
#: the rows of a block; their outputs and derivatives are rows of `width` units, `stride` apart.
drop_units = by_extension(_keep_all, _drop_units)


def _disturb_features(task, arguments):
    block, inputs, width = arguments
    plan = task.plan
    if plan[ADD_NOISE] != NOTHING:
        p = _prepare(task, _stream(task, 0, NOISE, block.update), 0.0, block.member)
        p[4] = task.numbers[plan[RATES]]
        for r in range(block.rows):
            start = inputs.offset + r * inputs.row
            p[2] = float((block.first + r) * width)
            row = section(inputs.data, start, width)
            run(plan[ADD_NOISE], row, row, row, row, p, width)
    if plan[DROP_FEATURES] != NOTHING:
        rate = task.numbers[plan[RATES] + 1]
        p = _prepare(task, _stream(task, 0, FEATURES, block.update), rate, block.member)
        for r in range(block.rows):
            start = inputs.offset + r * inputs.row
            p[2] = float((block.first + r) * width)
            row = section(inputs.data, start, width)
            run(plan[DROP_FEATURES], row, row, row, row, p, width)


#: ``disturb_features(task, (block, inputs, width))``: add noise to gathered features of a block,
#: and drop some of them.
disturb_features = by_extension(_keep_all, _disturb_features)


@device
def feature_key(task, update):
    """Return the key of the features that are dropped in an update."""
    return _stream(task, 0, FEATURES, update)


def _whole_feature(task, arguments):
    _key, _place, value = arguments
    return value


def _kept_feature(task, arguments):
    key, place, value = arguments
    if task.plan[DROP_FEATURES] == NOTHING:
        return value
    rate = task.numbers[task.plan[RATES] + 1]
    kept = float(squares(np.uint64(place), key)) >= rate * RANGE
    return value * task.memory.dtype.type(1.0 / (1.0 - rate) if kept else 0.0)


#: ``kept_feature(task, (key, place, value))``: a sparse feature, scaled, or 0 if it is dropped; its
#: place is counted row by row.
kept_feature = by_extension(_whole_feature, _kept_feature)


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
    rate = task.numbers[task.plan[RATES] + 2 + len(task.layers) + index]
    p = _prepare(task, _stream(task, index, WEIGHTS, update), rate, member)
    p[2] = float(place)
    run(task.plan[DROP_WEIGHTS], out, w, w, w, p, out.size)
