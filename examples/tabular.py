"""Classify rows of a table with a preprocessing pipeline
======================================================

A pipeline from the raw table to predictions: categories in columns of their own, gaps filled, and
class weights for the few customers that matter.

Run it with ``python examples/tabular.py``; it takes some seconds and draws tabular.png. The table
is made up: customers with numbers (some are missing), a plan and a region, and whether they leave,
as one in fourteen does. Who leaves depends on the plan in a way that differs between regions.

- A network wants numbers. The code of a category is a bad one: it says that the third region lies
  between the second and the fourth. ``OneHotEncoder`` gives every category an input of its own.
- A network trained on few of a class says "stays" to nearly everybody, and is right most of the
  time. ``class_weight="balanced"`` makes the rare class count as much as the other: more of those
  who leave are found, at the price of more false alarms.
- So does a lower threshold for the probabilities of the network without weights: class weights
  trade precision for recall.

Look at the shares of the leaving that are found, and at the area under the curve, on which weights
have next to no effect.
"""

import argparse
from pathlib import Path

import numpy as np
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.metrics import balanced_accuracy_score, precision_score, recall_score, roc_auc_score
from sklearn.metrics import roc_curve as rates_by_threshold
from sklearn.model_selection import FixedThresholdClassifier, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler

from skdeep import MLPClassifier

PLANS = ("basic", "family", "gold", "student")
REGIONS = ("centre", "coast", "east", "hills", "lakes", "north", "south", "west")
# Columns go by number here; those of a pandas or polars frame would go by name.
NUMBERS, CATEGORIES = [0, 1, 2], [3, 4]


# %%
# The table. Its columns are of different kinds, so it is an array of objects.


def make_table(n_rows, seed=0):
    """Return customers, and whether they leave.

    Parameters
    ----------
    n_rows : int
    seed : int, default=0

    Returns
    -------
    table : ndarray of shape (n_rows, 5), object
        Age, months, calls to the support (each NaN at times), plan, region.
    leaves : ndarray of shape (n_rows,), bool
    """
    rng = np.random.default_rng(seed)
    age, months = rng.uniform(18, 80, n_rows), rng.exponential(30, n_rows)
    calls = rng.poisson(1.5, n_rows).astype(float)
    plan, region = rng.integers(len(PLANS), size=n_rows), rng.integers(len(REGIONS), size=n_rows)
    taste = np.random.default_rng(1).normal(scale=1.6, size=(len(PLANS), len(REGIONS)))
    score = taste[plan, region] + 0.5 * (calls - 1.5) - 0.02 * months + 0.03 * abs(age - 45)
    leaves = rng.uniform(size=n_rows) < 1 / (1 + np.exp(3.45 - score))
    numbers = np.column_stack([age, months, calls])
    numbers[rng.uniform(size=numbers.shape) < 0.05] = np.nan
    categories = np.column_stack([np.take(PLANS, plan), np.take(REGIONS, region)])
    return np.column_stack([numbers.astype(object), categories.astype(object)]), leaves


# %%
# The pipelines differ in what they do with categories, and in the weights.


def make_model(categories, **parameters):
    """Return a pipeline.

    Parameters
    ----------
    categories : {"left out", "codes", "one-hot"}
    **parameters
        Of the network.
    """
    numbers = make_pipeline(SimpleImputer(strategy="median", add_indicator=True), StandardScaler())
    ways = {
        "left out": "drop",
        "codes": make_pipeline(OrdinalEncoder(), StandardScaler()),
        "one-hot": OneHotEncoder(handle_unknown="ignore", sparse_output=False),
    }
    columns = ColumnTransformer(
        [("numbers", numbers, NUMBERS), ("categories", ways[categories], CATEGORIES)]
    )
    network = MLPClassifier(
        (32,), alpha=0.3, learning_rate_init=0.003, max_iter=200, random_state=0, **parameters
    )
    return make_pipeline(columns, network)


