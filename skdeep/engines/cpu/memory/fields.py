"""The records that kernels read: what is in the arrays of a task, by name.

Kernels take few arrays, since each costs time when a kernel is compiled and when it is called. What
is in them has names all the same: an array of integers is seen as a record whose fields are these
integers, at no cost in compiled code.
"""

from types import SimpleNamespace
from typing import NamedTuple

import numpy as np

from skdeep.engines.table import COLUMNS
from skdeep.engines.training_position import PLAN_KEPT, RULE_PARAMETERS

_PROGRESS = ("epoch", "row", "update", "first_update", "seen", "stalled", "stopped")


def _record(dtype, *groups):
    """Return a structured type whose fields, of one type, are named in groups."""
    names = [name for group in groups for name in group.split()]
    return np.dtype([(name, dtype) for name in names])


#: What the plan of a task consists of: integers that say how its work is cut, where things are in
#: its memory, and which compiled functions do the work (by their addresses, 0 for none).
PLAN = _record(
    np.int64,
    # Where training is: `skdeep.engines.training_position`.
    " ".join(_PROGRESS),
    # How many operations the network has, the last of which are its heads: those whose outputs the
    # loss sees, the very last of which predicts. How many tiles of parameters are trained; behind
    # them, up to `fixed_end`, come those that are not, but of which there is a transposed copy.
    "n_operations heads n_tiles fixed_end",
    # How a batch is cut. Its rows are cut into parts, of which members of the team take whole ones;
    # `block_rows` go through the network at once. `by_tiles`: 1 if every tile forms its gradient
    # over the whole batch, 0 if every part adds up its own. `synchronised`: 1 if the members of
    # the team meet at every operation, for statistics of the batch. `whole_gradient`: 1 if the
    # gradient of all parameters is formed before any is changed. `by_directions`: 1 if weights are
    # directions times gains.
    "parts block_rows by_tiles synchronised whole_gradient by_directions",
    # Functions that kernels call by their addresses (`skdeep.engines.cpu.compiling.routines`).
    "product window_product gather arrange_columns output_gradient",
    "step_tiles refresh_tiles form_tiles watch_tiles apply_tiles",
    "transpose_fixed add_further_uses clear_shared",
    "write_outputs copy_into_panels drop_outputs drop_piece normalisation_gradient",
    "carry_to_directions write_weights limit_norms",
    "take_moments combine_moments normalise take_sums combine_sums denormalise",
    "normalise_by_running",
    # Loops around formulas (`skdeep.engines.cpu.compiling.loops`). `averaged`: 1 if the reported
    # loss is the mean over a sample's outputs; `by_output`: 1 if every output has a parameter of
    # the loss of its own, at `loss_parameters` of the numbers; `canonical`: 1 if the gradient with
    # respect to the weighted inputs of an output is simply its error; `updates`: 1 if the optimizer
    # changes the parameters, 0 if it only writes down the gradient.
    "loss loss_derivative averaged by_output loss_parameters canonical",
    "optimizer optimizer_prepare updates schedule",
    # Nothing for the squared norm, which is part of the optimizers.
    "penalty_gradient penalty_value",
    # What is random: loops that drop units, features and weights, and add noise to features;
    # `rates`: place in the numbers of the standard deviation of the noise, the rates of the
    # features and of every layer's units, and the rates of every layer's weights.
    "drop_units drop_features drop_weights add_noise seed rates",
    # Places in the memory, with the step from one to the next: of slots with rows on their way, one
    # per part, or a single one if `by_tiles` or `synchronised`; of the gradients of the parts; of
    # the scratch memory of the members, for the gradient of a tile and, from `scratch_inputs` on,
    # some inputs of a wide layer, and from `scratch_shared` on, the gradient of shared parameters
    # for one of their uses, and from `scratch_layers` on, what layers of some kinds need for a
    # block; of the whole gradient, and of what gradients are multiplied by (0 without).
    # `state_step`: in the states. `transposed_kept`: 1 if transposed weights are kept, `in_panels`:
    # 1 if some are in panels.
    "slots slot_step gradients gradient_step scratch scratch_step scratch_inputs",
    "scratch_shared scratch_layers whole masks state_step transposed_kept in_panels",
    # Statistics of batch normalisation: those of the parts, and those that members have combined.
    "part_statistics part_statistics_step totals totals_step",
    # Places in a slot: of targets, sample weights and loss values.
    "slot_targets slot_weights slot_losses",
    # Places in the numbers: of the loss and weight of every part, the penalty of every tile and the
    # square of its gradient's norm, the factors on the learning rate (`n_factors`), those on the
    # strength of the penalty, the constants that the optimizer prepares for every member and factor
    # on the learning rate (`constants_step` from one member to the next), the norms of the layers'
    # gradients summed over batches, what is recorded of every epoch (`record_size` numbers), and
    # the learning rates with the optimizer's parameters, from one update to the next `steps_step`:
    # 0 if all share those that begin the numbers. A learning rate below 0 stands for the one that
    # the step-wise schedule gives.
    "part_sums penalties squares factors n_factors decays constants constants_step norms",
    "history record_size steps steps_step",
    # The data. `n_rows`: of an epoch; `data_rows`: of the data; `weighted`: 1 if sample weights
    # follow the targets; `gathers`: 1 if rows come in the order given; `order_step`: from the order
    # of one epoch to the next, 0 if all share one.
    "n_rows data_rows weighted gathers order_step batch_size n_epochs",
    # `watch_loss`: 1 if the training loss decides when to stop, 0 if the caller does;
    # `watch_gradient`: 1 if the norm of the gradient is recorded; `ready`: 1 once what depends on
    # the parameters is up to date.
    "watch_loss watch_gradient ready",
)
PLAN_SIZE = len(PLAN.names)
if PLAN.names[:PLAN_KEPT] != _PROGRESS:
    raise ImportError("The plan of a task must begin with what all engines share.")

