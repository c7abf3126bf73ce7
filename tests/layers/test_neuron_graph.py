"""`NeuronGraph` beside neurons in plain NumPy: outputs, gradients, updates, and what is allowed."""

import numpy as np
import pytest
import scipy.sparse as sp
from numpy.testing import assert_array_equal

from skdeep import NetworkClassifier, NetworkRegressor, check_gradient, solvers
from skdeep.layers import Conv1D, Dense, NeuronGraph
from tests import datasets, oracle
from tests import oracle_solvers as reference
from tests.helpers import assert_close, quiet, unchanged
from tests.layers.graphs import (
    ALPHA,
    GRAPHS,
    copied,
    estimator,
    fitted,
    random_graph,
)
from tests.oracle_comparison import RTOL, coded, compare, flat, sample_weights

DATA = ["binary", "multiclass", "multilabel", "regression", "multioutput"]
LIMIT = 1e-6  # of the relative error of central differences


@pytest.mark.parametrize("data", DATA)
@pytest.mark.parametrize("graph", GRAPHS)
def test_outputs_and_gradients(graph, data):
    model, X, y = fitted(data, GRAPHS[graph])
    compare(model, copied, X, y)
    compare(model, copied, sp.csr_matrix(X), y)
    assert 0 < check_gradient(model, X, y) < LIMIT
    assert check_gradient(model, sp.csc_matrix(X), y, sample_weights(len(y))) < LIMIT


@pytest.mark.parametrize("seed", range(40))
def test_random_graphs(seed):
    data = DATA[seed % len(DATA)]
    model, X, y = fitted(data, random_graph(seed, datasets.load(data)[0].shape[1]))
    compare(model, copied, X, y)
    assert check_gradient(model, sp.csr_matrix(X) if seed % 2 else X, y) < LIMIT
    dense = model.layers_[0][1].reference(X, model.coefs_[:-1], model.intercepts_[:-1])
    assert dense.shape[1] == len(model.coefs_[-1])


# solver -> (parameters, the oracle's rule)
SOLVERS = {
    "nesterov": (dict(solver="sgd"), lambda: reference.SGD(0.02)),
    "adam": (dict(solver="adam"), lambda: reference.Adam(0.02)),
    "rprop": (dict(solver="rprop"), lambda: reference.RProp(0.02)),
}
#: Solvers with sizes of batches: products by dots for few rows, a last batch that is smaller.
WAYS = [("nesterov", 1), ("nesterov", 5), ("adam", 10), ("adam", 23), ("rprop", 23)]


@pytest.mark.parametrize("data", ["multiclass", "multioutput"])
@pytest.mark.parametrize("solver, batch_size", WAYS, ids=str)
@pytest.mark.parametrize("graph", GRAPHS)
def test_updates(graph, solver, batch_size, data):
    """A fit of 20 updates and more takes the path of the oracle."""
    X, y = datasets.load(data)
    X, y = X[:23], y[:23]
    options, make = SOLVERS[solver]
    options = {**options, "batch_size": batch_size}
    model, *_ = estimator(data, GRAPHS[graph], **options)
    first = {} if datasets.is_regression(data) else {"classes": np.unique(y)}
    still = {**options, "solver": "sgd", "learning_rate_init": 1e-300}
    start, *_ = estimator(data, GRAPHS[graph], **still)
    start.partial_fit(X, y, **first)
    network, Y, epochs = copied(start), coded(start, y), 2 if batch_size == 1 else 20
    weights = np.random.RandomState(1).uniform(0.1, 2, len(y))
    with quiet():
        model.set_params(max_iter=epochs).fit(X, y, sample_weight=weights)
    course = dict(epochs=epochs, batch_size=batch_size, alpha=ALPHA, sample_weight=weights)
    curve = oracle.train(network, make(), X, Y, **course)
    assert_close(flat(copied(model).parameters), flat(network.parameters), RTOL)
    assert_close(model.loss_curve_, curve, RTOL)


@pytest.mark.nojit
@pytest.mark.parametrize("graph", ["with columns", "last groups"])
def test_in_plain_python(graph):
    X, y = datasets.load("multiclass")
    for rows in (5, 23):
        model, *_ = estimator("multiclass", GRAPHS[graph], batch_size=rows)
        with quiet():
            compare(model.fit(X[:rows], y[:rows]), copied, X[:rows], y[:rows])


def layered(n_features, sizes, activations):
    """Return a layered network as a graph."""
    graph, below = {}, [*range(n_features)]
    for layer, (size, activation) in enumerate(zip(sizes, activations, strict=True)):
        new = [f"h{layer}_{unit}" for unit in range(size)]
        graph |= {name: (below, activation) for name in new}
        below = new
    return graph


