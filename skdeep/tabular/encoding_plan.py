"""What a fitted encoder knows: one frozen record of arrays, strings and numbers."""

from typing import NamedTuple

import numpy as np

from skdeep.engines.cpu.tabular.encoding import Scaling
from skdeep.engines.encoded_table import TableLayout
from skdeep.tabular.categories import Category


class FittedNumber(NamedTuple):
    """What is known of a column of numbers.

    Attributes
    ----------
    center, scale : float
    has_scores : bool
        Whether the numbers themselves are encoded: they are not all alike.
    has_indicator : bool
        Whether there is an indicator of missing ones.
    edges : array of float64 of shape (n_bins + 1,) or None
        Increasing. None if there are no bins.
    means : array of float64 of shape (n_bins,) or None
    """

    center: float
    scale: float
    has_scores: bool
    has_indicator: bool
    edges: np.ndarray | None = None
    means: np.ndarray | None = None


class Statistic(NamedTuple):
    """Means of the target for the levels of a category: further numbers.

    Attributes
    ----------
    category : int
        Place of the category among all.
    means : array of float64 of shape (1 + n_levels, n_outputs)
        By code.
    names : tuple of str
        Of the outputs.
    """

    category: int
    means: np.ndarray
    names: tuple


class EncodingPlan(NamedTuple):
    """What becomes of the columns of a table.

    Attributes
    ----------
    families : tuple of str
        What each column of X holds.
    kinds : tuple of str
        What each is encoded as.
    number_columns : tuple of int
        Columns of X that are read as numbers.
    category_columns : tuple of int
        Columns of X that are read as categories.
    categories : tuple of Category
    statistics : tuple of Statistic
        Their means are further numbers, behind those of X.
    scaling : Scaling
        Of all numbers.
    layout : TableLayout
    n_bins : int
        Most bins of a number, but for frequent values.
    """

    families: tuple
    kinds: tuple
    number_columns: tuple
    category_columns: tuple
    categories: tuple
    statistics: tuple
    scaling: Scaling
    layout: TableLayout
    n_bins: int

    def to_plain(self):
        """Return the plan as a dict of arrays, strings, numbers, lists and dicts of them."""
        return {
            **self._asdict(),
            "categories": [category._asdict() for category in self.categories],
            "statistics": [statistic._asdict() for statistic in self.statistics],
            "scaling": self.scaling._asdict(),
            "layout": self.layout._asdict(),
        }

    @classmethod
    def from_plain(cls, plain):
        """Return the plan that a dict of `to_plain` stands for."""
        return cls(
            **{
                **plain,
                "categories": tuple(Category(**each) for each in plain["categories"]),
                "statistics": tuple(Statistic(**each) for each in plain["statistics"]),
                "scaling": Scaling(**plain["scaling"]),
                "layout": TableLayout(**plain["layout"]),
            }
        )


def _places(used):
    """Return consecutive places for what is used, -1 for the rest."""
    used = np.array(used, dtype=bool)
    return np.where(used, np.cumsum(used) - 1, -1).astype(np.int64)


def _joined(arrays):
    return np.concatenate([np.empty(0), *arrays])


def make_scaling_and_layout(numbers, categories):
    """Arrange the fitted numbers and categories as kernels read them.

    Parameters
    ----------
    numbers : list of FittedNumber
    categories : sequence of Category

    Returns
    -------
    scaling : Scaling
    layout : TableLayout
    """
    binned = [number for number in numbers if number.edges is not None]
    number_at = _places([number.has_scores for number in numbers])
    bins_at = _places([number.edges is not None for number in numbers])
    indicator_at = _places([number.has_indicator for number in numbers])
    starts = np.cumsum([0, *(len(number.means) for number in binned)], dtype=np.int64)
    scaling = Scaling(
        np.array([number.center for number in numbers], dtype=np.float64),
        np.array([number.scale for number in numbers], dtype=np.float64),
        number_at,
        indicator_at,
        bins_at,
        starts,
        _joined([number.edges for number in binned]),
    )
    layout = TableLayout(
        int(np.count_nonzero(number_at >= 0)),
        int(np.count_nonzero(indicator_at >= 0)),
        np.array([c.n_levels for c in categories], dtype=np.int64),
        number_at[bins_at >= 0],
        starts,
        _joined([number.means for number in binned]),
    )
    return scaling, layout
