"""What a file may say of the estimators for tables, checked before there is one."""

import numpy as np

from skdeep.engines.encoded_table import check_bins
from skdeep.saving.value_checks import (
    has,
    is_classes,
    is_float_array,
    is_int,
    is_list,
    is_name,
    is_number,
    matrix,
    or_none,
    vector,
)
from skdeep.tabular import TabularClassifier, TabularEncoder, TabularRegressor
from skdeep.tabular.column_kinds import CATEGORY_KIND, DROPPED_KIND, NUMBER_KIND
from skdeep.tabular.ensemble.leaf_codes import MOST_LEAVES
from skdeep.tabular.ensemble.plain_state import PROBABILITIES
from skdeep.tabular.reading.table_columns import BOOLEAN, EMPTY, NUMBER, TEXT

CLASSES = {cls.__name__: cls for cls in (TabularClassifier, TabularEncoder, TabularRegressor)}


def _is_tuple(check):
    return lambda value: isinstance(value, tuple) and all(map(check, value))


def _is_bool(value):
    return isinstance(value, bool)


def _one_of(*values):
    return lambda value: isinstance(value, str) and value in values


def _is_array(code, ndim=1):
    """Return a check of arrays of a type."""
    return lambda value: (
        isinstance(value, np.ndarray) and value.dtype == np.dtype(code) and value.ndim == ndim
    )


def _is_single(value):
    return is_float_array(value, 2) and value.dtype == np.float32


def _is_level(value):
    return value is None or isinstance(value, bool | int | float | str)


def _is_extent(value):
    """Means and other figures of targets: a number, or one for each output."""
    is_array = is_float_array(value) and value.ndim <= 1
    return is_array or (value is not None and is_number(value))


def _any_floats(value):
    """Predictions, which are NaN where there are none."""
    return isinstance(value, np.ndarray) and value.dtype == np.float64


_INTEGERS = _is_array("i8")
_PLAN = has(
    families=_is_tuple(_one_of(NUMBER, TEXT, BOOLEAN, EMPTY)),
    kinds=_is_tuple(_one_of(NUMBER_KIND, CATEGORY_KIND, DROPPED_KIND)),
    number_columns=_is_tuple(is_int),
    category_columns=_is_tuple(is_int),
    categories=is_list(has(values=_is_tuple(_is_level), n_levels=is_int)),
    statistics=is_list(has(category=is_int, means=matrix, names=_is_tuple(is_name))),
    scaling=has(
        center=vector,
        scale=vector,
        number_at=_INTEGERS,
        indicator_at=_INTEGERS,
        bins_at=_INTEGERS,
        starts=_INTEGERS,
        edges=vector,
    ),
    layout=has(
        n_numbers=is_int,
        n_indicators=is_int,
        n_levels=_INTEGERS,
        binned=_INTEGERS,
        starts=_INTEGERS,
        means=vector,
    ),
    n_bins=is_int,
)
_ENCODING = has(
    encoder=lambda value: isinstance(value, TabularEncoder),
    way=has(strategy=_one_of("quantile", "tree"), factor=is_number, n_cosines=is_int),
    seed=is_int,
    compact=_is_bool,
    frequencies=_is_single,
    phases=_is_single,
)
_LEAVES = has(
    place=is_int,
    starts=_INTEGERS,
    features=_INTEGERS,
    thresholds=_is_array("f4"),
    remaining=_is_array("u4"),
    codes=_is_array("i8", 2),
)
_SCALE = has(mean=_is_extent, deviation=_is_extent, low=_is_extent, high=_is_extent)
_ROWS = or_none(_is_array("u1"))

#: What every attribute must be, beside those that other estimators have as well.
ATTRIBUTES = {
    "_plan": _PLAN,
    "members_": lambda value: isinstance(value, list) and len(value) > 0,
    "_ways": is_list(is_int),
    "_groups": is_list(is_int),
    "_leaves": is_list(or_none(_LEAVES)),
    "_held_out": is_list(_ROWS),
    "_n_given": is_int,
    "_kept": _ROWS,
    "tree_features_": _is_bool,
    "_encodings": lambda value: is_list(_ENCODING)(value) and len(value) > 0,
    "n_features_in_": is_int,
    "feature_names_in_": lambda value: isinstance(value, np.ndarray) and value.dtype == object,
    "n_iter_": is_int,
    "validation_scores_": or_none(vector),
    "_quantiles": or_none(is_list(lambda value: isinstance(value, float))),
    "_scale": lambda value: value == PROBABILITIES if isinstance(value, str) else _SCALE(value),
    "classes_": is_classes,
    "n_outputs_": is_int,
    "oof_predictions_": _any_floats,
}
_ENSEMBLE = tuple(
    name
    for name in ATTRIBUTES
    if name not in ("_plan", "feature_names_in_", "classes_", "n_outputs_", "oof_predictions_")
)
#: What a fitted estimator of a class has at least.
NEEDED = {
    "TabularClassifier": ("classes_", *_ENSEMBLE),
    "TabularRegressor": ("n_outputs_", *_ENSEMBLE),
    "TabularEncoder": ("_plan", "n_features_in_"),
}


