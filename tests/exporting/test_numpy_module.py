"""Modules that predict with NumPy alone, beside the networks that wrote them."""

import ast
import importlib.util
import pathlib
import sys

import numpy as np
import pytest

import skdeep
from skdeep.engines.table import KINDS
from skdeep.exporting.forms import form_of
from skdeep.exporting.numpy_modules.numpy_activations import ACTIVATIONS
from skdeep.formulas.activations import REGISTRY
from skdeep.layers import (
    GRU,
    LSTM,
    ActivityPenalty,
    Conv1D,
    Conv2D,
    Dense,
    Flatten,
    GlobalAveragePool,
    LayerNorm,
    PositionalEncoding,
    Residual,
    SelfAttention,
    SimpleRNN,
    TableFeatures,
)
from skdeep.losses import Quantile
from tests.exporting.networks import SHIPPED, network
from tests.helpers import quiet, run_python
from tests.layers.problems import fitted as fitted_layers
from tests.layers.problems import sequences
from tests.saving.models import NETWORKS, fitted

#: All networks of layers, and some of the multi-layer perceptrons.
EXPORTED = [
    *NETWORKS,
    *("binary, float32", "one class", "objects of strings", "booleans", "floats", "multilabel"),
    *("hinge, two", "hinge, several", "shares", "several outputs", "counts", "names"),
    *(
        "several activations",
        "perceptron, two",
        "perceptron, sparse",
        "skips and heads, multiclass",
    ),
]
METHODS = "predict", "predict_proba", "decision_function", "reconstruct", "transform"


def written(model, folder, name="model"):
    """Return the module that a network writes."""
    path, numbers = model.to_source(folder / f"{name}.py")
    assert numbers == str(folder / f"{name}.npz")
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def check(model, X, folder, tolerance=None):
    """Compare everything that the module gives."""
    module, compared = written(model, folder), 0
    single = model.coefs_[0].dtype == np.float32 if hasattr(model, "coefs_") else False
    tolerance = tolerance or (2e-6 if single else 1e-6)
    for name in METHODS:
        if not hasattr(module, name):
            continue
        expected, found = getattr(model, name)(X), getattr(module, name)(X)
        compared += 1
        if isinstance(expected, list):
            assert [each.shape for each in found] == [each.shape for each in expected]
            expected, found = np.concatenate(expected), np.concatenate(found)
        assert found.shape == expected.shape
        if found.dtype.kind == "f":
            np.testing.assert_allclose(found, expected, rtol=tolerance, atol=tolerance)
        else:
            assert np.array_equal(found, expected)
    assert compared
    if hasattr(model, "classes_"):
        assert np.array_equal(module.classes(), model.classes_)
        assert hasattr(module, "predict_proba") == hasattr(model, "predict_proba")
    return module


@pytest.mark.parametrize("name", EXPORTED)
def test_same_predictions(name, tmp_path):
    model, X = fitted(name)
    check(model, X, tmp_path)


RECURRENT = {
    "lstm": [LSTM(4, return_sequences=True, bidirectional=True), LSTM(3)],
    "gru": [GRU(4, bidirectional=True, return_sequences=True), Flatten()],
    "rnn": [SimpleRNN(4, return_sequences=True), SimpleRNN(5, activation="relu")],
    "logistic": [SimpleRNN(4, activation="logistic", bidirectional=True)],
    "identity": [SimpleRNN(4, activation="identity")],
    "penalty": [Conv1D(3, 2), ActivityPenalty("l1"), Flatten()],
    "steps": [LSTM(4, return_sequences=True), Conv1D(4, 3, padding="same")],
}


@pytest.mark.parametrize("layers", RECURRENT.values(), ids=RECURRENT)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_sequences(layers, dtype, tmp_path):
    X, y = sequences(dtype=dtype)
    y = X[:, :, 1] if layers is RECURRENT["steps"] else X[:, 3, 1] + y.astype(dtype)
    check(fitted_layers(layers, X, y), X, tmp_path)
    X, y = sequences(dtype=dtype)
    y = (X[:, :, 1] > 0).astype(int) if layers is RECURRENT["steps"] else y
    check(fitted_layers(layers, X, y), X, tmp_path)