def compare(table, leaves):
    """Fit all models, print how good they are, and return that and the curves.

    Parameters
    ----------
    table : ndarray of shape (n_rows, 5), object
    leaves : ndarray of shape (n_rows,), bool

    Returns
    -------
    measured : dict of str to dict of str to float
    curves : dict of str to tuple of ndarray
        False alarms and those found over all thresholds.
    """
    split = train_test_split(table, leaves, test_size=0.4, stratify=leaves, random_state=0)
    train, test, y_train, y_test = split
    plain = make_model("one-hot")
    models = {
        "no categories": make_model("left out"),
        "codes": make_model("codes"),
        "one-hot": plain,
        "one-hot, weights": make_model("one-hot", class_weight="balanced"),
        "one-hot, threshold": FixedThresholdClassifier(
            plain, threshold=y_train.mean(), response_method="predict_proba"
        ),
    }
    print(f"{'':<20}area under curve   found   right alarms   balanced accuracy")
    measured, curves = {}, {}
    for name, model in models.items():
        model.fit(train, y_train)
        probability, alarm = model.predict_proba(test)[:, 1], model.predict(test)
        curves[name] = rates_by_threshold(y_test, probability)[:2]
        numbers = measured[name] = {
            "area": roc_auc_score(y_test, probability),
            "found": recall_score(y_test, alarm),
            "right": precision_score(y_test, alarm, zero_division=0.0),
            "balanced": balanced_accuracy_score(y_test, alarm),
        }
        area, found, right, balanced = numbers.values()
        print(f"{name:<20}{area:<19.3f}{found:<8.3f}{right:<15.3f}{balanced:.3f}")
    return measured, curves


# %%
# The conclusion and the picture.


def conclude(claim, holds):
    """Print a claim with what the numbers above say of it."""
    print(f"{'holds' if holds else 'DOES NOT HOLD HERE'}: {claim}")


def draw(path, measured, curves):
    """Draw who is found over the false alarms, with the models' own thresholds."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        print("matplotlib is not installed: no picture (pip install matplotlib)")
        return
    figure = Figure(figsize=(11, 4.4), layout="constrained")
    left, right = figure.subplots(1, 2)
    for name in ("no categories", "codes", "one-hot", "one-hot, weights"):
        left.plot(*curves[name], label=f"{name}: {measured[name]['area']:.3f}")
    left.set(title="area under the curve", xlabel="false alarms", ylabel="found")
    left.legend()
    names, width = list(measured), 0.4
    for shift, key, label in ((-width / 2, "found", "found"), (width / 2, "right", "right alarms")):
        places = np.arange(len(names)) + shift
        bars = right.barh(places, [measured[name][key] for name in names], width, label=label)
        right.bar_label(bars, fmt="%.2f")
    right.set(title="shares of those who leave, and of the alarms", yticks=range(len(names)))
    right.set(yticklabels=names, xlim=(0, 1))
    right.invert_yaxis()
    right.legend(loc="upper right")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)
    print(f"\nwrote the curves to {path}")


def main(arguments=None):
    """Make the table, compare the pipelines, and conclude."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument(
        "--output", type=Path, default=Path("tabular.png"), help="path of the picture"
    )
    parser.add_argument("--quick", action="store_true", help="fewer customers")
    options = parser.parse_args(arguments)

    table, leaves = make_table(6000 if options.quick else 15_000)
    print(f"{len(table)} customers, of whom {leaves.mean():.1%} leave; on 40% of them:\n")
    measured, curves = compare(table, leaves)
    area, found, right, balanced = (
        {name: numbers[key] for name, numbers in measured.items()}
        for key in ("area", "found", "right", "balanced")
    )
    plain, weights, threshold = "one-hot", "one-hot, weights", "one-hot, threshold"
    print()
    conclude("columns of their own beat codes", area[plain] > area["codes"] + 0.01)
    conclude("weights find at least half as many more", found[weights] > 1.5 * found[plain])
    conclude("and raise more false alarms", right[weights] < right[plain])
    conclude(
        "a lower threshold does without weights what weights do: they know no more",
        balanced[threshold] > balanced[weights] - 0.03 and area[plain] > area[weights] - 0.03,
    )
    draw(options.output, measured, curves)


if __name__ == "__main__":
    main()
