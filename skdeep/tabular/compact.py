"""Encode tables in their compact form, some rows at a time."""

import numpy as np

from skdeep.engines.cpu.tabular.encoding import encode_numbers, expand
from skdeep.engines.encoded_table import empty_table, rows_of
from skdeep.tabular.categories import codes_of
from skdeep.tabular.numbers import refuse_infinite

#: Numbers that are read together, as float64, and the fewest rows.
CHUNK_NUMBERS, FEWEST_ROWS = 1_000_000, 256


class _Reader:
    """Reads the columns of a table that a plan needs."""

    def __init__(self, plan, table, means=None):
        self.plan, self.n_rows = plan, table.n_rows
        self._columns = [table.columns[place] for place in plan.number_columns]
        codes = [
            codes_of(table.columns[place].levels(), category)
            for place, category in zip(plan.category_columns, plan.categories, strict=True)
        ]
        self._codes = [
            np.where(code <= category.n_levels, code, 0).astype(np.uint16)
            for code, category in zip(codes, plan.categories, strict=True)
        ]
        # What has statistics keeps all of its codes, the rest the small ones alone.
        self._all_codes = [codes[statistic.category] for statistic in plan.statistics]
        self._means = means
        n_means = sum(statistic.means.shape[1] for statistic in plan.statistics)
        self.n_numbers = len(self._columns) + n_means

    def _statistics(self, start, stop):
        """Yield the means of the target that rows have for their levels."""
        for place, statistic in enumerate(self.plan.statistics):
            if self._means is None:
                yield statistic.means[self._all_codes[place][start:stop]].T
            else:
                yield self._means[place][start:stop].T

    def read(self, start, stop, table):
        """Write the codes of some rows to a table, and return their numbers."""
        for place, codes in enumerate(self._codes):
            table.codes[:, place] = codes[start:stop]
        numbers = np.empty((self.n_numbers, stop - start))
        for place, column in enumerate(self._columns):
            numbers[place] = column.numbers(start, stop)
        place = len(self._columns)
        for means in self._statistics(start, stop):
            numbers[place : place + len(means)] = means
            place += len(means)
        return numbers

    def label(self, place):
        """Return the name of a column of numbers."""
        return self._columns[place].label


def _chunks(n_rows, n_numbers):
    """Return where each group of rows begins and ends."""
    step = max(FEWEST_ROWS, CHUNK_NUMBERS // max(1, n_numbers))
    return [(start, min(start + step, n_rows)) for start in range(0, n_rows, step)]


def _encode_chunks(plan, table, means, room, n_threads):
    """Encode a group of rows after the other into the room that there is for it."""
    reader = _Reader(plan, table, means)
    infinite = np.zeros(reader.n_numbers, dtype=bool)
    for start, stop in _chunks(table.n_rows, reader.n_numbers):
        rows = room(start, stop)
        numbers = reader.read(start, stop, rows)
        infinite |= encode_numbers(numbers, plan.scaling, rows, n_threads)
        yield start, stop, rows
    refuse_infinite([reader.label(place) for place in np.flatnonzero(infinite)])


def encode(plan, table, dtype, n_threads=None, means=None):
    """Return a table in its compact form.

    Parameters
    ----------
    plan : EncodingPlan
    table : Table
        As in `fit`.
    dtype : dtype
        float32 or float64.
    n_threads : int, default=None
        None for as many as may be used.
    means : list of arrays of shape (n_rows, n_outputs), default=None
        Target statistics in the place of those of the plan: cross-fitted ones.

    Returns
    -------
    encoded : EncodedTable
        It fits ``plan.layout``.

    Raises
    ------
    ValueError
        If there are infinite numbers.
    """
    encoded = empty_table(plan.layout, table.n_rows, dtype)
    chunks = _encode_chunks(
        plan, table, means, lambda start, stop: rows_of(encoded, start, stop), n_threads
    )
    for _ in chunks:
        pass
    return encoded


def encode_in_groups(plan, table, dtype, n_threads=None, means=None):
    """Yield groups of rows of a table in their compact form, each time in the same memory.

    Parameters
    ----------
    plan : EncodingPlan
    table : Table
    dtype : dtype
    n_threads : int, default=None
    means : list of arrays of shape (n_rows, n_outputs), default=None
        As in `encode`.

    Yields
    ------
    start, stop : int
    rows : EncodedTable
        Those from `start` to `stop`.

    Raises
    ------
    ValueError
        In the end, if there are infinite numbers.
    """
    scratch = []

    def room(start, stop):
        if not scratch:  # the first group is the largest
            scratch.append(empty_table(plan.layout, stop - start, dtype))
        return rows_of(scratch[0], 0, stop - start)

    yield from _encode_chunks(plan, table, means, room, n_threads)


def encode_densely(plan, table, dtype, n_threads=None, means=None):
    """Return the dense encoding of a table.

    Parameters
    ----------
    plan : EncodingPlan
    table : Table
    dtype : dtype
    n_threads : int, default=None
    means : list of arrays of shape (n_rows, n_outputs), default=None
        As in `encode`.

    Returns
    -------
    dense : array of shape (n_rows, width)

    Raises
    ------
    ValueError
        If there are infinite numbers.
    """
    dense = np.empty((table.n_rows, plan.layout.width), dtype)
    for start, stop, rows in encode_in_groups(plan, table, dtype, n_threads, means):
        expand(rows, plan.layout, dense[start:stop], n_threads)
    return dense
