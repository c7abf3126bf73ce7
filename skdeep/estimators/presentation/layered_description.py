"""The description of a network that is a list of layers."""

import math

from skdeep.estimators.presentation.description import LayerDescription
from skdeep.network.stack import connect, named_layers
from skdeep.network.wiring import FEATURES, wire


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
    pairs = named_layers(estimator.layers_ if fitted else estimator.layers)
    connected = connect(pairs, estimator.input_shape_)[0] if fitted else None
    n_features = estimator.n_features_in_ if fitted else None
    layers, called = [LayerDescription("input", n_features)], {FEATURES: "input"}
    for index, (name, layer, inputs, *_) in enumerate(wire(pairs)):
        operation = connected[index].operation if fitted else None
        n_units = math.prod(connected[index].shape) if fitted else None
        notes = (type(layer).__name__, *_notes(layer))
        own = getattr(layer, "weights_of", None) is None
        count = _n_parameters(operation if own else None)
        count = count if fitted or layer.kind is None else None
        activation, called[name] = getattr(layer, "activation", "identity"), f"hidden {name}"
        reads = tuple(called[each] for each in inputs)
        layers.append(LayerDescription(called[name], n_units, activation, count, reads, notes))
    reads = (layers[-1].name,)
    if not fitted:
        return [*layers, LayerDescription("output", None, None, None, reads)]
    count = (layers[-1].n_units + 1) * estimator.n_outputs_
    sizes = estimator.n_outputs_, estimator.out_activation_, count
    return [*layers, LayerDescription("output", *sizes, reads)]


def _notes(layer):
    """Return what is said of a layer beside its sizes."""
    rate = getattr(layer, "dropout", 0.0)
    factor = getattr(layer, "learning_rate_factor", 1.0)
    source = getattr(layer, "weights_of", None)
    said = (
        (rate, f"dropout {rate:g}"),
        (not getattr(layer, "trainable", True), "frozen"),
        (factor != 1.0, f"learning rate x {factor:g}"),
        (source is not None, f"weights of {source}"),
    )
    return [note for is_said, note in said if is_said]


def _n_parameters(operation):
    """Return the weights and biases of an operation."""
    if operation is None:
        return 0
    blocks = [block for block in (operation.weights, operation.biases) if block is not None]
    return sum(block.rows * block.shape[-1] for block in blocks)
