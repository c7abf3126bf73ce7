"""Where everything is in a model's memory on the device, decided by shapes alone."""

import math
from typing import NamedTuple

import numpy as np

from skdeep.engines.cuda.hardware.shim import SIMULATED
from skdeep.engines.cuda.memory import structures as at
from skdeep.engines.cuda.memory.structures import LayerRecord, PlanRecord
from skdeep.engines.randomness import RANGE
from skdeep.engines.table import (
    AUXILIARY,
    BLOCK_PLACE,
    COLUMNS,
    DECAY,
    HIDDEN,
)
from skdeep.engines.trained_blocks import frozen_operations
from skdeep.formulas.activations import BY_CODE as ACTIVATIONS_BY_CODE
from skdeep.formulas.normalisation import BATCH_EPSILON, BATCH_SHARE

#: Arrays of memory begin at multiples of so many elements.
ELEMENTS = 32
#: The least number of rows of a batch whose sum is formed by one thread.
LEAST_PART_ROWS = 2 if SIMULATED else 32
#: Parameters of a share that sums are formed of, where there are no more than so many shares.
SHARE = 4


class Shape(NamedTuple):
    """What a plan follows from, beside the network.

    Attributes
    ----------
    rows : int
        Most rows of a batch.
    n_states : int
        Of the rule.
    lanes : int
        Most shares of the parameters that sums are formed of.
    row_step : int
        Rows of outputs are padded to a multiple of it; 0 for an odd number, which keeps threads
        that read one column out of one another's banks of shared memory.
    dense, direct : bool
        Whether features are dense, and whether they are read where they are.
    training : bool
    regularisation : Regularisation
    """

    rows: int
    n_states: int
    lanes: int
    row_step: int
    dense: bool
    direct: bool
    training: bool
    regularisation: object


class Plan(NamedTuple):
    """Where everything is.

    Attributes
    ----------
    integers : array of int64
        The beginning of `Task.plan`.
    layers : array of int64 of shape (n_layers, LAYER_SIZE)
    step : int
        Elements of what has one per parameter.
    used : int
        Place of the copy of the weights that products read; 0 if they read the weights.
    memory, store : int
        Elements of both.
    constants : array of float64
        What is at the plan's `constants`.
    """

    integers: np.ndarray
    layers: np.ndarray
    step: int
    used: int
    memory: int
    store: int
    constants: np.ndarray

    @property
    def record(self):
        """The integers that have names, by them."""
        return PlanRecord(self.integers)


