"""Which layers read which, by their names: what is known of a network before its features are."""

import math
from typing import NamedTuple

import numpy as np

from skdeep.layers._base import Layer
from skdeep.layers.joining.concatenate import Concatenate

#: What layers call the features.
FEATURES = "features"


class Wire(NamedTuple):
    """A layer with what it reads.

    Attributes
    ----------
    name : str
        Its own, or its place.
    layer : Layer
    inputs : tuple of str
        Names of the layers that it reads.
    sources : tuple of int
        Where these outputs come from: 0 are the features, ``k`` the outputs of operation ``k - 1``.
    joined : tuple of tuple of int
        Sources that operations before those of the layer put side by side, or copy to right before
        it: those of every such operation.
    steps : tuple of Step
        The operations, those before those of the layer included.
    outputs : tuple of int
        Where its own outputs come from: neighbours, which lie side by side.
    together : tuple of int, default=()
        Sources that the last of its operations puts side by side, step by step: those of the last
        layer, where this gives a sequence whose channels come from several operations.
    """

    name: str
    layer: Layer
    inputs: tuple
    sources: tuple
    joined: tuple
    steps: tuple
    outputs: tuple
    together: tuple = ()


def title(name, layer):
    """Return what messages call a layer.

    Parameters
    ----------
    name : str
        Its own, or its place.
    layer : Layer

    Returns
    -------
    title : str

    Examples
    --------
    >>> from skdeep.layers import Flatten
    >>> from skdeep.network.wiring import title
    >>> title("2", Flatten())
    'layers[2], Flatten()'
    """
    with np.printoptions(threshold=8, edgeitems=1):  # masks of connections
        shown = " ".join(repr(layer).split())
    return f"layers[{name if name.isdigit() else repr(name)}], {shown}"


def wire(pairs):
    """Return layers with what they read.

    Parameters
    ----------
    pairs : list of tuple of str and Layer
        Checked.

    Returns
    -------
    wires : list of Wire

    Raises
    ------
    ValueError
        If a layer reads what is no earlier layer, or nothing reads a layer.

    Examples
    --------
    >>> from skdeep.layers import Add, Dense
    >>> from skdeep.network.wiring import wire
    >>> layers = [("a", Dense(5)), ("b", Dense(5)), ("sum", Add(["a", "b"]))]
    >>> [(each.name, each.inputs, each.sources) for each in wire(layers)]
    [('a', ('features',), (0,)), ('b', ('a',), (1,)), ('sum', ('a', 'b'), (1, 2))]
    """
    wires, before, outputs, codes, n_operations = [], FEATURES, {FEATURES: (0,)}, {FEATURES}, 0
    for name, layer in pairs:
        inputs = (*(layer.input_names() or (before,)), *layer.further_inputs())
        _check_inputs(name, layer, inputs, outputs, codes)
        read, own = [outputs[each] for each in inputs], layer.steps()
        sources = tuple(source for each in read for source in each)
        joined = _joined(layer, read, sources, own, n_operations)
        n_operations += len(joined)
        first = n_operations + 1
        given = tuple(first + place for place, step in enumerate(own) if step.given)
        if not own:  # what computes nothing passes on what it reads
            given = (n_operations,) if joined else sources
        n_operations += len(own)
        steps = (*Concatenate().steps() * len(joined), *own)
        wires.append(Wire(name, layer, inputs, sources, joined, steps, given))
        if joined or (layer.joins and layer.selects):
            _check_features_once(name, layer, inputs, read)
        outputs[name], before = given, name
        known = layer.shape_of is None and (layer.selects or layer.gives_codes)
        if known and len(inputs) == 1 and inputs[0] in codes:
            codes.add(name)
    _check_all_read(wires)
    if wires:
        wires[-1] = _with_steps_together(wires[-1], n_operations)
    return wires


def _with_steps_together(last, n_operations):
    """Return the last layer, with an operation that puts the channels of its steps side by side."""
    if len(last.outputs) == 1 or not last.layer.gives_steps():
        return last
    steps = (*last.steps, *Concatenate().steps())
    return last._replace(steps=steps, outputs=(n_operations + 1,), together=last.outputs)


def _joined(layer, read, sources, own, n_operations):
    """Return the sources that are to be put side by side before the operations of a layer."""
    if layer.joins:
        return tuple(each for each in read if len(each) > 1)
    if len(own) > 1:  # the later ones read what the first reads, with what lies between
        return () if sources == (n_operations,) else (sources,)
    neighbours = sources == tuple(range(sources[0], sources[0] + len(sources)))
    together = len(sources) == 1 or (layer.reads_neighbours and neighbours)
    return () if together else (sources,)


