"""Every registered activation: its value, its range, and its derivative.

A new one is covered by its entry in the registry; with a formula in the oracle, more closely.
"""

import numpy as np
import pytest
from scipy import special

from skdeep.formulas.activations import NAMES, REGISTRY, hidden_names, softmax
from tests import oracle
from tests.helpers import assert_close, slope_of

SINGLE = sorted(name for name, spec in REGISTRY.items() if not spec.normalised)
TRAINABLE = [name for name in SINGLE if REGISTRY[name].trainable]
HIDDEN = [name for name in TRAINABLE if REGISTRY[name].hidden]
KNOWN = sorted(set(TRAINABLE) & set(oracle.ACTIVATIONS))
DTYPES = [np.float32, np.float64]
pytestmark = pytest.mark.nojit

# away from kinks at -1, 0 and 1
POINTS = np.array([-6.0, -4.0, -1.5, -0.3, -1e-3, 1e-3, 0.2, 0.9, 3.0, 7.0])
EVERYWHERE = np.concatenate([POINTS, [-1e4, -30.0, -1.0, 0.0, 1.0, 30.0, 1e4]])


def _values(function, points, dtype):
    with np.errstate(over="ignore"):
        return np.array([function(dtype(a)) for a in points])


def test_the_known_ones_are_there():
    assert {*oracle.ACTIVATIONS, *oracle.THRESHOLDS, "softmax"} <= set(REGISTRY)
    assert set(oracle.ACTIVATIONS) - {"exp"} <= set(HIDDEN)
    assert not {"softmax", "exp"} & set(HIDDEN)


def test_names_and_codes():
    assert all(name == spec.name for name, spec in REGISTRY.items())
    assert len({spec.code for spec in REGISTRY.values()}) == len(REGISTRY)


def test_aliases():
    assert {alias: NAMES[alias] for alias in oracle.ALIASES} == oracle.ALIASES
    written = [alias for spec in REGISTRY.values() for alias in (spec.name, *spec.aliases)]
    assert sorted(written) == sorted(NAMES), "one name stands for two activations"
    assert set(oracle.ALIASES) <= hidden_names()
    assert not {"softmax", "exp"} & hidden_names()


def test_threshold_units():
    for name, forward in oracle.THRESHOLDS.items():
        spec = REGISTRY[name]
        assert spec.hidden and not spec.trainable
        np.testing.assert_array_equal(
            [spec.forward(np.float64(a)) for a in EVERYWHERE], forward(EVERYWHERE)
        )
    assert REGISTRY["softmax"].trainable


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", KNOWN)
def test_values_against_the_oracle(name, dtype):
    """Also at the kinks, and far out, where an exponential in the formula would overflow."""
    spec, (forward, _) = REGISTRY[name], oracle.ACTIVATIONS[name]
    points = EVERYWHERE[np.abs(EVERYWHERE) < 80] if name == "exp" else EVERYWHERE
    exact = forward(points.astype(dtype).astype(np.float64))
    got = _values(spec.forward, points, dtype)
    assert got.dtype == dtype
    eps = np.finfo(dtype).eps
    tolerance = {"rtol": 8 * eps, "atol": 8 * eps}
    if name == "exp":  # the last bits of the argument are the first of the value
        tolerance["rtol"] = 100 * eps
    np.testing.assert_allclose(got, exact, **tolerance)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", KNOWN)
def test_derivatives_against_the_oracle(name, dtype):
    """At a kink the derivative is that of the left side: 0 for relu at 0, 1 for hard_tanh at 1."""
    spec, (_, derivative) = REGISTRY[name], oracle.ACTIVATIONS[name]
    points = EVERYWHERE[np.abs(EVERYWHERE) < 80] if name == "exp" else EVERYWHERE
    exact = derivative(points.astype(dtype).astype(np.float64))
    got = _values(slope_of(spec), points, dtype)
    eps = np.finfo(dtype).eps
    np.testing.assert_allclose(got, exact, rtol=(100 if name == "exp" else 20) * eps, atol=20 * eps)


@pytest.mark.parametrize("name", TRAINABLE)
def test_derivative_by_central_differences(name):
    spec, step = REGISTRY[name], 1e-6
    for a in POINTS:
        numeric = (spec.forward(a + step) - spec.forward(a - step)) / (2 * step)
        assert float(slope_of(spec)(a)) == pytest.approx(numeric, rel=1e-7, abs=1e-9)


@pytest.mark.parametrize("name", TRAINABLE)
def test_both_precisions_agree(name):
    spec = REGISTRY[name]
    for a in POINTS.astype(np.float32):
        h32, h64 = spec.forward(a), spec.forward(np.float64(a))
        assert float(h32) == pytest.approx(float(h64), rel=1e-5, abs=1e-6)
        slope = pytest.approx(float(slope_of(spec)(np.float64(a))), rel=1e-5, abs=1e-6)
        assert float(slope_of(spec)(a)) == slope


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", HIDDEN)
def test_large_arguments(name, dtype):
    """No NaN far out, where an exponential in the formula would overflow."""
    spec = REGISTRY[name]
    with np.errstate(over="ignore"):
        for a in (50.0, -50.0, 1e4, -1e4, 1e30, -1e30):
            assert not np.isnan(spec.forward(dtype(a)))
            assert np.isfinite(slope_of(spec)(dtype(a)))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", SINGLE)
def test_outputs_are_in_the_range_stated(name, dtype):
    """And the ends of the range, where they are numbers, come close to the outputs."""
    h = _values(
        REGISTRY[name].forward, np.concatenate([np.linspace(-40, 40, 16001), [-400, 400]]), dtype
    ).astype(float)
    low, high = REGISTRY[name].range.low, REGISTRY[name].range.high
    assert low <= h.min() and h.max() <= high
    assert not np.isfinite(low) or h.min() < low + 0.01
    assert not np.isfinite(high) or h.max() > high - 0.01
    assert np.isfinite(low) or h.min() < -0.3
    assert np.isfinite(high) or h.max() > 30


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", sorted(REGISTRY))
def test_precision_is_kept(name, dtype):
    """float32 in, float32 out: a stray float64 constant would cost half the speed."""
    spec = REGISTRY[name]
    for a in (dtype(0.5), dtype(-0.5)):
        h = spec.forward(a)
        # a bare constant is a NumPy float32, which float64 arithmetic takes up
        assert (h * a).dtype == dtype
        if name in TRAINABLE:
            assert (slope_of(spec)(a) * h * a).dtype == dtype


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", SINGLE)
def test_nan_passes_through(name, dtype):
    """Divergence has to reach the check at the end of a fit."""
    with np.errstate(invalid="ignore"):
        assert np.isnan(REGISTRY[name].forward(dtype(np.nan)))


def test_softmax():
    """Its outputs, and the derivatives through them, which need sums over the row."""
    rng = np.random.default_rng(0)
    a, d, step = 5 * rng.normal(size=6), rng.normal(size=6), 1e-6

    def outputs(a):
        h = np.array([softmax.forward(each) for each in softmax.shifted(a, a.max())])
        return softmax.share(h, h.sum())

    assert_close(outputs(a), special.softmax(a), 1e-12)
    h, steps = special.softmax(a), step * np.eye(len(a))
    expected = [d @ (special.softmax(a + s) - special.softmax(a - s)) / (2 * step) for s in steps]
    assert_close(softmax.chain_rule(d, h, d @ h), expected, 1e-6)
