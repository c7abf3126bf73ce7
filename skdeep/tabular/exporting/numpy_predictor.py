"""Predictions of an ensemble of neural networks for a table, with NumPy alone.

The numbers are in the file of the same name that ends with ``.npz``. `predict` returns predictions,
and `predict_proba` the probabilities of classes, in the order of `classes`. Both take a dict of
columns, a frame, or an array of two axes whose columns are those of the training data. None and NaN
are missing values. Columns must hold what those of the training data hold: numbers, strings or
booleans. A column of pandas' type for categories whose levels are intervals, dates, times, periods
or durations holds the strings of its levels, as in the ensemble.

This file does not depend on the ensemble: it is the same for all of them.
"""

import decimal
import functools
import json
import numbers as kinds_of_numbers
import pathlib

import numpy as np

#: Rows that are computed at a time.
ROWS_AT_A_TIME = 8192
#: What the cells of a column are, by the kind of the type of an array, and by their own type.
_FAMILIES = {
    **dict.fromkeys("iuf", "numbers"),
    **dict.fromkeys("UT", "strings"),
    "b": "booleans",
    **dict.fromkeys("mM", "dates or times"),
}
_FAMILIES_OF_CELLS = {
    (str,): "strings",
    (bool, np.bool_): "booleans",
    (kinds_of_numbers.Real, np.number, decimal.Decimal): "numbers",
}
_NOTHING = "missing values only"


@functools.lru_cache(maxsize=1)
def _load():
    """Return what is known of the ensemble: settings, and arrays by their names."""
    with np.load(pathlib.Path(__file__).with_suffix(".npz"), allow_pickle=False) as file:
        arrays = dict(file)
    return json.loads(str(arrays.pop("settings"))), arrays


def classes():
    """Return the labels of the classes, or None if numbers are predicted."""
    return _load()[1].get("classes")


def predict_proba(X):
    """Return the probabilities of the classes.

    Parameters
    ----------
    X : dict of columns, frame or array of shape (n_rows, n_columns)

    Returns
    -------
    probabilities : array of float64 of shape (n_rows, n_classes)
    """
    if classes() is None:
        raise ValueError("Numbers are predicted, and no classes: use predict.")
    return _outputs(X)


def predict(X):
    """Return labels, or numbers.

    Parameters
    ----------
    X : dict of columns, frame or array of shape (n_rows, n_columns)

    Returns
    -------
    y : array of shape (n_rows,), (n_rows, n_outputs) or (n_rows, n_quantiles)
    """
    outputs = _outputs(X)
    return outputs if classes() is None else classes()[outputs.argmax(axis=1)]


def _outputs(X):
    """Return the mean outputs of the members as predictions."""
    settings, _ = _load()
    columns = _columns(X, settings)
    n_rows = len(columns[0])
    parts = [
        _outputs_of_rows([column[start : start + ROWS_AT_A_TIME] for column in columns])
        for start in range(0, n_rows, ROWS_AT_A_TIME)
    ]
    y = np.concatenate(parts)
    return y[:, 0] if settings["is_flat"] else y


def _outputs_of_rows(columns):
    settings, arrays = _load()
    totals = [0.0] * settings["n_groups"]
    encodings = [_Rows(columns, place, own) for place, own in enumerate(settings["encodings"])]
    for member in settings["members"]:
        rows = encodings[member["encoding"]].dense(member["leaves"])
        totals[member["group"]] = totals[member["group"]] + _network(rows, member["layers"])
    numbers = [member["group"] for member in settings["members"]]
    means = [total / numbers.count(group) for group, total in enumerate(totals)]
    if "classes" in arrays:
        return means[0] / means[0].sum(axis=1, keepdims=True)
    scaled = [mean * arrays["deviation"] + arrays["mean"] for mean in means]
    y = np.concatenate([np.clip(own, arrays["low"], arrays["high"]) for own in scaled], axis=1)
    return np.sort(y, axis=1) if settings["is_sorted"] else y


def _network(rows, layers):
    """Return what a network predicts, as float64."""
    arrays = _load()[1]
    for name, activation in layers:
        rows = rows @ arrays[f"{name}.weights"] + arrays[f"{name}.biases"]
        rows = _ACTIVATIONS[activation](rows)
    rows = rows.astype(np.float64)
    if "classes" in arrays and rows.shape[1] == 1:
        return np.concatenate([1.0 - rows, rows], axis=1)
    return rows


