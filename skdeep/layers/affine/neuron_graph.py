"""Directed acyclic graphs of single neurons."""

import weakref

import numpy as np

from skdeep.formulas.activations import NAMES
from skdeep.layers._base import (
    ACTIVATION,
    INPUTS,
    OF_OUTPUTS,
    OF_PARAMETERS,
    RATE,
    TRAINABLE,
    Layer,
    activated,
    check_one_axis,
)
from skdeep.layers.affine._graph_parsing import number_columns, parse_graph
from skdeep.layers.affine.dense import Dense, dense_operation
from skdeep.layers.joining.columns import Columns
from skdeep.layers.joining.concatenate import Concatenate
from skdeep.layers.operation import Group, Step

#: Activations that neurons may have, with what they are called.
KNOWN = {name: NAMES[name] for name in TRAINABLE}
#: The graphs of layers that belong to fits, parsed, with the parameters that they were made of.
_PARSED = weakref.WeakKeyDictionary()


class NeuronGraph(Layer):
    """Any directed acyclic graph of neurons, each of which says what it reads.

    It takes samples of shape (n_inputs,) and gives samples of shape (n_outputs,). Neurons of the
    same depth and activation make up a group, in the order of their activations' names; a group
    reads what arrives and all groups before it, as with `skip_connections` of `MLPClassifier`, and
    weights that are no connections are 0 and stay so. Every group has weights and biases in
    ``coefs_`` and ``intercepts_`` of the network, whose ``connectivity_`` tells the connections.

    Parameters
    ----------
    graph : dict
        Of every neuron's name to a list of what it reads, or to a tuple of that list and its
        activation, as ``{"a": [0, 1], "b": (["a", 1], "tanh"), "outputs": ["b", 0]}``. It reads
        neurons by their names, and columns of what arrives by their numbers; where these are
        features, or `Columns` of them, also by the names of the features. The entry 'outputs' says
        what the layer gives, in this order, and must leave no neuron unread; without it, the layer
        gives the neurons that no other neuron reads, in the order of the dict.
    activation : str, default='relu'
        Name of the activation of neurons that have none of their own, as `activation` of
        `MLPClassifier`.
    dropout : float in [0, 1), default=0.0
        Rate at which neurons are dropped in every update, as units of `Dense`.
    dropconnect : float in [0, 1) or None, default=None
        Rate at which connections are dropped in every update, as in `Dense`. None takes
        `dropconnect` of the network.
    batch_norm : bool or None, default=None
        Whether the weighted inputs of the neurons are normalised over every batch, before the
        activation. None takes `batch_norm` of the network.
    trainable : bool, default=True
        Whether training changes the weights and biases, as in `Dense`.
    learning_rate_factor : float, default=1.0
        What the learning rate is multiplied by in the updates of this layer.
    alpha_factor : float, default=1.0
        What `alpha` of the network, the strength of the penalty, is multiplied by for the weights
        of this layer; 0 for no penalty.
    auxiliary_output : bool, default=False
        Whether outputs of the network are also computed of this layer alone, in training only, as
        in `Dense`.
    inputs : str, list of str or None, default=None
        Name of the earlier layer that it reads, or names of several, whose outputs are put side by
        side; "features" are the features. None for the layer before.

    See Also
    --------
    Dense : With `connections`, a layer of which only some weights are there.

    Notes
    -----
    First weights are drawn as in a dense layer with as many inputs as the neuron reads. Where
    'outputs' are not some of the last groups, whole and in order, an operation copies them. If
    columns of sparse features are among them, all features are made dense.

    Examples
    --------
    A single hidden neuron solves XOR, if the outputs read the features, too:

    >>> from skdeep import NetworkClassifier
    >>> from skdeep.layers import NeuronGraph
    >>> X, y = [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0]
    >>> graph = {"hidden": [0, 1], "outputs": ["hidden", 0, 1]}
    >>> layers = [NeuronGraph(graph, "logistic")]
    >>> clf = NetworkClassifier(layers, solver="lbfgs", alpha=0, n_restarts=5, random_state=0)
    >>> clf.fit(X, y).score(X, y)
    1.0
    >>> [coef.shape for coef in clf.coefs_]
    [(2, 1), (3, 1)]
    """

    _parameter_constraints: dict = {
        "graph": [dict],
        "activation": ACTIVATION,
        **OF_OUTPUTS,
        "dropconnect": [*RATE, None],
        "batch_norm": ["boolean", None],
        **{name: kinds for name, kinds in OF_PARAMETERS.items() if name != "weights_of"},
        **INPUTS,
    }
    kind = Dense.kind
    reads_sparse = True

    def __init__(
        self,
        graph,
        activation="relu",
        *,
        dropout=0.0,
        dropconnect=None,
        batch_norm=None,
        trainable=True,
        learning_rate_factor=1.0,
        alpha_factor=1.0,
        auxiliary_output=False,
        inputs=None,
    ):
        self.graph = graph
        self.activation = activation
        self.dropout = dropout
        self.dropconnect = dropconnect
        self.batch_norm = batch_norm
        self.trainable = trainable
        self.learning_rate_factor = learning_rate_factor
        self.alpha_factor = alpha_factor
        self.auxiliary_output = auxiliary_output
        self.inputs = inputs

    def check(self):
        """Check the values of the parameters.

        Returns
        -------
        self : object
            The layer itself.

        Raises
        ------
        ValueError
            If one is out of its range, or the graph has a cycle, neurons that lead nowhere, an
            unknown activation or an entry that is none.
        """
        super().check()
        self.parsed()
        return self

    def parsed(self):
        """Return the graph in groups of neurons.

        Returns
        -------
        graph : Graph
        """
        graph, activation, parsed = _PARSED.get(self, (None, None, None))
        if parsed is None or graph is not self.graph or activation != self.activation:
            return parse_graph(self.graph, self.activation, KNOWN)
        return parsed

    def prepared(self):
        """Return the layer itself, whose graph is read once from now on."""
        _PARSED[self] = self.graph, self.activation, self.parsed()
        return self

    def with_feature_names(self, names):
        """Return the layer with the names of features in its graph replaced by numbers.

        Parameters
        ----------
        names : sequence of str
            Of the features that arrive.

        Returns
        -------
        layer : NeuronGraph

        Raises
        ------
        ValueError
            If a name is that of a neuron and of a feature, or a neuron reads a feature twice.
        """
        graph = number_columns(self.graph, names)
        return type(self)(**{**self.get_params(deep=False), "graph": graph}).prepared()

    @property
    def copies_inputs(self):
        """Whether it copies some of what it reads, as it arrives."""
        return self.parsed().groups_of_outputs()[1]

    def columns_read(self):
        """Return the columns that neurons, or the outputs, read."""
        return self.parsed().columns()

    def planned_shape(self):
        """Return the shape of what it gives for a sample."""
        return (len(self.parsed().outputs),)

    def groups(self):
        """Return the groups of neurons.

        Returns
        -------
        groups : list of Group
        """
        graph = self.parsed()
        given, _ = graph.groups_of_outputs()
        where = {unit: k for k, units in enumerate(graph.groups) for unit in units}
        found = []
        for k, (units, activation) in enumerate(zip(graph.groups, graph.activations, strict=True)):
            sources = [source for unit in units for source in graph.sources[unit]]
            read = {where.get(source) for source in sources}
            reads = tuple(sorted(read - {None}))
            found.append(Group(units, activation, None in read, reads, len(sources), k in given))
        return found

    def steps(self):
        """Return what is known of the operations of the layer before the features are.

        Returns
        -------
        steps : tuple of Step
            A dense one for every group of neurons; then, unless the outputs are whole groups, what
            puts these side by side and selects from them.
        """
        graph = self.parsed()
        given, rates = graph.whole_groups(), (float(self.dropout), self.dropconnect)
        steps = [
            Step(Dense.kind, activation, *rates, given=k in given)
            for k, activation in enumerate(graph.activations)
        ]
        if not given:
            last, (groups, columns) = graph.activations[-1], graph.groups_of_outputs()
            if len(groups) + columns > 1:
                steps.append(Step(Concatenate.kind, last, given=False))
            if columns or _side_by_side(graph, groups) != list(graph.outputs):
                steps.append(Step(Columns.kind, last))
            steps[-1] = steps[-1]._replace(given=True)
        return tuple(steps)

    def operations(self, shape, source):
        """Return all operations of the layer, and the shape of its outputs."""
        check_one_axis(shape)
        graph, operations = self.parsed(), []
        n_outputs = len(graph.places_of_outputs(shape[0]))  # which checks them
        masks = graph.connections(shape[0])
        for k, (mask, activation) in enumerate(zip(masks, graph.activations, strict=True)):
            operations.append(
                dense_operation(
                    tuple(range(source, source + k + 1)),
                    *mask.shape,
                    activation,
                    connections=mask,
                    dropout=float(self.dropout),
                    normalised=bool(self.batch_norm),
                )
            )
        if not graph.whole_groups():
            operations += self._copies(graph, shape[0], source)
        return tuple(operations), (n_outputs,)

    def _copies(self, graph, n_columns, source):
        """Return the operations that put side by side what outputs are among, and select them."""
        groups, columns = graph.groups_of_outputs()
        widths = {source: n_columns} if columns else {}
        widths |= {source + 1 + k: len(graph.groups[k]) for k in groups}
        names, first = _side_by_side(graph, groups), n_columns * columns
        places = {name: first + place for place, name in enumerate(names)}
        chosen = [places.get(output, output) for output in graph.outputs]
        operations, read, shape = [], next(iter(widths)), (first + len(names),)
        if len(widths) > 1:
            shapes = [(width,) for width in widths.values()]
            operations.append(Concatenate().connect(shapes, tuple(widths))[0])
            read = source + len(graph.groups) + 1
        if columns or chosen != list(range(len(names))):  # the same as `steps` tells
            operations.append(Columns(chosen).connect(shape, read)[0])
        return operations

    def reference(self, X, weights, biases):
        """Compute the outputs in NumPy, to compare engines with.

        Parameters
        ----------
        X : ndarray of shape (n_samples, n_inputs)
        weights, biases : list of ndarray
            One for each group.

        Returns
        -------
        outputs : ndarray of shape (n_samples, n_outputs)
        """
        graph, read = self.parsed(), X
        for w, b, activation in zip(weights, biases, graph.activations, strict=True):
            read = np.hstack([read, activated(activation, read @ w + b)])
        return read[:, graph.places_of_outputs(X.shape[1])]


def _side_by_side(graph, groups):
    """Return the names of the neurons of some groups."""
    return [name for k in groups for name in graph.groups[k]]
