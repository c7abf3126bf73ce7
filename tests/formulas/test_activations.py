"""Every registered activation: its value, and its derivative by central differences."""

import numpy as np
import pytest

from skdeep.formulas.activations import REGISTRY
from tests import oracle

HIDDEN = sorted(name for name, spec in REGISTRY.items() if spec.hidden)
pytestmark = pytest.mark.nojit

# away from kinks at zero
POINTS = np.array([-4.0, -1.5, -0.3, -1e-3, 1e-3, 0.2, 0.9, 3.0])


def test_the_known_ones_are_there():
    assert {"identity", "logistic", "tanh", "relu", "exp", "softmax"} <= set(REGISTRY)
    assert {"identity", "logistic", "tanh", "relu"} <= set(HIDDEN)
    assert not REGISTRY["softmax"].hidden


def test_names_and_codes():
    assert all(name == spec.name for name, spec in REGISTRY.items())
    assert len({spec.code for spec in REGISTRY.values()}) == len(REGISTRY)


@pytest.mark.parametrize("name", HIDDEN)
def test_derivative_by_central_differences(name):
    spec, step = REGISTRY[name], 1e-6
    for a in POINTS:
        numeric = (spec.forward(a + step) - spec.forward(a - step)) / (2 * step)
        assert float(spec.derivative(spec.forward(a))) == pytest.approx(numeric, rel=1e-7, abs=1e-9)


@pytest.mark.parametrize("name", HIDDEN)
def test_both_precisions_agree(name):
    spec = REGISTRY[name]
    for a in POINTS.astype(np.float32):
        h32, h64 = spec.forward(a), spec.forward(np.float64(a))
        assert float(h32) == pytest.approx(float(h64), rel=1e-6)
        slope = pytest.approx(float(spec.derivative(h64)), rel=1e-5, abs=1e-6)
        assert float(spec.derivative(h32)) == slope


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", HIDDEN)
def test_large_arguments(name, dtype):
    """No NaN far out, where an exponential in the formula would overflow."""
    spec = REGISTRY[name]
    with np.errstate(over="ignore"):
        for a in (50.0, 1e4, 1e30):
            for h in (spec.forward(dtype(a)), spec.forward(dtype(-a))):
                assert not np.isnan(h)
                assert np.isfinite(spec.derivative(h))


@pytest.mark.parametrize("name", sorted(set(REGISTRY) & set(oracle.ACTIVATIONS)))
def test_hidden_activation_against_the_oracle(name):
    forward, derivative = oracle.ACTIVATIONS[name]
    h = np.array([float(REGISTRY[name].forward(a)) for a in POINTS])
    np.testing.assert_allclose(h, forward(POINTS), rtol=1e-14)
    got = [float(REGISTRY[name].derivative(v)) for v in h]
    np.testing.assert_allclose(got, derivative(forward(POINTS)), rtol=1e-13)


@pytest.mark.parametrize("name", ["identity", "logistic", "exp"])
def test_output_activation_against_the_oracle(name):
    got = [float(REGISTRY[name].forward(a)) for a in POINTS]
    np.testing.assert_allclose(got, oracle.OUTPUTS[name](POINTS), rtol=1e-14)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", sorted(REGISTRY))
def test_precision_is_kept(name, dtype):
    """float32 in, float32 out: a stray float64 constant would cost half the speed."""
    h = REGISTRY[name].forward(dtype(0.5))
    assert h.dtype == dtype
    if REGISTRY[name].hidden:
        assert (REGISTRY[name].derivative(h) * h).dtype == dtype


@pytest.mark.parametrize("name", sorted(set(REGISTRY) - {"exp", "softmax", "identity"}))
def test_nan_passes_through(name):
    """Divergence has to reach the check at the end of a fit."""
    assert np.isnan(REGISTRY[name].forward(np.float64(np.nan)))
