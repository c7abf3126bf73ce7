"""Calibrate the probabilities of a classifier
===========================================

A network that knows its training set by heart is too sure of itself; calibration gives its
probabilities their meaning back.

Run it with ``python examples/calibration.py``; it takes some seconds and draws calibration.png. One
label in eight of the data is wrong, so that nobody can be sure. Of all that a network is 90% sure
of, nine in ten should be right.

- Trained for long, a large network comes to say 99% where it should say 80%. Its accuracy shows
  nothing of it, the log-loss does.
- ``CalibratedClassifierCV`` learns on rows held back what the network's probabilities are worth: by
  a sigmoid with two numbers, or by any increasing curve (isotonic). The order of the samples is
  kept, and so nearly are accuracy and ranking.
- Early stopping and weight decay prevent much of it, and gain accuracy too.
- A network with the hinge loss has no probabilities at all. Calibration gives it some.

Look at the mean certainty beside the accuracy, and at the curves: on the diagonal probabilities are
what they say.
"""

import argparse
import warnings
from pathlib import Path

from sklearn.calibration import CalibratedClassifierCV, calibration_curve
from sklearn.datasets import make_classification
from sklearn.exceptions import ConvergenceWarning
from sklearn.frozen import FrozenEstimator
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split

from skdeep import MLPClassifier


def make_data(n_rows):
    """Return data to train on, to calibrate with, and to measure on.

    Parameters
    ----------
    n_rows : int
        To train on and to calibrate with together.

    Returns
    -------
    X, X_held, y, y_held, X_test, y_test : ndarray
    """
    X, y = make_classification(
        n_rows + 10_000, 20, n_informative=8, n_clusters_per_class=4, flip_y=0.25, random_state=0
    )
    rest = train_test_split(X[:n_rows], y[:n_rows], test_size=0.4, random_state=0)
    return *rest, X[n_rows:], y[n_rows:]


def make_network(**parameters):
    """Return a network large enough to learn the training set by heart."""
    settings = {"alpha": 0.0, "max_iter": 60, "n_iter_no_change": 60, "random_state": 0}
    return MLPClassifier((100, 100), learning_rate_init=0.003, **{**settings, **parameters})


def fit_all(X, y, X_held, y_held):
    """Return fitted models by name."""
    networks = {
        "network": make_network(),
        "weight decay": make_network(alpha=5.0),
        "early stopping": make_network(early_stopping=True, n_iter_no_change=8, scoring="loss"),
        "hinge": make_network(loss="hinge"),
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # a fixed number of epochs is wanted
        for network in networks.values():
            network.fit(X, y)
    ways = {"sigmoid": ("network", "sigmoid"), "isotonic": ("network", "isotonic")}
    ways["hinge, sigmoid"] = ("hinge", "sigmoid")
    calibrated = {
        name: CalibratedClassifierCV(FrozenEstimator(networks[source]), method=method)
        for name, (source, method) in ways.items()
    }
    del networks["hinge"]  # which has no probabilities
    return networks | {name: model.fit(X_held, y_held) for name, model in calibrated.items()}


def measure(models, X, y):
    """Print and return what the probabilities are worth.

    Parameters
    ----------
    models : dict of str to estimator
    X : ndarray of shape (n_rows, n_features)
    y : ndarray of shape (n_rows,)

    Returns
    -------
    measured : dict of str to tuple of float
        Accuracy, mean certainty, and log-loss.
    curves : dict of str to tuple of ndarray
        Shares of the second class, and the probabilities that were told.
    """
    print(f"{'':<18}accuracy   mean certainty   log-loss")
    measured, curves = {}, {}
    for name, model in models.items():
        p = model.predict_proba(X)
        numbers = model.score(X, y), p.max(axis=1).mean(), log_loss(y, p)
        print("{:<18}{:<11.3f}{:<17.3f}{:.3f}".format(name, *numbers))
        measured[name] = numbers
        curves[name] = calibration_curve(y, p[:, 1], n_bins=10)
    return measured, curves


# %%
# The conclusion and the picture.


def conclude(claim, holds):
    """Print a claim with what the numbers above say of it."""
    print(f"{'holds' if holds else 'DOES NOT HOLD HERE'}: {claim}")


def draw(path, measured, curves):
    """Draw how often the second class comes over how probable it was said to be."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        print("matplotlib is not installed: no picture (pip install matplotlib)")
        return
    figure = Figure(figsize=(11, 4.4), layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=(3, 2))
    left.plot([0, 1], [0, 1], "k:", label="as they say")
    for name, (share, told) in curves.items():
        left.plot(told, share, "o-", markersize=4, label=name)
    left.set(
        title="reliability", xlabel="mean predicted probability", ylabel="fraction of positives"
    )
    left.legend()
    names = list(measured)
    bars = right.barh(names, [measured[name][2] for name in names], color="gray")
    right.bar_label(bars, fmt="%.2f")
    right.invert_yaxis()
    right.margins(x=0.15)
    right.set(title="log-loss on other rows")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)
    print(f"\nwrote the curves to {path}")


def main(arguments=None):
    """Train, calibrate, and compare what is said with what is so."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument(
        "--output", type=Path, default=Path("calibration.png"), help="path of the picture"
    )
    parser.add_argument("--quick", action="store_true", help="fewer rows")
    options = parser.parse_args(arguments)
    X, X_held, y, y_held, X_test, y_test = make_data(2000 if options.quick else 4000)
    print(f"{len(X)} rows to train on, {len(X_held)} to calibrate with, on {len(X_test)} others:\n")
    measured, curves = measure(fit_all(X, y, X_held, y_held), X_test, y_test)
    surplus = {name: told - right for name, (right, told, _) in measured.items()}
    accuracy, _, loss = ({name: numbers[i] for name, numbers in measured.items()} for i in range(3))
    print()
    conclude("the network is far too sure of itself", surplus["network"] > 0.1)
    calibrated = ("sigmoid", "isotonic", "hinge, sigmoid")
    near = max(abs(surplus[name]) for name in calibrated)
    conclude("calibrated, certainty is what comes true", near < 0.03)
    conclude("the log-loss falls by a third", loss["sigmoid"] < loss["network"] * 2 / 3)
    conclude("the accuracy stays", abs(accuracy["sigmoid"] - accuracy["network"]) < 0.01)
    cures = ("early stopping", "weight decay")
    conclude(
        "early stopping and weight decay prevent most of it, and gain accuracy",
        all(
            surplus[name] < surplus["network"] / 2 and accuracy[name] > accuracy["network"]
            for name in cures
        ),
    )
    draw(options.output, measured, curves)


if __name__ == "__main__":
    main()
