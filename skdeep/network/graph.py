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
            If there is no such feature, or a name is that of a neuron and of a feature.
        """
        names = [name for layer in self.layers for name in layer]
        places = {} if feature_names is None else {n: i for i, n in enumerate(feature_names)}
        both = [name for name in names if name in places]
        if both:
            raise ValueError(f"graph: {both[0]!r} is the name of a neuron and of a feature.")
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
            if column[place]:
                raise ValueError(f"graph: {name!r} reads {source!r} twice.")
            column[place] = True
        return column


def parse_graph(graph, activation, known):
    """Lay out a graph.

    Parameters
    ----------
    graph : dict
        Of a neuron's name to what it reads, or to ``(what it reads, activation)``. The entry
        ``"outputs"``, what the outputs read, may be left out: then it is every neuron that no other
        neuron reads.
    activation : str
        Of neurons that have none of their own.
    known : dict of str to str
        Names of activations that users may write, and what they are called.

    Returns
    -------
    graph : Graph
        Layers by depth, the longest way from the features, and at the same depth by the names of
        activations; neurons of a layer in the order of the dict.

    Raises
    ------
    ValueError
        If it is no graph, has a cycle, an unknown activation, or neurons that lead nowhere.

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
        sources[name], own = _entry(name, entry)
        if name != OUTPUTS:
            activations[name] = _activation(name, activation if own is None else own, known)
        elif own is not None:
            raise ValueError(
                f"graph: 'outputs' have no activation here, got {own!r}: it is out_activation."
            )
    depths = _depths(sources)
    _complete_outputs(sources, activations)
    members = {}
    for name in activations:
        members.setdefault((depths[name], activations[name]), []).append(name)
    keys = sorted(members)
    return Graph(
        tuple(tuple(members[key]) for key in keys), tuple(name for _, name in keys), sources
    )


def _entry(name, entry):
    """Return what a neuron reads, and its activation or None."""
    if not isinstance(name, str):
        raise ValueError(f"graph: names of neurons are strings, got {name!r}.")
    activation = None
    if isinstance(entry, tuple) and len(entry) == 2 and isinstance(entry[1], str):
        # A tuple of two names is what the neuron reads.
        if not isinstance(entry[0], str) and hasattr(entry[0], "__iter__"):
            entry, activation = entry
    if isinstance(entry, str) or not hasattr(entry, "__iter__") or not list(entry):
        raise ValueError(
            f"graph: {name!r} must have a list of what it reads, or that and the name of an "
            f"activation, got {entry!r}."
        )
    entry = tuple(entry)
    for source in entry:
        if not isinstance(source, str | Integral) or isinstance(source, bool):
            raise ValueError(
                f"graph: {name!r} reads {source!r}; neurons and features have names, features also "
                "numbers."
            )
        if source == OUTPUTS:
            raise ValueError(
                f"graph: {name!r} reads 'outputs', which are the outputs of the network: no neuron "
                "reads them."
            )
    if len(set(entry)) < len(entry):
        twice = next(source for source in entry if entry.count(source) > 1)
        raise ValueError(f"graph: {name!r} reads {twice!r} twice.")
    return entry, activation


def _activation(name, activation, known):
    """Return what the activation of a neuron is called."""
    if activation not in known:
        raise ValueError(
            f"graph: the activation of {name!r} is {activation!r}; it may be {sorted(known)}."
        )
    return known[activation]


def _complete_outputs(sources, neurons):
    """Let the outputs read the neurons that no other reads; where they say, leave none of them."""
    read = {source for entry in sources.values() for source in entry}
    ends = tuple(name for name in neurons if name not in read)
    if OUTPUTS not in sources:
        sources[OUTPUTS] = ends
    elif ends:
        raise ValueError(f"graph: {list(ends)} lead nowhere: nothing reads them.")


def _depths(sources):
    """Return the depth of every neuron: 1 where it reads features only."""
    readers, waiting = {}, {}
    for name, entry in sources.items():
        neurons = [source for source in entry if source in sources]
        waiting[name] = len(neurons)
        for source in neurons:
            readers.setdefault(source, []).append(name)
    ready, depths = [name for name in sources if not waiting[name]], dict.fromkeys(sources, 1)
    done = 0
    while ready:
        name = ready.pop()
        done += 1
        for reader in readers.get(name, ()):
            depths[reader] = max(depths[reader], depths[name] + 1)
            waiting[reader] -= 1
            if not waiting[reader]:
                ready.append(reader)
    if done < len(sources):
        raise ValueError(f"graph has a cycle: {_cycle(sources, waiting)}.")
    return depths


def _cycle(sources, waiting):
    """Return a cycle in words, of neurons that still wait for others."""
    name, way = next(name for name in waiting if waiting[name]), []
    while name not in way:
        way.append(name)
        name = next(source for source in sources[name] if waiting.get(source))
    cycle = [*way[way.index(name) :], name]
    return " reads ".join(map(repr, cycle))