#: Behind the plan: what every member of the team is at
#: (`skdeep.engines.cpu.threads.member_phases`), each on a cache line of its own.
PHASES, PHASE_STEP = PLAN_SIZE + 7, 8

_PARAMETERS = " ".join(f"parameter_{index}" for index in range(RULE_PARAMETERS))

#: The numbers of a task that have names; others follow them, at places that the plan says.
SCALARS = _record(
    np.float64,
    # The learning rate and the optimizer's parameters; the best loss of all epochs.
    f"rate {_PARAMETERS} best",
    # `alpha`: strength of the penalty, with its parameter; `decay`: the strength, where the
    # optimizer applies it to the weights; `loss_parameter`: of the loss; `head_weight`: of the
    # losses of auxiliary outputs; `clip_norm`, `max_norm`: largest norms of the gradient and of the
    # weights into a unit, 0 for any; `running_share`: of a batch in the running statistics.
    "alpha penalty_parameter decay head_weight clip_norm max_norm running_share loss_parameter",
    # Training has stalled after more than `patience` epochs that did not improve by `tol`. It ends
    # when the norm of the gradient falls below `tol_gradient` or the loss below `tol_objective`.
    "tol patience tol_gradient tol_objective",
    # `loss_sum`: loss of the epoch so far, times rows; `norm_sum`: norms of the gradients of its
    # batches; `penalty`: of the parameters as they are; `value`: the objective, where it is asked
    # for.
    "loss_sum norm_sum penalty value",
    # Of the schedule. `schedule_stalled`: 1 if training has stalled.
    "schedule_stalled initial_rate schedule_parameter_0 schedule_parameter_1",
)
SCALARS_SIZE = len(SCALARS.names)


def place_of(name):
    """Return the place of a scalar in the numbers of a task."""
    return SCALARS.names.index(name)


#: The places of the integers of a plan and of the scalars by their names, for Python, where records
#: are slow.
PLAN_AT = SimpleNamespace(**{name: place for place, name in enumerate(PLAN.names)})
NUMBERS_AT = SimpleNamespace(**{name: place for place, name in enumerate(SCALARS.names)})


#: A row of the table of operations, in elements of the task's memory where nothing else is said.
OPERATION = _record(
    np.int64,
    # The columns of the network's own table: `skdeep.engines.table`.
    "kind role fan_in fan_out n_inputs n_outputs activation weights biases scales shifts means",
    "variances first_source last_source settings n_biases",
    # Compiled functions. `forward` and `backward` do all that is to be done for a block of rows;
    # where the members of the team meet in between, `affine` and `activate`, and `chain_rule` and
    # `to_sources`, take their places. `gradient`: of the parameters, added up over a block;
    # `tile_gradient`: of a tile of them, over a whole batch.
    "forward backward affine activate chain_rule to_sources gradient tile_gradient",
    # Loops of the activation and of its derivative; `slope`: place in a slot of the derivatives
    # where they are not formed from the outputs, else -1.
    "activation_loop derivative_loop slope",
    # `stride`: from one row of weights to the next; `gap`, `transposed_gap`, `panels_gap`: what
    # lies between neighbouring panels (`MatrixLayout`) of the weights, of their transposed copy and
    # of the copy of the gradients at `panels` in the slot; `gap` is 0 where the weights are kept
    # row by row. `used`: place of the weights that products read: the weights themselves, a copy
    # in which some are dropped, or what directions and gains make up; `gains`: their place, or -1.
    "stride gap transposed transposed_stride transposed_gap panels panels_gap used gains",
    # Places in a slot of inputs, outputs and of the gradients with respect to the weighted inputs
    # (`delta`), with the strides of their rows; of the standardised units of batch normalisation.
    # `statistics`: place of the layer's in the statistics of a part. `last_reader`: the last
    # operation that reads the outputs, the first to carry gradients back to them. `kept`: place in
    # a slot of what some kinds keep of a row beside its outputs, `kept_stride` numbers for a row.
    "input input_stride output output_stride delta standard statistics last_reader",
    "kept kept_stride",
    # Numbers of a part that some kinds keep of a batch until its gradients go back.
    # `mixes`: 1 if rows read those of other members, so that all meet before.
    "n_statistics mixes",
    # `reached`: 1 if gradients are propagated back to its outputs, as it or something that it
    # reads is trained. `trains`: 1 if any of its parameters are trained; `trains_weights`: 1 if its
    # weights are, and no earlier operation uses them.
    # `adds`: 1 if its gradient is added to that of other operations with the same parameters.
    # `multiplications`: of a row on the way forward.
    "reached trains trains_weights adds multiplications",
)

