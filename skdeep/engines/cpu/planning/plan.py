"""Plans: how the work of training and of predictions is cut, and the memory that it needs."""

import functools
from typing import NamedTuple

import numpy as np

from skdeep.engines.cpu.memory.addresses import address_of
from skdeep.engines.cpu.memory.fields import (
    PHASE_STEP,
    PHASES,
    PLAN,
    SCALARS_SIZE,
    TILE,
    as_operations,
    as_record,
    empty_table,
)
from skdeep.engines.cpu.memory.parameters import find_spans, list_places
from skdeep.engines.cpu.memory.places import Places
from skdeep.engines.cpu.planning.block_uses import Blocks
from skdeep.engines.cpu.planning.kinds import scratch_of_layers, set_needs
from skdeep.engines.cpu.planning.parameter_tiles import cut_parameters
from skdeep.engines.cpu.planning.placement import (
    place_memory,
    place_numbers,
    place_outputs,
    place_parameters,
)
from skdeep.engines.cpu.planning.routine_choice import (
    set_prediction_routines,
    set_training_routines,
)
from skdeep.engines.cpu.planning.shape import (
    Shape,
    cache_rows,
    gradient_by_tiles,
    n_operations,
    n_parts,
)
from skdeep.engines.cpu.products.product import ROWS, WIDE
from skdeep.engines.cpu.rows.activation import set_loops
from skdeep.engines.table import BLOCK_COLUMNS, HIDDEN

#: Floating-point operations of a batch below which more threads cost more than they bring.
SERIAL_OPERATIONS = 1.5e6
#: Floating-point operations of a prediction that are worth another member of the team.
OPERATIONS_WORTH_A_MEMBER = 8e6
#: Rows whose prediction is worth a copy of the weights of wide layers.
ROWS_WORTH_A_COPY = 256
#: Rows that are worth another member of the team where wide layers are not copied: every member
#: reads all of their weights.
ROWS_WORTH_A_MEMBER = 32
#: Up to this many rows, transposing the weights costs more than products by dots.
DOT_ROWS = 8


class Plan(NamedTuple):
    """A cut of the work.

    Attributes
    ----------
    operations, tiles : arrays of records
    integers : array of int64
        The plan as kernels take it.
    shape : Shape
    n_parameters, memory_size, numbers_size : int
        Parameters in the engine's arrangement, and sizes of the memory and the numbers of a task.
    members : int
        Most members of the team.
    tables : tuple of int
        Addresses of `operations` and `tiles`.
    n_states : int, default=0
        Numbers that the optimizer keeps for every parameter.
    spans : list of Span, default=None
        Where the parameters are, unless they are in the network's own arrangement.
    work : float, default=0.0
        Floating-point operations of training on one batch.
    places : array of int64 of shape (layout.n_parameters,), default=None
        Where every parameter of a small network is in the engine's arrangement.
    """

    operations: np.ndarray
    tiles: np.ndarray
    integers: np.ndarray
    shape: Shape
    n_parameters: int
    memory_size: int
    numbers_size: int
    members: int
    tables: tuple
    n_states: int = 0
    spans: list | None = None
    work: float = 0.0
    places: np.ndarray | None = None

    @property
    def fields(self):
        """The plan as a record."""
        return as_record(self.integers, PLAN)

    def copy(self):
        """Return a plan whose integers are its own."""
        return self._replace(integers=self.integers.copy())


def _addresses(*tables):
    return tuple(map(address_of, tables))


def _facts(layout):
    """Return what is hashable of a network, for plans that are kept."""
    arrays = layout.table, layout.blocks, layout.settings
    return tuple(array.tobytes() for array in arrays), layout.sources


def _tables(arrays, sources):
    """Return the table of operations, that of blocks, and the settings."""
    table, blocks, settings = (np.frombuffer(each, dtype=np.int64) for each in arrays)
    return table.reshape(len(sources), -1), blocks.reshape(-1, BLOCK_COLUMNS), settings


def _empty_plan(members):
    integers = np.zeros(PHASES + members * PHASE_STEP, dtype=np.int64)
    return integers, as_record(integers, PLAN)


