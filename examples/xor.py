"""Solve XOR with a hidden layer
=============================

A perceptron fails, a hidden layer of two units makes it easy.

Run it with ``python examples/xor.py``; it takes some seconds and draws xor.png. Four clouds of
points lie around the corners of a square, and the two classes share its diagonals.

- A perceptron is a line. Whatever its weights are, it has a corner on the wrong side: at most three
  quarters of the points are right, and it makes mistakes in every epoch.
- A network with two hidden units succeeds: each unit draws a line of its own.
- `hidden_activations` shows why. Seen through the two units, the four clouds lie so that one line
  separates them: a perceptron on what `HiddenLayerTransformer` makes of the points is as good as
  the whole network.
- Not every start leads there: from some initial weights training ends in a local minimum. Several
  of them (``n_restarts``) are a cure.

Look at the regions on the left and in the middle, and at the same points in the coordinates of the
two hidden units on the right, with the line that the output unit draws there.
"""

import argparse
import warnings
from pathlib import Path

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.pipeline import make_pipeline

from skdeep import HiddenLayerTransformer, MLPClassifier, Perceptron

CORNERS = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])


def make_points(per_corner, seed=0):
    """Return points around the corners of a square, and the class of each.

    Parameters
    ----------
    per_corner : int
    seed : int, default=0

    Returns
    -------
    X : ndarray of shape (4 * per_corner, 2)
    y : ndarray of shape (4 * per_corner,)
        The exclusive or of the corner's coordinates.
    """
    corners = np.repeat(CORNERS, per_corner, axis=0)
    noise = np.random.RandomState(seed).normal(scale=0.09, size=corners.shape)
    return corners + noise, corners[:, 0] ^ corners[:, 1]


def make_network():
    """Return a network with two hidden units, trained by L-BFGS."""
    return MLPClassifier(
        (2,), activation="tanh", solver="lbfgs", alpha=1e-3, max_iter=500, random_state=5
    )


def make_perceptron():
    """Return a perceptron that goes on until it makes no mistake, or for 100 epochs."""
    return Perceptron(tol=None, max_iter=100, random_state=0)


def certainty(model, points):
    """Return the probability of the second class; of a perceptron, which has none, 0 or 1."""
    if isinstance(model, Perceptron):
        return (model.decision_function(points) > 0).astype(float)
    return model.predict_proba(points)[:, 1]


def regions(ax, model, X, y, title):
    """Draw what a model says of two coordinates, and the points."""
    low, high = X.min(axis=0) - 0.25, X.max(axis=0) + 0.25
    across, up = (np.linspace(*ends, 150) for ends in zip(low, high, strict=True))
    plane = np.stack(np.meshgrid(across, up), axis=-1).reshape(-1, 2)
    shown = certainty(model, plane).reshape(len(up), len(across))
    ax.contourf(across, up, shown, levels=np.linspace(0, 1, 11), cmap="RdBu", alpha=0.6)
    ax.contour(across, up, shown, levels=[0.5], colors="black", linestyles="dashed")
    ax.scatter(*X.T, c=np.where(y, "navy", "darkred"), s=12)
    ax.set_title(title)


def draw(path, X, y, line, network, head):
    """Draw the regions of perceptron and network, and the points as the hidden units see them."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        print("matplotlib is not installed: no picture (pip install matplotlib)")
        return
    figure = Figure(figsize=(14, 4.4), layout="constrained")
    left, middle, right = figure.subplots(1, 3)
    regions(left, line, X, y, f"perceptron: {line.score(X, y):.0%} right")
    regions(middle, network, X, y, f"two hidden units: {network.score(X, y):.0%} right")
    for ax in (left, middle):
        ax.set(xlabel="a", ylabel="b", aspect="equal")
    (hidden,) = network.hidden_activations(X)
    regions(right, head, hidden, y, "the points as the hidden units see them")
    right.set(xlabel="hidden unit 1", ylabel="hidden unit 2")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)
    print(f"\nwrote the regions to {path}")


def main(arguments=None):
    """Fit a perceptron and a network, and look at the hidden layer."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--output", type=Path, default=Path("xor.png"), help="path of the picture")
    parser.add_argument("--quick", action="store_true", help="fewer points")
    options = parser.parse_args(arguments)
    X, y = make_points(20 if options.quick else 60)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        line, network = make_perceptron().fit(X, y), make_network().fit(X, y)
        transformer = HiddenLayerTransformer(make_network())
        both = make_pipeline(transformer, make_perceptron()).fit(X, y)

    print(f"{len(X)} points around the four corners of XOR; share that is classified right:")
    print(f"perceptron                       {line.score(X, y):.3f}")
    print(f"two hidden units                 {network.score(X, y):.3f}")
    print(f"a perceptron on the hidden layer {both.score(X, y):.3f}")
    print(f"\nmistakes of the perceptron in its last epoch: {line.mistakes_curve_[-1]}")
    print(f"and of the one on the hidden layer:           {both[-1].mistakes_curve_[-1]}")

    print("\ncorner    hidden units      output    true")
    (hidden,) = network.hidden_activations(CORNERS)
    outputs = network.predict_proba(CORNERS)[:, 1]
    for corner, units, output in zip(CORNERS, hidden, outputs, strict=True):
        truth = corner[0] ^ corner[1]
        inner = f"{units[0]:6.3f} {units[1]:6.3f}"
        print(f"({corner[0]}, {corner[1]})    {inner}   {output:7.3f}  {truth:6}")

    # The output unit by itself: a network without hidden layer, on the hidden activations.
    head = MLPClassifier.from_weights(network.coefs_[1:], network.intercepts_[1:])
    draw(options.output, X, y, line, network, head)


if __name__ == "__main__":
    main()
