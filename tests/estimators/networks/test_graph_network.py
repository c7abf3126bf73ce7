"""Graph convolutional networks: numbers beside NumPy's, gradients, labels of few nodes."""

import pickle

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.neighbors import kneighbors_graph
from sklearn.utils.estimator_checks import parametrize_with_checks

from skdeep import (
    GraphConvClassifier,
    GraphConvRegressor,
    MLPClassifier,
    NetworkClassifier,
    check_gradient,
    load_safetensors,
    save_safetensors,
)
from skdeep.displays import describe_network
from skdeep.layers import Add, Columns, Dense, Dropout, GraphConv, Propagate
from tests.helpers import assert_close, quiet, same, unchanged

X = load_digits().data[:200] / 16
Y = load_digits().target[:200]
FEW = np.where(np.arange(200) < 40, Y, -1)
GRAPH = kneighbors_graph(X, 6, mode="distance")
LAYERS = [GraphConv(7, "tanh"), ("second", GraphConv(5, "tanh"))]


def fitted(cls=GraphConvClassifier, y=FEW, data=X, graph=GRAPH, layers=LAYERS, **parameters):
    """Return a network trained for a few epochs."""
    options = {"max_iter": 4, "random_state": 0, **parameters}
    with quiet():
        return cls(layers, **options).fit(data, y, adjacency=graph)


def normalised(graph):
    """Return ``D^(-1/2) (A + I) D^(-1/2)``."""
    A = np.maximum(graph.toarray(), graph.toarray().T) + np.eye(graph.shape[0])
    root = 1 / np.sqrt(A.sum(axis=1))
    return root[:, np.newaxis] * A * root


@parametrize_with_checks(
    [GraphConvClassifier(), GraphConvRegressor(max_iter=300)],
    expected_failed_checks=lambda estimator: (
        {"check_classifiers_classes": "has labels of -1, which stands for none"}
        if isinstance(estimator, GraphConvClassifier)
        else {}
    ),
)
@pytest.mark.filterwarnings("default")
def test_scikit_learn_check(estimator, check):
    check(estimator)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_same_as_numpy(dtype):
    model = fitted(data=X.astype(dtype))
    A, h = normalised(GRAPH), X
    for W, b in zip(model.coefs_[:-1], model.intercepts_[:-1], strict=True):
        assert W.dtype == dtype
        h = np.tanh(A @ h @ W + b)
    outputs = A @ h @ model.coefs_[-1] + model.intercepts_[-1]
    expected = np.exp(outputs - outputs.max(axis=1, keepdims=True))
    expected /= expected.sum(axis=1, keepdims=True)
    tolerance = 1e-4 if dtype == np.float32 else 1e-10
    assert_close(model.predict_proba(X.astype(dtype)), expected, tolerance)
    assert_close(model.transform(X.astype(dtype)), h, tolerance)
    assert np.array_equal(model.predict(X), expected.argmax(axis=1))
    assert model.score(X, Y) == (expected.argmax(axis=1) == Y).mean()
    assert model.score(X, FEW) == (expected.argmax(axis=1) == Y)[:40].mean()
    assert list(model.get_feature_names_out()) == [f"graphconvclassifier{i}" for i in range(5)]


@pytest.mark.parametrize(
    "layers",
    [
        LAYERS,
        [Propagate(), Dense(6, "tanh"), Dense(5, "tanh")],
        [("a", GraphConv(6, "tanh")), ("b", GraphConv(6, "tanh")), Add(["a", "b"])],
        [Dense(6, "tanh", batch_norm=True), GraphConv(4, "tanh")],
        [],
    ],
    ids=["two", "mean of features", "sum", "batch norm", "none"],
)
def test_gradient(layers):
    data, y = X[:50], X[:50, :2] + 1.0
    graph = kneighbors_graph(data, 4)
    model = fitted(GraphConvRegressor, y, data, graph, layers, alpha=0.1)
    weights = np.random.default_rng(0).uniform(0, 2, 50)
    assert check_gradient(model, data, y, weights) < 1e-6
    model = fitted(GraphConvRegressor, y[:, 0], data, graph, layers, solver="lbfgs")
    assert model.score(data, y[:, 0]) > -1


@pytest.mark.parametrize(
    "layers, expected",
    [
        ([Propagate()], normalised(GRAPH) @ X),
        ([Dropout(0.1)], X),
        ([Columns([3, 4])], X[:, 3:5]),
        ([], X),
    ],
    ids=["propagate", "dropout", "columns", "none"],
)
def test_hidden_layers_without_weights(layers, expected):
    for cls, y in ((GraphConvClassifier, FEW), (GraphConvRegressor, np.where(FEW < 0, np.nan, Y))):
        model = fitted(cls, y, layers=layers)
        assert_close(model.transform(X), expected, 1e-10)
        assert len(model.get_feature_names_out()) == expected.shape[1]


