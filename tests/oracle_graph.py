"""Networks of single neurons in NumPy: any acyclic graph, with outputs halfway (auxiliary heads).

It knows nothing of layers, masks or of skdeep: neurons are in a dict, and every one of them holds
the names of what it reads, a weight for each, and a bias. Features are named by their numbers.
"""

from dataclasses import dataclass

import numpy as np

from tests import oracle


@dataclass
class Neuron:
    """What a neuron reads, its weights and bias, and its activation."""

    reads: list
    weights: np.ndarray
    bias: np.ndarray
    activation: str = "identity"


@dataclass
class Network:
    """Neurons in an order in which sources come first, and heads: the outputs, then auxiliary ones.

    A head is a list of neurons without activation; `output` is applied to all of them together.
    """

    neurons: dict
    heads: list
    output: str
    loss: str
    parameter: float | None = None
    head_weight: float = 0.0

    @property
    def everything(self):
        """All neurons, with those of the heads."""
        return [*self.neurons.values(), *(neuron for head in self.heads for neuron in head)]

    @property
    def parameters(self):
        """All arrays: weights, then biases."""
        return [n.weights for n in self.everything] + [n.bias for n in self.everything]

    def forward(self, X):
        """Return what goes into neurons, what comes out, and arguments and outputs of heads."""
        arguments, values = {}, dict(enumerate(np.asarray(X, dtype=float).T))
        for name, neuron in self.neurons.items():
            arguments[name] = self._weigh(neuron, values)
            values[name] = oracle.ACTIVATIONS[neuron.activation][0](arguments[name])
        into = [np.stack([self._weigh(n, values) for n in head], axis=1) for head in self.heads]
        softmax = self.output == "softmax"
        act = oracle.softmax if softmax else oracle.ACTIVATIONS[self.output][0]
        return arguments, values, into, [act(a) for a in into]

    @staticmethod
    def _weigh(neuron, values):
        return sum(
            (w * values[source] for w, source in zip(neuron.weights, neuron.reads, strict=True)),
            neuron.bias,
        )

    def predict(self, X):
        """Return the outputs."""
        return self.forward(X)[3][0]

    def loss_gradient(self, X, Y, sample_weight=None, alpha=0.0, averaged=False):
        """Penalised loss, and its gradients by weights and biases, as `oracle.Network` has it."""
        arguments, values, into, outputs = self.forward(X)
        weight = np.ones(len(X)) if sample_weight is None else np.asarray(sample_weight, float)
        total = weight.sum()
        plain = oracle.Network([], [], [], self.output, self.loss, self.parameter)
        deltas, slopes, loss = {}, dict.fromkeys(values, 0.0), 0.0
        for index, (head, a, o) in enumerate(zip(self.heads, into, outputs, strict=True)):
            share = self.head_weight if index else 1.0
            of_samples = oracle.LOSSES[self.loss][0](Y, o, self.parameter).sum(axis=1)
            if averaged and self.loss == "squared_error":
                of_samples = of_samples / Y.shape[1]
            loss += share * (weight @ of_samples)
            for neuron, delta in zip(
                head, (share * weight[:, None] * plain.delta(Y, a, o)).T, strict=True
            ):
                deltas[id(neuron)] = delta
                self._blame(neuron, delta, slopes)
        for name, neuron in reversed(self.neurons.items()):
            slope = oracle.ACTIVATIONS[neuron.activation][1](arguments[name])
            deltas[id(neuron)] = slopes[name] * slope
            self._blame(neuron, deltas[id(neuron)], slopes)
        penalty = 0.5 * alpha * sum((n.weights**2).sum() for n in self.everything)
        of_weights = [
            np.array([values[s] @ deltas[id(n)] for s in n.reads]) + alpha * n.weights
            for n in self.everything
        ]
        of_biases = [deltas[id(n)].sum(keepdims=True) for n in self.everything]
        scaled = ([g / total for g in gradients] for gradients in (of_weights, of_biases))
        return ((loss + penalty) / total, *scaled)

    @staticmethod
    def _blame(neuron, delta, slopes):
        for w, source in zip(neuron.weights, neuron.reads, strict=True):
            slopes[source] = slopes[source] + w * delta


