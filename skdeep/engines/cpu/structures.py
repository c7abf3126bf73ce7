"""The named tuples that kernels take, and the names of the places in their arrays.

Compiled functions pay for every array that they are handed, when they are compiled and when they
are called. So a kernel gets few arrays, and what is in them has names: the places of `Task.plan`
and `Task.numbers` below, the offsets into `Task.memory` in the plan and in the layer table.
"""

from typing import NamedTuple

import numpy as np

# Kernels find the names of all places here.
from skdeep.engines.progress import (  # noqa: F401
    BEST,
    EPOCH,
    FIRST_UPDATE,
    NUMBERS_KEPT,
    PARAMETERS,
    PLAN_KEPT,
    RATE,
    RECORD,
    ROW,
    RULE_PARAMETERS,
    SEEN,
    STALLED,
    STOPPED,
    STOPPED_BY_CHANGE,
    STOPPED_BY_GRADIENT,
    STOPPED_BY_OBJECTIVE,
    UPDATE,
)

#: Places of the integers that make up a plan.
(
    # How a batch is cut. PARTS of its rows, of which members of the team take whole ones; ROWS that
    # go through the network at once; BY_WEIGHTS: 1 if every weight tile forms its gradient over the
    # whole batch, 0 if every part adds up its own.
    PARTS,
    ROWS,
    BY_WEIGHTS,
    # Addresses of loops, see `skdeep.engines.cpu.loops`. AVERAGED: 1 if the reported loss is the
    # mean over a sample's outputs; CANONICAL: 1 if the delta of an output is simply its error;
    # UPDATES: 1 if the rule changes the weights, 0 if it only writes down the gradient.
    LOSS,
    LOSS_DERIVATIVE,
    AVERAGED,
    CANONICAL,
    RULE,
    RULE_PREPARE,
    # PENALTY_GRADIENT, PENALTY_VALUE: nothing for the squared norm, which is part of the rules.
    UPDATES,
    SCHEDULE,
    PENALTY_GRADIENT,
    PENALTY_VALUE,
    # What is random. Addresses of the loops that drop units, features and weights, and add noise to
    # features; SEED; RATES: place in `Task.numbers` of the standard deviation of the noise, the
    # rates of the features and of every layer's units, and the rates of every layer's weights.
    DROP_UNITS,
    DROP_FEATURES,
    DROP_WEIGHTS,
    ADD_NOISE,
    SEED,
    RATES,
    # HEADS: layers, at the end, whose outputs the loss sees, the last of which predicts; MASKS:
    # place of what the gradients are multiplied by, 0 without.
    HEADS,
    MASKS,
    # BY_DIRECTIONS: 1 if weights are directions times gains.
    BY_DIRECTIONS,
    # FROZEN: layers, from the first, that keep their weights. WHOLE_GRADIENT: 1 if the gradient of
    # all weights is formed, at WHOLE, before any is changed. SYNCED: 1 if the members of the team
    # meet at every layer, for batch normalisation: then PART_STATISTICS are those of the parts,
    # TOTALS those of the members.
    FROZEN,
    WHOLE_GRADIENT,
    WHOLE,
    SYNCED,
    PART_STATISTICS,
    PART_STATISTICS_STEP,
    TOTALS,
    TOTALS_STEP,
    # Places in `Task.memory`, with the step from one to the next. SLOTS: of rows on their way, one
    # per part, or a single one if BY_WEIGHTS or SYNCED; GRADIENTS: of the parts; SCRATCH: of the
    # members, for the gradient of a tile and, from SCRATCH_INPUTS on, some inputs of a wide layer.
    # STATE_STEP: in `Task.states`. TRANSPOSED_KEPT: 1 if transposed weights are kept.
    SLOTS,
    SLOT_STEP,
    GRADIENTS,
    GRADIENT_STEP,
    SCRATCH,
    SCRATCH_STEP,
    SCRATCH_INPUTS,
    STATE_STEP,
    TRANSPOSED_KEPT,
    # Places in a slot: of targets, sample weights and loss values.
    SLOT_TARGETS,
    SLOT_WEIGHTS,
    SLOT_LOSSES,
    # Places in `Task.numbers`: of the loss and weight of every part, the penalty of every weight
    # tile and the square of its gradient's norm, the constants that the rule prepares for every
    # member, the norms of the layers' gradients summed over batches, what is recorded of every
    # epoch (RECORD_SIZE numbers), and the learning rates with the rule's parameters,
    # from one update to the next STEPS_STEP: 0 if all share those that begin `Task.numbers`. A
    # learning rate below 0 stands for the one that the step-wise schedule gives.
    PART_SUMS,
    PENALTIES,
    SQUARES,
    CONSTANTS,
    NORMS,
    HISTORY,
    RECORD_SIZE,
    STEPS,
    STEPS_STEP,
    # The data. N_ROWS: of an epoch; DATA_ROWS: of the data; WEIGHTED: 1 if sample weights follow
    # the targets; GATHER: 1 if rows come in the order of `Task.order`; ORDER_STEP: from the order
    # of one epoch to the next, 0 if all share one.
    N_ROWS,
    DATA_ROWS,
    WEIGHTED,
    GATHER,
    ORDER_STEP,
    BATCH_SIZE,
    N_EPOCHS,
    # WATCH_LOSS: 1 if the training loss decides when to stop, 0 if the caller does;
    # WATCH_GRADIENT: 1 if the norm of the gradient is recorded.
    WATCH_LOSS,
    WATCH_GRADIENT,
    # READY: 1 once the memory is up to date.
    READY,
    PLAN_SIZE,
) = range(PLAN_KEPT, PLAN_KEPT + 62)

