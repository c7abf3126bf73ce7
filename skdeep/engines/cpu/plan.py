"""How work is cut into tiles, decided from its shape alone, and the memory it needs.

The number of threads has no say: the same shape gives the same tiles, the same order of sums and
so the same bits on any number of threads.
"""

import functools
from typing import NamedTuple

import numpy as np

from skdeep.engines.cpu import layers as columns
from skdeep.engines.cpu.elementwise import set_loops
from skdeep.engines.cpu.layers import Places, panels, row_stride, shelf, with_columns
from skdeep.engines.cpu.product import ROWS
from skdeep.engines.cpu.structures import (
    ACROSS,
    BY_DIRECTIONS,
    BY_WEIGHTS,
    CONSTANTS,
    FROZEN,
    GATHER,
    GRADIENT_STEP,
    GRADIENTS,
    HEADS,
    HISTORY,
    LOOP_NUMBERS,
    MASKS,
    N_ROWS,
    NORMS,
    NUMBERS_SIZE,
    OF_BIASES,
    OF_GAINS,
    OF_SCALES,
    OF_SHIFTS,
    OF_WEIGHTS,
    PART_STATISTICS,
    PART_STATISTICS_STEP,
    PART_SUMS,
    PARTS,
    PENALTIES,
    PHASE_STEP,
    PHASES,
    RATES,
    SCRATCH,
    SCRATCH_INPUTS,
    SCRATCH_STEP,
    SLOT_LOSSES,
    SLOT_STEP,
    SLOT_TARGETS,
    SLOT_WEIGHTS,
    SLOTS,
    SQUARES,
    STATE_STEP,
    STEP_NUMBERS,
    SYNCED,
    TILE_KIND,
    TILE_LAYER,
    TILE_ROWS,
    TOTALS,
    TOTALS_STEP,
    TRANSPOSED_KEPT,
    WHOLE,
    WHOLE_GRADIENT,
)
from skdeep.engines.cpu.structures import ROWS as BLOCK_ROWS
from skdeep.engines.regularisation import PLAIN, Regularisation
from skdeep.engines.table import (
    ACTIVATION,
    BIASES,
    FAN_IN,
    FAN_OUT,
    FIRST_SOURCE,
    HIDDEN,
    KIND,
    LAST_SOURCE,
    NORMALISATION,
    SCALES,
    WEIGHTS,
)
from skdeep.formulas.activations import REGISTRY as ACTIVATIONS

#: Work memory of one part should fit into this many bytes: a share of a core's second-level cache.
CACHE_BYTES = 384 * 1024
#: Fewest and most register tiles that rows going through the network together make up. With fewer,
#: the weights of wide layers would be read too often.
FEWEST_TILES, MOST_TILES = 6, 40
#: The gradient of a weight tile should fit into this many bytes: a share of the first-level cache.
TILE_BYTES = 16 * 1024
#: Fewer rows than this read the deltas too often; they then may take so many bytes.
FEW_TILE_ROWS, FEW_TILE_BYTES = 48, 256 * 1024
#: Inputs of a wide layer from which on its tiles are large: smaller ones share the work better.
MANY_INPUTS = 1024
#: Rows of a batch that are worth a part, and so a gradient, of their own.
ROWS_PER_PART = 64
#: Most parts, and most bytes of their gradients together, as long as there are two.
MOST_PARTS = 16
MOST_GRADIENT_BYTES = 64 * 1024 * 1024
#: Rows of the parts where weight tiles form the gradient over the whole batch.
ROWS_OF_SMALL_PART = 48
#: They do so up to this many rows, which are too few for two parts with gradients of their own,
FEW_ROWS = 2 * ROWS_PER_PART - 1
#: and up to this many where the gradients would be more bytes than that, or the work is small.
MORE_ROWS = 1024
LARGE_GRADIENT_BYTES = 1024 * 1024
#: Floating-point operations of a batch below which more threads cost more than they bring.
SERIAL_OPERATIONS = 1.5e6
#: Up to this many rows, transposing the weights costs more than products by dots.
DOT_ROWS = 8
#: Numbers that a member needs for the norms of the weights into some units.
LEAST_SCRATCH = 64
#: Rows of a sparse batch up to which weight tiles form the gradient.
SPARSE_ROWS = 2048


#: Codes of the activations whose derivatives are formed along with their outputs.
WITH_SLOPE = [f.code for f in ACTIVATIONS.values() if f.derivative_at]


