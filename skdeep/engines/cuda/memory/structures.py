"""The named tuples and records that kernels take, and the names of the places in their arrays."""

from typing import NamedTuple

import numpy as np

from skdeep.engines.cuda.hardware.records import record_class
from skdeep.engines.cuda.hardware.shim import SIMULATED, record_view, rows_view
from skdeep.engines.table import COLUMNS
from skdeep.engines.training_position import BEST, PLAN_KEPT, RATE, RULE_PARAMETERS


def _fields(*groups, kind=np.int64, n_bytes=None):
    """Return a structured type whose fields are numbers of 64 bits, named in groups."""
    names = [name for group in groups for name in group.split()]
    kinds = {"names": names, "formats": [kind] * len(names)}
    # What a compiler is told of the alignment decides whether numbers are read as a whole.
    return np.dtype({**kinds, "itemsize": n_bytes or 8 * len(names)}, align=True)


_PROGRESS = ("epoch", "row", "update", "first_update", "seen", "stalled", "stopped")
#: The integers of a plan, a record in kernels.
PLAN_FIELDS = _fields(
    # Where training is: `skdeep.engines.training_position`.
    " ".join(_PROGRESS),
    # Batches that a launch may do; how long it has trained the model; 1 once what depends on the
    # weights is up to date.
    "max_batches nanoseconds ready",
    # The data. `n_rows`: of an epoch; `data_rows`: of the data; `ordered`: 1 if rows come in the
    # order of `Task.order`; `order_step`: from the order of one epoch to the next; `weighted`: 1 if
    # sample weights follow the targets.
    "n_epochs n_rows data_rows ordered order_step weighted batch_size",
    # The network. `heads`: layers at the end that the loss sees; `frozen`: layers, from the first,
    # that keep their weights.
    "n_layers heads frozen",
    # What is minimised. `averaged`: 1 if the reported loss is the mean over a sample's outputs;
    # `canonical`: 1 if the delta of an output is its error; `own_penalty`: 1 if the penalty is not
    # the squared norm that optimizers see to; `penalised`: 1 if there is one.
    "averaged canonical own_penalty penalised",
    # How it is done. `watch_loss`: 1 if the loss decides when to stop; `in_two`: 1 if the gradient
    # of all weights is formed before any is changed; `by_directions`: 1 for weight normalisation;
    # `watched`: 1 if the norm of the gradient is needed; `limited`: 1 if those of weights are
    # limited.
    "watch_loss in_two by_directions n_states watched limited",
    # What is random. `leasts`: place in the integers of the least random bits that keep a feature,
    # the units of every layer, the weights of every layer; 0 keeps all. `noisy`: 1 for noise on the
    # features.
    "seed leasts noisy",
    # Places in `Task.memory`: constants, losses and weights of the rows of a batch, sums, with the
    # lanes that make up a sum. `part_rows`: rows of a batch whose sum is formed by one thread.
    "constants row_losses row_weights sums sum_lanes part_rows",
    # Places in `Task.store`: what has an element per parameter (the gradient, the states, the
    # masks; 0 for none), and the gathered features of a batch with the step from row to row.
    # `direct`: 1 if `Task.inputs` are the features themselves.
    "gradient states state_step masks features features_stride direct",
    # Places in `Task.doubles`: what is recorded of every epoch, norms summed over batches, learning
    # rates with the rule's parameters (see the engine for processors).
    "history record_size norms steps steps_step",
)
PLAN_SIZE = len(PLAN_FIELDS.names)
if PLAN_FIELDS.names[:PLAN_KEPT] != _PROGRESS:
    raise ImportError("A plan must begin with what all engines share.")

_RULE_PARAMETERS = " ".join(f"parameter_{index}" for index in range(RULE_PARAMETERS))
#: The numbers that have names, a record in kernels: always in float64.
NUMBER_FIELDS = _fields(
    # Where training is: `skdeep.engines.training_position`.
    f"rate {_RULE_PARAMETERS} best",
    # `alpha`: strength of the penalty. Training has stalled after more than `patience` epochs that
    # did not improve by `tol`. It ends when the norm of the gradient falls below `tol_gradient` or
    # the loss below `tol_objective`. `clip_norm`: largest norm of the gradient, 0 for any.
    "alpha tol patience tol_gradient tol_objective clip_norm",
    # Of the schedule.
    "initial_rate schedule_parameter_0 schedule_parameter_1",
    # `loss_sum`: loss of the epoch so far, times rows; `norm_sum`: norms of the gradients of its
    # batches; `penalty`: of the weights as they are; `value`: the objective, where it is asked for.
    "loss_sum norm_sum penalty value",
    kind=np.float64,
)
NUMBERS_SIZE = len(NUMBER_FIELDS.names)
if NUMBER_FIELDS.names.index("best") != BEST or NUMBER_FIELDS.names[RATE] != "rate":
    raise ImportError("The numbers must begin with what all engines share.")

#: Constants of the network's precision, at CONSTANTS: six that the rule prepares, DECAY; the
#: strength of the squared norm as part of a step, that of another penalty; SCALE: one over the sum
#: of sample weights; COUNT: rows of the batch; from KEPT on, the shares by which what is kept of
#: the features, of the units of every layer and of the weights of every layer grows; behind them,
#: what the strength of the penalty is multiplied by for the weights of every layer.
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

#: Integers of a layer: 256 bytes, which everything on the device is aligned to.
LAYER_SIZE = 32
#: A row of the table of layers, a record in kernels.
LAYER_FIELDS = _fields(
    # The columns of the network's own table: `skdeep.engines.table`.
    "kind role fan_in fan_out n_inputs n_outputs activation weights biases scales shifts means",
    "variances first_source last_source settings n_biases",
    # Places in `Task.memory`: `output` of the rows of a batch with their `stride`, `delta`,
    # `statistics` (mean and one over the deviation), `used` (the weights that products read),
    # `gains` (behind the parameters). Places in `Task.store`: `slope` (-1 if derivatives come from
    # the outputs), `standard` (standardised units), `parts` (sums over parts of a batch).
    # `first_reader`, `last_reader`: layers. `normalised`: 1 if the activation is of a whole row.
    "output stride delta slope standard statistics used gains first_reader last_reader normalised",
    "parts",
    n_bytes=8 * LAYER_SIZE,
)
if LAYER_FIELDS.names.index("n_biases") + 1 != COLUMNS:
    raise ImportError("The table of layers must begin with the columns that all engines share.")

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


#: ``PlanRecord(integers)``, ``NumberRecord(doubles)``, ``LayerRecord(row)``: a plan, its numbers
#: and a layer by names, on the host.
PlanRecord, NumberRecord = record_class(PLAN_FIELDS), record_class(NUMBER_FIELDS)
LayerRecord = record_class(LAYER_FIELDS)
#: The same in kernels. ``plan_of(integers)``, ``numbers_of(doubles)``: what has names in an array
#: as a record; ``layers_of(table)``: a table of layers, an array of shape (n_layers, LAYER_SIZE),
#: as records.
plan_of, numbers_of = record_view(PLAN_FIELDS), record_view(NUMBER_FIELDS)
layers_of = rows_view(LAYER_FIELDS)


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
    numbers : record of NUMBER_FIELDS
    doubles : array of float64
        The numbers, and what follows them.
    plan : record of PLAN_FIELDS
    integers : array of int64
        The plan, and what follows it.
    layers : records of LAYER_FIELDS, of shape (n_layers,)
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
    doubles: object
    plan: object
    integers: object
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