def arrange(graph, activation):
    """Return the layers of a graph: ``{(depth, activation): names}``, and what everything reads.

    By recursion over the definition: a neuron lies one deeper than the deepest that it reads.
    """
    entries = {}
    for name, entry in graph.items():
        has_own = isinstance(entry, tuple) and not isinstance(entry[0], str | int)
        reads, own = entry if has_own else (entry, activation)
        entries[name] = list(reads), oracle.ALIASES.get(own, own)

    def depth(name):
        if name not in entries:
            return 0
        return 1 + max(depth(source) for source in entries[name][0])

    layers = {}
    for name in entries:
        if name != "outputs":
            layers.setdefault((depth(name), entries[name][1]), []).append(name)
    reads = {name: entry[0] for name, entry in entries.items()}
    used = {source for sources in reads.values() for source in sources}
    reads.setdefault("outputs", [name for name in graph if name not in used])
    return dict(sorted(layers.items())), reads


def of_skips(model, loss=None):
    """Copy a fitted network with skip connections, or one whose layers read the last one only."""
    n_features = model.n_features_in_
    names, blocks = [*range(n_features)], [[*range(n_features)]]
    neurons = {}
    activation = model.activation
    n_hidden = len(model.coefs_) - 1
    kinds = [activation] * n_hidden if isinstance(activation, str) else list(activation)
    for layer, kind in enumerate(kinds):
        new = []
        for unit in range(model.coefs_[layer].shape[1]):
            name = f"{layer}:{unit}"
            reads = list(names if model.skip_connections else blocks[-1])
            neurons[name] = _neuron(model.coefs_, model.intercepts_, layer, unit, reads, kind)
            new.append(name)
        names += new
        blocks.append(new)
    reads = names if model.skip_connections else blocks[-1]
    return _network(model, neurons, reads, loss)


def of_layers(model, loss=None):
    """Copy a fitted network of dense layers, which read others by their names."""
    blocks, before = {"features": [*range(model.n_features_in_)]}, "features"
    neurons, halfway = {}, []
    for index, (name, layer) in enumerate(model.layers_):
        inputs = [before] if layer.inputs is None else layer.inputs
        reads = [source for each in inputs for source in blocks[each]]
        blocks[name] = [f"{name}:{unit}" for unit in range(layer.units)]
        for unit, neuron in enumerate(blocks[name]):
            arrays = model.coefs_, model.intercepts_
            neurons[neuron] = _neuron(*arrays, index, unit, reads, layer.activation)
        halfway += [blocks[name]] if layer.auxiliary_output else []
        before = name
    network = _network(model, neurons, blocks[before], loss)
    for index, reads in enumerate(halfway):
        arrays = model.auxiliary_coefs_, model.auxiliary_intercepts_
        head = [_neuron(*arrays, index, unit, reads) for unit in range(model.n_outputs_)]
        network.heads.append(head)
    network.head_weight = model.auxiliary_weight
    return network


def of_graph(model, features=None, loss=None):
    """Copy a fitted network of one `NeuronGraph`; whatever is no connection must be 0 there."""
    ((_, layer),) = model.layers_
    layers, reads = arrange(layer.graph, layer.activation)
    columns = {name: i for i, name in enumerate(features or ())}
    reads = {n: [columns.get(s, s) for s in sources] for n, sources in reads.items()}
    rows, neurons = [*range(model.n_features_in_)], {}
    for index, ((_, kind), names) in enumerate(layers.items()):
        for unit, name in enumerate(names):
            neurons[name] = _connected(model, index, unit, rows, reads[name], kind)
        rows = [*rows, *names]
    last = len(model.coefs_) - 1
    head = [
        _neuron(model.coefs_, model.intercepts_, last, unit, reads["outputs"])
        for unit in range(model.n_outputs_)
    ]
    return Network(neurons, [head], model.out_activation_, loss)


def _connected(model, layer, unit, rows, reads, kind="identity"):
    places = [rows.index(source) for source in reads]
    column = model.coefs_[layer][:, unit]
    assert len(column) == len(rows) and not np.delete(column, places).any()
    bias = model.intercepts_[layer][unit : unit + 1]
    return Neuron(reads, np.array(column[places], float), np.array(bias, float), kind)


def _neuron(coefs, intercepts, layer, unit, reads, kind="identity"):
    weights = np.array(coefs[layer][:, unit], float)
    assert len(weights) == len(reads)
    return Neuron(reads, weights, np.array(intercepts[layer][unit : unit + 1], float), kind)


def _network(model, neurons, reads, loss):
    """Return the network with the outputs of a fitted estimator."""
    outputs, last = range(model.n_outputs_), len(model.coefs_) - 1
    head = [_neuron(model.coefs_, model.intercepts_, last, unit, reads) for unit in outputs]
    return Network(neurons, [head], model.out_activation_, loss)