class Shape(NamedTuple):
    """The shape of the work.

    Attributes
    ----------
    batch_rows : int
        Most rows of a batch.
    itemsize : int
        Bytes of a number.
    entries_per_row : float or None
        Mean number of stored entries of a sparse row; None for dense data.
    gather : bool
        Whether dense rows are copied together before the first layer.
    regularisation : Regularisation
    """

    batch_rows: int
    itemsize: int
    entries_per_row: float | None
    gather: bool
    regularisation: Regularisation = PLAIN


def arrange_parameters(table, itemsize, in_panels, sparse, with_gains=False):
    """Place the parameters in the engine's vector.

    Parameters
    ----------
    table : array of int64
        The network's layer table.
    itemsize : int
        Bytes of a number.
    in_panels, sparse : bool
        Whether wide weights are kept in panels, and whether the features are sparse: then those of
        the first layer are not.
    with_gains : bool, default=False
        Whether there are gains of weight normalisation.

    Returns
    -------
    layers : array of int64
        The engine's table.
    n_parameters : int
    """
    layers = with_columns(table)
    layers[:, columns.GAINS] = 0 if with_gains else -1
    place = 0
    for layer in layers:
        allowed = in_panels and not (sparse and layer[FIRST_SOURCE] == 0)
        kept = shelf(layer[FAN_IN], layer[FAN_OUT], itemsize, allowed)
        layer[columns.STRIDE], layer[columns.GAP] = kept.stride, kept.gap
        layer[WEIGHTS] = place
        place += kept.size
    layers[:, columns.USED] = layers[:, WEIGHTS]
    for kind in (BIASES, *NORMALISATION, columns.GAINS):
        for layer in layers:
            if layer[kind] >= 0:
                layer[kind] = place
                place += layer[FAN_OUT]
    return layers, int(place)


def _arrange_transposed(layers, place, itemsize):
    for layer in layers[1:]:
        # Products read the columns of one source, which may begin in the middle of a panel.
        one_source = layer[FIRST_SOURCE] == layer[LAST_SOURCE]
        kept = shelf(layer[FAN_OUT], layer[FAN_IN], itemsize, one_source)
        layer[columns.TRANSPOSED] = place
        layer[columns.TRANSPOSED_STRIDE], layer[columns.TRANSPOSED_GAP] = kept.stride, kept.gap
        place += kept.size
    return int(place)


def _arrange_slot(layers, plan, shape, rows):
    """Place the inputs, outputs, deltas and targets of `rows` rows in a slot; return its size."""
    places = Places(shape.itemsize)
    _arrange_outputs(layers, plan, shape, rows, places)
    stride = layers[-1, columns.OUTPUT_STRIDE]
    plan[SLOT_TARGETS] = places.take(rows * stride)
    plan[SLOT_WEIGHTS] = places.take(rows)
    plan[SLOT_LOSSES] = places.take(rows * stride)
    return int(places.size)


def _arrange_outputs(layers, plan, shape, rows, places):
    if plan[GATHER] == 1:
        layers[0, columns.INPUT_STRIDE] = row_stride(layers[0, FAN_IN], shape.itemsize)
        layers[0, columns.INPUT] = places.take(rows * layers[0, columns.INPUT_STRIDE])
    for layer in layers:
        stride = layer[columns.OUTPUT_STRIDE] = row_stride(layer[FAN_OUT], shape.itemsize)
        layer[columns.OUTPUT] = places.take(rows * stride)
        layer[columns.DELTA] = places.take(rows * stride)
        hidden = layer[KIND] == HIDDEN
        if layer[ACTIVATION] in WITH_SLOPE or (hidden and shape.regularisation.drops_units):
            layer[columns.SLOPE] = places.take(rows * stride)
        if layer[SCALES] >= 0:
            layer[columns.STANDARD] = places.take(rows * stride)
        if layer[columns.GAP] > 0:
            kept = panels(rows, layer[FAN_OUT], shape.itemsize)
            layer[columns.PANELS], layer[columns.PANELS_GAP] = places.take(kept.size), kept.gap


def _bytes_per_row(layers, shape):
    with_slope = np.isin(layers[:, ACTIVATION], WITH_SLOPE) | shape.regularisation.drops_units
    widths = (2 + with_slope + (layers[:, SCALES] >= 0)) @ layers[:, FAN_OUT]
    return int((widths + (layers[0, FAN_IN] if shape.gather else 0)) * shape.itemsize)