def _logistic(a):
    e = np.exp(-np.abs(a))
    return np.where(a >= 0, 1, e) / (1 + e)


def _softmax(a):
    e = np.exp(a - a.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


_ACTIVATIONS = {
    "identity": lambda a: a,
    "logistic": _logistic,
    "silu": lambda a: a * _logistic(a),
    "softmax": _softmax,
}


def _columns(X, settings):
    """Return the columns of a table, in the order of those of the training data."""
    names = settings["names"]
    if hasattr(X, "keys") or hasattr(X, "columns"):
        absent = [name for name in names if name not in X]
        if absent:
            raise ValueError(f"X must have the columns {names}. It has no {absent}.")
        found = [_as_array(X[name]) for name in names]
    else:
        X = _as_array(X)
        if X.ndim != 2 or X.shape[1] != len(names):
            raise ValueError(f"X must have {len(names)} columns. Got the shape {X.shape}.")
        found = list(X.T)
    if len({len(column) for column in found}) > 1:
        raise ValueError("All columns of X must have as many rows.")
    if len(found[0]) == 0:
        raise ValueError("X must have at least one row. Got none.")
    _check_columns(found, settings)
    return found


def _check_columns(columns, settings):
    """Refuse columns that do not hold what they held in the training data, and infinite numbers."""
    pairs = zip(settings["names"], columns, settings["families"], strict=True)
    different = [
        f"{name!r} holds {family}, but held {expected} in the training data"
        for name, column, expected in pairs
        if (family := _family(column)) not in (expected, _NOTHING)
        and (expected != _NOTHING or family not in _FAMILIES_OF_CELLS.values())
    ]
    if different:
        raise TypeError(
            f"X must have columns of the types of the training data: {'; '.join(different)}."
        )
    for place in settings["finite"]:
        name, column = settings["names"][place], columns[place]
        if _family(column) != "numbers":
            continue
        try:
            is_infinite = np.isinf(_numbers(column)).any()
        except OverflowError:
            is_infinite = True
        if is_infinite:
            raise ValueError(
                f"X must not hold infinite numbers, or numbers beyond the range of float64. "
                f"Column {name!r} does."
            )


def _family(column):
    """Return what the cells of a column are, missing ones aside."""
    if column.dtype.kind != "O":
        return _FAMILIES.get(column.dtype.kind, f"values of the type {column.dtype}")
    types = {type(cell) for cell in column}
    found = {_family_of_type(own) for own in types if not _is_missing_type(own)}
    if "numbers" in found and all(
        _is_missing(cell) for cell in column if _family_of_type(type(cell)) == "numbers"
    ):
        found.remove("numbers")  # NaN is a missing cell of strings, too
    return " and ".join(sorted(found)) or _NOTHING


def _family_of_type(own):
    for types, family in _FAMILIES_OF_CELLS.items():
        if issubclass(own, types):
            return family
    return f"values of the type {own.__name__}"


def _as_array(column):
    categories = getattr(getattr(column, "cat", None), "categories", None)
    kinds = ("interval", "period", "datetime", "timedelta")
    if str(getattr(categories, "dtype", "")).startswith(kinds):
        column = [None if _is_missing(cell) else str(cell) for cell in column]
    # NumPy would make strings of all that is in a list with strings, of NaN, too.
    is_list = isinstance(column, list | tuple)
    return np.asarray(column, dtype=object if is_list else None)


def _is_missing_type(own):
    return own.__name__ in ("NoneType", "NAType", "NaTType")


def _is_missing(cell):
    return _is_missing_type(type(cell)) or bool(cell != cell)


class _Rows:
    """Some rows of a table in one of the encodings.

    Parameters
    ----------
    columns : list of array
    place : int
        Of the encoding.
    settings : dict
        Of the encoding.
    """

    def __init__(self, columns, place, settings):
        self.settings, arrays = settings, _load()[1]
        self._arrays = {
            name.partition("/")[2]: array
            for name, array in arrays.items()
            if name.startswith(f"encoding_{place}/")
        }
        codes = [_codes(columns[k], levels) for k, levels in settings["categories"]]
        numbers = [_numbers(columns[k]) for k in settings["numbers"]]
        for statistic, category in enumerate(settings["statistics"]):
            numbers += list(self._arrays[f"means_{statistic}"][codes[category]].T)
        numbers = np.array(numbers).reshape(len(numbers), len(columns[0])).T
        self._missing = np.isnan(numbers)
        self._scores = self._robust_scores(numbers)
        self._codes = [
            np.where(code <= n_levels, code, 0)
            for code, n_levels in zip(codes, settings["n_levels"], strict=True)
        ]

    def _robust_scores(self, numbers):
        """Return the distances from medians in interquartile ranges, limited smoothly to 3."""
        with np.errstate(over="ignore"):
            u = (numbers - self._arrays["center"]) / self._arrays["scale"]
        u = np.clip(u, -1e150, 1e150)
        z = np.clip(u / np.sqrt(1.0 + (u / 3.0) ** 2), -3.0, 3.0)
        return np.where(self._missing, 0.0, z)

    def dense(self, leaves):
        """Return the rows as the first layer of a member reads them, in float32.

        Parameters
        ----------
        leaves : dict or None
            Of the trees whose leaves the member reads.
        """
        scores = self._scores[:, self.settings["scored"]].astype(np.float32)
        parts = [scores, self._missing[:, self.settings["indicated"]]]
        signs, levels = self._levels()
        cosines = self._cosines(scores)
        if self.settings["compact"]:
            compact = np.concatenate([*parts, *signs, *self._other_codes()], axis=1)
            parts = [*parts, cosines, *signs, *levels]
            if leaves is not None:
                parts += _leaves(compact.astype(np.float32), leaves)
            parts.append(self._shares())
        else:
            in_place = [
                signs.pop(0) if n == 2 else levels.pop(0) for n in self.settings["n_levels"]
            ]
            parts += [*in_place, self._shares(), cosines]
        return np.concatenate([np.asarray(part, dtype=np.float32) for part in parts], axis=1)

    def _other_codes(self):
        """Return the codes of categories that do not have two levels."""
        pairs = zip(self._codes, self.settings["n_levels"], strict=True)
        return [code[:, None] for code, n_levels in pairs if n_levels != 2]

    def _levels(self):
        """Return 1, -1 and 0 of categories of two levels, and a column for each level of others."""
        signs, levels = [], []
        for code, n_levels in zip(self._codes, self.settings["n_levels"], strict=True):
            if n_levels == 2:
                signs.append(np.array([0, 1, -1])[code][:, None])
            else:
                levels.append(code[:, None] == np.arange(1, 1 + n_levels))
        return signs, levels

    def _cosines(self, scores):
        turns = scores[:, :, None] * self._arrays["frequencies"]
        cosines = np.cos(np.float32(2 * np.pi) * turns + self._arrays["phases"])
        return cosines.reshape(len(scores), -1)

    def _shares(self):
        """Return how far numbers have passed each of their bins, from 0 to 1, minus the means."""
        z = self._scores[:, self.settings["binned"]]
        if self.settings["compact"]:
            z = z.astype(np.float32).astype(np.float64)
        passed = np.clip((z - self._arrays["edges"]) / self._arrays["widths"], 0.0, 1.0)
        return passed - self._arrays["bin_means"]


def _numbers(column):
    """Return a column as numbers, NaN where they are missing."""
    try:
        return column.astype(np.float64)
    except TypeError:
        return np.array([np.nan if _is_missing(cell) else cell for cell in column], dtype=float)


def _codes(column, levels):
    """Return the codes of cells: 1 for the first level, 0 for what is no level."""
    code = {level: place for place, level in enumerate(levels, 1)}
    cells = column.tolist()
    found = [code.get(None if _is_missing(cell) else cell, 0) for cell in cells]
    return np.array(found, dtype=np.int64)


def _leaves(rows, leaves):
    """Return a column for each leaf of each tree: whether a row falls into it."""
    arrays, name, parts = _load()[1], leaves["name"], []
    nodes = arrays[f"{name}.features"], arrays[f"{name}.thresholds"], arrays[f"{name}.remaining"]
    starts, codes = arrays[f"{name}.starts"], arrays[f"{name}.codes"]
    for tree, own in enumerate(codes):
        remaining = np.full(len(rows), 2 ** len(own) - 1, dtype=np.int64)
        for k in range(starts[tree], starts[tree + 1]):
            feature, threshold, left = (each[k] for each in nodes)
            remaining &= np.where(rows[:, feature] > threshold, np.int64(left), -1)
        first = np.log2(remaining & -remaining).astype(np.int64)
        parts.append(own[first][:, None] == np.arange(1, 1 + len(own)))
    return parts