def _check_inputs(name, layer, inputs, outputs, codes):
    """Check that a layer reads what there is, and what it can read."""
    for each in inputs:
        if each not in outputs:
            known = [other for other in outputs if other != FEATURES]
            told = f"inputs={layer.inputs!r} holds {each!r}, which"
            if each in layer.further_inputs():
                told = f"memory={each!r}"
            raise ValueError(
                f"{title(name, layer)}: {told} is neither {FEATURES!r} nor the name of an earlier "
                f"layer, which are called {known}."
            )
    if layer.joins and len(inputs) < 2:
        raise ValueError(
            f"{title(name, layer)}: it reads several layers: give their names, as "
            "inputs=['a', 'b']."
        )
    if layer.reads_codes and (len(inputs) > 1 or inputs[0] not in codes):
        raise ValueError(
            f"{title(name, layer)}: it reads codes among the features, so it must be the first "
            f"layer, or read inputs={FEATURES!r}, or Columns, Flatten or TableFeatures of them."
        )


def _check_features_once(name, layer, inputs, read):
    """Check that a layer does not put the features beside themselves."""
    features = [each for each, sources in zip(inputs, read, strict=True) if 0 in sources]
    if len(features) > 1:
        raise ValueError(
            f"{title(name, layer)}: inputs={layer.inputs!r} holds the features more than once: "
            f"{features} are all the same."
        )


def _check_all_read(wires):
    """Check that every layer but the last, which the outputs read, is read by another."""
    read = {name for each in wires for name in each.inputs}
    for each in wires[:-1]:
        if each.name not in read:
            raise ValueError(
                f"Nothing reads the outputs of {title(each.name, each.layer)}: name it in the "
                "inputs of a later layer, or leave it out."
            )


def readers_of_features(wires):
    """Return the layers that compute something of the features, or copy them.

    Parameters
    ----------
    wires : list of Wire

    Returns
    -------
    readers : list of Wire
    """
    return [each for each in wires if 0 in each.sources and each.steps]


def features_read(wires, shape):
    """Yield the layers that read features, or some of them, with the columns that arrive.

    Parameters
    ----------
    wires : list of Wire
    shape : tuple of int
        Of a sample of the features.

    Yields
    ------
    wire : Wire
    columns : array of int
        Of the shape of what arrives for a sample: its columns in X with a row for each sample.
    """
    columns = {FEATURES: np.arange(math.prod(shape)).reshape(shape)}
    for each in wires:
        arriving = columns.get(each.inputs[0]) if len(each.inputs) == 1 else None
        if arriving is not None:
            yield each, arriving
            if each.layer.selects and each.layer.shape_of is None:
                try:
                    operation, given = each.layer.connect(arriving.shape, 0)
                except ValueError as error:
                    raise ValueError(f"{title(each.name, each.layer)}: {error}") from error
                chosen = slice(None) if operation is None else list(operation.selected)
                columns[each.name] = arriving.reshape(-1)[chosen].reshape(given)


def with_feature_names(pairs, shape, names):
    """Return layers with columns that they call by the names of features as numbers.

    Parameters
    ----------
    pairs : list of tuple of str and Layer
    shape : tuple of int
        Of a sample of the features.
    names : sequence of str or None
        Of the features, where they have some.

    Returns
    -------
    pairs : list of tuple of str and Layer

    Raises
    ------
    ValueError
        If names are not clear, or a layer does not take what arrives.
    """
    if names is None:
        return pairs
    names, found = np.asarray(names, dtype=object), dict(pairs)
    for each, columns in features_read(wire(pairs), shape):
        try:
            found[each.name] = each.layer.with_feature_names(names[columns.reshape(-1)])
        except ValueError as error:
            raise ValueError(f"{title(each.name, each.layer)}: {error}") from error
    return list(found.items())


def restored(each, shapes_read):
    """Return a layer that knows the shape of another layer's inputs, if it asks for one.

    Parameters
    ----------
    each : Wire
    shapes_read : dict of str to tuple of int
        Input shapes of the layers before it.

    Returns
    -------
    each : Wire

    Raises
    ------
    ValueError
        If there is no layer of that name, or its inputs have no such shape.
    """
    wanted = each.layer.shape_of
    if wanted is None:
        return each
    if wanted not in shapes_read:
        earlier = f"those are called {list(shapes_read)}" if shapes_read else "there is none"
        raise ValueError(f"shape_of={wanted!r} is not the name of an earlier layer: {earlier}.")
    return each._replace(layer=each.layer.restored(shapes_read[wanted]))
