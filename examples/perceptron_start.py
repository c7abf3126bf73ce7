"""Initial weights and learning rate of a perceptron
=================================================

Initial weights and learning rates, and when they matter.

Run it with ``python examples/perceptron_start.py``; it takes a few seconds and draws
perceptron_start.png. The classes can be told apart, so the perceptron always ends with no mistake;
what differs is how long that takes and which line it is.

- From weights of 0, the learning rate decides nothing: it multiplies all weights alike, and the
  side of the line on which a sample lies does not depend on how long the weights are.
- From other weights, only the ratio counts of the steps to the first weights. Small steps need
  many mistakes to forget a bad start; then the number of epochs grows like ``1 / eta0``. With large
  steps the start is forgotten at once, and the number is that from 0.
- Weights that begin close to a good line need few corrections, which small steps leave as they are.

Look at the curves: flat from 0, falling from random weights, low from the good start. Then look at
the lines: every start ends with another one.
"""

import argparse
from pathlib import Path

import numpy as np

from skdeep import Perceptron

RATES = (0.001, 0.01, 0.1, 1.0, 10.0)
SLANT = np.array([0.6, 0.8])
STARTS = {
    "zeros": "zeros",
    "uniform": "uniform",
    "normal": "normal",
    "good": SLANT,
}


def make_data(n_samples, gap, seed):
    """Return points on both sides of a line through the origin, none closer to it than a gap."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(20 * n_samples, 2))
    distances = X @ SLANT
    kept = np.flatnonzero(abs(distances) > gap)[:n_samples]
    return X[kept], distances[kept] > 0


def train(X, y, init, rate, seed):
    """Return a perceptron, trained until it makes no mistake."""
    model = Perceptron(init=init, eta0=rate, tol=None, max_iter=100_000, random_state=seed)
    return model.fit(X, y)


def epochs_needed(X, y, seeds):
    """Return the mean epochs up to the first one without a mistake, by start and rate."""
    return {
        name: [
            np.mean([len(train(X, y, init, rate, seed).mistakes_curve_) for seed in seeds])
            for rate in RATES
        ]
        for name, init in STARTS.items()
    }


def slope(model):
    """Return the angle of a line's normal in degrees."""
    return np.degrees(np.arctan2(*model.coef_[0][::-1]))


def draw(path, X, y, epochs, lines):
    """Draw the epochs over the rates, and the lines of several starts."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        print("matplotlib is not installed: no picture (pip install matplotlib)")
        return
    figure = Figure(figsize=(11, 4.6), layout="constrained")
    curves, plane = figure.subplots(1, 2)
    for name, values in epochs.items():
        curves.loglog(RATES, values, "o-", label=name)
    curves.set(xlabel="eta0", ylabel="epochs up to one without a mistake")
    curves.set_title("the rate matters only if the start is not 0")
    curves.legend()
    for label, colour in ((False, "tab:blue"), (True, "tab:orange")):
        plane.scatter(*X[y == label].T, s=18, color=colour)
    x = np.array([-3.0, 3.0])
    for model in lines:
        (a, b), c = model.coef_[0], model.intercept_[0]
        plane.plot(x, -(a * x + c) / b, color="black", alpha=0.5)
    plane.set(xlim=x, ylim=(-3, 3), title=f"the last lines of {len(lines)} random starts, eta0=0.1")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)
    print(f"\nwrote the curves to {path}")


def main(arguments=None):
    """Compare starts and learning rates."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument(
        "--output", type=Path, default=Path("perceptron_start.png"), help="path of the picture"
    )
    parser.add_argument("--quick", action="store_true", help="fewer points and random starts")
    options = parser.parse_args(arguments)
    n_samples, n_seeds = (60, 5) if options.quick else (200, 30)

    X, y = make_data(n_samples, 0.1, seed=0)
    epochs = epochs_needed(X, y, range(n_seeds))
    print(f"{len(X)} points, means over {n_seeds} random states:")
    print("epochs up to the first one without a mistake\n")
    print(f"{'start':<10}" + "".join(f"{f'eta0={rate:g}':>13}" for rate in RATES))
    for name, values in epochs.items():
        print(f"{name:<10}" + "".join(f"{value:>13.1f}" for value in values))
    lines = [train(X, y, "normal", 0.1, seed) for seed in range(n_seeds)]
    angles = [slope(model) for model in lines]
    print(
        f"\nThe lines of random starts are between {min(angles):.1f} and {max(angles):.1f} degrees"
    )
    print(f"({np.degrees(np.arctan2(*SLANT[::-1])):.1f} was used to make the data).")
    draw(options.output, X, y, epochs, lines)


if __name__ == "__main__":
    main()
