"""Which engine `device` stands for, and what is said where there is no GPU."""

import importlib.metadata

import numpy as np
import pytest
from sklearn.datasets import load_iris

from skdeep import MLPClassifier, MLPRegressor
from skdeep.engines import choice
from skdeep.engines.cpu import engine as cpu

X, Y = load_iris(return_X_y=True)


@pytest.fixture
def no_gpu(monkeypatch):
    """A machine whose packages are complete, but which has no device."""
    monkeypatch.setattr(importlib.metadata, "version", lambda name: "0.30.4")
    monkeypatch.setattr(choice, "_count_devices", lambda: (0, "no driver was found"))


@pytest.fixture
def no_package(monkeypatch):
    """A machine without the package."""

    def version(name):
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.delenv("NUMBA_ENABLE_CUDASIM", raising=False)
    monkeypatch.setattr(importlib.metadata, "version", version)


@pytest.mark.parametrize(
    "device", ["gpu", "cuda:", "cuda:x", "cuda:-1", "CPU", "", "mps", "cuda 1"]
)
@pytest.mark.parametrize("cls", [MLPClassifier, MLPRegressor])
def test_unknown_device(cls, device):
    model = cls(device=device)
    with pytest.raises(ValueError, match="device must be 'cpu', 'auto', 'cuda' or 'cuda:'"):
        model.fit(X, Y)
    assert not hasattr(model, "coefs_")


@pytest.mark.parametrize("device", [None, 0, True])
def test_device_of_another_type(device):
    with pytest.raises(ValueError, match="'device' parameter"):
        MLPClassifier(device=device).fit(X, Y)


@pytest.mark.usefixtures("no_gpu")
@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_no_device(solver):
    model = MLPClassifier(device="cuda", solver=solver)
    with pytest.raises(RuntimeError, match=r"NVIDIA GPU and its driver.*no driver was found.*pip"):
        model.fit(X, Y)
    if solver == "adam":
        with pytest.raises(RuntimeError, match="NVIDIA GPU"):
            model.partial_fit(X, Y, classes=[0, 1, 2])
    assert not hasattr(model, "coefs_")


@pytest.mark.usefixtures("no_package")
def test_no_package():
    with pytest.raises(RuntimeError, match=r"numba-cuda.*pip install \"numba-cuda\[cu13\]"):
        MLPClassifier(device="cuda").fit(X, Y)


@pytest.mark.usefixtures("no_gpu")
def test_auto_takes_the_processor():
    settings = {"hidden_layer_sizes": (5,), "max_iter": 30, "tol": 0.1, "random_state": 0}
    auto = MLPClassifier(**settings, device="auto").fit(X, Y)
    plain = MLPClassifier(**settings).fit(X, Y)
    for ours, theirs in zip(auto.coefs_, plain.coefs_, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    np.testing.assert_array_equal(auto.predict_proba(X), plain.predict_proba(X))


def test_a_device_that_is_not_there(monkeypatch):
    monkeypatch.setattr(importlib.metadata, "version", lambda name: "0.30.4")
    monkeypatch.setattr(choice, "_count_devices", lambda: (2, ""))
    with pytest.raises(
        ValueError, match=r"no device 'cuda:2'\. This machine has 'cuda:0', 'cuda:1'"
    ):
        choice.find_engine("cuda:2", None)


@pytest.mark.usefixtures("no_gpu")
def test_model_of_a_gpu_predicts_without_one():
    model = MLPClassifier((5,), max_iter=50, tol=0.1, random_state=0).fit(X, Y)
    expected = model.predict_proba(X)
    model.set_params(device="cuda")  # as if it had been fitted there
    with pytest.raises(RuntimeError, match="NVIDIA GPU"):
        model.set_params(device="cuda").fit(X, Y)
    np.testing.assert_array_equal(model.predict_proba(X), expected)


@pytest.mark.parametrize("n_threads", [1, None])
def test_processors(n_threads):
    engine = choice.find_engine("cpu", n_threads)
    assert engine.Training.func is cpu.Training and engine.most_fits >= 1
    assert engine.predict.keywords == {"n_threads": n_threads or engine.most_fits}
