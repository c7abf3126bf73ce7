"""What layers say of their parameters: whether they are trained, how fast, and whose they are."""

import inspect
from typing import NamedTuple

import numpy as np

from skdeep.network.wiring import Wire, title

#: What layers share, of the blocks that operations have.
SHARED = ("weights", "biases")
#: What is said of them, by the layer whose they are alone.
_SAID_ONCE = "trainable", "learning_rate_factor", "alpha_factor", "dropconnect", "connections"


class Connected(NamedTuple):
    """A layer with its operations.

    Attributes
    ----------
    wire : Wire
        The layer, and what it reads.
    operations : tuple of Operation
    shape : tuple of int
        Of what it gives for a sample.
    mask : tuple of int or None, default=None
        Source of the mask of the steps that it gives, and the place of its first value; None where
        no step is masked.
    """

    wire: Wire
    operations: tuple
    shape: tuple
    mask: tuple | None = None


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


def with_parameters(layer, operations, name, earlier):
    """Return the operations of a layer, with the parameters that the layer asks for.

    Parameters
    ----------
    layer : Layer
    operations : sequence of Operation
    name : str or None
        Of the layer, if others use its parameters.
    earlier : dict of str to Connected
        The layers before it by their names.

    Returns
    -------
    operations : list of Operation

    Raises
    ------
    ValueError
        If it asks for the parameters of a layer that has none that fit.
    """
    if getattr(layer, "weights_of", None) is not None:
        return _with_blocks_of_another(layer, operations, earlier)
    return [_own(layer, each, name, place) for place, each in enumerate(operations)]


def _own(layer, operation, name, place):
    """Return an operation of a layer, the one of some place, with parameters as the layer says."""
    trainable = getattr(layer, "trainable", True)
    rate = float(getattr(layer, "learning_rate_factor", 1.0))
    alpha = float(getattr(layer, "alpha_factor", 1.0))
    called = f"of {name}" if place == 0 else f"{place} of {name}"
    blocks = {
        kind: block._replace(
            trained=block.trained and bool(trainable),
            decay=block.decay * alpha,
            rate_factor=rate,
            name=f"{kind} {called}" if name and kind in SHARED else None,
        )
        for kind, block in operation.blocks().items()
    }
    return operation._replace(**blocks)


def _with_blocks_of_another(layer, operations, earlier):
    """Return operations with the parameters of the layer whose parameters a layer asks for."""
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
    if layer.kind_of_weights is not None and other.layer.kind != layer.kind_of_weights:
        raise ValueError(
            f"weights_of={wanted!r} is {called}, but the weights of a {layer.kind_of_weights} "
            "layer are needed."
        )
    ours, theirs = (
        [each.blocks() for each in of] for of in (operations, earlier[owner].operations)
    )
    shapes = [_shapes_of(blocks, layer.shares) for blocks in (ours, theirs)]
    if shapes[0] != shapes[1]:
        raise ValueError(
            f"weights_of={wanted!r} does not fit: the parameters of this layer have the shapes "
            f"{_told(shapes[0])}, those of {called} {_told(shapes[1])}."
        )
    tables = layer.table_sizes(), other.layer.table_sizes()
    if tables[0] != tables[1]:
        raise ValueError(
            f"weights_of={wanted!r} does not fit: the tables of this layer have {tables[0]} rows, "
            f"those of {called} {tables[1]}."
        )
    for parameter in _SAID_ONCE:
        usual = _usual(layer, parameter)
        value = getattr(layer, parameter, usual)
        if value is not usual and np.any(np.not_equal(value, usual)):
            said = " ".join(f"{parameter}={value!r}".split())
            raise ValueError(
                f"{said} and weights_of={wanted!r} do not go together: the parameters are those of "
                f"{called}, which says it for both."
            )
    owned = iter([blocks for blocks in theirs if blocks])
    return [
        each._replace(**_with_shared(blocks, next(owned), layer.shares)) if blocks else each
        for each, blocks in zip(operations, ours, strict=True)
    ]


def _usual(layer, parameter):
    """Return the default of a parameter of a layer, which stands for saying nothing."""
    known = inspect.signature(type(layer)).parameters
    return known[parameter].default if parameter in known else None


def _shapes_of(operations, shared):
    """Return the shapes of the blocks that are shared, of every operation."""
    return [
        {kind: block.shape for kind, block in blocks.items() if kind in shared}
        for blocks in operations
        if blocks
    ]


def _told(shapes):
    """Return shapes as messages show them: without brackets where there is one operation."""
    return shapes[0] if len(shapes) == 1 else shapes


def _with_shared(ours, blocks, shared):
    """Return the blocks of an operation, of which some are those of another."""
    # Normalisation is each layer's own, and trained as the weights are.
    like = blocks["weights"]
    return {
        kind: blocks[kind]
        if kind in shared
        else block._replace(trained=block.trained and like.trained, rate_factor=like.rate_factor)
        for kind, block in ours.items()
    }
