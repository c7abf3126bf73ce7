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
    connected = _planned(pairs) if shape is None else connect(pairs, shape)[0]
    layers, called = [_input(estimator, shape)], {FEATURES: "input"}
    for each in connected:
        called[each.wire.name] = f"hidden {each.wire.name}"
        layers.append(_described(each, called, estimator))
    if shape is not None:
        read_by_outputs(connected, shape)
    n_outputs = estimator.n_outputs_ if fitted else None
    notes = ("weight norm",) if estimator.weight_norm else ()
    heads = [
        _outputs(f"auxiliary {each.wire.name}", layer, (n_outputs, output))
        for each, layer in zip(connected, layers[1:], strict=True)
        if getattr(each.wire.layer, "auxiliary_output", False)
    ]
    heads = [head._replace(notes=("in training only", *notes)) for head in heads]
    last = _outputs("output", layers[-1], (n_outputs, output))
    return [*layers, *heads, last._replace(notes=notes, units=class_names(estimator, n_outputs))]


def _outputs(name, read, outputs):
    """Return the description of what computes outputs from a layer alone."""
    n_outputs, activation = outputs
    count = None if None in (read.n_units, n_outputs) else (read.n_units + 1) * n_outputs
    return LayerDescription(name, n_outputs, activation, count, (read.name,))


def _input(estimator, shape):
    """Return the description of the features."""
    n_features, of_samples = _sizes(shape)
    names, notes = feature_names(estimator), input_notes(estimator)
    return LayerDescription("input", n_features, None, 0, (), notes, names, of_samples)


def _planned(pairs):
    """Return layers with what is known of their operations and shapes without the features."""
    shapes, connected = {}, []
    for each in wire(pairs):
        arriving, operation = [shapes.get(name) for name in each.inputs], None
        shapes[each.name] = (int(each.layer.units),) if each.layer.kind == "dense" else None
        if len(arriving) == 1 and arriving[0] is not None:
            try:
                operation, shapes[each.name] = each.layer.connect(arriving[0], 1)
            except ValueError as error:
                raise ValueError(f"{title(each.name, each.layer)}: {error}") from error
        connected.append(Connected(each, operation, shapes[each.name]))
    return connected


def _described(connected, called, estimator):
    """Return the description of a hidden layer."""
    (name, layer, inputs, *_), operation, shape = connected
    n_units, shape = _sizes(shape)
    own = getattr(layer, "weights_of", None) is None
    count = 0 if layer.kind is None or not own else None
    if operation is not None:
        count = _n_parameters(operation, own)
    has_weights = layer.kind == "dense" if operation is None else operation.weights is not None
    notes = (type(layer).__name__, *_notes(layer, has_weights, estimator))
    activation = getattr(layer, "activation", "identity")
    reads = tuple(called[each] for each in inputs)
    return LayerDescription(called[name], n_units, activation, count, reads, notes, None, shape)


def _notes(layer, has_weights, estimator):
    """Return what is said of a layer beside its sizes."""
    rate = getattr(layer, "dropconnect", None)
    rates = {"dropout": getattr(layer, "dropout", 0.0)}
    if has_weights:
        rates["dropconnect"] = estimator.dropconnect if rate is None else rate
    factor = getattr(layer, "learning_rate_factor", 1.0)
    source = getattr(layer, "weights_of", None)
    said = (
        (has_weights and estimator.weight_norm, "weight norm"),
        (not getattr(layer, "trainable", True), "frozen"),
        (factor != 1.0, f"learning rate x {factor:g}"),
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
    """Return the weights, biases, scales and shifts of an operation.

    Parameters
    ----------
    operation : Operation
    own : bool
        Whether the weights and biases are no other layer's.
    """
    blocks = [block for block in (operation.weights, operation.biases) if block is not None]
    norms = 2 * operation.scales.size if operation.normalised else 0
    return norms + sum(block.size for block in blocks if own)
