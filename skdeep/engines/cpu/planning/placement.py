"""Where everything is in the memory and the numbers of a task."""

import numpy as np

from skdeep.engines.cpu.memory.fields import (
    ACROSS,
    LOOP_NUMBERS,
    OF_BIASES,
    OF_UNITS,
    OF_WEIGHTS,
    SCALARS_SIZE,
    STEP_NUMBERS,
    as_operations,
)
from skdeep.engines.cpu.memory.places import Places, matrix_layout, panels, row_stride
from skdeep.engines.cpu.planning.kinds import kind_of
from skdeep.engines.cpu.planning.shape import has_slopes

#: Numbers that a member needs for the norms of the weights into some units.
LEAST_SCRATCH = 64


def place_parameters(table, blocks, shape, in_panels):
    """Place the parameters in the engine's vector.

    Parameters
    ----------
    table : array of int64
        The network's table.
    blocks : Blocks
    shape : Shape
    in_panels : bool
        Whether wide weights are kept in panels; those that read sparse features, or that several
        operations use, never are.

    Returns
    -------
    operations : array of records
    n_parameters : int
    """
    operations = as_operations(table, blocks.sources)
    operations.gains = 0 if shape.regularisation.weight_norm else -1
    place, placed = 0, {}
    for index, operation in enumerate(operations):
        allowed = in_panels and not (shape.sparse and operation.first_source == 0)
        shared = blocks.is_shared(index, "weights")
        allowed = allowed and kind_of(operation).in_panels and not shared
        kept = matrix_layout(operation.fan_in, operation.fan_out, shape.itemsize, allowed)
        operation.stride, operation.gap = kept.stride, kept.gap
        theirs = int(operation.weights)
        operation.weights = placed.get(theirs, place) if shared else place
        if operation.weights == place:
            placed[theirs] = place
            place += kept.size
    operations.used = operations.weights
    for name in OF_UNITS:
        placed = {}
        for operation in operations:
            if operation[name] >= 0:
                # There is a gain for every unit of the weights.
                theirs = int(operation.weights if name == "gains" else operation[name])
                operation[name] = placed.setdefault(theirs, place)
                width = operation.n_biases if name == "biases" else operation.fan_out
                place += width if operation[name] == place else 0
    blocks.mark(operations)
    return operations, int(place)


def _place_transposed(operations, place, itemsize):
    """Place the transposed copies of all weights, of the first operation where its kind needs them.

    Weights that several operations use have one.
    """
    places, counts = np.unique(operations.weights[operations.fan_out > 0], return_counts=True)
    shared, placed = set(places[counts > 1].tolist()), {}
    for index, operation in enumerate(operations):
        weights = int(operation.weights)
        # The place of an operation without weights is that of those that come next.
        transposes = index > 0 or weights in shared or kind_of(operation).transposes
        if operation.fan_out == 0 or not transposes:
            continue
        # Products read the columns of one source, which may begin in the middle of a panel.
        one_source = operation.first_source == operation.last_source
        allowed = one_source and kind_of(operation).in_panels and weights not in shared
        kept = matrix_layout(operation.fan_out, operation.fan_in, itemsize, allowed)
        known = placed.get(weights) if weights in shared else None
        operation.transposed = place if known is None else known
        operation.transposed_stride, operation.transposed_gap = kept.stride, kept.gap
        if known is None:
            placed[weights] = place
            place += kept.size
    return int(place)


def place_outputs(operations, shape, rows):
    """Place the outputs of some rows, which predictions need, in a slot.

    Parameters
    ----------
    operations : array of records
    shape : Shape
    rows : int

    Returns
    -------
    size : int
        Of the slot.
    """
    places = Places(shape.itemsize)
    for operation in operations:
        operation.output_stride = row_stride(operation.n_outputs, shape.itemsize)
        operation.output = places.take(rows * operation.output_stride)
        operation.kept = places.take(rows * operation.kept_stride)
    return int(places.size)


def place_slot(operations, plan, shape, rows):
    """Place the inputs, outputs, gradients and targets of some rows in a slot.

    Parameters
    ----------
    operations : array of records
    plan : record
    shape : Shape
    rows : int

    Returns
    -------
    size : int
        Of the slot.
    """
    places = Places(shape.itemsize)
    _place_outputs(operations, plan, shape, rows, places)
    stride = operations.output_stride[-1]
    plan.slot_targets = places.take(rows * stride)
    n_steps = operations.n_outputs[-1] // operations.n_biases[-1]  # of which each has a weight
    plan.slot_weights = places.take(rows * n_steps)
    plan.slot_losses = places.take(rows * stride)
    return int(places.size)


