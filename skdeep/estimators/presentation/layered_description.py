"""The description of a network that is a list of layers."""

import math

from skdeep.estimators.presentation.description import (
    LayerDescription,
    class_names,
    feature_names,
    input_notes,
    rate_notes,
    unfitted_output,
)
from skdeep.estimators.presentation.group_description import described_groups
from skdeep.network.sharing import Connected
from skdeep.network.stack import connect, named_layers, read_by_outputs
from skdeep.network.wiring import FEATURES, title, wire
from skdeep.recipe.layer_list import resolve_layer_list


def layered_network(estimator, fitted):
    """Return the layers of a network: as fitted, or as the parameters say.

    Parameters
    ----------
    estimator : NetworkClassifier or NetworkRegressor
    fitted : bool

    Returns
    -------
    layers : list of LayerDescription
    """
    if fitted:
        pairs, shape, output = estimator.layers_, estimator.input_shape_, estimator.out_activation_
    else:
        estimator._validate_params()
        pairs = resolve_layer_list(estimator._parameters()).pairs
        shape, output = estimator._given_input_shape(), unfitted_output(estimator)
    pairs = named_layers(pairs)
    if any(isinstance(column, str) for _, layer in pairs for column in layer.columns_read() or ()):
        shape = None  # names of features are known after the fit
    masked = fitted and estimator._is_masked()
    connected = _planned(pairs) if shape is None else connect(pairs, shape, masked)[0]
    layers, called = [_input(estimator, shape)], {FEATURES: ("input",)}
    outputs = estimator.n_outputs_ if fitted else None, output
    last_shape = connected[-1].shape if connected else shape
    flat = last_shape is None or len(last_shape) == 1
    notes, heads = ("weight norm",) if estimator.weight_norm else (), []
    for each in connected:
        name, groups = each.wire.name, each.wire.layer.groups()
        if groups is not None:
            notes_of_groups = _notes(each.wire.layer, True, estimator)
            layers += described_groups(each.wire, groups, called, notes_of_groups)
        else:
            layers.append(_described(each, called, estimator))
            called[name] = (layers[-1].name,)
        if getattr(each.wire.layer, "auxiliary_output", False):
            head = _outputs(f"auxiliary {name}", called[name], each.shape, outputs, flat)
            heads.append(head._replace(notes=("in training only", *notes)))
    if shape is not None:
        read_by_outputs(connected, shape, of_images=estimator._of_images)
    name = connected[-1].wire.name if connected else FEATURES
    last = _outputs("output", called[name], last_shape, outputs, flat)
    return [*layers, *heads, last._replace(notes=notes, units=class_names(estimator, outputs[0]))]


def _outputs(name, reads, shape, outputs, flat=False):
    """Return the description of what computes outputs from a layer alone, of some shape.

    `flat` says that a sequence is read as a vector, not step by step. Of images, every pixel has
    outputs.
    """
    n_outputs, activation = outputs
    if shape is not None and len(shape) == 3 and not flat:
        n_channels = None if n_outputs is None else n_outputs // (shape[0] * shape[1])
        count = None if n_channels is None else (shape[2] + 1) * n_channels
        given = None if n_channels is None else (*shape[:2], n_channels)
        return LayerDescription(name, n_outputs, activation, count, reads, shape=given)
    of_steps = shape is not None and len(shape) == 2 and not flat
    given = (shape[0], n_outputs) if of_steps and n_outputs is not None else None
    n_read = None if shape is None else shape[1] if of_steps else math.prod(shape)
    count = None if None in (n_read, n_outputs) else (n_read + 1) * n_outputs
    return LayerDescription(name, n_outputs, activation, count, reads, shape=given)


def _input(estimator, shape):
    """Return the description of the features."""
    n_features, of_samples = _sizes(shape)
    names, notes = feature_names(estimator), input_notes(estimator)
    return LayerDescription("input", n_features, None, 0, (), notes, names, of_samples)


def _planned(pairs):
    """Return layers with what is known of their operations and shapes without the features."""
    shapes, connected = {}, []
    for each in wire(pairs):
        arriving, operations = [shapes.get(name) for name in each.inputs], ()
        shapes[each.name] = each.layer.planned_shape()
        if len(arriving) == 1 and arriving[0] is not None and each.layer.shape_of is None:
            try:
                operations, shapes[each.name] = each.layer.operations(arriving[0], 1)
            except ValueError as error:
                raise ValueError(f"{title(each.name, each.layer)}: {error}") from error
        connected.append(Connected(each, operations, shapes[each.name]))
    return connected


def _described(connected, called, estimator):
    """Return the description of a hidden layer."""
    (name, layer, inputs, *_), operations, shape, _ = connected
    n_units, shape = _sizes(shape)
    own = getattr(layer, "weights_of", None) is None
    count = 0 if not layer.steps() or not own else None
    has_weights = hasattr(layer, "dropconnect")
    if operations:
        count = sum(_n_parameters(operation, own) for operation in operations)
        has_weights = any(operation.weights is not None for operation in operations)
    notes = (type(layer).__name__, *_notes(layer, has_weights, estimator))
    activation = getattr(layer, "activation", "identity")
    reads = tuple(dict.fromkeys(read for each in inputs for read in called[each]))
    return LayerDescription(f"hidden {name}", n_units, activation, count, reads, notes, None, shape)


def _notes(layer, has_weights, estimator):
    """Return what is said of a layer beside its sizes."""
    rate = getattr(layer, "dropconnect", None)
    rates = {"dropout": getattr(layer, "dropout", 0.0)}
    if has_weights:
        rates["dropconnect"] = estimator.dropconnect if rate is None else rate
    factor = getattr(layer, "learning_rate_factor", 1.0)
    alpha = getattr(layer, "alpha_factor", 1.0)
    source = getattr(layer, "weights_of", None)
    said = (
        (has_weights and estimator.weight_norm, "weight norm"),
        (not getattr(layer, "trainable", True), "frozen"),
        (factor != 1.0, f"learning rate x {factor:g}"),
        (alpha != 1.0, f"alpha x {alpha:g}"),
        (source is not None, f"weights of {source}"),
    )
    notes = ["batch norm"] if getattr(layer, "batch_norm", False) else []
    return [*notes, *rate_notes(rates), *(note for is_said, note in said if is_said)]


def _sizes(shape):
    """Return how many numbers a shape has, and the shape itself where it is that of no vector."""
    if shape is None:
        return None, None
    return math.prod(shape), None if len(shape) == 1 else tuple(shape)


def _n_parameters(operation, own):
    """Return the number of weights, biases, scales and shifts of an operation.

    Parameters
    ----------
    operation : Operation
    own : bool
        Whether the weights and biases are no other layer's.
    """
    blocks = [block for block in (operation.weights, operation.biases) if block is not None]
    norms = 2 * operation.scales.size if operation.normalised else 0
    return norms + sum(block.n_connections for block in blocks if own)
