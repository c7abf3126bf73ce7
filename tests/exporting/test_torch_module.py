"""Modules of PyTorch, where it is installed, against the networks they are made of."""

import copy
import io
import sys

import numpy as np
import pytest

import skdeep
from skdeep.exporting.torch_module import FUNCTIONS, MODULES
from skdeep.formulas.activations import REGISTRY
from tests.exporting.networks import SHIPPED, network, shared_convolutions
from tests.saving.models import MODELS, NETWORKS, fitted


def test_without_the_package(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(ImportError, match=r"to_torch needs torch.*pip install torch"):
        fitted("binary")[0].to_torch()


torch = pytest.importorskip("torch", reason="PyTorch is not installed")
EXPORTED = [name for name in MODELS if name != "transformer"]


def outputs(model, X):
    """Return the outputs of the network itself."""
    if isinstance(model, skdeep.Perceptron):
        return np.reshape(model.decision_function(X), (len(X), -1))
    return model.make_predictor().outputs(np.ascontiguousarray(X).reshape(len(X), -1))


def run(module, X):
    with torch.no_grad():
        return module(torch.from_numpy(np.array(X))).numpy()


def saved(module):
    file = io.BytesIO()
    torch.save(module, file)
    file.seek(0)
    return torch.load(file, weights_only=False)


def check(model, X):
    X = np.array(X)
    module, expected = model.to_torch(), outputs(model, X)
    got = run(module, X)
    tolerance = 1e-4 if X.dtype == np.float32 else 1e-6
    assert not module.training
    assert got.dtype == X.dtype and got.shape == expected.shape
    np.testing.assert_allclose(got, expected, rtol=tolerance, atol=tolerance)
    return module


@pytest.mark.parametrize("name", EXPORTED)
def test_same_outputs(name):
    model, X = fitted(name)
    module = check(model, X)
    layers = model._export_form()[0].layers
    parts = [p for each in layers for p in (each.weights, each.biases, *(each.norm or ())[:2])]
    of_places = {part.__array_interface__["data"][0]: part.size for part in parts if part.size}
    # Weights that several layers share are there once.
    assert sum(p.numel() for p in module.parameters()) == sum(of_places.values())


@pytest.mark.parametrize("how", [lambda module: module, copy.deepcopy, saved])
def test_shared_weights_with_strides_of_their_own(how):
    """The parameters are there once, also in copies, whatever else differs between layers."""
    model, X = shared_convolutions()
    module = how(check(model, X))
    np.testing.assert_allclose(run(module, X), outputs(model, X), rtol=1e-6, atol=1e-6)
    convolutions = [module.layer0, module.layer1, module.layer2]
    assert [each.stride for each in convolutions] == [(1,), (2,), (1,)]
    assert [each.dilation for each in convolutions] == [(1,), (1,), (3,)]
    assert {id(each.weight) for each in convolutions} == {id(module.layer0.weight)}
    assert {id(each.bias) for each in convolutions} == {id(module.layer0.bias)}
    sizes = [array.size for array in (*model.coefs_, *model.intercepts_)]
    assert sum(p.numel() for p in module.parameters()) == sum(sizes)


@pytest.mark.parametrize("name", [*REGISTRY])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_activations(name, dtype):
    if name not in MODULES and name not in FUNCTIONS and name != "identity":
        assert name not in SHIPPED
        return
    hidden = name if REGISTRY[name].hidden else "tanh"
    X = 2 * np.random.RandomState(2).standard_normal((50, 4)).astype(dtype)
    check(network(hidden, name, dtype), X)


@pytest.mark.parametrize("name", ["strings", "counts", "skips, regression", *NETWORKS])
@pytest.mark.parametrize("how", [copy.deepcopy, saved])
def test_copies(how, name):
    model, X = fitted(name)
    module = model.to_torch()
    np.testing.assert_array_equal(run(how(module), X), run(module, X))


def test_weights_are_copies():
    model, X = fitted("regression")
    module, before = model.to_torch(), model.predict(X)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.zero_()
    np.testing.assert_array_equal(model.predict(X), before)


@pytest.mark.parametrize(
    "name", ["counts", "skips, regression", "network, graph", "network, pooling"]
)
def test_training_goes_on(name):
    model, X = fitted(name)
    module = model.to_torch().train()
    X = torch.from_numpy(np.array(X))
    optimizer = torch.optim.AdamW(module.parameters(), lr=0.05)
    losses = []
    for _ in range(30):
        optimizer.zero_grad()
        loss = ((module(X) - 1.5) ** 2).mean()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.5 * losses[0]


def test_holes_stay_holes():
    model, X = fitted("network, graph")
    module = model.to_torch().train()
    X = torch.from_numpy(np.array(X))
    found = dict(module.named_parameters())
    weights = [found[name] for name in sorted(found) if name.endswith(".weight")]
    holes = [torch.from_numpy(~mask.T) for mask in model.connectivity_]
    assert any(hole.any() for hole in holes)
    optimizer = torch.optim.AdamW(module.parameters(), lr=0.05)
    for _ in range(3):
        optimizer.zero_grad()
        (module(X) ** 2).sum().backward()
        optimizer.step()
    for weight, hole in zip(weights, holes, strict=True):
        assert not weight[hole].any()
        assert weight.grad is not None and weight.grad[~hole].any()


def test_batch_normalisation_can_be_trained():
    model, _ = fitted("binary, float32")
    module = model.to_torch()
    norms = [m for m in module.modules() if isinstance(m, torch.nn.BatchNorm1d)]
    np.testing.assert_array_equal(norms[0].running_var.numpy(), model.batch_norm_[0].variance)
    assert len(norms) == 2 and norms[0].eps == 1e-5 and norms[0].momentum == 0.1


@pytest.mark.parametrize("name", ["strings", "skips and heads, multiclass", "multilabel"])
def test_without_output(name):
    model, X = fitted(name)
    logits = torch.from_numpy(run(model.to_torch(with_output=False), X))
    squash = torch.softmax if model.out_activation_ == "softmax" else None
    got = squash(logits, 1) if squash else torch.sigmoid(logits)
    np.testing.assert_allclose(got.numpy(), model.predict_proba(X), rtol=1e-9, atol=1e-12)


def test_activation_without_form(monkeypatch):
    monkeypatch.delitem(MODULES, "tanh")
    with pytest.raises(ValueError, match=r"without a form in PyTorch: \['tanh'\]"):
        network("tanh", "identity", np.float64).to_torch()


@pytest.mark.parametrize("name", NETWORKS)
def test_samples_as_vectors(name):
    """Networks of sequences take them as matrices, too, and none at all."""
    model, X = fitted(name)
    module = model.to_torch()
    np.testing.assert_array_equal(run(module, X.reshape(len(X), -1)), run(module, X))
    assert run(module, X[:0]).shape == (0, model.n_outputs_)


def test_layer_without_form(monkeypatch):
    monkeypatch.delattr("skdeep.exporting.layers.convolution.conv1d.torch_nodes")
    message = r"layers\['conv'\], Conv1D\(.*\) has no form in PyTorch"
    with pytest.raises(ValueError, match=message):
        fitted("network, convolutions")[0].to_torch()