@pytest.mark.parametrize("weights", [None, 2.0, np.arange(200.0)], ids=["none", "number", "each"])
def test_gradient_of_the_targets_of_the_fit(weights):
    for cls, y in ((GraphConvClassifier, FEW), (GraphConvRegressor, np.where(FEW < 0, np.nan, Y))):
        with quiet():
            model = cls(LAYERS, max_iter=2, random_state=0).fit(X, y, weights, adjacency=GRAPH)
        assert check_gradient(model, X, y, weights) < 1e-6
        each = (1.0 if weights is None else weights) * (FEW != -1)
        loss, *gradient = model.loss_gradient(X, y, weights)
        expected, *same_gradient = model.loss_gradient(X, Y, each)
        assert loss == expected and all(map(same, gradient, same_gradient))
        with pytest.raises(ValueError, match="requires y to be passed"):
            model.loss_gradient(X, None)


def test_weights_of_nodes():
    with quiet():
        model = GraphConvClassifier(LAYERS, max_iter=2, random_state=0)
        model.fit(X, FEW, 2.0, adjacency=GRAPH)
    assert model.score(X, FEW, 2.0) == model.score(X, FEW)
    for weights in (np.ones(3), np.inf, "a"):
        with unchanged(model), pytest.raises(ValueError, match=r"sample_weight|convert string"):
            model.fit(X, FEW, weights, adjacency=GRAPH)
        with pytest.raises(ValueError, match=r"sample_weight|convert string"):
            model.score(X, FEW, weights)


def test_nodes_without_targets_are_not_judged():
    """The loss is that of the others, whatever stands in for what is missing."""
    y = X[:, 10].copy()
    y[30:] = np.nan
    model = fitted(GraphConvRegressor, y, alpha=0.0)
    weights = (np.arange(200) < 30).astype(float)
    filled = [np.where(np.isnan(y), value, y) for value in (0.0, 5.0)]
    losses = [model.loss_gradient(X, each, weights) for each in filled]
    assert same(losses[0], losses[1])
    expected = 0.5 * np.mean((model.predict(X)[:30] - y[:30]) ** 2)
    assert_close(losses[0][0], expected, 1e-10)
    weighted = GraphConvRegressor(LAYERS, max_iter=4, random_state=0, alpha=0.0)
    with quiet():
        weighted.fit(X, filled[1], weights, adjacency=GRAPH)
    assert same(weighted.coefs_, model.coefs_)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_same_bits_for_any_number_of_threads(dtype):
    rng = np.random.default_rng(0)
    data = rng.normal(size=(3000, 40)).astype(dtype)
    graph, y = kneighbors_graph(data[:, :3], 5), rng.integers(4, size=3000)
    layers = [GraphConv(64, dropout=0.2), GraphConv(50)]
    models = [fitted(y=y, data=data, graph=graph, layers=layers, n_threads=n) for n in (1, 2, 3, 5)]
    for model in models:
        assert model.coefs_[0].dtype == dtype
        assert np.array_equal(model._vector, models[0]._vector)


def test_without_edges_it_is_a_multilayer_perceptron():
    options = {"max_iter": 5, "random_state": 0}
    found = fitted(y=Y, graph=None, layers=[GraphConv(9)], solver="lbfgs", **options)
    with quiet():
        expected = MLPClassifier((9,), solver="lbfgs", **options).fit(X, Y)
    assert same(found.coefs_, expected.coefs_)
    assert np.array_equal(found.predict_proba(X[:30]), expected.predict_proba(X[:30]))
    single = fitted(y=Y, graph=sp.csr_array((200, 200)), layers=[GraphConv(9)], solver="lbfgs")
    assert_close(
        single.coefs_[0],
        fitted(y=Y, graph=None, layers=[GraphConv(9)], solver="lbfgs").coefs_[0],
        1e-10,
    )


def test_few_labels_are_enough():
    """Of two communities of a stochastic block model, and of digits beside their neighbours."""
    rng = np.random.default_rng(0)
    block = np.arange(300) % 3
    near = np.where(block[:, np.newaxis] == block, 0.1, 0.01)
    graph = sp.csr_array(np.triu(rng.random((300, 300)) < near, 1).astype(float))
    y = np.where(np.arange(300) < 12, block, -1)
    with quiet():
        model = GraphConvClassifier(random_state=0).fit(np.eye(300), y, adjacency=graph)
        assert model.score(np.eye(300), block) > 0.9
        with_graph = GraphConvClassifier(random_state=0).fit(X, FEW, adjacency=GRAPH)
        without = MLPClassifier((16,), random_state=0, solver="lbfgs").fit(X[:40], Y[:40])
    assert with_graph.score(X[40:], Y[40:], adjacency=GRAPH[40:, 40:]) > without.score(
        X[40:], Y[40:]
    )