MASKED = {
    "attention": [PositionalEncoding(), Residual([SelfAttention(3)]), GlobalAveragePool()],
    "recurrent": [GRU(3, return_sequences=True), LayerNorm(), LSTM(3, bidirectional=True)],
    "steps": [SimpleRNN(3, return_sequences=True, bidirectional=True)],
}


@pytest.mark.parametrize("name", MASKED)
def test_masked_steps(name, tmp_path):
    rng = np.random.default_rng(0)
    X = [rng.normal(size=(n, 3)) for n in rng.integers(2, 9, size=50)]
    X[0] = X[1].repeat(2, axis=0)[:7]
    y = np.array([each[:, 0].mean() > 0 for each in X]).astype(int)
    if name == "steps":
        y = [(each[:, 1] > 0).astype(int) for each in X]
    with quiet():
        model = skdeep.NetworkClassifier(MASKED[name], max_iter=3, random_state=0).fit(X, y)
    module = check(model, X, tmp_path)
    filled = np.full((50, max(map(len, X)), 3), -1.0)
    for row, each in zip(filled, X, strict=True):
        row[: len(each)] = each
    filled[3, 0] = -1.0
    with quiet():
        y = y if name != "steps" else (filled[:, :, 1] > 0).astype(int)
        model = skdeep.NetworkClassifier(
            MASKED[name], mask_value=-1, max_iter=3, random_state=0
        ).fit(filled, y)
    check(model, filled, tmp_path, 1e-6)
    with pytest.raises(ValueError, match=r"X\[0\] must have 1 to"):
        module.predict(np.zeros((1, 50, 3)))


@pytest.mark.parametrize("parameters", [{}, {"tied_weights": True}, {"sparsity": "l1"}])
def test_autoencoders(parameters, tmp_path):
    X = np.random.default_rng(0).uniform(size=(60, 12))
    layers = [Dense(8), Dense(3, "tanh")]
    with quiet():
        model = skdeep.Autoencoder(layers, max_iter=3, random_state=0, **parameters).fit(X)
    module, codes = check(model, X, tmp_path), model.transform(X)
    np.testing.assert_allclose(
        module.inverse_transform(codes), model.inverse_transform(codes), rtol=1e-6, atol=1e-6
    )
    with pytest.raises(ValueError, match="must have 3 columns"):
        module.inverse_transform(X)
    assert not hasattr(module, "predict")


