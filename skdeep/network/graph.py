"""Networks given as directed acyclic graphs of neurons, laid out in layers by depth.

Neurons of the same depth and activation make up a layer; every layer may read the features and all
layers before it, and masks say which of these connections there are.
"""

from collections.abc import Mapping
from numbers import Integral
from typing import NamedTuple

import numpy as np

#: The entry that says what the outputs read.
OUTPUTS = "outputs"


class Graph(NamedTuple):
    """A network of neurons in layers.

    Attributes
    ----------
    layers : tuple of tuple of str
        Names of the neurons of every hidden layer.
    activations : tuple of str
        Of the layers.
    sources : dict of str to tuple
        What every neuron, and ``"outputs"``, reads: names of neurons, and columns or names of
        features.
    """

    layers: tuple
    activations: tuple
    sources: dict

    def masks(self, n_features, feature_names, n_outputs):
        """Return which connections there are.

        Parameters
        ----------
        n_features : int
        feature_names : sequence of str or None
        n_outputs : int

        Returns
        -------
        masks : list of array of bool
            One per layer of weights, of its shape.

        Raises
        ------
        ValueError
            If there is no such feature.
        """
        names = [name for layer in self.layers for name in layer]
        places = {} if feature_names is None else {n: i for i, n in enumerate(feature_names)}
        places |= {name: n_features + i for i, name in enumerate(names)}
        masks, n_inputs = [], n_features
        for layer in self.layers:
            columns = [self._column(name, places, n_features, n_inputs) for name in layer]
            masks.append(np.stack(columns, axis=1))
            n_inputs += len(layer)
        column = self._column(OUTPUTS, places, n_features, n_inputs)
        return [*masks, np.repeat(column[:, np.newaxis], n_outputs, axis=1)]

    def _column(self, name, places, n_features, n_inputs):
        column = np.zeros(n_inputs, dtype=bool)
        for source in self.sources[name]:
            place = source if isinstance(source, Integral) else places.get(source)
            if place is None or (isinstance(source, Integral) and not 0 <= source < n_features):
                raise ValueError(
                    f"graph: {name!r} reads {source!r}, which is neither a neuron nor one of the "
                    f"{n_features} features."
                )
            column[int(place)] = True
        return column


def parse_graph(graph, activation, known):
    """Lay out a graph.

    Parameters
    ----------
    graph : dict
        Of a neuron's name to what it reads, or to ``(what it reads, activation)``.
    activation : str
        Of neurons that have none of their own.
    known : dict of str to str
        Names of activations that users may write, and what they are called.

    Returns
    -------
    graph : Graph

    Raises
    ------
    ValueError
        If it is no graph, has a cycle or an unknown activation.

    Examples
    --------
    >>> from skdeep.network.graph import parse_graph
    >>> graph = {"a": [0, 1], "b": (["a", 1], "tanh")}
    >>> parse_graph(graph, "relu", {"relu": "relu", "tanh": "tanh"}).layers
    (('a',), ('b',))
    """
    if not isinstance(graph, Mapping) or not set(graph) - {OUTPUTS}:
        raise ValueError(f"graph must be a dict of at least one neuron, got {graph!r}.")
    sources, activations = {}, {}
    for name, entry in graph.items():
        sources[name], activations[name] = _entry(name, entry, activation, known)
    neurons = [name for name in graph if name != OUTPUTS]
    read = {source for entry in sources.values() for source in entry}
    if OUTPUTS in read:
        raise ValueError("graph: 'outputs' are the outputs of the network, which no neuron reads.")
    sources.setdefault(OUTPUTS, tuple(name for name in neurons if name not in read))
    depths = _depths(neurons, sources)
    keys = sorted({(depths[name], activations[name]) for name in neurons})
    layers = tuple(
        tuple(name for name in neurons if (depths[name], activations[name]) == key) for key in keys
    )
    return Graph(layers, tuple(name for _, name in keys), sources)


def _entry(name, entry, activation, known):
    """Return what a neuron reads, and its activation."""
    if not isinstance(name, str):
        raise ValueError(f"graph: names of neurons are strings, got {name!r}.")
    if isinstance(entry, tuple) and len(entry) == 2 and isinstance(entry[1], str):
        if not isinstance(entry[0], str) and hasattr(entry[0], "__iter__"):
            entry, activation = entry
    if isinstance(entry, str) or not hasattr(entry, "__iter__") or not list(entry):
        raise ValueError(
            f"graph: {name!r} must have a list of what it reads, or that and the name of an "
            f"activation, got {entry!r}."
        )
    for source in entry:
        if not isinstance(source, str | Integral) or isinstance(source, bool):
            raise ValueError(
                f"graph: {name!r} reads {source!r}; neurons and features have names, features also "
                "numbers."
            )
    if activation not in known:
        raise ValueError(
            f"graph: the activation of {name!r} is {activation!r}; it may be {sorted(known)}."
        )
    return tuple(entry), known[activation]


def _depths(neurons, sources):
    """Return the depth of every neuron: 1 where it reads features only."""
    depths, left = {}, list(neurons)
    while left:
        ready = [n for n in left if not any(s in left for s in sources[n])]
        if not ready:
            raise ValueError(f"graph has a cycle among {sorted(left)}.")
        for name in ready:
            depths[name] = 1 + max((depths.get(source, 0) for source in sources[name]), default=0)
        left = [name for name in left if name not in ready]
    return depths
