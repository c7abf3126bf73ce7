"""The named tuples that kernels take, and the names of the places in their arrays."""

from typing import NamedTuple

from skdeep.engines.cuda.hardware.shim import SIMULATED
from skdeep.engines.progress import NUMBERS_KEPT, PLAN_KEPT
from skdeep.engines.table import COLUMNS

#: Places of the integers of a plan, behind those that say where training is.
(
    # Batches that a launch may do; how long it has trained the model; 1 once what depends on the
    # weights is up to date.
    MAX_BATCHES,
    NANOSECONDS,
    READY,
    # The data. N_ROWS: of an epoch; DATA_ROWS: of the data; ORDERED: 1 if rows come in the order
    # of `Task.order`; ORDER_STEP: from the order of one epoch to the next; WEIGHTED: 1 if sample
    # weights follow the targets.
    N_EPOCHS,
    N_ROWS,
    DATA_ROWS,
    ORDERED,
    ORDER_STEP,
    WEIGHTED,
    BATCH_SIZE,
    # The network. HEADS: layers at the end that the loss sees; FROZEN: layers, from the first, that
    # keep their weights.
    N_LAYERS,
    HEADS,
    FROZEN,
    # What is minimised. AVERAGED: 1 if the reported loss is the mean over a sample's outputs;
    # CANONICAL: 1 if the delta of an output is its error; OWN_PENALTY: 1 if the penalty is not
    # the squared norm that rules see to; PENALISED: 1 if there is one.
    AVERAGED,
    CANONICAL,
    OWN_PENALTY,
    PENALISED,
    # How it is done. WATCH_LOSS: 1 if the loss decides
    # when to stop; IN_TWO: 1 if the gradient
    # of all weights is formed before any is changed; BY_DIRECTIONS: 1 for weight normalisation.
    WATCH_LOSS,
    IN_TWO,
    # WATCHED: 1 if the norm of the gradient is needed; LIMITED: 1 if those of weights are limited.
    BY_DIRECTIONS,
    N_STATES,
    WATCHED,
    LIMITED,
    # What is random. SEED; LEASTS: place in the plan of the least random bits that keep a feature,
    # the units of every layer, the weights of every layer; 0 keeps all. NOISY: 1 for noise on the
    # features.
    SEED,
    LEASTS,
    NOISY,
    # Places in `Task.memory`: constants, losses and weights of the rows of a batch, sums, with the
    # lanes that make up a sum. PART_ROWS: rows of a batch whose sum is formed by one thread.
    CONSTANTS,
    ROW_LOSSES,
    ROW_WEIGHTS,
    SUMS,
    SUM_LANES,
    PART_ROWS,
    # Places in `Task.store`: what has an element per parameter (the gradient, the states, the
    # masks; 0 for none), and the gathered features of a batch with the step from row to row.
    GRADIENT,
    STATES,
    STATE_STEP,
    MASKS,
    # DIRECT: 1 if `Task.inputs` are the features themselves.
    FEATURES,
    FEATURES_STRIDE,
    DIRECT,
    # Places in `Task.numbers`: what is recorded of every epoch, norms summed over batches, learning
    # rates with the rule's parameters (see the engine for processors).
    HISTORY,
    RECORD_SIZE,
    NORMS,
    STEPS,
    STEPS_STEP,
    PLAN_SIZE,
) = range(PLAN_KEPT, PLAN_KEPT + 45)

#: Places of the numbers, behind those that say where training is.
(
    ALPHA,
    TOL,
    PATIENCE,
    TOL_GRADIENT,
    TOL_OBJECTIVE,
    CLIP_NORM,
    INITIAL_RATE,
    SCHEDULE_PARAMETERS,
    _SECOND,
    LOSS_SUM,
    NORM_SUM,
    PENALTY,
    VALUE,
    NUMBERS_SIZE,
) = range(NUMBERS_KEPT, NUMBERS_KEPT + 14)

