"""Outputs for every step of a sequence as ONNX models and modules of PyTorch."""

import numpy as np
import pytest

from skdeep import NetworkClassifier, NetworkRegressor
from skdeep.layers import Conv1D
from tests.helpers import quiet

X = np.random.RandomState(0).standard_normal((30, 8, 2))
LABELS = (X[:, :, 0] > 0).astype(int)
CASES = {
    "binary": (NetworkClassifier, np.array(["no", "yes"])[LABELS], {}),
    "multiclass": (NetworkClassifier, LABELS + (X[:, :, 1] > 0.5), {}),
    "shares": (NetworkClassifier, LABELS + (X[:, :, 1] > 0.5), {"out_activation": "logistic"}),
    "binary hinge": (NetworkClassifier, LABELS, {"loss": "hinge"}),
    "hinge": (NetworkClassifier, LABELS + (X[:, :, 1] > 0.5), {"loss": "hinge"}),
    "one number": (NetworkRegressor, X[:, :, 0], {}),
    "two numbers": (NetworkRegressor, X, {}),
}
METHODS = {
    "label": "predict",
    "variable": "predict",
    "probabilities": "predict_proba",
    "decisions": "decision_function",
}


def fitted(cls, y, options):
    layers = [Conv1D(5, 3, padding="same", activation="tanh")]
    with quiet():
        return cls(layers, max_iter=2, random_state=0, **options).fit(X, y)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_onnx(case):
    pytest.importorskip("onnx", reason="onnx is not installed")
    runtime = pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")
    model = fitted(*case)
    file = model.to_onnx().SerializeToString()
    session = runtime.InferenceSession(file, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    for name, got in zip(names, session.run(None, {"X": X}), strict=True):
        expected = getattr(model, METHODS[name])(X)
        if name == "variable":
            expected = expected.reshape(30, 8, -1)
        assert got.shape == expected.shape
        if name == "label":
            assert np.array_equal(got, expected)
        else:
            np.testing.assert_allclose(got, expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
@pytest.mark.parametrize("with_output", [True, False])
def test_torch(case, with_output):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    model = fitted(*case)
    module = model.to_torch(with_output=with_output)
    with torch.no_grad():
        got = module(torch.from_numpy(X)).numpy()
    if not with_output and model.out_activation_ != "identity":
        output = {"softmax": torch.nn.Softmax(-1), "logistic": torch.nn.Sigmoid()}
        got = output[model.out_activation_](torch.from_numpy(got)).numpy()
    expected = model.make_predictor().outputs(X.reshape(30, -1)).reshape(got.shape)
    assert got.shape == (30, 8, model.n_outputs_)
    np.testing.assert_allclose(got, expected, rtol=1e-10, atol=1e-12)
