"""Which routines do the work of a plan: those that its network and its data need, and no others."""

import numpy as np

from skdeep.engines.cpu.compiling.routines import routine
from skdeep.engines.cpu.parameters import max_norm, tile_update, weight_norm
from skdeep.engines.cpu.planning.kinds import kind_of, read_windows
from skdeep.engines.cpu.products.product import WIDE, product_address
from skdeep.engines.cpu.products.window_product import window_product_address
from skdeep.engines.cpu.rows import (
    activation,
    batch_norm,
    dropout,
    features,
    outputs,
    panels,
    sparse_features,
    step_outputs,
)
from skdeep.engines.table import AUXILIARY, KINDS

_NORMALISATION = (
    "take_moments",
    "combine_moments",
    "normalise",
    "take_sums",
    "combine_sums",
    "denormalise",
)


class _Compiler:
    """Compiles routines for the precision of a shape, and the kind of its features."""

    def __init__(self, shape):
        self.dtype = shape.dtype
        self.indices = np.dtype(shape.indices) if shape.sparse else None
        self.drops = shape.sparse and any(shape.regularisation.dropout[:1])

    def __call__(self, function, of_features=False):
        """Return the address of a routine; those that read sparse features are of their kind."""
        if of_features:
            return routine(function, self.dtype, self.indices, self.drops)
        return routine(function, self.dtype)


def _set_steps(operation, routines, of_features, compile_routine):
    """Set what an operation does where the whole batch goes through the network step by step.

    Kinds that can be normalised have routines for the steps before and behind. Others take both at
    once; their way back leaves the chain rule to the step before.
    """
    operation.chain_rule = compile_routine(activation.chain_rule)
    if hasattr(routines, "affine"):
        operation.affine = compile_routine(routines.affine, of_features)
        operation.activate = compile_routine(activation.activate)
        operation.to_sources = compile_routine(routines.to_sources)
    else:
        operation.affine = compile_routine(routines.forward, of_features)
        operation.activate = compile_routine(activation.keep)
        operation.to_sources = compile_routine(routines.backward)


def _set_layer_routines(plan, operations, compile_routine):
    """Set what is done with the rows of a block by every operation."""
    for operation in operations:
        routines, of_features = kind_of(operation).routines, operation.first_source == 0
        if operation.trains == 0:
            pass
        elif plan.by_tiles:
            operation.tile_gradient = compile_routine(routines.tile_gradient, of_features)
        else:
            operation.gradient = compile_routine(routines.gradient, of_features)
        if plan.synchronised:
            _set_steps(operation, routines, of_features, compile_routine)
        else:
            operation.forward = compile_routine(routines.forward, of_features)
            if operation.reached:
                operation.backward = compile_routine(routines.backward)


def _set_regularisation_routines(plan, regularisation, compile_routine):
    if plan.whole_gradient:
        for name in ("form_tiles", "watch_tiles", "apply_tiles"):
            plan[name] = compile_routine(getattr(tile_update, name))
    if plan.by_directions:
        plan.carry_to_directions = compile_routine(weight_norm.carry_to_directions)
        plan.write_weights = compile_routine(weight_norm.write_weights)
    if regularisation.max_norm > 0:
        plan.limit_norms = compile_routine(max_norm.limit_norms)
    if regularisation.drops_units:
        plan.drop_outputs = compile_routine(dropout.drop_outputs)
    if any(regularisation.dropconnect):
        plan.drop_piece = compile_routine(tile_update.drop_piece)


def _set_block_routines(plan, operations, tiles, compile_routine):
    """Set what is done with parameters that are not trained, or that several operations use."""
    if plan.fixed_end > plan.n_tiles:
        plan.transpose_fixed = compile_routine(tile_update.transpose_fixed)
    if (tiles.next_use >= 0).any():
        plan.add_further_uses = compile_routine(tile_update.add_further_uses)
    if operations.adds.any() and not plan.by_tiles:
        plan.clear_shared = compile_routine(tile_update.clear_shared)


def _has_wide_matrices(operations):
    """Return whether there may be products with matrices of many columns.

    These are the weights, and on the way back to what is no feature their transposes.
    """
    backward = operations.fan_in[operations.last_source > 0]
    widths = np.concatenate([operations.fan_out, operations.n_outputs, backward])
    return bool((widths >= WIDE).any())


def _gives_steps(operations):
    """Return whether the network has outputs for several steps of a sequence."""
    return KINDS[operations.kind[-1]] == "conv1d"


def _set_products(plan, operations, shape):
    plan.product = product_address(shape.dtype, _has_wide_matrices(operations))
    if read_windows(operations):
        plan.window_product = window_product_address(shape.dtype)


def set_training_routines(plan, operations, tiles, shape):
    """Set the routines of a training task.

    Parameters
    ----------
    plan : record
    operations, tiles : arrays of records
    shape : Shape
    """
    compile_routine, regularisation = _Compiler(shape), shape.regularisation
    _set_products(plan, operations, shape)
    if shape.gather:
        disturbs = regularisation.disturbs_features
        if shape.converts:
            doubles = features.gather_doubles
            gather = features.gather_doubles_and_disturb if disturbs else doubles
        else:
            gather = features.gather_and_disturb if disturbs else features.gather
        plan.gather = compile_routine(gather)
    if shape.sparse and plan.by_tiles:
        plan.arrange_columns = compile_routine(sparse_features.arrange_columns, of_features=True)
    of_steps = _gives_steps(operations)
    gradient = step_outputs.step_output_gradient if of_steps else outputs.output_gradient
    plan.output_gradient = compile_routine(gradient)
    plan.refresh_tiles = compile_routine(tile_update.refresh_tiles)
    if not plan.whole_gradient:
        plan.step_tiles = compile_routine(tile_update.step_tiles)
    if plan.in_panels:
        plan.copy_into_panels = compile_routine(panels.copy_into_panels)
    _set_layer_routines(plan, operations, compile_routine)
    _set_block_routines(plan, operations, tiles, compile_routine)
    _set_regularisation_routines(plan, regularisation, compile_routine)
    if (operations.scales >= 0).any():
        for name in _NORMALISATION:
            plan[name] = compile_routine(getattr(batch_norm, name))
        plan.normalisation_gradient = compile_routine(batch_norm.parameter_gradient)


def set_prediction_routines(plan, operations, shape, largest):
    """Set the routines of a prediction.

    Parameters
    ----------
    plan : record
    operations : array of records
    shape : Shape
    largest : bool
        Whether it is asked which outputs are the largest.
    """
    compile_routine = _Compiler(shape)
    _set_products(plan, operations, shape)
    for operation in operations:
        if operation.role != AUXILIARY:  # which has no part in predictions
            routines, of_features = kind_of(operation).routines, operation.first_source == 0
            operation.forward = compile_routine(routines.predict, of_features)
    if _gives_steps(operations):
        write = step_outputs.write_step_outputs
    else:
        write = outputs.write_largest if largest else outputs.write_outputs
    plan.write_outputs = compile_routine(write)
    if (operations.scales >= 0).any():
        plan.normalise_by_running = compile_routine(batch_norm.normalise_by_running)