#: Behind the plan: what every member of the team is at (`skdeep.engines.cpu.phases`), each on a
#: cache line of its own.
PHASES, PHASE_STEP = PLAN_SIZE + 7, 8

#: Most inputs of a wide layer whose gradient is formed at once: a few register tiles of rows.
ACROSS = 96

#: What `Task.extended` is.
PLAIN_TASK, EXTENDED_TASK, LIMITED_TASK = 0, (0,), (0, 0)

#: Places of the numbers that begin `Task.numbers`.
(
    # ALPHA: strength of the penalty, PENALTY_PARAMETER: its parameter; DECAY: the strength, where
    # the rule applies it to the weights; LOSS_PARAMETER: of the loss. HEAD_WEIGHT: of the losses of
    # auxiliary outputs. CLIP_NORM, MAX_NORM: largest norms of the gradient and of the weights into
    # a unit, 0 for any; RUNNING_SHARE: of a batch in the running statistics.
    ALPHA,
    PENALTY_PARAMETER,
    DECAY,
    HEAD_WEIGHT,
    CLIP_NORM,
    MAX_NORM,
    RUNNING_SHARE,
    LOSS_PARAMETER,
    # Training has stalled after more than PATIENCE epochs that did not improve by TOL. It ends when
    # the norm of the gradient falls below TOL_GRADIENT or the loss below TOL_OBJECTIVE.
    TOL,
    PATIENCE,
    TOL_GRADIENT,
    TOL_OBJECTIVE,
    # LOSS_SUM: loss of the epoch so far, times rows; NORM_SUM: norms of the gradients of its
    # batches; PENALTY: of the weights as they are; VALUE: the objective, where that is asked for.
    LOSS_SUM,
    NORM_SUM,
    PENALTY,
    VALUE,
    # Of the schedule. SCHEDULE_STALLED: 1 if training has stalled.
    SCHEDULE_STALLED,
    INITIAL_RATE,
    SCHEDULE_PARAMETERS,
    _SECOND_SCHEDULE_PARAMETER,
    NUMBERS_SIZE,
) = range(NUMBERS_KEPT, NUMBERS_KEPT + 21)

#: Numbers that a rule prepares for a step; a step's loop also gets the decay and the strength of
#: the penalty for its weights, and one over the sum of sample weights.
RULE_CONSTANTS = 6
STEP_NUMBERS = RULE_CONSTANTS + 3
#: Numbers of a member for the loops that are not the rule's.
LOOP_NUMBERS = 6

#: Columns of the table of weight tiles.
#: TILE_FIRST: its first row among those of its layer, TILE_INPUT: among those that read the source
#: TILE_SOURCE.
TILE_LAYER, TILE_KIND, TILE_FIRST, TILE_ROWS, TILE_SOURCE, TILE_INPUT = range(6)
#: What a tile is of: weights, biases, scales and shifts of batch normalisation, gains of weight
#: normalisation.
OF_WEIGHTS, OF_BIASES, OF_SCALES, OF_SHIFTS, OF_GAINS = range(5)


class Task(NamedTuple):
    """What a kernel works on.

    Attributes
    ----------
    memory : array of shape (size,)
        Parameters at the beginning, then everything else of their precision.
    states : array of shape (n_states * STATE_STEP,)
        Of the rule, each like the parameters; they outlive the task.
    numbers : array of float64
        See the constants of this module.
    plan : array of int64 of shape (PHASES + members * PHASE_STEP,)
        See the constants of this module.
    layers : array of int64 of shape (n_layers, n_columns)
        The engine's layer table, see `skdeep.engines.cpu.layers`.
    tiles : array of int64 of shape (n_tiles, 6)
        Weight tiles: layer, what they are of, first row, rows, source and its first input.
    features : array of shape (n_rows * n_features,), or SparseRows
        Read only.
    targets : array of shape (n_rows * n_outputs,) or (n_rows * n_outputs + n_rows,)
        Targets row by row, then the sample weights if there are any. Read only.
    order : array of int64
        Row numbers in the order of training, epoch after epoch. Read only.
    extended : int or tuple
        0 for a plain task; ``(0,)`` for one with regularisation or normalisation, and ``(0, 0)``
        where that needs the gradient of all weights at once: each has kernels of its own.
    """

    memory: np.ndarray
    states: np.ndarray
    numbers: np.ndarray
    plan: np.ndarray
    layers: np.ndarray
    tiles: np.ndarray
    features: object
    targets: np.ndarray
    order: np.ndarray
    extended: object


class SparseRows(NamedTuple):
    """Sparse features by rows (CSR), read only, and room for a batch of them by columns.

    Attributes
    ----------
    values, indices, indptr : arrays
    column_starts, column_rows : arrays of int64
    column_values : array
    """

    values: np.ndarray
    indices: np.ndarray
    indptr: np.ndarray
    column_starts: np.ndarray
    column_rows: np.ndarray
    column_values: np.ndarray


class Batch(NamedTuple):
    """A mini-batch: the place of its first row in the order of training, its rows, its update."""

    position: int
    count: int
    update: int


class Block(NamedTuple):
    """Rows of a batch that go through the network together.

    Attributes
    ----------
    slot : int
        Place of their slot in the memory.
    row : int
        First row of the block in the slot.
    rows : int
        How many.
    position : int
        Place of the first row in the order of training.
    member : int
        Who carries them.
    first : int
        First row of the block in its batch.
    update : int
        Number of the update.
    """

    slot: int
    row: int
    rows: int
    position: int
    member: int
    first: int
    update: int
