"""The layers that the parameters of `NetworkClassifier` and `NetworkRegressor` ask for."""

from types import SimpleNamespace
from typing import NamedTuple

from sklearn.base import clone

from skdeep import initialisers
from skdeep.formulas.activations import NAMES
from skdeep.network.graph import Graph
from skdeep.network.stack import named_layers
from skdeep.network.wiring import title, wire
from skdeep.recipe.rules import check

#: Parameters of multi-layer perceptrons that networks of layers do not have, and what stands for
#: their not being asked for.
NOT_OFFERED = {
    "hidden_layer_sizes": (),
    "dropconnect": 0.0,
    "max_norm": None,
    "weight_norm": False,
    "batch_norm": False,
    "frozen_layers": 0,
    "skip_connections": False,
    "graph": None,
    "auxiliary_outputs": None,
    "auxiliary_weight": 0.3,
    "init_from": None,
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
    dropout : list of float
        Rates of all operations but the outputs.
    source : None
    graph : None
    """

    pairs: list
    activations: list
    last_activation: str
    initialiser: object
    dropout: list
    source: object = None
    graph: Graph | None = None


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
    kinds = [layer.kind for _, layer in pairs]
    check("layers", SimpleNamespace(**vars(parameters), kinds=kinds))
    activations, dropout = [], []
    for each in wire(pairs):
        if each.joined:  # by an operation of its own
            activations.append("identity")
            dropout.append(0.0)
        if each.layer.kind is not None:
            activations.append(NAMES[getattr(each.layer, "activation", "identity")])
            dropout.append(float(getattr(each.layer, "dropout", 0.0)))
    return LayerList(
        pairs,
        activations,
        activations[-1] if activations else "identity",
        initialisers.resolve(parameters.weight_init),
        dropout,
    )


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
    return [(name, clone(layer)) for name, layer in pairs]
