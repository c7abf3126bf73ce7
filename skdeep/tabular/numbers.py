"""Columns of numbers: what is in them, their medians and their interquartile ranges."""

from typing import NamedTuple

import numpy as np

#: Rows that are looked at together.
CHUNK_ROWS = 65_536
#: Differences of larger numbers may overflow.
_LARGE = 1e307


class Summary(NamedTuple):
    """What a pass over a column finds.

    Attributes
    ----------
    low, high : float
        The least and the greatest number; infinities if there is no number.
    has_missing : bool
    has_others : bool
        Whether some numbers are neither `low` nor `high`.
    has_infinite : bool
    """

    low: float
    high: float
    has_missing: bool
    has_others: bool
    has_infinite: bool

    @property
    def n_distinct(self):
        """Number of distinct values: 0, 1, 2, or 3 for all that is more."""
        if self.low > self.high:
            return 0
        return 1 if self.low == self.high else 2 + self.has_others


def summarise(column, n_rows):
    """Look at all numbers of a column once.

    Parameters
    ----------
    column : Column
    n_rows : int

    Returns
    -------
    summary : Summary
    """
    low, high, has_missing, has_infinite = np.inf, -np.inf, False, False
    for start in range(0, n_rows, CHUNK_ROWS):
        values = _numbers(column, start, n_rows)
        finite = np.isfinite(values)
        if not finite.all():
            has_infinite = has_infinite or bool(np.isinf(values).any())
            has_missing = has_missing or bool(np.isnan(values).any())
            values = values[finite]
        if len(values):
            low, high = min(low, float(values.min())), max(high, float(values.max()))
    has_others = any(
        np.any((values > low) & (values < high))
        for values in (_numbers(column, s, n_rows) for s in range(0, n_rows, CHUNK_ROWS))
    )
    return Summary(low, high, has_missing, bool(has_others), has_infinite)


def _numbers(column, start, n_rows):
    stop = min(start + CHUNK_ROWS, n_rows)
    return np.asarray(column.numbers(start, stop), dtype=np.float64)


def refuse_infinite(labels):
    """Raise the error of infinite numbers.

    Parameters
    ----------
    labels : list of str
        Of the columns that have some.

    Raises
    ------
    ValueError
        If there are any.
    """
    if labels:
        shown = ", ".join(labels[:10]) + (f" and {len(labels) - 10} more" * (len(labels) > 10))
        raise ValueError(
            f"Input X contains infinity or a value too large for float64 in {shown}. Replace it "
            "by a finite number, or by NaN for a missing one."
        )


def center_and_scale(values, summary):
    """Return the median and the interquartile range of numbers.

    Parameters
    ----------
    values : array of float64 of shape (n_values,)
        Finite numbers of the column.
    summary : Summary
        Of the whole column, which has at least two distinct numbers.

    Returns
    -------
    center : float
    scale : float
        Half the range, where the interquartile range is 0. It is positive.
    """
    divisor = 4.0 if max(abs(summary.low), abs(summary.high)) > _LARGE else 1.0
    largest = np.finfo(np.float64).max
    if len(values) == 0:  # all numbers are in rows that were not drawn
        values = np.array([summary.low, summary.high])
    lower, center, upper = np.quantile(values / divisor, (0.25, 0.5, 0.75))
    scale = float(upper - lower)
    if scale == 0.0:
        scale = (summary.high / divisor - summary.low / divisor) / 2
    scale = scale or np.nextafter(0.0, 1.0)  # half of the least positive number is 0
    return float(center * divisor), float(min(scale, largest / divisor) * divisor)