def plan_training(layout, shape, n_states, n_threads, whole_gradient=False):
    """Cut the work of training.

    Parameters
    ----------
    layout : Layout
        Of the network.
    shape : Shape
    n_states, n_threads : int
        Numbers that the optimizer keeps for every parameter, and most members of the team.
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
    network = _facts(layout)
    numbers = len(layout.rate_factors), len(layout.decays), layout.n_parameters
    return _cut_training(*network, numbers, shape, *sizes).copy()


def _cut_rows(plan, operations, shape, serial, n_parameters):
    """Set how the rows of a batch are cut; return the rows of a slot."""
    plan.parts = n_parts(shape, n_parameters, bool(plan.by_tiles), serial)
    part_rows = -(-shape.batch_rows // plan.parts)
    n_blocks = -(-part_rows // cache_rows(operations, shape))
    plan.block_rows = -(-part_rows // n_blocks)
    together = (operations.scales >= 0) | (operations.n_statistics > 0) | (operations.mixes == 1)
    plan.synchronised = together.any()
    in_one_slot = plan.by_tiles or plan.synchronised
    return shape.batch_rows if in_one_slot else plan.block_rows


@functools.lru_cache(maxsize=64)
def _cut_training(arrays, sources, numbers, shape, n_states, n_threads, whole_gradient):
    """Cut the work of training; cutting is a good part of a small fit."""
    table, block_table, settings = _tables(arrays, sources)
    blocks, many = Blocks(table, block_table, sources), shape.batch_rows > DOT_ROWS
    operations, n_parameters = place_parameters(table, blocks, shape, many)
    set_loops(operations, shape.dtype, training=True)
    set_needs(operations, settings, shape.itemsize, training=True)
    tiles, n_trained, n_tiles = cut_parameters(operations, blocks, shape.itemsize, many)
    work = n_operations(operations, shape)
    serial = bool(work < SERIAL_OPERATIONS)
    members = 1 if serial else max(1, min(n_threads, n_trained))
    integers, plan = _empty_plan(members)
    plan.by_tiles = not whole_gradient and gradient_by_tiles(n_parameters, shape, serial)
    plan.gathers, plan.transposed_kept = shape.gather, many
    plan.n_operations, plan.n_tiles, plan.fixed_end = len(operations), n_trained, n_tiles
    plan.heads = np.count_nonzero(operations.role != HIDDEN)
    slot_rows = int(_cut_rows(plan, operations, shape, serial, n_parameters))
    sizes = n_parameters, slot_rows, members, scratch_of_layers(operations, settings)
    memory_size = place_memory(plan, operations, tiles, shape, sizes)
    n_outputs = int(operations.n_outputs[-1])
    numbers_size = place_numbers(plan, members, *numbers[:2], n_outputs)
    set_training_routines(plan, operations, tiles, shape)
    sizes = n_parameters, memory_size, numbers_size
    tables, spans = _addresses(operations, tiles), find_spans(operations, table)
    places = list_places(spans, n_parameters, numbers[2])
    form = operations, tiles, integers, shape, *sizes, members, tables
    return Plan(*form, n_states, spans, work, places)


def plan_prediction(layout, shape, n_threads, largest=False):
    """Cut the work of a prediction.

    Parameters
    ----------
    layout : Layout
        Of the network.
    shape : Shape
        Its batch are the rows to predict.
    n_threads : int
    largest : bool, default=False
        Whether it is asked which outputs are the largest.

    Returns
    -------
    plan : Plan
        Without spans if the parameters are not copied: they are in the network's own arrangement.
    """
    network = _facts(layout)
    return _cut_prediction(*network, shape, n_threads, largest).copy()


def _place_for_prediction(table, block_table, sources, shape):
    """Place the parameters; return the operations, and how many parameters are to be copied.

    Those of wide layers are copied into panels where many rows are predicted.
    """
    if shape.batch_rows >= ROWS_WORTH_A_COPY:
        blocks = Blocks(table, block_table, sources)
        operations, n_parameters = place_parameters(table, blocks, shape, True)
        otherwise = (operations.gap > 0) | (operations.stride != operations.fan_out)
        if otherwise[operations.fan_out > 0].any():
            return operations, n_parameters
    operations = as_operations(table)
    operations.stride, operations.used = operations.fan_out, operations.weights
    return operations, 0


def _cut_rows_to_predict(operations, shape, n_threads, copied):
    """Return how many rows go through the network at once, and the members who share all rows."""
    if operations.mixes.any():
        return shape.batch_rows, 1
    work = 2.0 * shape.batch_rows * operations.multiplications.sum(dtype=float)
    reads_wide = not copied and (operations.fan_out >= WIDE).any()
    most = shape.batch_rows // (ROWS_WORTH_A_MEMBER if reads_wide else 1)
    most = min(n_threads, most, int(work / OPERATIONS_WORTH_A_MEMBER))
    members = max(1, most)
    n_blocks = -(-shape.batch_rows // cache_rows(operations, shape, training=False))
    if reads_wide and shape.batch_rows < ROWS_WORTH_A_COPY:
        n_blocks = 1  # for every member: each block reads all weights
    n_blocks = -(-n_blocks // members) * members
    rows = max(1, -(-shape.batch_rows // max(1, n_blocks)))
    if rows > ROWS:  # whole register tiles
        rows = min(-(-rows // ROWS) * ROWS, shape.batch_rows)
    return rows, max(1, min(members, -(-shape.batch_rows // rows)))


@functools.lru_cache(maxsize=64)
def _cut_prediction(arrays, sources, shape, n_threads, largest):
    """Cut the work of a prediction; predictions of few rows cost little else."""
    table, block_table, settings = _tables(arrays, sources)
    operations, n_copied = _place_for_prediction(table, block_table, sources, shape)
    set_loops(operations, shape.dtype, training=False)
    set_needs(operations, settings, shape.itemsize, training=False)
    n_rows = shape.batch_rows
    rows, members = _cut_rows_to_predict(operations, shape, n_threads, n_copied > 0)
    integers, plan = _empty_plan(members)
    plan.n_rows, plan.block_rows, plan.n_operations = n_rows, rows, len(operations)
    places = Places(shape.itemsize)
    places.take(n_copied)
    plan.slot_step = places.round(place_outputs(operations, shape, rows))
    plan.slots = places.take(members * plan.slot_step)
    plan.scratch_step = places.round(scratch_of_layers(operations, settings))
    plan.scratch = places.take(members * plan.scratch_step)
    set_prediction_routines(plan, operations, shape, largest)
    sizes = n_copied, int(places.size), SCALARS_SIZE
    tiles = empty_table(0, TILE)
    tables, spans = _addresses(operations, tiles), None
    if n_copied:
        spans = find_spans(operations, table)
    return Plan(operations, tiles, integers, shape, *sizes, members, tables, spans=spans)