#: A row of the table of tiles: operation, what it is of, its first row among those of its
#: operation, how many, the source that they read, and the first among those that read it; the
#: number of its factor on the strength of the penalty; 1 if its weights have a transposed copy; the
#: number of its factor on the learning rate; and the row that says the same of the next operation
#: that uses these parameters, or -1. Such rows are behind all others.
TILE = _record(np.int64, "operation kind first rows source input decay transposed factor next_use")
#: What a tile is of: weights, biases, scales and shifts of batch normalisation, gains of weight
#: normalisation.
OF_WEIGHTS, OF_BIASES, OF_SCALES, OF_SHIFTS, OF_GAINS = range(5)

#: Most inputs of a wide layer whose gradient is formed at once: a few register tiles of rows.
ACROSS = 96

#: Numbers that an optimizer prepares for a step; a step's loop also gets the decay and the strength
#: of the penalty for its parameters, and one over the sum of sample weights.
RULE_CONSTANTS = 6
STEP_NUMBERS = RULE_CONSTANTS + 3
#: Numbers of a member for the loops that are not the optimizer's.
LOOP_NUMBERS = 6


def as_record(array, fields):
    """Return the beginning of an array as one record.

    Parameters
    ----------
    array : array of shape (n,)
    fields : structured dtype

    Returns
    -------
    record : numpy.record
        A view.
    """
    return array[: len(fields.names)].view(fields).view(np.recarray)[0]


def empty_table(n_rows, fields):
    """Return a table of zeros with named columns.

    Parameters
    ----------
    n_rows : int
    fields : structured dtype

    Returns
    -------
    table : numpy.recarray of shape (n_rows,)
    """
    return np.zeros(n_rows, dtype=fields).view(np.recarray)


#: What an operation may have one of for every unit.
OF_UNITS = ("biases", "scales", "shifts", "means", "variances", "gains")


def as_operations(table, sources=None):
    """Return the network's table as that of operations, with the engine's columns still empty.

    Parameters
    ----------
    table : array of int64 of shape (n_operations, n_columns)
    sources : sequence of sequence of int, default=None
        What every operation reads; None where it does not matter who reads an operation.

    Returns
    -------
    operations : array of records
    """
    operations = empty_table(len(table), OPERATION)
    for name, column in zip(OPERATION.names[:COLUMNS], table.T, strict=True):
        operations[name] = column
    operations.slope = operations.gains = -1
    for index, read in enumerate(sources or ()):
        for source in read:
            if source > 0:
                operations.last_reader[source - 1] = index
    return operations


class Task(NamedTuple):
    """What compiled functions work on; they see pointers where there are arrays here.

    Attributes
    ----------
    handle : array of int64, or in compiled code its address
        The addresses of the arrays below (`skdeep.engines.cpu.compiling.tasks`).
    memory : array
        Parameters at the beginning, unless they are elsewhere, then everything else of their
        precision.
    parameters : array
        The memory; in predictions of a few rows, the network's own vector.
    states : array of shape (n_states * state_step,)
        Of the optimizer, each like the parameters; they outlive the task.
    numbers : array of float64
        `SCALARS` and what follows them.
    plan : array of int64
        See `PLAN`; a record in compiled code, where `scalars` is the beginning of `numbers`.
    operations, tiles : arrays of records
        See `OPERATION` and `TILE`.
    settings : array of int64
        Of all operations, each from the place on that the table says.
    values : array
        Features: of shape (n_rows * n_features,), or the stored entries of sparse rows.
    indices, indptr : arrays of int
        Of sparse rows (CSR).
    column_starts, column_rows : arrays of int64
        With `column_values`, room for a sparse batch by columns.
    column_values : array
    order : array of int64
        Row numbers in the order of training, epoch after epoch.
    targets : array of shape (n_rows * n_outputs,) or (n_rows * n_outputs + n_rows,)
        Targets row by row, then the sample weights if there are any.
    outputs : array of shape (n_rows * n_outputs,)
        Receives predictions; of no size where they are not wanted.
    places : array of int64 of shape (n_rows,)
        Receives the place of the largest output of every row; of no size likewise.
    """

    handle: object
    memory: np.ndarray
    parameters: np.ndarray
    states: np.ndarray
    numbers: np.ndarray
    plan: np.ndarray
    operations: np.ndarray
    tiles: np.ndarray
    settings: np.ndarray
    values: np.ndarray
    indices: np.ndarray
    indptr: np.ndarray
    column_starts: np.ndarray
    column_rows: np.ndarray
    column_values: np.ndarray
    order: np.ndarray
    targets: np.ndarray
    outputs: np.ndarray
    places: np.ndarray


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


#: A block in routines.
BLOCK = _record(np.int64, " ".join(Block._fields))


class Team(NamedTuple):
    """Who works on a task together: what they share, who this is, and how many they are."""

    shared: np.ndarray
    member: int
    members: int
