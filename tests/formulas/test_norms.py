"""Norms of weights: the formulas against NumPy, and derivatives against differences."""

import numpy as np
import pytest

from skdeep.formulas import norms


def weights(v, gain):
    """Return what weight normalisation makes of a direction and a gain."""
    return gain * v / np.linalg.norm(v)


def test_weights_of_a_direction():
    v = np.random.default_rng(0).normal(size=5)
    found = norms.weight_per_direction(1.3, v @ v) * v
    np.testing.assert_allclose(found, weights(v, 1.3), rtol=1e-12)
    np.testing.assert_allclose(norms.inverse_norm(v @ v), 1 / np.linalg.norm(v), rtol=1e-12)


def test_derivatives_against_differences():
    rng = np.random.default_rng(1)
    v, d, gain, step = rng.normal(size=5), rng.normal(size=5), 0.7, 1e-6
    inverse = norms.inverse_norm(v @ v)
    along = norms.along_direction(d @ v, inverse)
    found = norms.direction_derivative(d, v, gain * inverse, along)
    steps = step * np.eye(len(v))
    expected = [d @ (weights(v + s, gain) - weights(v - s, gain)) / (2 * step) for s in steps]
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    expected = d @ (weights(v, gain + step) - weights(v, gain - step)) / (2 * step)
    np.testing.assert_allclose(norms.gain_derivative(d @ v, inverse), expected, rtol=1e-6)


def test_direction_of_0():
    """Its weights are 0, and it has no gradient."""
    assert norms.inverse_norm(0.0) == norms.weight_per_direction(1.5, 0.0) == 0


@pytest.mark.parametrize("most", [0.5, 2.0, 100.0])
def test_limited_norm(most):
    w = np.random.default_rng(2).normal(size=6)
    limited = norms.limiting_factor(w @ w, most) * w
    norm = np.linalg.norm(w)
    np.testing.assert_allclose(np.linalg.norm(limited), min(norm, most), rtol=1e-12)
    assert norm <= most or not np.array_equal(limited, w)
    assert norms.limiting_factor(most**2, most) == 1  # the largest that may be


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_precision_is_kept(dtype):
    assert norms.inverse_norm(dtype(2)).dtype == dtype
    assert norms.weight_per_direction(dtype(3), dtype(2)).dtype == dtype
    assert norms.limiting_factor(dtype(4), dtype(1)).dtype == dtype
