"""Fit the encoding of a table: numbers, categories, target statistics."""

from typing import NamedTuple

import numpy as np

from skdeep.engines.cpu.tabular.encoding import score
from skdeep.tabular.categories import automatic_frequency, codes_of, fit_category
from skdeep.tabular.column_kinds import CATEGORY_KIND, DROPPED_KIND, NUMBER_KIND
from skdeep.tabular.edges import (
    automatic_bins,
    mean_encoding,
    quantile_edges,
    tree_edges,
    with_ends,
)
from skdeep.tabular.encoding_plan import (
    EncodingPlan,
    FittedNumber,
    Statistic,
    make_scaling_and_layout,
)
from skdeep.tabular.numbers import center_and_scale, refuse_infinite, summarise
from skdeep.tabular.reading.array_tables import NumberColumn
from skdeep.tabular.target_statistics import cross_fitted_means, fit_means


class Options(NamedTuple):
    """How a table is encoded.

    Attributes
    ----------
    n_bins : int or "auto"
    by_tree : bool
        Whether edges are thresholds of trees, in the place of quantiles.
    min_frequency : int or "auto"
    max_categories : int
    subsample : int or None
        Most rows that quantiles are of.
    """

    n_bins: int | str
    by_tree: bool
    min_frequency: int | str
    max_categories: int
    subsample: int | None


class _Categories(NamedTuple):
    """The fitted categories: their columns, their levels, their statistics and those of rows."""

    columns: tuple
    fitted: tuple
    statistics: tuple
    means: list


def fit_plan(table, kinds, target, options, random_state):
    """Fit the encoding of a table.

    Parameters
    ----------
    table : Table
    kinds : list of str
        Of the columns.
    target : callable or None
        ``target()`` checks the targets and returns a `Target`. It is called where it is needed.
    options : Options
    random_state : RandomState

    Returns
    -------
    plan : EncodingPlan
    means : list of arrays of shape (n_rows, n_outputs)
        Cross-fitted target statistics of the rows.

    Raises
    ------
    ValueError
        If there are infinite numbers, or no column has two distinct values.
    """
    summaries = _summarise(table, kinds)
    categories = _fit_categories(table, kinds, target, options, random_state)
    columns = [place for place in summaries if summaries[place].n_distinct > 0]
    numbers = [(table.columns[place], summaries[place]) for place in columns]
    for means in categories.means:
        for output in means.T:
            column = NumberColumn(np.ascontiguousarray(output), "")
            numbers.append((column, summarise(column, table.n_rows)))
    rows = _draw_rows(table.n_rows, options.subsample, random_state)
    n_bins = options.n_bins
    if n_bins == "auto":
        n_more = sum(summary.n_distinct > 2 for _, summary in numbers)
        n_bins = automatic_bins(table.n_rows, n_more)
    fit_edges = _edges_by(options.by_tree, n_bins, target, rows)
    fitted = [
        _fit_number(_values(column, table.n_rows, rows), summary, fit_edges)
        for column, summary in numbers
    ]
    scaling, layout = make_scaling_and_layout(fitted, categories.fitted)
    if layout.width == 0:
        raise ValueError(
            "X must have a column with two distinct values, or with a value in several rows where "
            f"others have others. Got {len(table.columns)} without."
        )
    kinds = _final_kinds(kinds, columns, fitted, categories.columns)
    families = tuple(column.family for column in table.columns)
    plan = EncodingPlan(
        families, kinds, tuple(columns), *categories[:3], scaling, layout, int(n_bins)
    )
    return plan, categories.means


def _summarise(table, kinds):
    """Return summaries of the columns of numbers, by their places."""
    summaries = {
        place: summarise(table.columns[place], table.n_rows)
        for place, kind in enumerate(kinds)
        if kind == NUMBER_KIND
    }
    refuse_infinite([table.columns[k].label for k, s in summaries.items() if s.has_infinite])
    # A column that is the same in all rows is left out.
    return {
        k: s for k, s in summaries.items() if s.n_distinct > 1 or (s.n_distinct and s.has_missing)
    }


def _fit_categories(table, kinds, target, options, random_state):
    frequency = options.min_frequency
    if frequency == "auto":
        frequency = automatic_frequency(table.n_rows)
    columns, fitted, statistics, means = [], [], [], []
    for place, kind in enumerate(kinds):
        if kind != CATEGORY_KIND:
            continue
        levels = table.columns[place].levels()
        category = fit_category(levels, frequency, options.max_categories)
        if category is None or not category.values:
            continue
        if len(category.values) > category.n_levels and target is not None:
            codes, n_levels = codes_of(levels, category), len(category.values)
            outputs = target().outputs
            table_of_means = fit_means(codes, n_levels, outputs)
            statistics.append(Statistic(len(fitted), table_of_means, target().names))
            means.append(cross_fitted_means(codes, n_levels, outputs, random_state))
        else:
            category = category._replace(values=category.values[: category.n_levels])
        columns.append(place)
        fitted.append(category)
    return _Categories(tuple(columns), tuple(fitted), tuple(statistics), means)


def _draw_rows(n_rows, subsample, random_state):
    """Return the rows that quantiles are of, in their order; None for all."""
    if subsample is None or n_rows <= subsample:
        return None
    return np.sort(random_state.choice(n_rows, subsample, replace=False))


def _values(column, n_rows, rows):
    values = np.asarray(column.numbers(0, n_rows))
    return np.asarray(values if rows is None else values[rows], dtype=np.float64)


def _edges_by(by_tree, n_bins, target, rows):
    """Return the function that makes edges of the scores of some rows."""
    if by_tree:
        y, classes = target().y, target().classes
        y = y if rows is None else y[rows]
        return lambda scores: tree_edges(scores, y, n_bins, classes)
    return lambda scores: quantile_edges(scores, n_bins)


def _fit_number(values, summary, fit_edges):
    """Fit a column of numbers, of which the values of some rows are given."""
    if summary.n_distinct < 2:
        return FittedNumber(0.0, 1.0, has_scores=False, has_indicator=summary.has_missing)
    center, scale = center_and_scale(values[~np.isnan(values)], summary)
    fitted = FittedNumber(center, scale, has_scores=True, has_indicator=summary.has_missing)
    if summary.n_distinct == 2:
        return fitted
    scores = score(values, center, scale)
    ends = score(np.array([summary.low, summary.high]), center, scale)
    edges = with_ends(fit_edges(scores), *ends)
    if len(edges) <= 2:
        return fitted
    return fitted._replace(edges=edges, means=mean_encoding(scores, edges))


def _final_kinds(kinds, number_columns, numbers, category_columns):
    """Return the kinds of the columns, with those that are left out."""
    used = {*number_columns, *category_columns}
    return tuple(kind if place in used else DROPPED_KIND for place, kind in enumerate(kinds))
