"""Graphs of neurons, fitted a little as layers, for several test files."""

import random

import skdeep
from skdeep.layers import NeuronGraph
from tests import datasets, oracle_graph
from tests.helpers import quiet

ALPHA = 0.3
SMOOTH = ("tanh", "logistic", "gelu", "silu", "softplus", "elu", "identity")


def random_graph(seed, n_features):
    """Return an acyclic graph of up to nine neurons, every one with an activation of its own."""
    rng = random.Random(seed)
    graph = {}
    for i in range(rng.randint(2, 9)):
        pool = [*range(n_features), *graph]
        reads = rng.sample(pool, rng.randint(1, min(5, len(pool))))
        graph[f"n{i}"] = (reads, rng.choice(SMOOTH)) if rng.random() < 0.8 else reads
    used = {s for entry in graph.values() for s in (entry[0] if type(entry) is tuple else entry)}
    if rng.random() < 0.7:
        ends = [name for name in graph if name not in used]
        graph["outputs"] = [*ends, *rng.sample([*range(n_features)], 2)]
    entries = list(graph.items())
    rng.shuffle(entries)
    return dict(entries)


#: Graphs for five features or more: what they give are groups, some of them, or copies.
GRAPHS = {
    "with columns": {"a": [0, 1], "b": (["a", 1], "gelu"), "outputs": ["b", 0]},
    "last groups": {"a": [0, 1], "b": ([2, 4], "gelu"), "d": (["a"], "silu"), "c": ["a", "b", 3]},
    "other order": {"a": [0, 1, 3], "b": (["a", 2], "gelu"), "c": [3, 4], "outputs": ["b", "c"]},
    "random": random_graph(3, 5),
}


def estimator(data, graph, layer=None, **parameters):
    """Return an estimator that is not fitted, with the data."""
    X, y = datasets.load(data)
    name = "NetworkRegressor" if datasets.is_regression(data) else "NetworkClassifier"
    defaults = {
        "alpha": ALPHA,
        "learning_rate_init": 0.02,
        "shuffle": False,
        "random_state": 5,
        "max_iter": 1,
    }
    layers = [NeuronGraph(graph, "tanh", **(layer or {}))]
    return getattr(skdeep, name)(layers, **{**defaults, **parameters}), X, y


def fitted(data, graph, layer=None, **parameters):
    """Return a fitted estimator, with the data."""
    model, X, y = estimator(data, graph, layer, **parameters)
    with quiet():
        return model.fit(X, y), X, y


def copied(model, features=None):
    """Return the oracle's copy of a fitted network that is one graph."""
    own = model.loss == "log_loss" and model.out_activation_ == "softmax"
    return oracle_graph.of_graph(model, features, "cross_entropy" if own else model.loss)
