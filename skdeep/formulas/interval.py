"""Intervals of the real line: what an activation gives and a loss takes."""

from typing import NamedTuple

import numpy as np


class Interval(NamedTuple):
    """An interval of the real line.

    Attributes
    ----------
    low, high : float
        Its ends.
    with_low, with_high : bool
        Whether the ends belong to it.

    Examples
    --------
    >>> from skdeep.formulas.interval import Interval
    >>> unit = Interval(0, 1, True, True)
    >>> print(unit, unit.holds_all_of(Interval(0, 1)), unit.holds([0.5, 2]))
    [0, 1] True False
    """

    low: float = -np.inf
    high: float = np.inf
    with_low: bool = False
    with_high: bool = False

    def __str__(self):
        opening, closing = "[" if self.with_low else "(", "]" if self.with_high else ")"
        return f"{opening}{self.low:g}, {self.high:g}{closing}"

    def holds(self, values):
        """Return whether all values are in the interval."""
        values = np.asarray(values)
        low = values >= self.low if self.with_low else values > self.low
        high = values <= self.high if self.with_high else values < self.high
        return bool(np.all(low & high))

    def holds_all_of(self, other):
        """Return whether another interval is part of this one."""
        low = self.low < other.low or (self.low == other.low and self.with_low >= other.with_low)
        high = self.high > other.high or (
            self.high == other.high and self.with_high >= other.with_high
        )
        return low and high


#: The whole line, and the numbers that probabilities can be.
REALS = Interval()
UNIT = Interval(0, 1, with_low=True, with_high=True)