def _place_outputs(operations, plan, shape, rows, places):
    if plan.gathers == 1:
        first = operations[0]
        first.input_stride = row_stride(first.n_inputs, shape.itemsize)
        first.input = places.take(rows * first.input_stride)
    for operation, with_slope in zip(operations, has_slopes(operations, shape), strict=True):
        stride = operation.output_stride = row_stride(operation.n_outputs, shape.itemsize)
        operation.output = places.take(rows * stride)
        operation.delta = places.take(rows * stride)
        operation.kept = places.take(rows * operation.kept_stride)
        if with_slope:
            operation.slope = places.take(rows * stride)
        if operation.scales >= 0:
            operation.standard = places.take(rows * stride)
        if operation.gap > 0:
            kept = panels(rows, operation.fan_out, shape.itemsize)
            operation.panels, operation.panels_gap = places.take(kept.size), kept.gap


def place_memory(plan, operations, tiles, shape, sizes):
    """Place everything in the memory of a training task.

    Parameters
    ----------
    plan : record
    operations, tiles : arrays of records
    shape : Shape
    sizes : tuple of int
        The parameters, the rows of a slot, the members, and the numbers of scratch memory that
        layers need.

    Returns
    -------
    size : int
        Of the memory.
    """
    n_parameters, slot_rows, members, scratch = sizes
    places = Places(shape.itemsize)
    places.take(n_parameters)
    if plan.transposed_kept == 1:
        end = _place_transposed(operations, places.size, shape.itemsize)
        places.take(end - places.size)
    plan.slot_step = places.round(place_slot(operations, plan, shape, slot_rows))
    one_slot = plan.by_tiles or plan.synchronised
    plan.slots = places.take((1 if one_slot else plan.parts) * plan.slot_step)
    plan.gradient_step = places.round(n_parameters)
    plan.state_step = places.stagger(n_parameters)
    _place_regularisation(plan, operations, shape, places, n_parameters)
    if plan.synchronised:
        _place_statistics(plan, operations, places, members)
    if not plan.by_tiles:
        plan.gradients = places.take(plan.parts * plan.gradient_step)
    of = operations[tiles.operation]
    sizes = np.where(tiles.kind == OF_BIASES, of.n_biases, of.fan_out)
    sizes = np.where(tiles.kind == OF_WEIGHTS, tiles.rows * of.stride, sizes)
    plan.scratch_inputs = largest = places.round(max(int(sizes.max(initial=0)), LEAST_SCRATCH))
    plan.in_panels = operations.gap.any()
    copied = ACROSS * slot_rows if plan.in_panels else 0
    plan.scratch_shared = places.round(plan.scratch_inputs + copied)
    plan.scratch_layers = plan.scratch_shared + (largest if (tiles.next_use >= 0).any() else 0)
    plan.scratch_step = places.round(plan.scratch_layers + scratch)
    plan.scratch = places.take(members * plan.scratch_step)
    return int(places.size)


def _place_regularisation(plan, operations, shape, places, n_parameters):
    """Place what regularisation needs in the memory."""
    places_trained = operations.weights[operations.trains_weights == 1]
    trained_weights = (operations.fan_out > 0) & np.isin(operations.weights, places_trained)
    regularisation = shape.regularisation
    plan.by_directions = regularisation.weight_norm
    plan.whole_gradient = regularisation.limits_norms or regularisation.weight_norm
    if plan.whole_gradient:
        plan.whole = places.take(n_parameters)
    if regularisation.masks is not None:
        plan.masks = places.take(n_parameters)
    if any(regularisation.dropconnect) or regularisation.weight_norm:
        # Frozen layers have no tiles, which would keep a copy with weights dropped up to date.
        copied = trained_weights | regularisation.weight_norm
        operations.used[copied] = operations.weights[copied] + places.take(n_parameters)


def _place_statistics(plan, operations, places, members):
    """Place the statistics of batches in the memory: those of normalisation, and of some kinds."""
    sizes = np.where(operations.scales >= 0, 2 * operations.fan_out, operations.n_statistics)
    operations.statistics = np.cumsum(sizes) - sizes
    size = places.round(sizes.sum())
    plan.part_statistics_step, plan.totals_step = size, 2 * size
    plan.part_statistics = places.take(plan.parts * size)
    plan.totals = places.take(members * 2 * size)


def place_numbers(plan, members, n_factors, n_decays, n_outputs):
    """Place everything in the numbers of a task but the history of the epochs.

    Parameters
    ----------
    plan : record
    members, n_factors, n_decays, n_outputs : int
        Members of the team, factors on the learning rate and on the strength of the penalty, and
        outputs of a sample.

    Returns
    -------
    size : int
        Of the numbers.
    """
    plan.part_sums = SCALARS_SIZE
    plan.penalties = plan.part_sums + 2 * plan.parts
    plan.squares = plan.penalties + plan.n_tiles
    plan.factors, plan.n_factors = plan.squares + plan.n_tiles, n_factors
    plan.decays = plan.factors + n_factors
    plan.constants = plan.decays + n_decays
    plan.constants_step = n_factors * STEP_NUMBERS + LOOP_NUMBERS
    plan.norms = plan.constants + members * plan.constants_step
    plan.rates = plan.norms + plan.n_operations
    plan.loss_parameters = plan.rates + 2 + 2 * plan.n_operations
    plan.history = plan.loss_parameters + n_outputs
    return int(plan.history)
