"""Sums of a few rows against NumPy: every width, and nothing beside them is written."""

import numba
import numpy as np
import pytest

from skdeep.engines.cpu.products import row_sums
from tests.helpers import assert_close

pytestmark = pytest.mark.nojit

GUARD, STEP, ROWS = 999.0, 80, 5
MEANS = np.array([0, 2**52, 2**53, 2**50, 1], dtype=np.int64)


@numba.njit
def _add_row(out, factor, row):
    row_sums.add_row(out, factor, row)


@numba.njit
def _add_two_rows(out, factor, row, other_factor, other):
    row_sums.add_two_rows(out, factor, row, other_factor, other)


@numba.njit
def _add_to_two_rows(out, factor, other, other_factor, row):
    row_sums.add_to_two_rows(out, factor, other, other_factor, row)


@numba.njit
def _add_rows_together(out, rows, n_rows, step):
    row_sums.add_rows_together(out, rows, n_rows, step)


@numba.njit
def _partial_sums(shift, sums, rows, means, n_rows, step):
    row_sums.partial_sums(shift, sums, rows, means, n_rows, step)


@numba.njit
def _add_later_sums(total, out, rows, means, n_rows, step):
    row_sums.add_later_sums(total, out, rows, means, n_rows, step)


def _arrays(width, dtype):
    """Return a function that makes rows with guards behind them, and a row."""
    rng = np.random.default_rng(0)

    def make(n_rows):
        rows = np.full((n_rows, STEP), GUARD, dtype)
        rows[:, :width] = rng.normal(size=(n_rows, width))
        return rows

    return make


def _compare(found, expected, width):
    for ours, theirs in zip(found, expected, strict=True):
        ours, theirs = ours.reshape(-1, STEP), theirs.reshape(-1, STEP)
        assert np.all(ours[:, width:] == GUARD)
        tolerance = 1e-5 if ours.dtype == np.float32 else 1e-12
        assert_close(ours[:, :width], theirs[:, :width], tolerance)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("width", [1, 3, 4, 7, 8, 15, 16, 17, 31, 33, 64, 75])
def test_same_as_numpy(width, dtype):
    make, two, half = _arrays(width, dtype), dtype(2), dtype(0.5)
    # function, its NumPy form, and arguments, of which arrays are made twice
    cases = [
        (_add_row, "add_row", [1, two, 1]),
        (_add_two_rows, "add_two_rows", [1, two, 1, half, 1]),
        (_add_to_two_rows, "add_to_two_rows", [1, two, 1, half, 1]),
        (_add_rows_together, "add_rows_together", [1, ROWS]),
        (_partial_sums, "partial_sums", [1, ROWS + 1, ROWS, MEANS]),
        (_add_later_sums, "add_later_sums", [1, ROWS, ROWS + 1, MEANS]),
    ]
    for function, name, sizes in cases:
        arrays = [make(size) if isinstance(size, int) else size for size in sizes]
        copies = [a.copy() if isinstance(a, np.ndarray) else a for a in arrays]
        counts = [] if len(sizes) in (3, 5) else [ROWS, STEP]
        for call, given in ((function, arrays), (getattr(row_sums, f"_{name}_python"), copies)):
            call(*[_flat(a, width) for a in given], *counts)
        floats = [a for a in arrays if np.ndim(a) == 2], [a for a in copies if np.ndim(a) == 2]
        _compare(*floats, width)


def _flat(value, width):
    """Return rows one behind the other, or a single row without its guard."""
    if np.ndim(value) != 2:
        return value
    return value[0, :width] if len(value) == 1 else value.reshape(-1)
