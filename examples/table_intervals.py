"""Prediction intervals for tables
===============================

``TabularRegressor(quantiles=...)`` predicts several quantiles together: the ends of an interval and
the median. They never cross.

Run it with ``python examples/table_intervals.py``; it takes less than a minute and draws
table_intervals.png. The table is made up: deliveries with a distance, a weight, an hour and a kind
of road, and how long they take; some roads and hours are far less certain than others.

- Each quantile has an ensemble of its own, on common encodings and folds, so that three take three
  times as long to fit as one.
- Separate regressors, one for each quantile, cross for some rows: the upper end of an interval
  below its lower one makes no sense. Here they change places.
- ``score`` is the share of the pinball loss of constant quantiles that the predictions save.
- The share of targets inside is not promised: it is a little less than what the quantiles say, as
  networks fit their training rows too well. ``intervals.py`` shows how to widen them by rows that
  were held back.

Look at the share inside, and at how wide the intervals are by hour.
"""

import argparse
from pathlib import Path

import numpy as np
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.metrics import mean_pinball_loss

from skdeep import TabularRegressor

QUANTILES = [0.05, 0.5, 0.95]
ROADS = np.array(["motorway", "road", "track"])


def make_table(n_rows, seed):
    """Return deliveries and how many minutes they take.

    Parameters
    ----------
    n_rows, seed : int

    Returns
    -------
    X : ndarray of shape (n_rows, 4), object
        Kilometres, kilograms, hour, road.
    y : ndarray of shape (n_rows,)
    """
    rng = np.random.default_rng(seed)
    distance, weight = rng.gamma(2.0, 8.0, n_rows), rng.exponential(20.0, n_rows)
    hour, road = rng.uniform(6, 20, n_rows), rng.integers(3, size=n_rows)
    rush = np.exp(-((hour - 8) ** 2) / 2) + np.exp(-((hour - 17) ** 2) / 2)
    speed = np.array([1.4, 0.9, 0.5])[road] / (1 + 0.6 * rush)
    delay = rng.gamma(1.0, 1.0, n_rows) * (2 + 12 * rush + 4 * (road == 2))
    y = 5 + distance / speed + 0.05 * weight + delay
    X = np.empty((n_rows, 4), dtype=object)  # of numbers and strings
    X[:, :3], X[:, 3] = np.column_stack([distance, weight, hour]), ROADS[road]
    return X, y


def boosting(X, y, X_test):
    """Return what gradient boosting predicts, a regressor for each quantile."""

    def numbers(X):
        return np.column_stack(
            [X[:, :3].astype(float), np.searchsorted(ROADS, X[:, 3].astype(str))]
        )

    found = [
        HistGradientBoostingRegressor(
            loss="quantile", quantile=q, categorical_features=[3], random_state=0
        )
        .fit(numbers(X), y)
        .predict(numbers(X_test))
        for q in QUANTILES
    ]
    return np.column_stack(found)


def measure(name, found, y):
    """Print and return the share inside, the share of rows that cross, and the mean loss."""
    low, high = found[:, 0], found[:, -1]
    inside = np.mean((low <= y) & (y <= high))
    crossed = np.mean(np.any(np.diff(found, axis=1) < 0, axis=1))
    pairs = zip(found.T, QUANTILES, strict=True)
    loss = np.mean([mean_pinball_loss(y, own, alpha=q) for own, q in pairs])
    print(f"{name:<20}{inside:<15.3f}{crossed:<19.4f}{(high - low).mean():<13.1f}{loss:.3f}")
    return inside, crossed, loss


def conclude(claim, holds):
    """Print a claim with what the numbers above say of it."""
    print(f"{'holds' if holds else 'DOES NOT HOLD HERE'}: {claim}")


def draw(path, X, y, found):
    """Draw the intervals of deliveries of one kind along the hour, and their widths."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        print("matplotlib is not installed: no picture (pip install matplotlib)")
        return
    figure = Figure(figsize=(11, 4.4), layout="constrained")
    left, right = figure.subplots(1, 2)
    rows, hours = np.arange(200), X[:, 2].astype(float)
    left.vlines(hours[rows], found[rows, 0], found[rows, 2], color="silver", linewidth=2)
    left.scatter(hours[rows], found[rows, 1], s=10, marker="_", color="black", label="median")
    left.scatter(hours[rows], y[rows], s=10, color="tab:blue", label="minutes")
    left.set(title="intervals of 200 deliveries", xlabel="hour", ylabel="minutes")
    left.legend()
    bins = np.digitize(hours, np.arange(7, 20))
    for road in ROADS:
        widths = [(found[:, 2] - found[:, 0])[(bins == b) & (X[:, 3] == road)] for b in range(14)]
        right.plot(np.arange(6.5, 20), [w.mean() if len(w) else np.nan for w in widths], label=road)
    right.set(title="mean width of the intervals", xlabel="hour", ylabel="minutes")
    right.legend()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)
    print(f"\nwrote the intervals to {path}")


def main(arguments=None):
    """Predict three quantiles, beside gradient boosting."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument(
        "--output", type=Path, default=Path("table_intervals.png"), help="path of the picture"
    )
    parser.add_argument("--quick", action="store_true", help="fewer deliveries and epochs")
    options = parser.parse_args(arguments)
    X, y = make_table(2000 if options.quick else 4000, seed=0)
    X_test, y_test = make_table(5000, seed=1)
    model = TabularRegressor(
        quantiles=QUANTILES,
        n_ensemble=2 if options.quick else 4,
        max_iter=30 if options.quick else 60,
        random_state=0,
    ).fit(X, y)
    print(f"{len(X)} deliveries to train on, {len(X_test)} others:\n")
    print(f"{'':<20}share inside   rows that cross    mean width   pinball loss")
    found = model.predict(X_test)
    own = measure("networks", found, y_test)
    theirs = measure("gradient boosting", boosting(X, y, X_test), y_test)
    print(f"\nscore of the networks: {model.score(X_test, y_test):.3f}\n")
    conclude("the intervals hold nearly what the quantiles say", 0.84 < own[0] < 0.94)
    conclude("the networks' quantiles never cross", own[1] == 0)
    conclude("those of separate regressors do", theirs[1] > 0)
    conclude("the networks lose less than gradient boosting", own[2] < theirs[2])
    hours = X_test[:, 2].astype(float)
    widths = found[:, 2] - found[:, 0]
    rush = (np.abs(hours - 8) < 1) | (np.abs(hours - 17) < 1)
    conclude("intervals are wider in rush hours", widths[rush].mean() > 1.2 * widths[~rush].mean())
    draw(options.output, X_test, y_test, found)


if __name__ == "__main__":
    main()