class _Counter:
    """Hands out places one after another."""

    def __init__(self):
        self.end = 0

    def __call__(self, size):
        start = self.end
        self.end += -(-int(size) // ELEMENTS) * ELEMENTS
        return start


def _stride(width, step):
    return int(width) | 1 if step == 0 else -(-int(width) // step) * step


def part_rows(rows):
    """Return how many rows of a batch one thread sums: about as many as there are parts."""
    return max(LEAST_PART_ROWS, math.isqrt(rows))


def _set_readers(layers):
    for index, layer in enumerate(map(LayerRecord, layers)):
        for source in range(layer.first_source, layer.last_source + 1):
            if source > 0:
                read = LayerRecord(layers[source - 1])
                read.last_reader = index
                if read.first_reader < 0:
                    read.first_reader = index


def _place_rows(layers, shape, memory, store):
    """Give every layer room for a batch.

    What products read is in memory, for which there may be room beside the processors. Slopes and
    standardised units are written once and read once or twice in a batch, element by element: they
    are elsewhere, so that dropout, batch normalisation and gelu take nothing of that room.
    """
    drops = shape.regularisation.drops_units
    for layer in map(LayerRecord, layers):
        activation = ACTIVATIONS_BY_CODE[layer.activation]
        width = layer.fan_out
        layer.stride = _stride(width, shape.row_step)
        layer.normalised = activation.normalised
        size = layer.stride * shape.rows
        layer.slope = layer.standard = layer.statistics = layer.delta = -1
        if layer.role == AUXILIARY and not shape.training:
            continue
        layer.output = memory(size)
        if not shape.training:
            continue
        layer.delta = memory(size)
        if activation.derivative_at is not None or (drops and layer.role == HIDDEN):
            layer.slope = store(size)
        if layer.scales >= 0:
            layer.standard, layer.statistics = store(size), memory(2 * width)
        n_parts = -(-shape.rows // part_rows(shape.rows))
        layer.parts = store(n_parts * width * (2 if layer.scales >= 0 else 1))


def _set_decays(constants, layout):
    """Set what the strength of the penalty is multiplied by for the weights of every layer."""
    by_place = dict(layout.blocks[:, [BLOCK_PLACE, DECAY]].tolist())
    numbers = [by_place[place] for place in LayerRecord(layout.table.T).weights.tolist()]
    constants[-len(numbers) :] = np.take(layout.decays, numbers)


def _set_random(integers, constants, start, n_layers, regularisation):
    """Set what decides which elements are kept, and by what share they grow."""
    rates = np.zeros(1 + 2 * n_layers)
    rates[: len(regularisation.dropout)] = regularisation.dropout
    if regularisation.dropconnect:  # of hidden layers, and of the last
        *hidden, last = regularisation.dropconnect
        rates[1 + n_layers : 1 + n_layers + len(hidden)], rates[-1] = hidden, last
    record = PlanRecord(integers)
    record.leasts, record.seed = start, regularisation.seed
    record.noisy = regularisation.noise > 0
    integers[start : start + len(rates)] = rates * RANGE
    constants[at.KEPT :][: len(rates)] = 1 / (1 - rates)
    constants[at.NOISE] = regularisation.noise


def make_plan(layout, shape):
    """Plan a model's memory.

    Parameters
    ----------
    layout : Layout
    shape : Shape

    Returns
    -------
    plan : Plan
    """
    regularisation, n_layers = shape.regularisation, len(layout.table)
    frozen = frozen_operations(layout) if shape.training else 0
    layers = np.zeros((n_layers, at.LAYER_SIZE), dtype=np.int64)
    layers[:, :COLUMNS] = layout.table
    columns = LayerRecord(layers.T)
    columns.first_reader = columns.last_reader = -1
    _set_readers(layers)
    memory, store = _Counter(), _Counter()
    gains = columns.fan_out if regularisation.weight_norm else np.zeros(n_layers, np.int64)
    columns.gains = layout.n_parameters + np.cumsum(gains) - gains
    step = layout.n_parameters + int(gains.sum())
    memory(step)
    step, used = memory.end, _place_used(layers, layout, (regularisation, frozen), memory)
    integers = np.zeros(at.PLAN_SIZE + 1 + 2 * n_layers, dtype=np.int64)
    constants = np.zeros(at.KEPT + 1 + 3 * n_layers)
    record = PlanRecord(integers)
    record.constants = memory(len(constants))
    _set_random(integers, constants, at.PLAN_SIZE, n_layers, regularisation)
    _set_decays(constants, layout)
    constants[at.RUNNING_SHARE], constants[at.BATCH_EPSILON] = BATCH_SHARE, BATCH_EPSILON
    _place_rows(layers, shape, memory, store)
    record.n_layers, record.n_states = n_layers, shape.n_states
    if shape.training:
        _place_training(record, shape, (memory, store, step))
    record.frozen = frozen
    record.heads = n_layers - np.count_nonzero(columns.role == HIDDEN)
    record.by_directions = regularisation.weight_norm
    _place_features(record, layers, shape, store)
    sizes = memory.end, store.end
    return Plan(integers, layers, step, used, *sizes, constants)


def _place_used(layers, layout, course, memory):
    """Place the copy of the weights that products read, where it differs from them."""
    regularisation, frozen = course
    columns = LayerRecord(layers.T)
    columns.used = columns.weights
    if not (regularisation.weight_norm or any(regularisation.dropconnect)):
        return 0
    used = memory(layout.n_parameters)
    copied = slice(0 if regularisation.weight_norm else frozen, None)
    columns.used[copied] += used
    return used


def _place_training(record, shape, counters):
    """Place sums, gradient, states and masks."""
    memory, store, step = counters
    regularisation, n_layers = shape.regularisation, record.n_layers
    record.row_losses, record.row_weights = memory(shape.rows), memory(shape.rows)
    record.sum_lanes = lanes = min(shape.lanes, max(at.MIDDLE, step // SHARE))
    record.part_rows = part_rows(shape.rows)
    folded = (at.LAYER_SQUARES + n_layers) * at.FOLD
    record.sums = memory(folded + (1 + n_layers) * lanes)
    record.gradient = store(step)
    record.states, record.state_step = store(step * shape.n_states), step
    if regularisation.masks is not None:
        record.masks = store(step)


def _place_features(record, layers, shape, store):
    """Place the gathered features of a batch."""
    width = LayerRecord(layers[0]).fan_in
    record.direct = shape.direct
    record.features_stride = width
    if shape.dense and not shape.direct:
        stride = record.features_stride = _stride(width, max(1, shape.row_step))
        record.features = store(shape.rows * stride)
