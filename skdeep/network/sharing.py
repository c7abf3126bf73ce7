"""What layers say of their parameters: whether they are trained, how fast, and whose they are."""

from typing import NamedTuple

import numpy as np

from skdeep.network.wiring import Wire, title

#: What layers share, of the blocks that operations have.
SHARED = ("weights", "biases")
#: What is said of them, by the layer whose they are alone, and what stands for saying nothing.
_SAID_ONCE = {
    "trainable": True,
    "learning_rate_factor": 1.0,
    "alpha_factor": 1.0,
    "dropconnect": None,
    "connections": None,
}


class Connected(NamedTuple):
    """A layer with its operations.

    Attributes
    ----------
    wire : Wire
        The layer, and what it reads.
    operations : tuple of Operation
    shape : tuple of int
        Of what it gives for a sample.
    """

    wire: Wire
    operations: tuple
    shape: tuple


def shared_names(pairs):
    """Return the names of layers whose parameters others use.

    Parameters
    ----------
    pairs : list of tuple of str and Layer

    Returns
    -------
    names : set of str
    """
    wanted = {getattr(layer, "weights_of", None) for _, layer in pairs}
    return wanted - {None}


def owner_of(name, by_name):
    """Return the name of the layer whose parameters a layer uses, which may be its own.

    Parameters
    ----------
    name : str
        Of the layer.
    by_name : dict of str to Layer

    Returns
    -------
    name : str
        The first that is no layer which uses the parameters of another.
    """
    followed = set()
    while name not in followed:
        followed.add(name)
        wanted = getattr(by_name.get(name), "weights_of", None)
        name = name if wanted is None else wanted
    return name


def with_parameters(layer, operation, name, earlier):
    """Return the operation of a layer, with the parameters that the layer asks for.

    Parameters
    ----------
    layer : Layer
    operation : Operation
    name : str or None
        Of the layer, if others use its parameters.
    earlier : dict of str to Connected
        The layers before it by their names.

    Returns
    -------
    operation : Operation

    Raises
    ------
    ValueError
        If it asks for the parameters of a layer that has none that fit.
    """
    if getattr(layer, "weights_of", None) is not None:
        return operation._replace(**_blocks_of_another(layer, operation, earlier))
    trainable = getattr(layer, "trainable", True)
    rate = float(getattr(layer, "learning_rate_factor", 1.0))
    alpha = float(getattr(layer, "alpha_factor", 1.0))
    blocks = {
        kind: block._replace(
            trained=block.trained and bool(trainable),
            decay=block.decay * alpha,
            rate_factor=rate,
            name=f"{kind} of {name}" if name and kind in SHARED else None,
        )
        for kind, block in operation.blocks().items()
    }
    return operation._replace(**blocks)


def _blocks_of_another(layer, operation, earlier):
    """Return the parameters of the layer whose parameters a layer asks for."""
    wanted = layer.weights_of
    if wanted not in earlier:
        raise ValueError(
            f"weights_of={wanted!r} is not the name of an earlier layer, which are called "
            f"{list(earlier)}."
        )
    owner = owner_of(wanted, {name: each.wire.layer for name, each in earlier.items()})
    other = earlier[owner].wire
    called = title(other.name, other.layer)
    if owner != wanted:
        called = f"the weights of {called}"
    if layer.kind_of_weights is None and type(other.layer) is not type(layer):
        raise ValueError(
            f"weights_of={wanted!r} is {called}: layers that share weights are of one kind."
        )
    if other.layer.kind != (layer.kind_of_weights or layer.kind) or other.layer.groups():
        raise ValueError(
            f"weights_of={wanted!r} is {called}, but the weights of a {layer.kind_of_weights} "
            "layer are needed."
        )
    (theirs,) = earlier[owner].operations
    ours, blocks = operation.blocks(), theirs.blocks()
    shapes = [
        {kind: block.shape for kind, block in each.items() if kind in layer.shares}
        for each in (ours, blocks)
    ]
    if shapes[0] != shapes[1]:
        raise ValueError(
            f"weights_of={wanted!r} does not fit: the parameters of this layer have the shapes "
            f"{shapes[0]}, those of {called} {shapes[1]}."
        )
    tables = layer.table_sizes(), other.layer.table_sizes()
    if tables[0] != tables[1]:
        raise ValueError(
            f"weights_of={wanted!r} does not fit: the tables of this layer have {tables[0]} rows, "
            f"those of {called} {tables[1]}."
        )
    for parameter, usual in _SAID_ONCE.items():
        value = getattr(layer, parameter, usual)
        if value is not usual and np.any(np.not_equal(value, usual)):
            said = " ".join(f"{parameter}={value!r}".split())
            raise ValueError(
                f"{said} and weights_of={wanted!r} do not go together: the parameters are those of "
                f"{called}, which says it for both."
            )
    # Normalisation is each layer's own, and trained as the weights are.
    like = blocks["weights"]
    return {
        kind: blocks[kind]
        if kind in layer.shares
        else block._replace(trained=block.trained and like.trained, rate_factor=like.rate_factor)
        for kind, block in ours.items()
    }