def test_other_nodes():
    model = fitted()
    part = GRAPH[50:150, 50:150]
    found = model.predict_proba(X[50:150], adjacency=part)
    assert found.shape == (100, 10) and model.n_nodes_ == 200
    nodes = np.random.default_rng(0).permutation(200)
    shuffled = model.predict_proba(X[nodes], adjacency=GRAPH[nodes][:, nodes])
    assert_close(shuffled, model.predict_proba(X)[nodes], 1e-10)
    for method in (model.predict, model.predict_proba, model.transform):
        with pytest.raises(ValueError, match="X has 100 rows, but the graph of the fit has 200"):
            method(X[:100])


@pytest.mark.parametrize("form", [sp.csr_matrix, sp.coo_array, sp.csc_array, "dense"])
def test_forms_of_adjacency(form):
    graph = GRAPH.toarray() if form == "dense" else form(GRAPH)
    model = fitted(graph=graph)
    assert same(model.coefs_, fitted().coefs_)
    assert same(fitted(graph=GRAPH.maximum(GRAPH.T)).coefs_, model.coefs_)


def test_saved_described_and_continued(tmp_path):
    model = fitted()
    copies = [pickle.loads(pickle.dumps(model))]
    try:
        copies.append(load_safetensors(save_safetensors(model, tmp_path / "model.safetensors")))
    except ImportError:
        pass
    for copy in copies:
        assert np.array_equal(copy.predict_proba(X), model.predict_proba(X))
    assert "neighbours" in str(describe_network(model))
    assert "GraphConv" in repr(clone(model))
    with quiet():
        whole = fitted(max_iter=6, warm_start=True)
        half = fitted(max_iter=3, warm_start=True).fit(X, FEW, adjacency=GRAPH)
        assert whole.t_ == half.t_
        half.fit(X[:100], FEW[:100], adjacency=GRAPH[:100, :100])
    assert half.n_nodes_ == 100
    assert not hasattr(model, "partial_fit") and not hasattr(model, "make_predictor")


@pytest.mark.parametrize(
    "graph, error, message",
    [
        (GRAPH[:100, :100], ValueError, r"adjacency has the shape \(100, 100\), but X has 200"),
        (GRAPH[:, :100], ValueError, r"adjacency has the shape \(200, 100\)"),
        (-GRAPH, ValueError, "adjacency has negative weights, the least is -"),
        (GRAPH * np.nan, ValueError, "NaN"),
        (GRAPH * np.inf, ValueError, "infinity"),
        (np.zeros((200, 200), dtype=str), ValueError, "could not convert string"),
    ],
)
def test_graphs_that_do_not_fit(graph, error, message):
    model = GraphConvClassifier()
    with unchanged(model), pytest.raises(error, match=message):
        model.fit(X, FEW, adjacency=graph)


def test_indices_beyond_the_nodes():
    graph = sp.csr_array(GRAPH).copy()
    graph.indices[3] = 10**6
    model = fitted()
    with unchanged(model), pytest.raises(ValueError, match="adjacency"):
        model.predict(X, adjacency=graph)
    model.adjacency_ = graph
    with pytest.raises(ValueError, match="adjacency"):
        model.predict(X)


def test_labels_of_any_type():
    names = np.array([f"digit {label}" for label in Y], dtype=object)
    few = np.where(FEW == -1, -1, names)
    model = fitted(y=few)
    assert same(model.coefs_, fitted().coefs_)
    assert model.score(X, names.astype(str)) == fitted().score(X, Y)
    with pytest.raises(ValueError, match="sample_weight"):
        GraphConvClassifier().fit(X, FEW, np.ones(3), adjacency=GRAPH)


def test_targets_and_layers_that_do_not_fit():
    with pytest.raises(ValueError, match="y holds no label"):
        fitted(y=np.full(200, -1))
    for missing in (None, np.nan):
        with pytest.raises(ValueError, match="y holds None or NaN: nodes without a label have -1"):
            fitted(y=np.array([missing, "a"] * 100, dtype=object))
    with pytest.raises(ValueError, match="y holds None or NaN"):
        fitted(y=np.where(FEW == -1, np.nan, FEW))
    with pytest.raises(ValueError, match="y holds no number"):
        fitted(GraphConvRegressor, np.full(200, np.nan))
    with pytest.raises(ValueError, match=r"layers\['0_mean'\], Propagate.*for GraphConvClassifier"):
        NetworkClassifier([GraphConv(3)]).fit(X, Y)
    with pytest.raises(ValueError, match="'neighbours', which is the name of the layer that"):
        fitted(layers=[("neighbours", Dense(3))])
    with pytest.raises(ValueError, match="'units' parameter of GraphConv"):
        fitted(layers=[GraphConv(0)])
