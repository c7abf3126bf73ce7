"""The losses of rows that are not trained on, beside NumPy's and those of processors."""

import numpy as np
import pytest
import scipy.sparse as sp

from skdeep.engines.cpu.engine import mean_loss as loss_on_cpu
from skdeep.engines.cpu.engine import predict as predict_on_cpu
from skdeep.engines.problem import Data, Objective
from skdeep.formulas.losses import REGISTRY as LOSSES
from skdeep.layers.affine.dense import dense_operation
from skdeep.network.layout import lay_out

N_ROWS, N_OUTPUTS = 29, 3
#: Largest difference, relative to the loss.
TOLERANCE = {"float64": 1e-12, "float32": 1e-5}
WEIGHTS = np.random.default_rng(0).uniform(0.0, 2.0, N_ROWS)


def network(activation, dtype, n_heads=0):
    """Return a layout and parameters of a network with one hidden layer."""
    hidden, head = dense_operation((0,), 4, 5, "tanh"), (1,)
    outputs = dense_operation(head, 5, N_OUTPUTS, activation)
    layout = lay_out((hidden, *[outputs] * (1 + n_heads)), n_heads=n_heads)
    vector = 0.5 * np.random.default_rng(1).normal(size=layout.n_parameters)
    return layout, vector.astype(dtype)


def rows(dtype, weights=None, container=np.asarray):
    """Return rows of which a third of the features are 0, with targets that suit every loss."""
    rng = np.random.default_rng(2)
    X = rng.normal(size=(N_ROWS, 4))
    X[abs(X) < 0.4] = 0
    targets = rng.uniform(0.1, 0.9, (N_ROWS, N_OUTPUTS))
    return Data(container(X.astype(dtype)), targets, weights)


def objective_of(name, **options):
    """Return an objective with a loss, and the activation of outputs that suit it."""
    loss = LOSSES[name]
    activation = loss.canonical[0] if loss.canonical else "identity"
    return Objective(name, 0.1, 0.7 if loss.parameters else 0.0, **options), activation


def loss_on(device, *begun, **options):
    """Return the mean loss."""
    if device == "cpu":
        return loss_on_cpu(*begun, n_threads=2, **options)
    from skdeep.engines.cuda.engine import mean_loss
    from skdeep.engines.cuda.hardware.devices import device_of

    return mean_loss(*begun, device=device_of(0), **options)


def expected_loss(layout, vector, data, objective):
    """Return the mean loss, by the formula of one output and NumPy's average."""
    loss = LOSSES[objective.loss]
    outputs = predict_on_cpu(layout, vector, data.X, n_threads=1).astype(float)
    parameter = (np.float64(objective.parameter),) if loss.parameters else ()
    of_rows = [
        sum(loss.value(y, o, *parameter) for y, o in zip(*pair, strict=True))
        for pair in zip(data.targets, outputs, strict=True)
    ]
    share = N_OUTPUTS if loss.averaged and objective.as_reported else 1
    return np.average(of_rows, weights=data.weights) / share


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["plain", "weighted"])
@pytest.mark.parametrize("as_reported", [True, False])
@pytest.mark.parametrize("name", LOSSES)
def test_every_loss(name, as_reported, weights, dtype, device):
    objective, activation = objective_of(name, as_reported=as_reported)
    begun = *network(activation, dtype), rows(dtype, weights), objective
    found, tolerance = loss_on(device, *begun), TOLERANCE[dtype]
    assert found == pytest.approx(expected_loss(*begun), rel=tolerance)
    assert found == pytest.approx(loss_on_cpu(*begun, n_threads=1), rel=tolerance)


def test_sparse_rows_and_auxiliary_outputs(device):
    """Auxiliary outputs are no part of a loss that is reported."""
    objective, activation = objective_of("squared_error")
    data = rows("float64", WEIGHTS, sp.csr_matrix)
    begun = *network(activation, "float64", n_heads=1), data, objective
    expected = expected_loss(*begun)
    assert loss_on(device, *begun) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("name", ["squared_error", "categorical_log_loss"])
def test_the_same_outputs_for_all_rows(name, device):
    objective, activation = objective_of(name)
    layout, vector = network(activation, "float64")
    begun = layout, np.zeros_like(vector), rows("float64", WEIGHTS), objective
    found = loss_on(device, *begun, constant=True)
    assert found == loss_on(device, *begun) == pytest.approx(expected_loss(*begun), rel=1e-12)


def test_without_any_weight(device):
    objective, activation = objective_of("huber")
    begun = *network(activation, "float64"), rows("float64", np.zeros(N_ROWS)), objective
    assert np.isnan(loss_on(device, *begun))


@pytest.mark.parametrize("container", [np.asarray, sp.csr_matrix])
@pytest.mark.parametrize("way", ["chunks", "turns"])
def test_same_bits_however_rows_come(way, container, device, monkeypatch):
    """All at once, in chunks that a small device has room for, or while others are on their way."""
    if device == "cpu":
        pytest.skip("takes all rows as they are")
    from skdeep.engines.cuda.hardware import devices
    from skdeep.engines.cuda.runs import prediction
    from skdeep.engines.cuda.runs.validation import validate

    objective, activation = objective_of("categorical_log_loss")
    data, device = rows("float32", WEIGHTS, container), devices.device_of(0)
    begun = device, *network(activation, "float32"), data, objective
    whole = validate(*begun, True)
    if way == "turns":
        monkeypatch.setattr(prediction, "BYTES_OF_A_TURN", 300)
    else:
        monkeypatch.setattr(type(device), "rows_at_once", lambda *arguments: 8)
    for needs_outputs in (True, False):
        found = validate(*begun, needs_outputs)
        assert found.loss == whole.loss
        assert (found.outputs is not None) == needs_outputs
        if needs_outputs:
            np.testing.assert_array_equal(found.outputs, whole.outputs)