def check_parts(estimator):
    """Check that the parts of a fitted estimator fit together.

    Parameters
    ----------
    estimator : TabularClassifier, TabularRegressor or TabularEncoder
        With attributes that are each what they should be.

    Raises
    ------
    ValueError
        If they do not.
    """
    if isinstance(estimator, TabularEncoder):
        fits = hasattr(estimator, "_plan") and _plan_fits(estimator._plan, estimator.n_features_in_)
    else:
        fits = _ensemble_fits(estimator)
    if not fits:
        raise ValueError(f"the parts of the {type(estimator).__name__} do not fit together.")


def _plan_fits(plan, n_features):
    scaling, layout = plan.scaling, plan.layout
    columns = plan.number_columns, plan.category_columns
    kinds = dict(zip(columns, (NUMBER_KIND, CATEGORY_KIND), strict=True))
    of_statistics = [statistic.means.shape for statistic in plan.statistics]
    n_numbers = len(plan.number_columns) + sum(width for _, width in of_statistics)
    parts = scaling.center, scaling.scale, scaling.number_at, scaling.indicator_at, scaling.bins_at
    fits = len(plan.families) == len(plan.kinds) == n_features
    fits &= len(plan.categories) == len(plan.category_columns)
    fits = fits and all(
        place < n_features and plan.kinds[place] == kind
        for places, kind in kinds.items()
        for place in places
    )
    fits = fits and all(len(part) == n_numbers for part in parts)
    fits = fits and all(map(_are_places, parts[2:])) and np.all(scaling.scale > 0)
    fits = fits and all(1 <= c.n_levels <= len(c.values) for c in plan.categories)
    for statistic, (n_codes, width) in zip(plan.statistics, of_statistics, strict=True):
        fits = fits and statistic.category < len(plan.categories)
        fits = fits and n_codes == 1 + len(plan.categories[statistic.category].values)
        fits = fits and width == len(statistic.names)
    return bool(fits and _layout_fits(plan, scaling, layout))


def _are_places(places):
    """Return whether what is used has consecutive places, and the rest -1."""
    used = places[places != -1]
    return np.array_equal(used, np.arange(len(used)))


def _layout_fits(plan, scaling, layout):
    check_bins(layout.starts, len(layout.means))
    edges = np.split(scaling.edges, (layout.starts[1:-1] + np.arange(1, len(layout.starts) - 1)))
    return (
        layout.n_numbers == np.count_nonzero(scaling.number_at >= 0)
        and layout.n_indicators == np.count_nonzero(scaling.indicator_at >= 0)
        and layout.n_levels.tolist() == [category.n_levels for category in plan.categories]
        and np.array_equal(layout.binned, scaling.number_at[scaling.bins_at >= 0])
        and np.array_equal(layout.starts, scaling.starts)
        and len(scaling.edges) == len(layout.means) + len(layout.binned)
        and all(np.all(np.diff(own) > 0) for own in edges)
        and layout.width > 0
    )


def _ensemble_fits(estimator):
    n_members, groups = len(estimator.members_), estimator._groups
    lists = estimator._ways, groups, estimator._leaves, estimator._held_out
    fits = all(len(each) == n_members for each in lists)
    n_groups = 1 if estimator._quantiles is None else len(estimator._quantiles)
    fits &= set(groups) == set(range(n_groups))
    fits &= all(way < len(estimator._encodings) for way in estimator._ways)
    fits &= all(
        hasattr(encoding.encoder, "_plan")
        and encoding.encoder.n_features_in_ == estimator.n_features_in_
        and encoding.frequencies.shape == encoding.phases.shape
        and encoding.frequencies.shape
        == (encoding.encoder._plan.layout.n_numbers, encoding.way.n_cosines)
        for encoding in estimator._encodings
    )
    n_rows = estimator._n_given
    if estimator._kept is not None:
        fits = fits and len(estimator._kept) == -(-n_rows // 8)
        n_rows = int(np.unpackbits(estimator._kept).sum())
    held_out = [rows for rows in estimator._held_out if rows is not None]
    fits &= all(len(rows) == -(-n_rows // 8) for rows in held_out)
    return bool(fits and all(_member_fits(estimator, place) for place in range(n_members)))


def _member_fits(estimator, place):
    """Return whether a member reads the rows of its encoding, and predicts what it should."""
    member, leaves = estimator.members_[place], estimator._leaves[place]
    kind = "Classifier" if hasattr(estimator, "classes_") else "Regressor"
    encoding = estimator._encodings[estimator._ways[place]]
    width = encoding.n_inputs
    if leaves is not None:
        if not _leaves_fit(leaves, width):
            return False
        width += len(leaves.trees.codes)
    fits = type(member).__name__ in (f"MLP{kind}", f"Network{kind}")
    if not (fits and hasattr(member, "coefs_") and member.n_features_in_ == width):
        return False
    if kind == "Classifier":
        return np.array_equal(member.classes_, np.arange(len(estimator.classes_)))
    return member.n_outputs_ == estimator.n_outputs_


def _leaves_fit(leaves, width):
    trees = leaves.trees
    n_nodes = len(trees.features)
    return (
        leaves.place <= width
        and trees.codes.shape[1] == MOST_LEAVES
        and len(trees.starts) == 1 + len(trees.codes)
        and trees.starts[0] == 0
        and trees.starts[-1] == n_nodes
        and np.all(np.diff(trees.starts) >= 0)
        and len(trees.thresholds) == len(trees.remaining) == n_nodes
        and np.all((trees.features >= 0) & (trees.features < width))
        and np.all((trees.codes >= 0) & (trees.codes <= MOST_LEAVES))
    )
