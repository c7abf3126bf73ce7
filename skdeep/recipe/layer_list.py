"""The layers that the parameters of `NetworkClassifier` and `NetworkRegressor` ask for."""

from types import SimpleNamespace
from typing import NamedTuple

from sklearn.base import clone

from skdeep import initialisers
from skdeep.network.sharing import owner_of
from skdeep.network.stack import named_layers
from skdeep.network.wiring import title, wire
from skdeep.recipe.rules import check

#: Parameters of multi-layer perceptrons that networks of layers do not have, and what stands for
#: their not being asked for.
NOT_OFFERED = {
    "hidden_layer_sizes": (),
    "frozen_layers": 0,
    "skip_connections": False,
}


class LayerList(NamedTuple):
    """The hidden layers, as a list of layers.

    Attributes
    ----------
    pairs : list of tuple of str and Layer
        Copies, which no later change of the parameters changes.
    activations : list of str
        Of all operations but the outputs.
    last_activation : str
        The one by which first weights of the output layer are drawn.
    initialiser : Initialiser or "auto"
    dropout, dropconnect : list of float
        Rates of the outputs of all operations but that of the outputs, and of their weights.
    source : estimator or None
        A fitted network whose first layers are taken over.
    """

    pairs: list
    activations: list
    last_activation: str
    initialiser: object
    dropout: list
    dropconnect: list
    source: object

    @property
    def normalises(self):
        """Whether layers are normalised over the batch."""
        return any(getattr(layer, "batch_norm", False) for _, layer in self.pairs)


def resolve_layer_list(parameters):
    """Return the layers that the parameters ask for.

    Parameters
    ----------
    parameters : SimpleNamespace
        Of the estimator, by their names.

    Returns
    -------
    layers : LayerList

    Raises
    ------
    ValueError, TypeError
        If they are no layers, or a parameter of one is out of its range.
    """
    pairs = checked_layers(parameters.layers)
    for _, layer in pairs:
        if parameters.batch_norm and getattr(layer, "batch_norm", False) is None:
            layer.batch_norm = True
    lacking = [title(*pair) for pair in pairs if _lacks_normalisation(pair[1])]
    frozen = _frozen(pairs)
    normalised = [called for called, layer in frozen if getattr(layer, "batch_norm", False)]
    dropped = [called for called, layer in frozen if getattr(layer, "dropconnect", None)]
    code_readers = [type(layer).__name__ for _, layer in pairs if layer.reads_codes]
    facts = {"code_readers": code_readers, "lacking": lacking}
    facts["mixing"] = [title(*pair) for pair in pairs if pair[1].kind == "propagate"]
    facts |= {"frozen_normalised": normalised, "frozen_dropped": dropped}
    check("layers", SimpleNamespace(**vars(parameters), **facts))
    steps = [step for each in wire(pairs) for step in each.steps]
    activations = [step.activation for step in steps]
    return LayerList(
        pairs,
        activations,
        activations[-1] if activations else "identity",
        initialisers.resolve(parameters.weight_init),
        [step.dropout for step in steps],
        [_dropconnect(step, parameters.dropconnect) for step in steps],
        parameters.init_from,
    )


def _lacks_normalisation(layer):
    """Return whether a layer has weights and an activation, but no normalisation between."""
    has_weights = hasattr(layer, "activation") and not layer.joins
    return has_weights and not hasattr(layer, "batch_norm")


def _frozen(pairs):
    """Return the layers whose weights, or another's in their place, stay, and what to call them."""
    earlier, found = {}, []
    for name, layer in pairs:
        earlier[name] = layer
        owner = owner_of(name, earlier)
        if not getattr(earlier.get(owner), "trainable", True):
            called = title(name, layer)
            if owner != name:
                called += f" with the weights of {title(owner, earlier[owner])}"
            found.append((called, layer))
    return found


def _dropconnect(step, rate):
    """Return the rate of the weights of an operation: its own, or that of the network."""
    return float(rate if step.dropconnect is None else step.dropconnect)


def checked_layers(layers):
    """Return copies of layers with their names.

    Parameters
    ----------
    layers : sequence of Layer or of tuple of str and Layer

    Returns
    -------
    pairs : list of tuple of str and Layer

    Raises
    ------
    ValueError, TypeError
        If they are no layers, or a parameter of one is out of its range.
    """
    pairs = named_layers(layers)
    for name, layer in pairs:
        try:
            layer.check()
        except ValueError as error:
            raise ValueError(f"{title(name, layer)}: {error}") from error
    return [(name, clone(layer).prepared()) for name, layer in pairs]