#: Constants of the network's precision, at CONSTANTS: six that the rule prepares, DECAY; the
#: strength of the squared norm as part of a step, that of another penalty; SCALE: one over the sum
#: of sample weights; COUNT: rows of the batch; from KEPT on, the shares by which what is kept of
#: the features, of the units of every layer and of the weights of every layer grows.
(
    DECAY,
    SQUARED_NORM,
    STRENGTH,
    PENALTY_PARAMETER,
    LOSS_PARAMETER,
    HEAD_WEIGHT,
    MAX_NORM,
    NOISE,
    RUNNING_SHARE,
    BATCH_EPSILON,
    SCALE,
    COUNT,
    ZERO,
    KEPT,
) = range(6, 20)

#: Columns of the layer table behind those of every engine. Places in `Task.memory`: OUTPUT of the
#: rows of a batch with their STRIDE, DELTA, STATISTICS (mean and one over the deviation), USED (the
#: weights that products read), GAINS (behind the parameters). Places in `Task.store`: SLOPE (-1 if
#: derivatives come from the outputs), STANDARD (standardised units), PARTS (sums over parts of a
#: batch). FIRST_READER, LAST_READER: layers.
(
    OUTPUT,
    STRIDE,
    DELTA,
    SLOPE,
    STANDARD,
    STATISTICS,
    USED,
    GAINS,
    FIRST_READER,
    LAST_READER,
    NORMALISED,
    PARTS,
) = range(COLUMNS, COLUMNS + 12)
#: Numbers of a layer: 256 bytes, which everything on the device is aligned to.
LAYER_SIZE = 32

#: Numbers that a sum is folded to.
FOLD = 32
#: Numbers that longer sums are folded to before.
MIDDLE = 64 if SIMULATED else 1024
#: Sums at SUMS, each of FOLD elements: of the loss, the sample weights and the penalty; from
#: LAYER_SQUARES on, of the squares of every layer's gradient. Behind them, the lanes of the last
#: two kinds.
LOSSES, WEIGHTS, PENALTIES, LAYER_SQUARES = range(4)

#: Columns of the table of models: places in the arrays of a launch.
(
    MEMORY,
    MEMORY_END,
    STORE,
    STORE_END,
    NUMBERS,
    NUMBERS_END,
    PLAN,
    PLAN_END,
    LAYERS,
    LAYERS_END,
    VALUES,
    VALUES_END,
    INDICES,
    INDICES_END,
    STARTS,
    STARTS_END,
    TARGETS,
    TARGETS_END,
    ORDER,
    ORDER_END,
    OUT,
    OUT_END,
    MODEL_SIZE,
) = range(23)


class Task(NamedTuple):
    """What a kernel works on.

    Attributes
    ----------
    memory : array of shape (size,)
        Parameters at the beginning, then what the products of a batch read and write: small enough
        for shared memory in a small network.
    store : array of shape (size,)
        Everything else of the network's precision.
    inputs : array
        What the first layer reads, where features are dense: gathered rows in the store, or the
        features.
    numbers : array of float64
    plan : array of int64
    layers : array of int64 of shape (n_layers, LAYER_SIZE)
    features : array, or SparseRows
        Dense features row by row.
    targets : array
        Row by row, then the sample weights if there are any.
    order : array of int32
        Row numbers in the order of training.
    """

    memory: object
    store: object
    inputs: object
    numbers: object
    plan: object
    layers: object
    features: object
    targets: object
    order: object


class SparseRows(NamedTuple):
    """Sparse features by rows (CSR)."""

    values: object
    indices: object
    starts: object


class Batch(NamedTuple):
    """Rows that go through the network together.

    Attributes
    ----------
    position : int
        Place of the first in the order of training.
    count : int
    update : int
        Number of the update, from 1.
    """

    position: int
    count: int
    update: int


class Who(NamedTuple):
    """One of the threads that share a phase, and how many they are."""

    lane: int
    lanes: int
