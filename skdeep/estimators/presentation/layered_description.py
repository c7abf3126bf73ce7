"""The description of a network that is a list of layers."""

from skdeep.estimators.presentation.description import LayerDescription
from skdeep.network.stack import connect, named_layers


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
    n_features = estimator.n_features_in_ if fitted else None
    before, layers = "input", [LayerDescription("input", n_features)]
    shape, source = estimator.input_shape_ if fitted else None, 0
    for name, layer in pairs:
        operation, n_units = None, None
        if fitted:
            operation, shape = layer.connect(shape, source)
            source += operation is not None
            n_units = _size(shape)
        notes = (type(layer).__name__, *_notes(layer))
        own = getattr(layer, "weights_of", None) is None
        count = _n_parameters(operation if own else None)
        count = count if fitted or layer.kind is None else None
        activation, called = getattr(layer, "activation", "identity"), f"hidden {name}"
        layers.append(LayerDescription(called, n_units, activation, count, (before,), notes))
        before = called
    if not fitted:
        return [*layers, LayerDescription("output", None, None, None, (before,))]
    n_outputs = estimator.n_outputs_
    count = (connect(pairs, estimator.input_shape_)[1][0] + 1) * n_outputs
    output = LayerDescription("output", n_outputs, estimator.out_activation_, count, (before,))
    return [*layers, output]


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


def _size(shape):
    size = 1
    for part in shape:
        size *= part
    return size


def _n_parameters(operation):
    """Return the weights and biases of an operation."""
    if operation is None:
        return 0
    blocks = [block for block in (operation.weights, operation.biases) if block is not None]
    return sum(block.rows * block.shape[-1] for block in blocks)
