"""ONNX models in ONNX Runtime, against the estimators they are made of."""

import sys

import numpy as np
import pytest

import skdeep
from skdeep.exporting.onnx_activations import FORMS
from skdeep.formulas.activations import REGISTRY
from tests import datasets
from tests.exporting.networks import SHIPPED, network, shared_convolutions
from tests.helpers import quiet
from tests.saving.models import MODELS, NETWORKS, fitted

onnx = pytest.importorskip("onnx", reason="onnx is not installed")
runtime = pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")

EXPORTED = [name for name in MODELS if name != "transformer"]


def run(model, X):
    """Return the outputs of a model by their names."""
    session = runtime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(None, {"X": np.asarray(X)}), strict=True))


def check(model, X, tolerance=1e-5, dtype=None):
    """Compare everything that the exported model gives."""
    got = run(model.to_onnx(dtype=dtype), X if dtype is None else X.astype(dtype))
    if "variable" in got:
        expected = np.reshape(model.predict(X), (len(X), -1))
        np.testing.assert_allclose(got["variable"], expected, rtol=tolerance, atol=tolerance)
        return
    label = model.predict(X)
    assert np.array_equal(got["label"], label)
    assert got["label"].shape == label.shape
    kinds = {"i": "i", "b": "b", "f": "f"}
    assert got["label"].dtype.kind == kinds.get(label.dtype.kind, "O")
    numbers = ({*got} - {"label"}).pop()
    method = {"probabilities": "predict_proba", "decisions": "decision_function"}[numbers]
    expected = getattr(model, method)(X)
    assert got[numbers].shape == expected.shape
    np.testing.assert_allclose(got[numbers], expected, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("name", EXPORTED)
def test_same_predictions(name):
    model, X = fitted(name)
    check(model, X)


@pytest.mark.parametrize("name", ["strings", "network, graph", "counts", "perceptron"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_precision(name, dtype):
    model, X = fitted(name)
    check(model, X, 1e-4 if dtype == "float32" else 1e-12, dtype)


@pytest.mark.parametrize("name", [*REGISTRY])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_activations(name, dtype):
    if name not in FORMS:
        assert name not in SHIPPED
        return
    hidden = name if REGISTRY[name].hidden else "tanh"
    X = 2 * np.random.RandomState(2).standard_normal((50, 4)).astype(dtype)
    single = dtype == np.float32 or name == "gelu"
    check(network(hidden, name, dtype), X, 1e-5 if single else 1e-12)


@pytest.mark.parametrize("name", [n for n in SHIPPED if n not in ("softmax", "exp")])
def test_extreme_arguments(name):
    """Nothing overflows: far from 0 the units are what they are in skdeep."""
    model = skdeep.MLPRegressor.from_weights([[[1.0]]], [[0.0]], out_activation=name)
    check(model, np.array([[-1e4], [-800.0], [-40.0], [-1e-9], [0.0], [1e-9], [60.0], [900.0]]))


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_layers(name, dtype):
    """In both precisions, whatever that of the network, and without any rows."""
    model, X = fitted(name)
    single = "float32" in (dtype, X.dtype) or name == "network, convolutions"  # which has gelu
    check(model, X, 1e-5 if single else 1e-12, dtype)
    got = run(model.to_onnx(dtype=dtype), X[:0].astype(dtype))
    assert {len(value) for value in got.values()} == {0}


def test_shared_weights_with_strides_of_their_own():
    check(*shared_convolutions())


def test_layer_without_form(monkeypatch):
    monkeypatch.delattr("skdeep.exporting.layers.embeddings.embedding.onnx_nodes")
    with pytest.raises(ValueError, match=r"layers\[0\], Embedding\(.*\) has no form in ONNX"):
        fitted("network, tokens")[0].to_onnx()


def test_one_row_and_none():
    model, X = fitted("strings")
    got = run(model.to_onnx(), X[:1])
    assert got["label"].tolist() == model.predict(X[:1]).tolist()
    assert run(model.to_onnx(), X[:0])["probabilities"].shape == (0, 4)


def test_file(tmp_path):
    model, X = fitted("booleans")
    written = model.to_onnx(tmp_path / "model.onnx")
    assert onnx.load(tmp_path / "model.onnx") == written
    assert written.producer_name == "skdeep"
    assert [(v.domain, v.version) for v in written.opset_import] == [("", 17)]
    assert run(written, X)["label"].dtype == bool


def test_activation_without_form(monkeypatch):
    monkeypatch.delitem(FORMS, "tanh")
    with pytest.raises(ValueError, match=r"without a form in ONNX: \['tanh'\]"):
        network("tanh", "identity", np.float64).to_onnx()


@pytest.mark.parametrize("dtype", ["float16", "int64"])
def test_bad_precision(dtype):
    with pytest.raises(ValueError, match="dtype must be 'float32', 'float64' or None"):
        fitted("binary")[0].to_onnx(dtype=dtype)


def test_labels_without_form():
    X, y = datasets.load("strings")
    with quiet():
        model = skdeep.MLPClassifier((3,), max_iter=1).fit(X, y)
    model.classes_ = model.classes_.astype("S")
    with pytest.raises(ValueError, match="have no form in ONNX"):
        model.to_onnx()


def test_without_the_package(monkeypatch):
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(ImportError, match=r"to_onnx needs onnx.*pip install onnx"):
        fitted("binary")[0].to_onnx()


def test_not_fitted():
    for name in ("to_onnx", "to_torch", "to_sklearn"):
        with pytest.raises(ValueError, match="not fitted"):
            getattr(skdeep.MLPClassifier(), name)()
        with pytest.raises(ValueError, match="not fitted"):
            getattr(skdeep.Perceptron(), name)()
