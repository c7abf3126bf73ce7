"""Ensembles for tables as a Python module that needs NumPy alone."""

import inspect
import json
import os
import pathlib

import numpy as np

from skdeep.tabular.column_kinds import CATEGORY_KIND
from skdeep.tabular.exporting import numpy_predictor

#: Activations that the module has.
ACTIVATIONS = {"identity", "logistic", "silu", "softmax"}


def write_module(estimator, names, path):
    """Write a module that predicts as an ensemble does, and a file of its numbers.

    Parameters
    ----------
    estimator : TabularClassifier or TabularRegressor
        Fitted.
    names : sequence of str
        Of the columns.
    path : str or path-like
        Of the module.

    Returns
    -------
    paths : tuple of str
        Of the module, and of the file of numbers.

    Raises
    ------
    ValueError
        If the path does not end with ".py", or levels or labels cannot be written.
    """
    path = pathlib.Path(path)
    if path.suffix != ".py":
        raise ValueError(f"path must end with '.py', got {os.fspath(path)!r}.")
    settings, arrays = describe(estimator, names)
    arrays["settings"] = np.array(_as_text(settings))
    numbers = path.with_suffix(".npz")
    np.savez_compressed(numbers, **arrays)
    path.write_text(inspect.getsource(numpy_predictor), encoding="utf-8")
    return os.fspath(path), os.fspath(numbers)


def _as_text(settings):
    try:
        return json.dumps(settings, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise ValueError(f"A level of a category cannot be written: {error}") from error


def describe(estimator, names):
    """Return what the module knows of an ensemble.

    Parameters
    ----------
    estimator : TabularClassifier or TabularRegressor
    names : sequence of str

    Returns
    -------
    settings : dict
        Of strings, numbers and lists.
    arrays : dict of str to array
    """
    arrays, encodings = {}, []
    for place, encoding in enumerate(estimator._encodings):
        settings, own = _describe_encoding(encoding)
        encodings.append(settings)
        arrays |= {f"encoding_{place}/{name}": array for name, array in own.items()}
    members = []
    for place, network in enumerate(estimator.members_):
        member, own = _describe_member(estimator, place, network)
        members.append(member)
        arrays |= own
    plan = estimator._encodings[0].encoder._plan
    settings = {
        "names": list(names),
        "families": list(plan.families),
        "finite": [k for k, kind in enumerate(plan.kinds) if kind != CATEGORY_KIND],
        "encodings": encodings,
        "members": members,
        "n_groups": 1 + max(estimator._groups),
        "is_sorted": estimator._quantiles is not None,
        "is_flat": estimator._quantiles is None and getattr(estimator, "n_outputs_", 0) == 1,
    }
    return settings, arrays | _targets(estimator)


def _targets(estimator):
    if not hasattr(estimator, "classes_"):
        return {
            name: np.atleast_1d(np.asarray(value, dtype=np.float64))
            for name, value in estimator._scale._asdict().items()
        }
    classes = estimator.classes_
    if classes.dtype.kind == "O":
        if not all(isinstance(label, str) for label in classes):
            raise ValueError(f"Labels must be strings or numbers. Got {classes.tolist()}.")
        classes = classes.astype(str)
    return {"classes": classes}


def _places(at):
    """Return what is used, in the order of its places."""
    used = np.flatnonzero(at >= 0)
    return used[np.argsort(at[used])]


def _describe_encoding(encoding):
    """Return the settings and arrays of an encoding."""
    plan = encoding.encoder._plan
    scaling, layout = plan.scaling, plan.layout
    sizes = np.diff(layout.starts)
    first = np.arange(len(layout.means)) + np.repeat(np.arange(len(sizes)), sizes)
    low, high = scaling.edges[first], scaling.edges[first + 1]
    means = layout.means
    if encoding.compact:  # as `TableFeatures` has them
        edges = [
            own for features in encoding.first_layers(1, "silu", 0.0)[:1] for own in features.edges
        ]
        low = np.concatenate([np.empty(0), *(own[:-1] for own in edges)])
        high = np.concatenate([np.empty(0), *(own[1:] for own in edges)])
        means = np.clip(layout.means, 0.0, 1.0)
    settings = {
        "compact": encoding.compact,
        "numbers": list(plan.number_columns),
        "categories": [
            (place, list(category.values))
            for place, category in zip(plan.category_columns, plan.categories, strict=True)
        ],
        "n_levels": layout.n_levels.tolist(),
        "statistics": [statistic.category for statistic in plan.statistics],
        "scored": _places(scaling.number_at).tolist(),
        "indicated": _places(scaling.indicator_at).tolist(),
        "binned": np.repeat(_places(scaling.bins_at), sizes).tolist(),
    }
    arrays = {
        "center": scaling.center,
        "scale": scaling.scale,
        "edges": low,
        "widths": high - low,
        "bin_means": means,
        "frequencies": encoding.frequencies,
        "phases": encoding.phases,
    }
    for place, statistic in enumerate(plan.statistics):
        arrays[f"means_{place}"] = statistic.means
    return settings, arrays


def _describe_member(estimator, place, network):
    """Return the settings and arrays of a member."""
    exported, _ = network._export_form()
    layers, arrays = [], {}
    for number, layer in enumerate(exported.folded().layers):
        if layer.kind == "table_features":  # part of what the module makes of the table
            continue
        if layer.activation not in ACTIVATIONS or layer.sources != (number,):
            raise ValueError(f"A member has a layer that cannot be written: {layer.title}.")
        name = f"member_{place}.{number}"
        layers.append((name, layer.activation))
        arrays |= {f"{name}.weights": layer.weights, f"{name}.biases": layer.biases}
    member = {
        "encoding": estimator._ways[place],
        "group": estimator._groups[place],
        "layers": layers,
        "leaves": None,
    }
    leaves = estimator._leaves[place]
    if leaves is not None:
        name = f"leaves_{place}"
        member["leaves"] = {"name": name}
        arrays |= {f"{name}.{key}": array for key, array in leaves.trees._asdict().items()}
    return member, arrays
