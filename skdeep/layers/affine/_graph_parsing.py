"""Directed acyclic graphs of neurons, laid out in groups by depth.

Neurons of the same depth and activation make up a group; every group may read what arrives at the
graph and all groups before it, and masks say which of these connections there are.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from numbers import Integral
from typing import NamedTuple

import numpy as np

#: The entry that says what the graph gives.
OUTPUTS = "outputs"


class Graph(NamedTuple):
    """A graph of neurons in groups.

    Attributes
    ----------
    groups : tuple of tuple of str
        Names of the neurons of every group.
    activations : tuple of str
        Of the groups.
    sources : dict of str to tuple
        What every neuron reads, and what ``"outputs"`` are: names of neurons, and columns of what
        arrives, or names of them.
    """

    groups: tuple
    activations: tuple
    sources: dict

    @property
    def outputs(self):
        """What the graph gives, in its order: names of neurons, and columns or names of them."""
        return self.sources[OUTPUTS]

    @property
    def neurons(self):
        """Names of all neurons, group by group."""
        return tuple(name for group in self.groups for name in group)

    def columns(self):
        """Return the columns that neurons, or the outputs, read: all that are no neurons.

        Returns
        -------
        columns : list of int or str
            Numbers, or names.
        """
        known, found = set(self.neurons), {}
        for entry in self.sources.values():
            found |= dict.fromkeys(source for source in entry if source not in known)
        return list(found)

    def connections(self, n_columns):
        """Return which connections there are.

        Parameters
        ----------
        n_columns : int
            Of what arrives.

        Returns
        -------
        connections : list of array of bool of shape (n_columns + n_neurons_before, n_neurons)
            One for each group.

        Raises
        ------
        ValueError
            If there is no such column.
        """
        masks, n_inputs, of_neurons = [], n_columns, self._places_of_neurons(n_columns)
        for group in self.groups:
            mask = np.zeros((n_inputs, len(group)), dtype=bool)
            for unit, name in enumerate(group):
                mask[self._places(name, n_columns, of_neurons), unit] = True
            masks.append(mask)
            n_inputs += len(group)
        return masks

    def places_of_outputs(self, n_columns):
        """Return where the outputs are: in what arrives, and the neurons behind it.

        Parameters
        ----------
        n_columns : int
            Of what arrives.

        Returns
        -------
        places : list of int

        Raises
        ------
        ValueError
            If there is no such column.
        """
        return self._places(OUTPUTS, n_columns, self._places_of_neurons(n_columns))

    def _places_of_neurons(self, n_columns):
        return {name: n_columns + i for i, name in enumerate(self.neurons)}

    def _places(self, name, n_columns, of_neurons):
        """Return where a neuron finds what it reads."""
        places = []
        for source in self.sources[name]:
            is_column = isinstance(source, Integral)
            place = int(source) if is_column else of_neurons.get(source)
            if place is None or (is_column and not 0 <= place < n_columns):
                raise ValueError(
                    f"graph: {name!r} reads {source!r}, which is neither a neuron nor one of the "
                    f"{n_columns} columns that arrive."
                )
            places.append(place)
        return places

    def whole_groups(self):
        """Return the groups that the outputs are, if they are whole neighbouring groups in order.

        Returns
        -------
        groups : range
            Empty if they are not.
        """
        begun = [k for k, group in enumerate(self.groups) if group[0] == self.outputs[0]]
        given, last = [], begun[0] if begun else len(self.groups)
        while last < len(self.groups) and len(given) < len(self.outputs):
            given += self.groups[last]
            last += 1
        return range(begun[0], last) if given == list(self.outputs) else range(0)

    def groups_of_outputs(self):
        """Return the groups that have outputs of the graph, and whether columns are among these.

        Returns
        -------
        groups : list of int
        columns : bool
        """
        given = set(self.outputs)
        groups = [k for k, group in enumerate(self.groups) if not given.isdisjoint(group)]
        return groups, not given <= set(self.neurons)


def number_columns(graph, names):
    """Replace names of columns in a graph by their numbers.

    Parameters
    ----------
    graph : dict
        Checked by `parse_graph`.
    names : sequence of str
        Of the columns that arrive.

    Returns
    -------
    graph : dict

    Raises
    ------
    ValueError
        If a name is that of a neuron and of a column, or a column is read twice.
    """
    places = {name: place for place, name in enumerate(names)}
    both = [name for name in graph if name in places and name != OUTPUTS]
    if both:
        raise ValueError(f"graph: {both[0]!r} is the name of a neuron and of a feature.")
    numbered = {}
    for name, entry in graph.items():
        reads, activation = _entry(name, entry)
        found = [source if source in graph else places.get(source, source) for source in reads]
        counts = Counter(found)
        for source, place in zip(reads, found, strict=True):
            if counts[place] > 1 and source != place:
                raise ValueError(f"graph: {name!r} reads {source!r} twice.")
        numbered[name] = found if activation is None else (found, activation)
    return numbered


def parse_graph(graph, activation, known):
    """Lay out a graph.

    Parameters
    ----------
    graph : dict
        Of a neuron's name to what it reads, or to ``(what it reads, activation)``. The entry
        ``"outputs"``, what the graph gives, may be left out: then it is every neuron that no other
        neuron reads.
    activation : str
        Of neurons that have none of their own.
    known : dict of str to str
        Names of activations that users may write, and what they are called.

    Returns
    -------
    graph : Graph
        Groups by depth, the longest way from what arrives, and at the same depth by the names of
        activations; neurons of a group in the order of the dict.

    Raises
    ------
    ValueError
        If it is no graph, has a cycle, an unknown activation, or neurons that lead nowhere.

    Examples
    --------
    >>> from skdeep.layers.affine._graph_parsing import parse_graph
    >>> graph = {"a": [0, 1], "b": (["a", 1], "tanh")}
    >>> parse_graph(graph, "relu", {"relu": "relu", "tanh": "tanh"}).groups
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
                f"graph: 'outputs' have no activation, got {own!r}: the neurons have theirs."
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
    if not _is_list(entry) or any(map(_is_list, entry)):
        raise ValueError(
            f"graph: {name!r} must have a list of what it reads, or that and the name of an "
            f"activation, got {entry!r}."
        )
    entry = tuple(entry)
    for source in entry:
        if not isinstance(source, str | Integral) or isinstance(source, bool):
            raise ValueError(
                f"graph: {name!r} reads {source!r}; neurons and features have names, columns "
                "numbers."
            )
        if source == OUTPUTS:
            raise ValueError(
                f"graph: {name!r} reads 'outputs', which are what the layer gives: no neuron reads "
                "them."
            )
    if len(set(entry)) < len(entry):
        twice = next(source for source in entry if entry.count(source) > 1)
        raise ValueError(f"graph: {name!r} reads {twice!r} twice.")
    return entry, activation


def _is_list(entry):
    """Return whether an entry is a sequence of at least one source: in an order, unlike a set."""
    is_sequence = isinstance(entry, Sequence | np.ndarray) and not isinstance(entry, str | bytes)
    return is_sequence and getattr(entry, "ndim", 1) == 1 and len(entry) > 0


def _activation(name, activation, known):
    """Return what the activation of a neuron is called."""
    if activation not in known:
        raise ValueError(
            f"graph: the activation of {name!r} is {activation!r}; it may be {sorted(known)}."
        )
    return known[activation]


def _complete_outputs(sources, neurons):
    """Let the outputs be the neurons that no other reads; where they are given, leave none."""
    read = {source for entry in sources.values() for source in entry}
    ends = tuple(name for name in neurons if name not in read)
    if OUTPUTS not in sources:
        sources[OUTPUTS] = ends
    elif ends:
        others = [name for name in sources[OUTPUTS] if isinstance(name, str)]
        others = [name for name in others if name not in neurons]
        hint = f", and {others[0]!r} among 'outputs' is no neuron" if others else ""
        raise ValueError(f"graph: {list(ends)} lead nowhere: nothing reads them{hint}.")


def _depths(sources):
    """Return the depth of every neuron: 1 where it reads only what arrives."""
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
