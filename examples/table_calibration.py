"""Check the calibration of a classifier for tables
================================================

The probabilities of ``TabularClassifier`` mean what they say, and the rows that its members have
left out show it without a test set.

Run it with ``python examples/table_calibration.py``; it takes less than a minute and draws
table_calibration.png. One label in eight of the data is wrong, so that nobody can be sure.

- Every member keeps the epoch with the least log loss on a fold that it has left out, before it
  becomes too sure of itself, and the mean of several members is more careful than each of them.
- Gradient boosting with its defaults trains for a hundred trees, however few rows there are. On a
  small table with wrong labels, its probabilities are too extreme.
- ``oof_predictions_`` has, for every row of the training set, the mean probabilities by members
  that have not trained on it. Curves of them are nearly those on new rows.

Look at the mean certainty beside the accuracy, and at the curves.
"""

import argparse
from pathlib import Path

import numpy as np
from sklearn.calibration import calibration_curve
from sklearn.datasets import make_classification
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import log_loss

from skdeep import TabularClassifier


def make_data(n_rows):
    """Return rows to train on and to measure on, with one wrong label in eight."""
    X, y = make_classification(
        n_rows + 10_000, 12, n_informative=6, n_clusters_per_class=3, flip_y=0.25, random_state=0
    )
    return X[:n_rows], y[:n_rows], X[n_rows:], y[n_rows:]


def measure(name, y, p):
    """Print and return accuracy, mean certainty and log loss."""
    numbers = np.mean(p.argmax(axis=1) == y), p.max(axis=1).mean(), log_loss(y, p)
    print("{:<26}{:<11.3f}{:<17.3f}{:.3f}".format(name, *numbers))
    return numbers


def conclude(claim, holds):
    """Print a claim with what the numbers above say of it."""
    print(f"{'holds' if holds else 'DOES NOT HOLD HERE'}: {claim}")


def draw(path, curves):
    """Draw how often the second class comes over how probable it was said to be."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        print("matplotlib is not installed: no picture (pip install matplotlib)")
        return
    figure = Figure(figsize=(6, 5), layout="constrained")
    ax = figure.subplots()
    ax.plot([0, 1], [0, 1], "k:", label="as they say")
    for name, (share, told) in curves.items():
        ax.plot(told, share, "o-", markersize=4, label=name)
    ax.set(xlabel="mean predicted probability", ylabel="fraction of positives", title="reliability")
    ax.legend()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)
    print(f"\nwrote the curves to {path}")


def main(arguments=None):
    """Train, and compare what is said with what is so."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument(
        "--output", type=Path, default=Path("table_calibration.png"), help="path of the picture"
    )
    parser.add_argument("--quick", action="store_true", help="fewer epochs")
    options = parser.parse_args(arguments)
    X, y, X_test, y_test = make_data(1600)
    model = TabularClassifier(
        n_ensemble=5,
        max_iter=25 if options.quick else "auto",
        oof_predictions=True,
        random_state=0,
    ).fit(X, y)
    boosting = HistGradientBoostingClassifier(random_state=0).fit(X, y)
    told = {
        "networks": (y_test, model.predict_proba(X_test)),
        "networks, rows left out": (y, model.oof_predictions_),
        "gradient boosting": (y_test, boosting.predict_proba(X_test)),
    }
    print(f"{len(X)} rows to train on, {len(X_test)} others:\n")
    print(f"{'':<26}accuracy   mean certainty   log loss")
    measured = {name: measure(name, *pair) for name, pair in told.items()}
    surplus = {name: certain - right for name, (right, certain, _) in measured.items()}
    loss = {name: numbers[2] for name, numbers in measured.items()}
    print()
    conclude("the networks are as certain as they may be", abs(surplus["networks"]) < 0.04)
    conclude("gradient boosting is too certain", surplus["gradient boosting"] > 0.06)
    conclude("which its log loss shows", loss["networks"] < loss["gradient boosting"] - 0.02)
    gap = abs(loss["networks"] - loss["networks, rows left out"])
    conclude("rows left out tell all that without a test set", gap < 0.05)
    curves = {name: calibration_curve(own, p[:, 1], n_bins=8) for name, (own, p) in told.items()}
    draw(options.output, curves)


if __name__ == "__main__":
    main()
