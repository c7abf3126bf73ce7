"""The dense encoding of a table in plain NumPy, from the definition, value by value."""

from itertools import pairwise

import numpy as np


def is_missing(cell):
    return cell is None or cell != cell


def _score(values, train):
    """Return robust scores, with the median in the place of missing numbers."""
    center = np.median(train)
    lower, upper = np.percentile(train, [25, 75])
    scale = upper - lower if upper > lower else (train.max() - train.min()) / 2
    filled = np.array([center if is_missing(v) else float(v) for v in values])
    u = (filled - center) / scale
    return u / np.sqrt(1 + (u / 3) ** 2)


def _edges(z, n_bins):
    values = sorted(set(z))
    if len(values) <= n_bins + 1:
        return np.array(values)
    frequent = [v for v in values if np.sum(z == v) > len(z) / n_bins]
    others = z[~np.isin(z, frequent)]
    quantiles = np.percentile(others, np.linspace(0, 100, max(2, n_bins - len(frequent) + 1)))
    return np.array(sorted({values[0], values[-1], *frequent, *quantiles}))


def _piecewise(z, edges):
    return np.column_stack(
        [np.clip((z - low) / (high - low), 0, 1) for low, high in pairwise(edges)]
    )


def _levels(train, min_frequency, max_categories):
    counts = {}
    for cell in train:
        key = None if is_missing(cell) else cell
        counts[key] = counts.get(key, 0) + 1
    if len(counts) < 2:
        return []
    kept = [key for key in counts if counts[key] >= min_frequency]
    ordered = sorted((k for k in kept if k is not None), key=lambda k: (-counts[k], k))
    if None in kept:
        place = sum(counts[k] >= counts[None] for k in ordered)
        ordered.insert(place, None)
    return ordered[:max_categories]


def _one_hot(rows, levels):
    rows = [None if is_missing(cell) else cell for cell in rows]
    columns = [np.array([float(cell == level) for cell in rows]) for level in levels]
    return [columns[0] - columns[1]] if len(levels) == 2 else columns


def automatic_bins(n_rows, n_columns):
    wanted = min(max(384 / max(n_columns, 1), 8), 48)
    return int(min(wanted, max(32, n_rows**0.5 / 3)))


def _distinct(column):
    return {float(v) for v in column if not is_missing(v)}


def encode(train, rows, *, n_bins=None, min_frequency=None, max_categories=64):
    """Return the dense encoding of `rows`, fitted on `train`.

    Both are dicts of lists: numbers, or strings and booleans; None and NaN are missing.
    """
    n = len(next(iter(train.values())))
    if min_frequency is None:
        min_frequency = max(2, min(5, n / 200))
    numbers = [
        name
        for name, column in train.items()
        if all(is_missing(v) or (not isinstance(v, str | bool)) for v in column)
    ]
    if n_bins is None:
        n_bins = automatic_bins(n, sum(len(_distinct(train[name])) > 2 for name in numbers))
    scores, indicators, levels, bins = [], [], [], []
    for name, column in train.items():
        if name not in numbers:
            found = _levels(column, min_frequency, max_categories)
            levels += _one_hot(rows[name], found) if found else []
            continue
        present = np.array([float(v) for v in column if not is_missing(v)])
        n_distinct = len(_distinct(column))
        if 0 < len(present) < n:
            indicators.append(np.array([float(is_missing(v)) for v in rows[name]]))
        if n_distinct < 2:
            continue
        z_train, z = _score(column, present), _score(rows[name], present)
        scores.append(z)
        edges = _edges(z_train, n_bins)
        if n_distinct > 2 and len(edges) > 2:
            bins.append(_piecewise(z, edges) - _piecewise(z_train, edges).mean(axis=0))
    return np.column_stack([*scores, *indicators, *levels, *bins])
