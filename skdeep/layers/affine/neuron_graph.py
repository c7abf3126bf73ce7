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
    """Directed acyclic graph of individual neurons.

    The input shape of a sample is (n_inputs,), the output shape (n_outputs,). Neurons with the same
    depth and activation function form a group, ordered by the names of the activations. Each group
    has weights for the inputs of the layer and all previous groups, as with `skip_connections` of
    `MLPClassifier`; weights that are not connections are 0 and are not trained. ``coefs_`` and
    ``intercepts_`` of the network contain the weights and biases of each group, and
    ``connectivity_`` the masks of the connections.

    Parameters
    ----------
    graph : dict
        Maps the name of each neuron to a list of its inputs, or to a tuple of that list and an
        activation function, as in ``{"a": [0, 1], "b": (["a", 1], "tanh"), "outputs": ["b", 0]}``.
        Inputs are names of neurons or numbers of input columns; if the inputs of the layer are
        features, or `Columns` of them, names of features are accepted too. The entry 'outputs'
        lists the outputs of the layer; every neuron must be connected to an output. Without this
        entry, the outputs are the neurons that are not an input of another neuron, in the order of
        the dict.
    activation : str, default='relu'
        Activation function of neurons that do not specify one; the names are those of
        `MLPClassifier`.
    dropout : float in [0, 1), default=0.0
        Dropout rate of the neurons, as in `Dense`.
    dropconnect : float in [0, 1) or None, default=None
        Probability with which connections are set to 0 in an update, as in `Dense`. If None,
        `dropconnect` of the network.
    batch_norm : bool or None, default=None
        Whether to use batch normalisation before the activation functions. If None, `batch_norm` of
        the network.
    trainable : bool, default=True
        Whether the weights and biases are trained, as in `Dense`.
    learning_rate_factor : float, default=1.0
        Factor of the learning rate for this layer.
    alpha_factor : float, default=1.0
        Factor of the network's `alpha` (the strength of the penalty) for the weights of this layer;
        0 disables the penalty.
    auxiliary_output : bool, default=False
        Whether to add an auxiliary output layer after this layer, as in `Dense`.
    inputs : str, list of str or None, default=None
        Name of an earlier layer whose output is the input of this layer, or names of several, whose
        outputs are concatenated; "features" stands for the features. If None, the previous layer.

    See Also
    --------
    Dense : A layer that can be restricted to some `connections`.

    Notes
    -----
    Initial weights are drawn as in a dense layer with as many inputs as the neuron has. If the
    outputs are not complete groups in order, they are copied by an additional operation. If sparse
    features are among the outputs, all features are converted to a dense array.

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
