"""Decision boundary of a perceptron during training
=================================================

Between two classes, epoch by epoch, in both modes.

Run it with ``python examples/perceptron_line.py``; it takes a second and draws perceptron_line.png.
Two clouds of points can be told apart by a line. A mistake turns the line towards the sample that
was on the wrong side:

- In pattern mode every mistake moves the line at once. Rosenblatt's theorem says that the mistakes
  come to an end if any line separates the classes, after at most ``(R / gamma) ** 2`` of them: `R`
  is the length of the longest sample, `gamma` the widest margin that a line can have. The
  program prints how many there were, and this bound for the line that was found.
- In batch mode the corrections of all mistakes of an epoch move the line together. One class pulls
  as a whole, then the other, so the line swings before it settles.

Look at the lines: pale ones are early, dark ones late, the last is red. The mistakes do not fall
steadily: what helps one sample may harm others. The last line is one of many that separate the
classes, and nothing makes it the one with the widest margin: compare its margin with that of the
best line.
"""

import argparse
from pathlib import Path

import numpy as np
from sklearn.svm import SVC

from skdeep import Perceptron

MOST_EPOCHS, MOST_LINES = 1000, 16
MODES = ("pattern", "batch")
CENTRE = (2.0, 1.5)  # of the points: not at the origin, where every line begins


def make_data(n_samples, gap, seed):
    """Return points on both sides of a slanted line, none of them closer to it than a gap."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(20 * n_samples, 2)) + CENTRE
    distances = (X - CENTRE) @ (0.6, 0.8)
    kept = np.flatnonzero(abs(distances) > gap)[:n_samples]
    return X[kept], distances[kept] > 0


def margin(X, y, coef, intercept):
    """Return the distance of a line from the nearest point, below 0 if it is on the wrong side."""
    return np.min(np.where(y, 1, -1) * (X @ coef + intercept)) / np.linalg.norm(coef)


def follow(X, y, mode):
    """Return the perceptron, and its line after every epoch as an array (n_epochs, 3)."""
    model = Perceptron(mode=mode, shuffle=False)
    lines = []
    while len(lines) < MOST_EPOCHS:
        model.partial_fit(X, y, classes=[False, True])
        lines.append([*model.coef_[0], model.intercept_[0]])
        if model.mistakes_curve_[-1] == 0:
            break
    return model, np.array(lines)


def report(X, y, mode, model, lines, widest):
    """Print the way of one perceptron."""
    curve = model.mistakes_curve_
    shown = " ".join(map(str, curve[:18])) + (" ..." if len(curve) > 18 else "")
    last = margin(X, y, lines[-1, :2], lines[-1, 2])
    print(f"{mode}: mistakes in every epoch: {shown}")
    if curve[-1]:
        print(f"{mode} is not done after {len(curve)} epochs")
        return
    print(f"{mode} epochs {len(curve)}, mistakes {curve.sum()}, margin {last:.3f} of {widest:.3f}")
    turned = np.unwrap(np.arctan2(lines[:, 1], lines[:, 0]))
    way = np.degrees(np.abs(np.diff(turned)).sum())
    print(f"{mode} line turned by {way:.0f} degrees in all\n")


def most_mistakes(X, y):
    """Return the bound of the theorem, and the widest margin of a line."""
    best = SVC(kernel="linear", C=1e6).fit(X, y)
    coef, intercept = best.coef_[0], best.intercept_[0]
    widest = margin(X, y, coef, intercept)
    # The theorem is about lines through the origin: the intercept is the weight of a feature of 1.
    extended = np.column_stack([X, np.ones(len(X))])
    gamma = widest * np.linalg.norm(coef) / np.hypot(np.linalg.norm(coef), intercept)
    return (np.linalg.norm(extended, axis=1).max() / gamma) ** 2, widest


def draw(path, X, y, ways):
    """Draw the lines of both modes, and their mistakes."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        print("matplotlib is not installed: no picture (pip install matplotlib)")
        return
    figure = Figure(figsize=(13, 4.3), layout="constrained")
    *planes, mistakes = figure.subplots(1, 3)
    x = np.array([X[:, 0].min() - 0.5, X[:, 0].max() + 0.5])
    for mode, plane in zip(MODES, planes, strict=True):
        model, lines = ways[mode]
        for label, colour in ((False, "tab:blue"), (True, "tab:orange")):
            plane.scatter(*X[y == label].T, s=18, color=colour, zorder=3)
        shown = np.unique(np.linspace(0, len(lines) - 1, MOST_LINES).astype(int))
        for epoch in shown:
            (a, b, c), last = lines[epoch], epoch == len(lines) - 1
            shade = 1.0 if last else 0.1 + 0.7 * epoch / len(lines)
            colour = "tab:red" if last else "black"
            plane.plot(x, -(a * x + c) / b, color=colour, alpha=shade, linewidth=2 if last else 1)
        plane.set(xlim=x, ylim=(X[:, 1].min() - 0.5, X[:, 1].max() + 0.5))
        plane.set_title(f"{mode}: {len(lines)} epochs, {len(shown)} of their lines")
        epochs = np.arange(1, len(lines) + 1)
        mistakes.plot(epochs, model.mistakes_curve_, "o-", markersize=4, label=mode)
    mistakes.set(xlabel="epoch", ylabel="mistakes", title="mistakes do not fall steadily")
    mistakes.legend()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)
    print(f"wrote the lines to {path}")


def main(arguments=None):
    """Follow the line of a perceptron in both modes."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument(
        "--output", type=Path, default=Path("perceptron_line.png"), help="path of the picture"
    )
    parser.add_argument("--quick", action="store_true", help="fewer points, a wider gap")
    options = parser.parse_args(arguments)
    n_samples, gap = (60, 0.2) if options.quick else (120, 0.05)
    X, y = make_data(n_samples, gap, seed=2)
    bound, widest = most_mistakes(X, y)
    print(f"{len(X)} points; the widest margin of a line is {widest:.3f}.")
    print(f"In pattern mode there are at most {bound:.0f} mistakes.\n")
    ways = {}
    for mode in MODES:
        ways[mode] = follow(X, y, mode)
        report(X, y, mode, *ways[mode], widest)
    draw(options.output, X, y, ways)


if __name__ == "__main__":
    main()
