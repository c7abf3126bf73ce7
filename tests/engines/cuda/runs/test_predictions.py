"""Predictions, and the objective with its gradient over all rows, beside those of processors."""

import pickle

import numpy as np
import pytest
import scipy.sparse as sp

from skdeep import MLPClassifier, MLPRegressor, check_gradient
from skdeep.engines import table
from skdeep.engines.cpu.engine import predict as predict_on_cpu
from skdeep.formulas.activations import REGISTRY as ACTIVATIONS
from tests.engines.cuda.fits import SMALL, TOLERANCE, cuda_settings, data
from tests.estimators.in_layers import class_and_parameters
from tests.helpers import quiet

NETWORKS = {
    "plain": {},
    "no hidden layer": {"hidden_layer_sizes": ()},
    "wide": {"hidden_layer_sizes": (13, 2)},
    "batch_norm": {"batch_norm": True},
    "skips": {"skip_connections": True, "batch_norm": True},
    "auxiliary outputs": {"heads": (0,)},
    "several activations": {"activation": ("gelu", "relu")},
    "weight_norm": {"weight_norm": True},
}


def predict_on(device, layout, vector, X):
    """Return a network's outputs."""
    if device == "cpu":
        return predict_on_cpu(layout, vector, X, n_threads=2)
    from skdeep.engines.cuda.engine import predict
    from skdeep.engines.cuda.hardware.devices import device_of

    return predict(layout, vector, X, device=device_of(0))


def fitted(parameters, X, y, cls=MLPClassifier):
    """Return a network fitted on processors."""
    with quiet():
        task = cls.__name__.removeprefix("MLP")
        cls, parameters = class_and_parameters(task, {**SMALL, **parameters})
        return cls(**parameters).fit(X, y)


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("container", [np.asarray, sp.csr_matrix])
@pytest.mark.parametrize("network", NETWORKS)
def test_outputs(network, container, dtype, device):
    """For one row, for rows that one block predicts, and for those of several with a rest."""
    X, y = data("multiclass", 29)
    X = container(X.astype(dtype))
    layout, vector = fitted(NETWORKS[network], X, y)._network()
    for rows in (1, 8, 29):
        part = X[:rows]
        expected = predict_on_cpu(layout, vector, part, n_threads=1)
        got = predict_on(device, layout, vector, part)
        assert (got.shape, got.dtype) == (expected.shape, expected.dtype)
        np.testing.assert_allclose(got, expected, rtol=0, atol=TOLERANCE[dtype])


@pytest.mark.parametrize("name", sorted(ACTIVATIONS))
def test_activation(name, device):
    """Every activation, those too that cannot be trained, over a wide range."""
    X, y = data("regression")
    model = fitted({"activation": "identity"}, X, y, MLPRegressor)
    entry = ACTIVATIONS[name]
    layout, vector = model._network()
    codes = layout.table.copy()
    codes[slice(-1) if entry.hidden else slice(-1, None), table.ACTIVATION] = entry.code
    layout = layout._replace(table=codes)
    for scale in (0.01, 1.0, 30.0):
        expected = predict_on_cpu(layout, vector * scale, X, n_threads=1)
        got = predict_on(device, layout, vector * scale, X)
        np.testing.assert_allclose(got, expected, rtol=1e-9, atol=1e-12)


def test_in_chunks(device):
    """Rows that the device has no room for at once come one chunk after another."""
    X, y = data("multiclass", 29)
    layout, vector = fitted({}, X, y)._network()
    whole = predict_on(device, layout, vector, X)
    with cuda_settings(device, rows_at_once=lambda *_: 7):
        np.testing.assert_array_equal(predict_on(device, layout, vector, X), whole)


class Stream:
    """Does what it is told when it is waited for, as a device may."""

    def __init__(self, log):
        self.log, self.left = log, []

    def synchronize(self):
        """Do what is left."""
        self.log.append("wait")
        while self.left:
            self.left.pop(0)()


