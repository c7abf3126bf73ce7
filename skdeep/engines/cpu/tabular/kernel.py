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
def _scores_of_column(column, columns, scaling, indicators, begin, end):
    """Replace some numbers of a column by their scores; return whether one of them is infinite."""
    center, scale = scaling.center[column], scaling.scale[column]
    indicator = scaling.indicator_at[column]
    if indicator >= 0:
        for i in range(begin, end):
            indicators[i, indicator] = np.isnan(columns[column, i])
    n_infinite = 0
    for i in range(begin, end):
        x = columns[column, i]
        n_infinite += np.isinf(x)
        z = robust_score(x, center, scale)
        columns[column, i] = 0.0 if np.isnan(x) else z
    return n_infinite > 0


@device
def _write_column(column, columns, scaling, table, begin, end):
    """Write the scores of some rows of a column to the table, and their bins."""
    number, binned = scaling.number_at[column], scaling.bins_at[column]
    if number >= 0:
        for i in range(begin, end):
            table.numbers[i, number] = columns[column, i]
    if binned >= 0:
        start, stop = scaling.starts[binned], scaling.starts[binned + 1]
        first = start + binned
        for i in range(begin, end):
            z = columns[column, i]
            place = first + _bin_of(z, scaling.edges, first, stop - start)
            table.bins[i, binned] = place - first
            low, high = scaling.edges[place], scaling.edges[place + 1]
            table.fractions[i, binned] = fraction_of_bin(z, low, high)


@kernel
def encode_numbers(columns, scaling, table, infinite, shared, member):
    """Encode the numbers of some rows.

    Parameters
    ----------
    columns : array of float64 of shape (n_columns, n_rows)
        NaN where a number is missing. Replaced by the scores.
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
            if _scores_of_column(column, columns, scaling, table.indicators, begin, end):
                infinite[column] = 1
            _write_column(column, columns, scaling, table, begin, end)
        begin = take(shared, members) * BLOCK_ROWS


@device
def _write_levels(codes, i, n_levels, out, place):
    """Write the levels of a row, where there are zeros; return the place behind them."""
    for k in range(n_levels.size):
        n, code = n_levels[k], np.int64(codes[i, k])
        if n == 2:
            out[i, place] = 0 if code == 0 else 3 - 2 * code
            place += 1
        else:
            if code > 0:
                out[i, place + code - 1] = 1
            place += n
    return place


@device
def _add_bins(table, i, starts, out, place):
    """Add the piecewise-linear encodings of a row to what is subtracted from them."""
    for k in range(starts.size - 1):
        found = np.int64(table.bins[i, k])
        for t in range(found):
            out[i, place + t] += 1
        out[i, place + found] += table.fractions[i, k]
        place += starts[k + 1] - starts[k]


@device
def _expand_row(table, i, n_levels, starts, empty_row, out):
    """Write the dense encoding of a row."""
    for k in range(empty_row.size):
        out[i, k] = empty_row[k]
    n_numbers, n_indicators = table.numbers.shape[1], table.indicators.shape[1]
    for k in range(n_numbers):
        out[i, k] = table.numbers[i, k]
    for k in range(n_indicators):
        out[i, n_numbers + k] = table.indicators[i, k]
    place = _write_levels(table.codes, i, n_levels, out, n_numbers + n_indicators)
    _add_bins(table, i, starts, out, place)


@kernel
def expand_rows(table, n_levels, starts, empty_row, out, shared, member):
    """Write the dense encoding of rows, as `TableLayout` says.

    Parameters
    ----------
    table : EncodedTable
        Has been checked.
    n_levels : array of int64 of shape (n_categories,)
    starts : array of int64 of shape (n_binned + 1,)
    empty_row : array of shape (width,), of the type of `out`
        0, and minus the means where the bins are.
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
            _expand_row(table, i, n_levels, starts, empty_row, out)
        begin = take(shared, members) * BLOCK_ROWS