@pytest.mark.parametrize("solver", ["sgd", "adam", "lbfgs"])
def test_layered_graphs_are_dense_layers(solver):
    """From the first weights on: they are drawn alike."""
    X, y = datasets.load("multioutput")
    sizes, activations = (5, 4, 3), ["tanh", "logistic", "gelu"]
    parameters = dict(solver=solver, random_state=3, max_iter=5, alpha=0.1)
    layers = [Dense(n, name) for n, name in zip(sizes, activations, strict=True)]
    with quiet():
        plain = NetworkRegressor(layers, **parameters).fit(X, y)
        graph = NeuronGraph(layered(X.shape[1], sizes, activations))
        model = NetworkRegressor([graph], **parameters).fit(X, y)
    below = [0, X.shape[1], X.shape[1] + 5, 0]
    for layer, first in enumerate(below):
        assert_close(model.coefs_[layer][first:], plain.coefs_[layer], 1e-9)
        assert_close(model.intercepts_[layer], plain.intercepts_[layer], 1e-9)
        assert not model.coefs_[layer][:first].any()
    assert_close(model.predict(X), plain.predict(X), 1e-9)
    loss, *slopes = model.loss_gradient(X, y)
    plain_loss, *expected = plain.loss_gradient(X, y)
    assert float(loss) == pytest.approx(float(plain_loss), rel=1e-9)
    for layer, first in enumerate(below):
        assert_close(slopes[0][layer][first:], expected[0][layer], 1e-6)


def test_one_hidden_neuron_solves_xor():
    """The outputs see the inputs, too; a network of layers cannot do it."""
    X, y = np.array([[0, 0], [0, 1], [1, 0], [1, 1]]), np.array([0, 1, 1, 0])
    common = dict(solver="lbfgs", alpha=0, n_restarts=5, random_state=0)
    graph = {"hidden": [0, 1], "outputs": ["hidden", 0, 1]}
    model = NetworkClassifier([NeuronGraph(graph, "logistic")], **common).fit(X, y)
    assert model.score(X, y) == 1 and model.loss_ < 0.01
    assert [coef.shape for coef in model.coefs_] == [(2, 1), (3, 1)]
    assert NetworkClassifier([Dense(1, "logistic")], **common).fit(X, y).score(X, y) < 1


ORDERS = {
    "two neurons of one group": {"a": [0], "b": [1], "outputs": ["b", "a"]},
    "columns between": {"a": [0], "b": [1], "outputs": [4, "a", 2, "b"]},
    "an inner neuron": {"a": [0], "b": (["a"], "gelu"), "outputs": ["b", "a"]},
    "groups apart": {"a": [0], "b": (["a"], "gelu"), "c": ["b"], "outputs": ["a", "c"]},
    "groups in order": {"a": [0], "b": (["a"], "gelu"), "outputs": ["a", "b"]},
    "turned by the dict": {"b": ([1], "tanh"), "a": ([0], "gelu")},
}


@pytest.mark.parametrize("case", ORDERS)
def test_order_of_what_it_gives(case):
    """The rows of the weights that read it are those of the outputs, in their order."""
    graph = ORDERS[case]
    model, X, _ = fitted("regression", graph)
    network = copied(model)
    values = network.forward(X)[1]
    wanted = graph.get("outputs", list(graph))
    given = np.stack([values[name] for name in wanted], axis=1)
    outputs = given @ model.coefs_[-1] + model.intercepts_[-1]
    assert_close(model.predict(X), outputs[:, 0], RTOL)
    _, layer = model.layers_[0]
    found = layer.reference(X, model.coefs_[:-1], model.intercepts_[:-1])
    assert_close(found, given, RTOL)


def test_whole_groups_are_read_where_they_are():
    """Without an operation that copies; columns and other orders need one."""
    kinds = {case: [step.kind for step in NeuronGraph(ORDERS[case]).steps()] for case in ORDERS}
    assert kinds["groups in order"] == ["dense", "dense"]
    assert kinds["two neurons of one group"] == ["dense", "columns"]
    assert kinds["groups apart"] == ["dense", "dense", "dense", "concatenate"]
    assert kinds["columns between"] == ["dense", "concatenate", "columns"]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_wide_graphs_on_any_number_of_threads(dtype):
    rng = np.random.RandomState(0)
    X, y = rng.standard_normal((400, 60)).astype(dtype), rng.randint(0, 3, 400)
    graph = {f"a{i}": rng.permutation(60)[:20].tolist() for i in range(70)}
    graph |= {f"b{i}": ([f"a{j}" for j in range(i, i + 30)], "tanh") for i in range(40)}
    graph["outputs"] = [*(f"b{i}" for i in reversed(range(40))), "a69", 3]
    for data, batch_size in ((X, 200), (sp.csr_matrix(X), 400), (X, 5)):
        models = []
        for n_threads in (1, 2, 3):
            options = dict(max_iter=2, batch_size=batch_size, n_threads=n_threads)
            model = NetworkClassifier([NeuronGraph(graph)], random_state=0, **options)
            with quiet():
                models.append(model.fit(data, y))
        for model in models:
            assert model._vector.dtype == dtype
            assert_array_equal(model._vector, models[0]._vector)
            assert_array_equal(model.predict(data), models[0].predict(data))


