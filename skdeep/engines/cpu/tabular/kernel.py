"""The kernels of tables. Threads take a block of rows each, and results do not depend on them."""

from typing import NamedTuple

import numpy as np

from skdeep.engines.cpu.compiling.jit import device, kernel
from skdeep.engines.cpu.threads.team import join, take
from skdeep.formulas.piecewise_linear import fraction_of_bin, robust_score

#: Rows of a block: all that is written for them stays in the cache.
BLOCK_ROWS = 256


class Scaling(NamedTuple):
    """What becomes of every column of numbers; all arrays are flat.

    Attributes
    ----------
    center, scale : array of float64 of shape (n_columns,)
    number_at, indicator_at, bins_at : array of int64 of shape (n_columns,)
        In which column of `EncodedTable` the scores, the indicators and the bins go; -1 for none.
    starts : array of int64 of shape (n_binned + 1,)
        Where the bins of a column begin, counted over all columns. A column has one edge more than
        bins, so its edges begin at ``starts[k] + k``.
    edges : array of float64 of shape (n_bins_in_all + n_binned,)
    """

    center: np.ndarray
    scale: np.ndarray
    number_at: np.ndarray
    indicator_at: np.ndarray
    bins_at: np.ndarray
    starts: np.ndarray
    edges: np.ndarray


@kernel
def score_values(values, center, scale, scores):
    """Write the robust scores of numbers; those of NaN are 0.

    Parameters
    ----------
    values, scores : array of float64 of shape (n_values,)
    center, scale : float
    """
    for i in range(values.size):
        x = values[i]
        scores[i] = 0.0 if np.isnan(x) else robust_score(x, center, scale)


@device
def _bin_of(z, edges, first, n_bins):
    """Return the last bin that begins at or below a score, the first one if there is none."""
    found, length = 0, n_bins
    while length > 1:
        half = length // 2
        if edges[first + found + half] <= z:
            found += half
        length -= half
    return found


@device
def _encode_column(column, columns, scaling, table, begin, end):
    """Encode some rows of a column; return whether a number of them is infinite."""
    center, scale = scaling.center[column], scaling.scale[column]
    number, indicator = scaling.number_at[column], scaling.indicator_at[column]
    binned = scaling.bins_at[column]
    infinite = False
    for i in range(begin, end):
        x = columns[column, i]
        missing = np.isnan(x)
        infinite = infinite or np.isinf(x)
        if indicator >= 0:
            table.indicators[i, indicator] = missing
        if number < 0:
            continue
        z = 0.0 if missing else robust_score(x, center, scale)
        table.numbers[i, number] = z
        if binned >= 0:
            start, n_bins = scaling.starts[binned], scaling.starts[binned + 1]
            first, n_bins = start + binned, n_bins - start
            found = _bin_of(z, scaling.edges, first, n_bins)
            low, high = scaling.edges[first + found], scaling.edges[first + found + 1]
            table.bins[i, binned] = found
            table.fractions[i, binned] = fraction_of_bin(z, low, high)
    return infinite


@kernel
def encode_numbers(columns, scaling, table, infinite, shared, member):
    """Encode the numbers of some rows.

    Parameters
    ----------
    columns : array of float64 of shape (n_columns, n_rows)
        NaN where a number is missing.
    scaling : Scaling
    table : EncodedTable
        Written to, but for its codes.
    infinite : array of uint8 of shape (n_columns,)
        Set to 1 where a number is infinite.
    shared, member
        Of the team.
    """
    members = join(shared, member)
    if members == 0:
        return
    n_columns, n_rows = columns.shape
    begin = take(shared, members) * BLOCK_ROWS
    while begin < n_rows:
        end = min(begin + BLOCK_ROWS, n_rows)
        for column in range(n_columns):
            if _encode_column(column, columns, scaling, table, begin, end):
                infinite[column] = 1
        begin = take(shared, members) * BLOCK_ROWS


@device
def _write_levels(codes, i, n_levels, out, place):
    """Write the levels of a row; return the place behind them."""
    for k in range(n_levels.size):
        n, code = n_levels[k], np.int64(codes[i, k])
        if n == 2:
            out[i, place] = 0 if code == 0 else 3 - 2 * code
            place += 1
            continue
        for level in range(n):
            out[i, place + level] = 0
        if code > 0:
            out[i, place + code - 1] = 1
        place += n
    return place


@device
def _write_bins(table, i, starts, means, out, place):
    """Write the piecewise-linear encodings of a row."""
    for k in range(starts.size - 1):
        start = starts[k]
        n_bins, found = starts[k + 1] - start, np.int64(table.bins[i, k])
        for t in range(found):
            out[i, place + t] = 1 - means[start + t]
        out[i, place + found] = table.fractions[i, k] - means[start + found]
        for t in range(found + 1, n_bins):
            out[i, place + t] = -means[start + t]
        place += n_bins


@kernel
def expand_rows(table, n_levels, starts, means, out, shared, member):
    """Write the dense encoding of rows, as `TableLayout` says.

    Parameters
    ----------
    table : EncodedTable
        Has been checked.
    n_levels : array of int64 of shape (n_categories,)
    starts : array of int64 of shape (n_binned + 1,)
    means : array of shape (n_bins_in_all,), of the type of `out`
    out : array of shape (n_rows, width)
        Written to.
    shared, member
        Of the team.
    """
    members = join(shared, member)
    if members == 0:
        return
    n_rows = out.shape[0]
    begin = take(shared, members) * BLOCK_ROWS
    while begin < n_rows:
        for i in range(begin, min(begin + BLOCK_ROWS, n_rows)):
            place = 0
            for k in range(table.numbers.shape[1]):
                out[i, place + k] = table.numbers[i, k]
            place += table.numbers.shape[1]
            for k in range(table.indicators.shape[1]):
                out[i, place + k] = table.indicators[i, k]
            place += table.indicators.shape[1]
            place = _write_levels(table.codes, i, n_levels, out, place)
            _write_bins(table, i, starts, means, out, place)
        begin = take(shared, members) * BLOCK_ROWS