@pytest.fixture
def in_turns(monkeypatch):
    """Let the dense rows of predictions come in turns of a few; return what the device is told."""
    from skdeep.engines.cuda.hardware.devices import Device
    from skdeep.engines.cuda.memory import slabs
    from skdeep.engines.cuda.runs import prediction

    log, put, get = [], slabs.Region.put, slabs.Region.get_into

    def later(name, function):
        def run(*arguments, stream=0):
            if isinstance(arguments[-1], Stream):
                *arguments, stream = arguments
            if stream == 0:
                return function(*arguments)
            log.append(name)
            return stream.left.append(lambda: function(*arguments))

        return run

    monkeypatch.setattr(prediction, "BYTES_OF_A_TURN", 200)
    monkeypatch.setattr(slabs.Region, "put", later("put", put))
    monkeypatch.setattr(slabs.Region, "get_into", later("get", get))
    monkeypatch.setattr(prediction, "launch", later("launch", prediction.launch))
    monkeypatch.setattr(Device, "stream", lambda device: Stream(log))
    return log


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("pinned", [True, False])
def test_in_turns(pinned, dtype, device, request, monkeypatch):
    """Rows are sent while others are on their way, and a device may do it all as late as it can."""
    if device == "cpu":
        pytest.skip("copies nothing")
    from skdeep.engines.cuda.hardware import staging
    from skdeep.engines.cuda.hardware.devices import device_of

    X, y = data("multiclass", 29)
    X = X.astype(dtype)
    layout, vector = fitted({}, X, y)._network()
    whole = predict_on(device, layout, vector, X)
    log = request.getfixturevalue("in_turns")
    monkeypatch.setattr(staging, "BYTES_OF_A_THREAD", 16)
    monkeypatch.setattr(device_of(0), "staging", staging.Staging(device_of(0)))
    if not pinned:

        def refuse(*arguments):
            raise RuntimeError("CUDA_ERROR_OUT_OF_MEMORY")

        monkeypatch.setattr(staging.numba_cuda, "pinned_array", refuse)
    for _ in range(2):
        log.clear()
        np.testing.assert_array_equal(predict_on(device, layout, vector, X), whole)
        turn = ["put", "launch", "get"]
        assert log[:12] == [*turn, *turn, "wait", *turn, "wait", *turn][:12]


def test_nothing_is_kept_of_predictions(device):
    if device == "cpu":
        pytest.skip("no memory of its own")
    from skdeep.engines.cuda.hardware.devices import device_of

    X, y = data("multiclass")
    layout, vector = fitted({}, X, y)._network()
    pool = device_of(0).pool
    predict_on(device, layout, vector, X)
    before = [list(slab._free) for slab in pool._slabs]
    predict_on(device, layout, vector, X)
    assert [list(slab._free) for slab in pool._slabs] == before


@pytest.mark.parametrize("container", [np.asarray, sp.csr_matrix])
@pytest.mark.parametrize(
    "parameters",
    [
        *NETWORKS.values(),
        {"dropout": 0.3},
        {"penalty": "l1"},
        {"dropconnect": 0.2},
        {"frozen_layers": 1},
    ],
    ids=str,
)
def test_full_batch(parameters, container, device):
    """Value and gradient are those of processors, twice, and where parameters have moved."""
    X, y = data("multiclass")
    X = container(X)
    model = fitted(parameters, X, y)
    _, vector = model._network()
    expected = model._full_batch(X, y, None)[0]
    function = model.set_params(device=device)._full_batch(X, y, None)[0]
    for moved in (vector, vector, vector * 1.1):
        value, gradient = expected(moved)
        own, slopes = function(moved)
        assert own == pytest.approx(value, rel=1e-9)
        np.testing.assert_allclose(slopes, gradient, rtol=1e-8, atol=1e-10)
    settled = function.settled(vector)
    np.testing.assert_allclose(settled, expected.settled(vector), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("cls", [MLPClassifier, MLPRegressor])
def test_gradient_beside_finite_differences(cls, device):
    """Beside no other engine at all."""
    X, y = data("multiclass" if cls is MLPClassifier else "regression")
    model = fitted({"activation": "gelu"}, X, y, cls).set_params(device=device)
    assert check_gradient(model, X, y, max_parameters=6) < 1e-6


@pytest.mark.parametrize("container", [np.asarray, sp.csr_matrix])
def test_estimators(container, device):
    """All that estimators predict; and a model fitted on a device predicts on the other."""
    X, y = data("multiclass", 29)
    X = container(X)
    model = fitted({"device": device}, X, y)
    for call in (model.predict, model.predict_proba, model.predict_log_proba):
        got = call(X)
        model.set_params(device="cpu")
        np.testing.assert_allclose(got, call(X), rtol=1e-9, atol=1e-12)
        model.set_params(device=device)
    X, y = data("regression", 29)
    model = fitted({"device": device}, container(X), y, MLPRegressor)
    again = pickle.loads(pickle.dumps(model)).set_params(device="cpu")
    np.testing.assert_allclose(model.predict(container(X)), again.predict(container(X)), rtol=1e-9)
