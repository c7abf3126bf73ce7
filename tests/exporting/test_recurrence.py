"""Exported recurrent layers, against the networks they are made of."""

import numpy as np
import pytest

from skdeep import NetworkRegressor
from skdeep.layers import GRU, LSTM, Flatten, SimpleRNN
from tests.helpers import assert_close
from tests.layers.problems import fitted, sequences
from tests.layers.test_recurrent import MaskedGRU, masked_sequences

LAYERS = {
    "lstm": [LSTM(4, return_sequences=True, bidirectional=True), LSTM(3)],
    "gru": [
        GRU(4),
    ],
    "gru, both directions": [GRU(4, bidirectional=True, return_sequences=True), Flatten()],
    "rnn": [SimpleRNN(4, return_sequences=True), SimpleRNN(5, activation="relu")],
}
OF_ONNX = {
    "logistic": [SimpleRNN(4, activation="logistic", bidirectional=True)],
    "identity": [SimpleRNN(4, activation="identity")],
}


def _regressor(layers, dtype):
    X, y = sequences(dtype=dtype)
    return fitted(layers, X, X[:, 3, 1] + y.astype(dtype)), X


@pytest.mark.parametrize("layers", {**LAYERS, **OF_ONNX}.values(), ids=[*LAYERS, *OF_ONNX])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_onnx(layers, dtype):
    pytest.importorskip("onnx", reason="onnx is not installed")
    runtime = pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")
    model, X = _regressor(layers, dtype)
    session = runtime.InferenceSession(
        model.to_onnx().SerializeToString(), providers=["CPUExecutionProvider"]
    )
    (found,) = session.run(None, {"X": X})
    assert found.dtype == dtype
    assert_close(found[:, 0], model.predict(X), 1e-5)


@pytest.mark.parametrize("layers", LAYERS.values(), ids=LAYERS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_torch(layers, dtype):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    model, X = _regressor(layers, dtype)
    with torch.no_grad():
        found = model.to_torch()(torch.tensor(X)).numpy()
    assert found.dtype == dtype
    assert_close(found[:, 0], model.predict(X), 1e-5 if dtype == np.float32 else 1e-6)


def test_what_has_no_form():
    X, y = masked_sequences()
    model = fitted([MaskedGRU(3)], X, y.astype(float))
    with pytest.raises(ValueError, match=r"MaskedGRU.*exported models have no masks"):
        pytest.importorskip("onnx") and model.to_onnx()
    pytest.importorskip("torch", reason="PyTorch is not installed")
    with pytest.raises(ValueError, match=r"MaskedGRU.*exported models have no masks"):
        model.to_torch()
    model, _ = _regressor(OF_ONNX["logistic"], np.float64)
    with pytest.raises(ValueError, match=r"SimpleRNN.*has no form in PyTorch"):
        model.to_torch()
    assert isinstance(model, NetworkRegressor)
