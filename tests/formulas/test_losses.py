"""Every registered loss: its value, its minimum, and ``delta = o - y`` by central differences."""

import numpy as np
import pytest
from scipy.special import xlogy
from sklearn.neural_network._base import LOSS_FUNCTIONS

from skdeep.formulas.activations import REGISTRY as ACTIVATIONS
from skdeep.formulas.losses import REGISTRY
from tests import oracle

# plain NumPy scalars warn where compiled code is silent: 0 * log 0 is handled one line later
pytestmark = [
    pytest.mark.nojit,
    pytest.mark.filterwarnings("ignore:(invalid|divide):RuntimeWarning"),
]

# output activation -> targets that go with it
TARGETS = {"identity": [-1.5, 0.0, 2.0], "logistic": [0.0, 1.0], "exp": [0.0, 1.0, 4.0]}
SINGLE = [
    (loss, output)
    for loss, spec in sorted(REGISTRY.items())
    for output in spec.outputs
    if output in TARGETS
]


def test_the_known_ones_are_there():
    assert {"squared_error", "poisson", "log_loss", "binary_log_loss"} <= set(REGISTRY)
    assert len({spec.code for spec in REGISTRY.values()}) == len(REGISTRY)


@pytest.mark.parametrize("loss, output", SINGLE)
def test_delta_is_output_minus_target(loss, output):
    """The pairs of loss and output activation are canonical: dE/da = o - y."""
    value, forward, step = REGISTRY[loss].value, ACTIVATIONS[output].forward, 1e-6
    for y in TARGETS[output]:
        for a in np.array([-2.0, -0.1, 0.4, 1.7]):
            y = np.float64(y)
            numeric = (value(y, forward(a + step)) - value(y, forward(a - step))) / (2 * step)
            assert numeric == pytest.approx(float(forward(a) - y), rel=1e-6, abs=1e-8)


def test_delta_of_softmax():
    a, y, step = np.array([0.3, -1.2, 0.8]), np.array([0.0, 1.0, 0.0]), 1e-6

    def summed(a):
        o = oracle.softmax(a[None])[0]
        return sum(REGISTRY["log_loss"].value(*pair) for pair in zip(y, o, strict=True))

    for i in range(3):
        move = step * np.eye(3)[i]
        numeric = (summed(a + move) - summed(a - move)) / (2 * step)
        assert numeric == pytest.approx(oracle.softmax(a[None])[0, i] - y[i], abs=1e-8)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    "name, y, o",
    [
        ("squared_error", [-1.0, 0.0, 3.5], [0.5, 0.0, -2.0]),
        ("poisson", [0.0, 1.0, 7.0], [0.4, 1.0, 0.01]),
        ("binary_log_loss", [0.0, 1.0, 1.0, 0.0, 1.0], [0.3, 0.9, 0.0, 1.0, 1.0]),
        ("log_loss", [0.0, 1.0, 1.0, 0.0, 1.0], [0.3, 0.9, 0.0, 1.0, 1.0]),
    ],
)
def test_value_against_scikit_learn(name, y, o, dtype):
    y, o = np.array(y, dtype=dtype), np.array(o, dtype=dtype)
    got = np.array([REGISTRY[name].value(*pair) for pair in zip(y, o, strict=True)])
    assert got.dtype == dtype
    if name == "log_loss":  # scikit-learn's takes one column for two classes
        eps = np.finfo(dtype).eps
        expected = -xlogy(y, np.clip(o, eps, 1 - eps))
    else:
        columns = zip(y.reshape(-1, 1, 1), o.reshape(-1, 1, 1), strict=True)
        expected = [LOSS_FUNCTIONS[name](*column) for column in columns]
    np.testing.assert_allclose(got, expected, rtol=4 * np.finfo(dtype).eps, atol=1e-7**2)


def test_nan_is_not_hidden():
    """An output that is not a number gives a loss that is not one."""
    nan = np.float64(np.nan)
    for name, spec in REGISTRY.items():
        assert np.isnan(spec.value(np.float64(1), nan)), name