def _cache_rows(layers, shape):
    """Return how many rows fit into the cache on their way through the network."""
    rows = CACHE_BYTES // _bytes_per_row(layers, shape)
    return int(np.clip(rows // ROWS * ROWS, FEWEST_TILES * ROWS, MOST_TILES * ROWS))


def operations(layers, shape):
    """Return the floating-point operations of training on one batch."""
    weights = (layers[:, FAN_IN] * layers[:, FAN_OUT]).astype(float)
    if shape.entries_per_row is not None:
        read = layers[:, FIRST_SOURCE] == 0
        weights[read] -= (layers[0, FAN_IN] - shape.entries_per_row) * layers[read, FAN_OUT]
    return 6.0 * shape.batch_rows * weights.sum()


def _most_tile_rows(layer, itemsize):
    if layer[columns.GAP] > 0:
        return ACROSS if layer[FAN_IN] >= MANY_INPUTS else ACROSS // 2
    row_bytes = itemsize * int(layer[columns.STRIDE])
    few = min(FEW_TILE_ROWS, FEW_TILE_BYTES // row_bytes)
    most = max(few, TILE_BYTES // row_bytes) // ROWS * ROWS
    return max(most, ROWS)


def _weight_tiles(layers, itemsize, frozen):
    tiles = []
    for index, layer in enumerate(layers[frozen:], frozen):
        first = 0
        for source in range(layer[FIRST_SOURCE], layer[LAST_SOURCE] + 1):
            n_inputs = int(layers[source - 1, FAN_OUT] if source > 0 else layers[0, FAN_IN])
            n_tiles = -(-n_inputs // _most_tile_rows(layer, itemsize))
            rows = -(-n_inputs // n_tiles)
            rows = -(-rows // ROWS) * ROWS
            tiles += [
                (index, OF_WEIGHTS, first + i, min(rows, n_inputs - i), source, i)
                for i in range(0, n_inputs, rows)
            ]
            first += n_inputs
    of_units = [(index, OF_BIASES) for index in range(frozen, len(layers))]
    normalised = [index for index in range(frozen, len(layers)) if layers[index, SCALES] >= 0]
    of_units += [(index, kind) for index in normalised for kind in (OF_SCALES, OF_SHIFTS)]
    with_gains = layers[0, columns.GAINS] >= 0
    of_units += [(index, OF_GAINS) for index in range(frozen, len(layers)) if with_gains]
    tiles += [(index, kind, 0, 1, 0, 0) for index, kind in of_units]
    return np.array(tiles, dtype=np.int64)


def _gradient_by_weights(n_parameters, shape, serial):
    """Whether weight tiles form the gradient over the whole batch."""
    rows = shape.batch_rows
    if shape.entries_per_row is not None:
        return rows <= SPARSE_ROWS
    parts = _parts(shape, n_parameters, by_weights=False, serial=serial)
    large = parts * n_parameters * shape.itemsize > LARGE_GRADIENT_BYTES
    return rows <= FEW_ROWS or (rows <= MORE_ROWS and (serial or large))


def _parts(shape, n_parameters, by_weights, serial):
    """Return the number of parts of the rows of a batch: a power of two."""
    if serial:
        return 1
    size = ROWS_OF_SMALL_PART if by_weights else ROWS_PER_PART
    most = MOST_PARTS
    if not by_weights:
        most = min(most, max(2, MOST_GRADIENT_BYTES // (n_parameters * shape.itemsize)))
    parts = max(1, min(most, shape.batch_rows // size))
    parts = 1 << (parts.bit_length() - 1)
    return parts if parts > 1 or not by_weights else min(2, shape.batch_rows)


def _dtype(itemsize):
    return np.dtype(f"f{itemsize}")


class Plan(NamedTuple):
    """A cut of the work.

    Attributes
    ----------
    layers, tiles : array of int64
        The engine's layer table, and the weight tiles.
    integers : array of int64
        The plan as kernels take it.
    n_parameters, memory_size, numbers_size : int
        Parameters in the engine's arrangement, and sizes of `Task.memory` and `Task.numbers`.
    members : int
        Most members of the team.
    n_states : int, default=0
        Numbers that the rule keeps for every weight.
    extended : bool, default=False
        Whether there is regularisation or normalisation.
    """

    layers: np.ndarray
    tiles: np.ndarray
    integers: np.ndarray
    n_parameters: int
    memory_size: int
    numbers_size: int
    members: int
    n_states: int = 0
    extended: bool = False


def _empty_plan(members):
    return np.zeros(PHASES + members * PHASE_STEP, dtype=np.int64)


def _place_memory(plan, layers, tiles, shape, sizes):
    """Place everything in `Task.memory`; return its size.

    `sizes` has the parameters, the rows of a slot and the members.
    """
    n_parameters, slot_rows, members = sizes
    places = Places(shape.itemsize)
    places.take(n_parameters)
    if plan[TRANSPOSED_KEPT] == 1:
        end = _arrange_transposed(layers, places.size, shape.itemsize)
        places.take(end - places.size)
    plan[SLOT_STEP] = places.round(_arrange_slot(layers, plan, shape, slot_rows))
    one_slot = plan[BY_WEIGHTS] or plan[SYNCED]
    plan[SLOTS] = places.take((1 if one_slot else plan[PARTS]) * plan[SLOT_STEP])
    plan[GRADIENT_STEP] = places.round(n_parameters)
    plan[STATE_STEP] = places.stagger(n_parameters)
    _place_regularisation(plan, layers, shape, places, n_parameters, members)
    if not plan[BY_WEIGHTS]:
        plan[GRADIENTS] = places.take(plan[PARTS] * plan[GRADIENT_STEP])
    biases = tiles[:, TILE_KIND] != OF_WEIGHTS
    rows = tiles[:, TILE_ROWS] * layers[tiles[:, TILE_LAYER], columns.STRIDE]
    largest = np.where(biases, layers[tiles[:, TILE_LAYER], FAN_OUT], rows).max()
    plan[SCRATCH_INPUTS] = places.round(max(int(largest), LEAST_SCRATCH))
    copied = ACROSS * slot_rows if layers[:, columns.GAP].any() else 0
    plan[SCRATCH_STEP] = places.round(plan[SCRATCH_INPUTS] + copied)
    plan[SCRATCH] = places.take(members * plan[SCRATCH_STEP])
    return int(places.size)


def _place_regularisation(plan, layers, shape, places, n_parameters, members):
    """Place what regularisation and normalisation need in `Task.memory`."""
    regularisation = shape.regularisation
    plan[FROZEN] = regularisation.frozen
    plan[BY_DIRECTIONS] = regularisation.weight_norm
    plan[WHOLE_GRADIENT] = regularisation.limits_norms or regularisation.weight_norm
    if plan[WHOLE_GRADIENT]:
        plan[WHOLE] = places.take(n_parameters)
    if regularisation.masks is not None:
        plan[MASKS] = places.take(n_parameters)
    if any(regularisation.dropconnect) or regularisation.weight_norm:
        # Frozen layers have no tiles, which would keep a copy with weights dropped up to date.
        used = layers if regularisation.weight_norm else layers[regularisation.frozen :]
        used[:, columns.USED] = used[:, WEIGHTS] + places.take(n_parameters)
    normalised = layers[:, SCALES] >= 0
    if plan[SYNCED]:
        sizes = np.where(normalised, 2 * layers[:, FAN_OUT], 0)
        layers[:, columns.STATISTICS] = np.cumsum(sizes) - sizes
        size = places.round(sizes.sum())
        plan[PART_STATISTICS_STEP], plan[TOTALS_STEP] = size, 2 * size
        plan[PART_STATISTICS] = places.take(plan[PARTS] * size)
        plan[TOTALS] = places.take(members * 2 * size)


def _place_numbers(plan, n_tiles, n_layers, members):
    """Place everything in `Task.numbers` but the history of the epochs; return its size."""
    plan[PART_SUMS] = NUMBERS_SIZE
    plan[PENALTIES] = plan[PART_SUMS] + 2 * plan[PARTS]
    plan[SQUARES] = plan[PENALTIES] + n_tiles
    plan[CONSTANTS] = plan[SQUARES] + n_tiles
    plan[NORMS] = plan[CONSTANTS] + members * (STEP_NUMBERS + LOOP_NUMBERS)
    plan[RATES] = plan[NORMS] + n_layers
    plan[HISTORY] = plan[RATES] + 2 + 2 * n_layers
    return int(plan[HISTORY])


def plan_training(table, shape, n_states, n_threads, whole_gradient=False):
    """Cut the work of training.

    Parameters
    ----------
    table : array of int64
        The network's layer table.
    shape : Shape
    n_states, n_threads : int
        Numbers that the rule keeps for every weight, and most members of the team.
    whole_gradient : bool, default=False
        Whether the gradient itself is wanted: then parts of the rows always add up their own.

    Returns
    -------
    plan : Plan
    """
    # Which weights are no connections, and what is drawn, changes nothing of the cut.
    masks = None if shape.regularisation.masks is None else ()
    alike = shape.regularisation._replace(seed=0, masks=masks)
    shape, sizes = shape._replace(regularisation=alike), (n_states, n_threads, whole_gradient)
    cut = _cut_training(table.tobytes(), len(table), shape, *sizes)
    return cut._replace(integers=cut.integers.copy())


@functools.lru_cache(maxsize=64)
def _cut_training(table_bytes, n_layers, shape, n_states, n_threads, whole_gradient):
    """Cut the work of training; cutting is a good part of a small fit."""
    table = np.frombuffer(table_bytes, dtype=np.int64).reshape(n_layers, -1)
    many = shape.batch_rows > DOT_ROWS
    sparse = shape.entries_per_row is not None
    gains = shape.regularisation.weight_norm
    layers, n_parameters = arrange_parameters(table, shape.itemsize, many, sparse, gains)
    set_loops(layers, _dtype(shape.itemsize), training=True)
    tiles = _weight_tiles(layers, shape.itemsize, shape.regularisation.frozen)
    serial = operations(layers, shape) < SERIAL_OPERATIONS
    by_weights = not whole_gradient and _gradient_by_weights(n_parameters, shape, serial)
    members = 1 if serial else max(1, min(n_threads, len(tiles)))
    plan = _empty_plan(members)
    plan[BY_WEIGHTS], plan[GATHER] = by_weights, shape.gather
    plan[HEADS] = np.count_nonzero(layers[:, KIND] != HIDDEN)
    plan[PARTS] = _parts(shape, n_parameters, by_weights, serial)
    plan[TRANSPOSED_KEPT] = many
    part_rows = -(-shape.batch_rows // plan[PARTS])
    n_blocks = -(-part_rows // _cache_rows(layers, shape))
    plan[BLOCK_ROWS] = -(-part_rows // n_blocks)
    plan[SYNCED] = (layers[:, SCALES] >= 0).any()
    in_one_slot = by_weights or plan[SYNCED]
    slot_rows = shape.batch_rows if in_one_slot else plan[BLOCK_ROWS]
    memory_size = _place_memory(plan, layers, tiles, shape, (n_parameters, slot_rows, members))
    numbers_size = _place_numbers(plan, len(tiles), len(layers), members)
    extended = bool(plan[SYNCED]) or shape.regularisation.is_extensive
    sizes = (n_parameters, memory_size, numbers_size)
    return Plan(layers, tiles, plan, *sizes, members, n_states, extended)


def plan_prediction(table, n_rows, itemsize, n_threads):
    """Cut the work of a prediction.

    Parameters
    ----------
    table : array of int64
        The network's layer table.
    n_rows, itemsize, n_threads : int

    Returns
    -------
    plan : Plan
        With the parameters in the network's own arrangement.
    """
    blocks = _cut_prediction(table.tobytes(), len(table), n_rows, itemsize, n_threads)
    return blocks._replace(integers=blocks.integers.copy())


def _end_of_parameters(layers):
    """Return the parameters of a network in its own arrangement."""
    kinds = [BIASES, *NORMALISATION]
    return int((layers[:, kinds].max(axis=1) + layers[:, FAN_OUT]).max())


@functools.lru_cache(maxsize=64)
def _cut_prediction(table_bytes, n_layers, n_rows, itemsize, n_threads):
    """Cut the work of a prediction; predictions of few rows cost little else."""
    table = np.frombuffer(table_bytes, dtype=np.int64).reshape(n_layers, -1)
    shape = Shape(n_rows, itemsize, None, gather=False)
    layers = with_columns(table)
    layers[:, columns.STRIDE], layers[:, columns.USED] = layers[:, FAN_OUT], layers[:, WEIGHTS]
    set_loops(layers, _dtype(itemsize), training=False)
    n_parameters = _end_of_parameters(layers)
    rows = max(1, min(n_rows, _cache_rows(layers, shape)))
    members = max(1, min(n_threads, -(-n_rows // rows)))
    plan = _empty_plan(members)
    plan[N_ROWS], plan[BLOCK_ROWS] = n_rows, rows
    places = Places(itemsize)
    places.take(n_parameters)
    plan[SLOT_STEP] = places.round(_arrange_slot(layers, plan, shape, rows))
    plan[SLOTS] = places.take(members * plan[SLOT_STEP])
    tiles = np.zeros((0, 6), dtype=np.int64)
    size = int(places.size)
    return Plan(layers, tiles, plan, n_parameters, size, NUMBERS_SIZE, members)
