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
def _partial_sums(shift, sums, sums_step, rows, rows_step, means, n_rows):
    row_sums.partial_sums(shift, sums, sums_step, rows, rows_step, means, n_rows)


@numba.njit
def _add_later_sums(total, out, out_step, rows, rows_step, means, n_rows):
    row_sums.add_later_sums(total, out, out_step, rows, rows_step, means, n_rows)


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
    row, other, last, few, more = (make(n) for n in (1, 1, 1, ROWS, ROWS + 1))
    cases = [
        (_add_row, "add_row", (row, two, other)),
        (_add_two_rows, "add_two_rows", (row, two, other, half, last)),
        (_add_to_two_rows, "add_to_two_rows", (row, two, other, half, last)),
        (_add_rows_together, "add_rows_together", (row, few, ROWS, STEP)),
        (_partial_sums, "partial_sums", (row, more, STEP, few, STEP, MEANS, ROWS)),
        (_add_later_sums, "add_later_sums", (row, few, STEP, more, STEP, MEANS, ROWS)),
    ]
    for function, name, arguments in cases:
        found, expected = ([np.copy(each) for each in arguments] for _ in range(2))
        for call, given in ((function, found), (getattr(row_sums, f"_{name}_python"), expected)):
            call(*[_as_argument(each, width) for each in given])
        _compare(
            *([each for each in given if each.ndim == 2] for given in (found, expected)), width
        )


def _as_argument(value, width):
    """Return rows one behind the other, a single row without its guard, or a number."""
    if value.ndim == 2:
        return value[0, :width] if len(value) == 1 else value.reshape(-1)
    return value if value.ndim else value[()]
