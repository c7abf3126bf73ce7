"""Batch normalisation: the formulas against NumPy, and derivatives against differences."""

import numpy as np
import pytest

from skdeep.formulas import normalisation as formulas
from skdeep.formulas.normalisation import BATCH_EPSILON, BATCH_SHARE

SCALE, SHIFT = 1.7, -0.3


@pytest.fixture(params=[np.float64, np.float32])
def a(request):
    """The weighted inputs of a unit for some rows."""
    return np.random.default_rng(0).normal(2.0, 3.0, size=12).astype(request.param)


def precision(a):
    return 1e-12 if a.dtype == np.float64 else 1e-5


def squares_of(a):
    return np.sum((a - a.mean()) ** 2)


def outputs(a):
    """Return what batch normalisation makes of a batch."""
    return SCALE * (a - a.mean()) / np.sqrt(a.var() + BATCH_EPSILON) + SHIFT


def normalised(a):
    """Return the same by the formulas."""
    mean, rows, epsilon = a.mean(), a.dtype.type(len(a)), a.dtype.type(BATCH_EPSILON)
    inverse = formulas.inverse_deviation(squares_of(a), rows, epsilon)
    x = [formulas.standardised(value, mean, inverse) for value in a]
    return inverse, np.array(x), [formulas.scaled(value, SCALE, SHIFT) for value in x]


def test_forward(a):
    np.testing.assert_allclose(normalised(a)[2], outputs(a), rtol=precision(a) * 10)


def test_parts_are_combined(a):
    """In any number of parts, of which some have a single row."""
    mean, squares, seen = a.dtype.type(0), a.dtype.type(0), 0
    for part in np.split(a, [1, 4, 5, 10]):
        share = a.dtype.type(len(part) / (seen + len(part)))
        apart, cross = part.mean() - mean, share * a.dtype.type(seen)
        squares = formulas.combined_squares(squares, squares_of(part), apart, cross)
        mean = formulas.combined_mean(mean, apart, share)
        seen += len(part)
    np.testing.assert_allclose(mean, a.mean(), rtol=precision(a) * 10)
    np.testing.assert_allclose(squares, squares_of(a), rtol=precision(a) * 10)


def test_running_statistics_follow_the_batches():
    value, batches = 0.0, np.random.default_rng(1).normal(size=50)
    for batch in batches:
        value = formulas.running(value, batch, BATCH_SHARE)
    weights = BATCH_SHARE * (1 - BATCH_SHARE) ** np.arange(50)[::-1]
    np.testing.assert_allclose(value, weights @ batches, rtol=1e-12)


def test_predictions_are_the_same_with_the_statistics_of_the_batch(a):
    mean, variance, epsilon = a.mean(), a.var(), a.dtype.type(BATCH_EPSILON)
    scale, shift = a.dtype.type(SCALE), a.dtype.type(SHIFT)
    found = [formulas.normalised_by(v, mean, variance, scale, shift, epsilon) for v in a]
    np.testing.assert_allclose(found, outputs(a), rtol=precision(a) * 10)


def test_derivative_against_differences():
    rng = np.random.default_rng(2)
    a, d, step = rng.normal(size=9), rng.normal(size=9), 1e-6
    inverse, x, _ = normalised(a)
    slope, share = SCALE * inverse, 1 / len(a)
    found = [
        formulas.derivative(*each, slope, d.mean(), d @ x, share) for each in zip(d, x, strict=True)
    ]
    steps = step * np.eye(len(a))
    expected = [d @ (outputs(a + each) - outputs(a - each)) / (2 * step) for each in steps]
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_precision_is_kept(dtype):
    one, two = dtype(1), dtype(2)
    assert formulas.inverse_deviation(one, two, two).dtype == dtype
    assert formulas.normalised_by(one, two, two, one, one, two).dtype == dtype
    assert formulas.derivative(one, two, one, two, one, two).dtype == dtype