def test_an_image_encoder(tmp_path):
    X = np.random.default_rng(0).uniform(size=(40, 6, 6))
    layers = [Conv2D(3, 3), Flatten(), Dense(4)]
    with quiet():
        model = skdeep.Autoencoder(layers, decoder=[Dense(20)], max_iter=2).fit(X)
    module, codes = check(model, X, tmp_path), model.transform(X)
    found = module.inverse_transform(codes)
    np.testing.assert_allclose(found, model.inverse_transform(codes), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("name", REGISTRY)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_activations(name, dtype, tmp_path):
    if name not in ACTIVATIONS:
        assert name not in SHIPPED
        return
    hidden = name if REGISTRY[name].hidden else "tanh"
    X = 2 * np.random.RandomState(2).standard_normal((50, 4)).astype(dtype)
    tolerance = 1e-5 if dtype == np.float32 else 1e-12
    check(network(hidden, name, dtype), X, tmp_path, tolerance)


@pytest.mark.parametrize("name", [n for n in SHIPPED if n not in ("softmax", "exp")])
def test_extreme_arguments(name, tmp_path):
    model = skdeep.MLPRegressor.from_weights([[[1.0]]], [[0.0]], out_activation=name)
    X = np.array([[-1e4], [-800.0], [-40.0], [-1e-9], [0.0], [1e-9], [60.0], [900.0]])
    check(model, X, tmp_path, 1e-12)


def test_features_of_tables(tmp_path):
    X = np.random.default_rng(0).normal(size=(60, 3)).astype(np.float32)
    layer = TableFeatures(
        2,
        frequencies=[[0.5, 0.7], [0.1, 0.2]],
        phases=[[0.1, 0.0], [0.3, 0.2]],
        binned=[0, 2],
        edges=[[-1, 0, 1], [-0.5, 0.2, 0.3, 2]],
    )
    check(fitted_layers([layer, Dense(4)], X, X[:, 0]), X, tmp_path)


def test_every_kind_has_a_form():
    """But what reads the graph, which a network of layers does not."""
    without = {kind for kind in KINDS if not hasattr(form_of(kind), "numpy_outputs")}
    assert without == {"propagate"}


def test_needs_numpy_alone(tmp_path):
    """A process that can import nothing else of what is installed."""
    model, X = fitted("network, images")
    path, _ = model.to_source(tmp_path / "model.py")
    code = f"""
import sys
sys.path.insert(0, {str(tmp_path)!r})
import model
print(repr(model.predict_proba({X[:3].tolist()!r}).tolist()))
others = {{"skdeep", "numba", "sklearn", "scipy", "pandas"}} & set(sys.modules)
assert not others, others
"""
    found = np.array(ast.literal_eval(run_python(code)))
    np.testing.assert_allclose(found, model.predict_proba(X[:3]), atol=1e-6)
    tree = ast.parse(pathlib.Path(path).read_text(encoding="utf-8"))
    nodes = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    names = {alias.name for node in nodes for alias in node.names}
    assert all(isinstance(node, ast.Import) for node in nodes)
    assert names - {"numpy"} <= set(sys.stdlib_module_names)


def test_some_rows_at_a_time(tmp_path):
    model, X = fitted("network, columns")
    module = written(model, tmp_path)
    expected = module.predict_proba(X)
    module.ROWS_AT_A_TIME = 7
    np.testing.assert_allclose(module.predict_proba(X), expected, rtol=1e-12)


def test_wrong_samples(tmp_path):
    model, X = fitted("network, tokens")
    module = written(model, tmp_path)
    for bad in (X + 6, X - 7, X + 0.5):
        with pytest.raises(ValueError, match="must hold codes below"):
            module.predict(bad)
    with pytest.raises(ValueError, match=r"samples of shape \(8,.*Got the shape \(60, 7\)"):
        module.predict(X[:, :7])
    with pytest.raises(ValueError, match="at least one sample"):
        module.predict(X[:0])
    X[0, 0] = np.nan
    with pytest.raises(ValueError, match="NaN or infinite"):
        module.predict(X)
    model, X = fitted("network, encoded table")
    X[0, 1] = 3
    with pytest.raises(ValueError, match="Column 1 must hold codes from 0 to 2"):
        written(model, tmp_path, "table").predict(X)


def test_what_has_no_form(tmp_path):
    model, _ = fitted("floats")
    for bad in ("model.txt", "1model.py", "my-model.py"):
        with pytest.raises(ValueError, match=r"path must be that of a module.*Got"):
            model.to_source(tmp_path / bad)
    adjacency = np.eye(6, k=1)
    with quiet():
        graph = skdeep.GraphConvRegressor([], max_iter=1)
        graph.set_params(layers=[skdeep.layers.GraphConv(3)])
        graph.fit(np.eye(6), np.arange(6.0), adjacency=adjacency)
    with pytest.raises(ValueError, match="has no form in NumPy"):
        graph.to_source(tmp_path / "graph.py")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_quantiles_do_not_cross(dtype, tmp_path):
    X, y = sequences(dtype=dtype)
    options = {"loss": Quantile([0.1, 0.5, 0.9]), "max_iter": 1, "random_state": 0}
    with quiet():
        model = skdeep.NetworkRegressor([Conv1D(3, 2), Flatten()], **options).fit(X, y)
    model.intercepts_[-1][...] = np.array([3, 0, -3])  # the largest output first
    check(model, X, tmp_path)
    assert (np.diff(written(model, tmp_path, "sorted").predict(X)) >= 0).all()
    rows = X.reshape(len(X), -1)
    with quiet():
        model = skdeep.MLPRegressor(hidden_layer_sizes=(4,), **options).fit(rows, y)
    model.intercepts_[-1][...] = np.array([3, 0, -3])
    check(model, rows, tmp_path)
