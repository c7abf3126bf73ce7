"""Predict from a table with columns of mixed types
================================================

``TabularRegressor`` takes a frame of pandas with columns of all kinds and needs no preparation but
for dates; beside gradient boosting, which wants numbers.

Run it with ``python examples/mixed_table.py``; it needs pandas, takes less than a minute and draws
mixed_table.png. The table is made up: flats with a size, a floor, a district and a state that is
not always known, a number of the landlord and the day when they were offered, and their rents.

- Strings, booleans and categories are categories by themselves, and gaps may be anywhere, in
  ``fit`` as in ``predict``.
- Numbers that are names, such as that of the landlord, are listed in ``categorical_features``.
- Dates are refused, since there is no one way to read them. Days since a fixed date tell of a trend
  and the month tells of a season: two numbers take the place of the date.
- ``HistGradientBoostingRegressor`` reads categories as well, if they are of a type for them.
- Rows that a member has left out say, without a test set, how good the ensemble is and which
  columns it needs.

Look at the scores, and at the importances.
"""

import argparse
from pathlib import Path

import numpy as np
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.metrics import r2_score
from sklearn.model_selection import train_test_split

from skdeep import TabularRegressor, oof_permutation_importance

DISTRICTS = ("centre", "harbour", "hill", "lake", "north", "old town", "south", "station")
STATES = ("new", "renovated", "worn")


# %%
# The table.


def make_table(n_rows, seed=0):
    """Return flats and their rents.

    Parameters
    ----------
    n_rows : int
    seed : int, default=0

    Returns
    -------
    X : DataFrame
    y : ndarray of shape (n_rows,)
    """
    import pandas as pd

    rng = np.random.default_rng(seed)
    size = rng.lognormal(4.1, 0.45, n_rows)
    floor = rng.poisson(2.5, n_rows)
    district, state = rng.integers(len(DISTRICTS), size=n_rows), rng.integers(3, size=n_rows)
    landlord, day = rng.integers(40, size=n_rows), rng.integers(0, 1500, n_rows)
    lift, prices = rng.random(n_rows) < 0.4, np.random.default_rng(1)
    of_district, of_landlord = prices.normal(12, 2.5, len(DISTRICTS)), prices.normal(0, 60, 40)
    by_size = of_district[district] * size**0.95 * np.array([1.15, 1.0, 0.85])[state]
    season = 40 * np.sin(2 * np.pi * day / 365.25)
    climb = np.where(lift, 8.0, -25.0) * np.maximum(floor - 2, 0)
    y = by_size + of_landlord[landlord] + season + 0.08 * day + climb + rng.normal(0, 35, n_rows)
    X = pd.DataFrame(
        {
            "size": np.where(rng.random(n_rows) < 0.05, np.nan, size),
            "floor": floor,
            "district": np.where(rng.random(n_rows) < 0.03, None, np.take(DISTRICTS, district)),
            "state": pd.Categorical.from_codes(
                np.where(rng.random(n_rows) < 0.2, -1, state), STATES
            ),
            "lift": lift,
            "landlord": landlord,
            "offered": pd.Timestamp("2020-01-01") + pd.to_timedelta(day, unit="D"),
        }
    )
    return X, y


def without_dates(X):
    """Return a table with numbers in the place of the date: days, and the month."""
    import pandas as pd

    days = (X["offered"] - pd.Timestamp("2020-01-01")).dt.days
    return X.drop(columns="offered").assign(days=days, month=X["offered"].dt.month)


# %%
# Gradient boosting beside the ensemble of networks.


def fit_boosting(X, y):
    """Return gradient boosting that reads the same columns as categories."""
    return HistGradientBoostingRegressor(
        categorical_features=["district", "state", "lift", "landlord"], random_state=0
    ).fit(as_categories(X), y)


def as_categories(X):
    """Return a table whose categories are of pandas' type for them."""
    names = ["district", "state", "lift", "landlord"]
    return X.astype(dict.fromkeys(names, "category"))


def conclude(claim, holds):
    """Print a claim with what the numbers above say of it."""
    print(f"{'holds' if holds else 'DOES NOT HOLD HERE'}: {claim}")


def draw(path, importances, names, y, predicted):
    """Draw the importances of the columns, and predictions over the rents."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        print("matplotlib is not installed: no picture (pip install matplotlib)")
        return
    figure = Figure(figsize=(11, 4.4), layout="constrained")
    left, right = figure.subplots(1, 2)
    order = np.argsort(importances.importances_mean)
    left.barh(
        np.array(names)[order],
        importances.importances_mean[order],
        xerr=importances.importances_std[order],
        color="tab:blue",
    )
    left.set(title="loss of R2 on rows left out, if a column is permuted")
    right.scatter(predicted, y, s=5, alpha=0.4)
    right.plot([y.min(), y.max()], [y.min(), y.max()], "k:")
    right.set(title="rents of new flats", xlabel="predicted", ylabel="asked")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)
    print(f"\nwrote the importances to {path}")


def main(arguments=None):
    """Fit both to the same table, and conclude."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument(
        "--output", type=Path, default=Path("mixed_table.png"), help="path of the picture"
    )
    parser.add_argument("--quick", action="store_true", help="fewer flats and members")
    options = parser.parse_args(arguments)
    X, y = make_table(2500 if options.quick else 6000)
    model = TabularRegressor(
        n_ensemble=3 if options.quick else "auto",
        max_iter=40 if options.quick else "auto",
        categorical_features=["landlord"],
        oof_predictions=True,
        random_state=0,
    )
    try:
        model.fit(X, y)
        refusal = ""
    except TypeError as error:
        refusal = str(error)
    print(f"with the date: {refusal}\n")
    X_train, X_test, y_train, y_test = train_test_split(without_dates(X), y, random_state=0)
    model.fit(X_train, y_train)
    known = np.isfinite(model.oof_predictions_)
    scores = {
        "networks": model.score(X_test, y_test),
        "networks, rows left out": r2_score(y_train[known], model.oof_predictions_[known]),
        "gradient boosting": fit_boosting(X_train, y_train).score(as_categories(X_test), y_test),
    }
    print(f"{len(X_train)} flats to train on, R2 on {len(X_test)} others:\n")
    for name, score in scores.items():
        print(f"{name:<26}{score:.3f}")
    found = oof_permutation_importance(model, X_train, y_train, n_repeats=2, random_state=0)
    print("\nimportance of the columns:\n")
    for name, mean in zip(X_train.columns, found.importances_mean, strict=True):
        print(f"{name:<26}{mean:.3f}")
    print()
    conclude("a date is refused, and the message says what to do", "days since" in refusal)
    conclude(
        "the networks are better than gradient boosting",
        scores["networks"] > scores["gradient boosting"],
    )
    gap = abs(scores["networks"] - scores["networks, rows left out"])
    conclude("rows left out say how good they are", gap < 0.05)
    largest = X_train.columns[int(np.argmax(found.importances_mean))]
    conclude("the size matters most", largest == "size")
    draw(options.output, found, list(X_train.columns), y_test, model.predict(X_test))


if __name__ == "__main__":
    main()