BAD = {
    "cycle": ({"a": ["b"], "b": ["a"]}, "graph has a cycle: 'a' reads 'b' reads 'a'"),
    "unknown neuron": ({"a": [0, "c"]}, "graph: 'a' reads 'c', which is neither a neuron"),
    "unknown column": ({"a": [5]}, "graph: 'a' reads 5, .* one of the 5 columns that arrive"),
    "negative": ({"a": [-1]}, "graph: 'a' reads -1, which is neither"),
    "outputs": ({"a": [0], "outputs": ["a", "z"]}, "graph: 'outputs' reads 'z', which is neither"),
    "columns": ({"a": [0], "outputs": ["a", 9]}, "graph: 'outputs' reads 9, which is neither"),
    "dead end": ({"a": [0], "b": [1], "outputs": ["a"]}, "graph: ..b.. lead nowhere"),
    "no neuron": ({"a": [0], "outputs": ["z"]}, "..a.. lead nowhere.*'z' among 'outputs' is no"),
    "set": ({"a": [0, 1], "b": [2], "outputs": {"a", "b"}}, "graph: 'outputs' must have a list"),
    "set of sources": ({"a": {0, 1}}, "graph: 'a' must have a list of what it reads"),
    "three entries": (
        {"a": ([0], "tanh", 3)},
        "graph: 'a' must have a list .*, 'tanh', 3",
    ),
    "empty": ({}, "graph must be a dict of at least one neuron"),
    "list": ([["a", 0]], "'graph' parameter of NeuronGraph must be an instance of 'dict'"),
    "none": (None, "'graph' parameter of NeuronGraph must be"),
    "no sources": ({"a": []}, "graph: 'a' must have a list of what it reads"),
    "unknown activation": ({"a": ([0], "sine")}, "graph: the activation of 'a' is 'sine'"),
    "threshold": ({"a": ([0], "step")}, "graph: the activation of 'a' is 'step'"),
    "softmax": ({"a": ([0], "softmax")}, "graph: the activation of 'a' is 'softmax'"),
}
PARAMETERS = {
    "activation": ("step", "'activation' parameter of NeuronGraph must be"),
    "dropout": (1.0, "'dropout' parameter of NeuronGraph must be"),
    "dropconnect": (True, "'dropconnect' parameter must be a number"),
    "batch_norm": ("yes", "'batch_norm' parameter of NeuronGraph must be"),
    "trainable": (2, "'trainable' parameter of NeuronGraph must be"),
    "learning_rate_factor": (0, "'learning_rate_factor' parameter of NeuronGraph must be"),
    "inputs": (0, "'inputs' parameter of NeuronGraph must be"),
}


def _refused(layer, message, again=False):
    X, y = datasets.load("regression")
    model = NetworkRegressor([("g", layer)], max_iter=1)
    if again:
        with quiet():
            NetworkRegressor.fit(model.set_params(layers=[("g", Dense(2))]), X, y)
        model.set_params(layers=[("g", layer)])
    generator = np.random.RandomState(0)
    model.set_params(random_state=generator)
    before = generator.get_state()[1].copy()
    message = r"layers\['g'\], NeuronGraph\(.*\): .*" + message
    with unchanged(model), pytest.raises(ValueError, match=message):
        model.fit(X, y)
    if not again:
        with unchanged(model), pytest.raises(ValueError, match=message):
            model.partial_fit(X, y)
    assert_array_equal(generator.get_state()[1], before)


@pytest.mark.parametrize("again", [False, True], ids=["new", "fitted"])
@pytest.mark.parametrize("case", BAD)
def test_bad_graphs(case, again):
    graph, message = BAD[case]
    _refused(NeuronGraph(graph), message, again)


@pytest.mark.parametrize("name", PARAMETERS)
def test_bad_parameters(name):
    value, message = PARAMETERS[name]
    _refused(NeuronGraph({"a": [0]}, **{name: value}), message)


def test_samples_of_more_axes():
    X, y = np.zeros((20, 6, 2)), np.arange(20.0)
    for layers in ([NeuronGraph({"a": [0]})], [Conv1D(3, 2), NeuronGraph({"a": [0]})]):
        message = r"NeuronGraph\(.*\): it takes samples of shape .* arrives: put Flatten\(\) before"
        with pytest.raises(ValueError, match=message):
            NetworkRegressor(layers).fit(X, y)


def test_gpus_compute_whole_groups_only():
    X, y = datasets.load("regression")
    model, *_ = estimator("regression", GRAPHS["with columns"], device="cuda")
    message = r"device='cuda' has no kernels for layers\[0\], NeuronGraph"
    with unchanged(model), pytest.raises(ValueError, match=message):
        model.fit(X, y)
    with quiet():
        model.set_params(device="auto").fit(X, y)


@pytest.mark.parametrize("solver", solvers.names())
@pytest.mark.parametrize("graph", ["with columns", "last groups"])
def test_every_solver_learns(graph, solver):
    options = {"solver": solver, "alpha": 0.01}
    first, X, _ = fitted("regression", GRAPHS[graph], **options)
    last, *_ = fitted("regression", GRAPHS[graph], **options, max_iter=30)
    assert last.loss_ < first.loss_
    assert_close(last._outputs(X), copied(last).predict(X), 1e-9)  # which looks for zeros, too
