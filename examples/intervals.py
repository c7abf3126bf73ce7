"""Prediction intervals with quantile regression
=============================================

Two networks for two quantiles make an interval for every prediction; rows that were held back tell
how much it has to be widened.

Run it with ``python examples/intervals.py``; it takes a few seconds and draws intervals.png. The
intervals should hold nine targets of ten. The data are made up, with more noise in some regions
than in others; losses.py shows the quantile loss itself.

- ``loss=Quantile(q)`` aims at the quantiles 0.05 and 0.95. A network that fits its training rows
  too closely finds them too close together: on other rows the interval holds less than it should.
- Conformal prediction mends this. On rows held back it measures by how much targets are outside,
  and widens all intervals by what nine of ten would have needed. On average over many data sets,
  at least nine of ten targets are then inside, however well the network fits; in a single one, such
  as this, the share may be a little lower (Romano, Patterson & Candes, "Conformalized quantile
  regression", NeurIPS 2019).
- The same can be done with the distances from a single prediction. Then all intervals are equally
  wide, and hold too much where there is little noise, too little where there is much.

Look at the shares over all rows, and over the quarter of them with the most noise.
"""

import argparse
import warnings
from pathlib import Path

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from skdeep import MLPRegressor
from skdeep.losses import Quantile

WANTED = 0.9


def make_data(n_samples, seed):
    """Return features, targets, and how noisy each target is.

    Parameters
    ----------
    n_samples, seed : int

    Returns
    -------
    X : ndarray of shape (n_samples, 6)
    y, noise : ndarray of shape (n_samples,)
    """
    rng = np.random.default_rng(seed)
    X = rng.uniform(-1, 1, (n_samples, 6))
    noise = 0.05 + 0.6 * np.maximum(X[:, 0], 0) ** 2 + 0.1 * (X[:, 1] > 0)
    y = np.sin(3 * X[:, 0]) + X[:, 1] * X[:, 2] + noise * rng.standard_normal(n_samples)
    return X, y, noise


def fit(X, y, **loss):
    """Return a network fitted with some loss."""
    network = MLPRegressor(
        hidden_layer_sizes=(32, 32),
        activation="tanh",
        alpha=1e-3,
        learning_rate="cosine",
        learning_rate_init=0.01,
        batch_size=32,
        max_iter=60,
        tol=0.0,
        n_iter_no_change=np.inf,
        random_state=0,
        **loss,
    )
    with warnings.catch_warnings():
        # It runs for all of its epochs, as the schedule of the learning rate has it.
        warnings.simplefilter("ignore", ConvergenceWarning)
        return network.fit(X, y)


def margin(misses):
    """Return what has to be added so that `WANTED` of new targets are inside.

    Parameters
    ----------
    misses : ndarray of shape (n_samples,)
        By how much the targets held back are outside of an interval, negative inside.
    """
    n = len(misses)
    return np.quantile(misses, min(1.0, np.ceil((n + 1) * WANTED) / n), method="higher")


def make_intervals(n_samples, X_test):
    """Return the intervals for new rows, from several samples to train on and to hold back.

    Parameters
    ----------
    n_samples : int
    X_test : ndarray of shape (n_rows, n_features)

    Returns
    -------
    intervals : dict of str to tuple of ndarray of shape (n_rows,)
        Lower and upper ends.
    """
    X, y, _ = make_data(n_samples, seed=0)
    held_X, held_y, _ = make_data(n_samples // 2, seed=1)
    low, high = (fit(X, y, loss=Quantile(q)) for q in (0.05, 0.95))
    middle = fit(X, y)
    wider = margin(np.maximum(low.predict(held_X) - held_y, held_y - high.predict(held_X)))
    constant = margin(np.abs(held_y - middle.predict(held_X)))
    lower, upper, centre = (network.predict(X_test) for network in (low, high, middle))
    return {
        "quantiles": (lower, upper),
        "quantiles, conformal": (lower - wider, upper + wider),
        "one width, conformal": (centre - constant, centre + constant),
    }


def measure(intervals, y, noise):
    """Print and return the share of targets inside, also of the noisiest quarter, and the width."""
    noisy = noise > np.quantile(noise, 0.75)
    print(f"{'':<23}share inside   of the noisiest quarter   mean width")
    measured = {}
    for name, (low, high) in intervals.items():
        inside = (low <= y) & (y <= high)
        numbers = inside.mean(), inside[noisy].mean(), (high - low).mean()
        print("{:<23}{:<15.3f}{:<26.3f}{:.3f}".format(name, *numbers))
        measured[name] = numbers
    return measured


# %%
# The conclusion and the picture.


def conclude(claim, holds):
    """Print a claim with what the numbers above say of it."""
    print(f"{'holds' if holds else 'DOES NOT HOLD HERE'}: {claim}")


def draw(path, X, y, intervals):
    """Draw the intervals and some targets along the feature that the noise depends on."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        print("matplotlib is not installed: no picture (pip install matplotlib)")
        return
    figure = Figure(figsize=(14, 4.2), layout="constrained")
    rows = np.argsort(X[:300, 0])
    axes = figure.subplots(1, 3, sharey=True)
    for ax, (name, (low, high)) in zip(axes, intervals.items(), strict=True):
        ax.vlines(X[rows, 0], low[rows], high[rows], color="silver", linewidth=2)
        inside = (low[rows] <= y[rows]) & (y[rows] <= high[rows])
        ax.scatter(X[rows, 0], y[rows], s=14, zorder=2, c=np.where(inside, "tab:blue", "tab:red"))
        ax.set(title=f"{name}: {((low <= y) & (y <= high)).mean():.1%} inside", xlabel="feature 0")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)
    print(f"\nwrote the intervals to {path}")


def main(arguments=None):
    """Make intervals, and count the new targets inside."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument(
        "--output", type=Path, default=Path("intervals.png"), help="path of the picture"
    )
    parser.add_argument("--quick", action="store_true", help="fewer samples")
    options = parser.parse_args(arguments)
    n_samples = 1000 if options.quick else 2000

    X, y, noise = make_data(20_000, seed=2)
    print(f"{n_samples} samples to train on, {n_samples // 2} held back, 20000 new ones:\n")
    intervals = make_intervals(n_samples, X)
    plain, conformal, constant = measure(intervals, y, noise).values()
    print()
    conclude("the quantiles alone hold too little", plain[0] < WANTED - 0.02)
    near = max(abs(conformal[0] - WANTED), abs(constant[0] - WANTED))
    conclude("widened by what rows held back tell, intervals hold what they should", near < 0.03)
    conclude("one width for all leaves out much where noise is strong", constant[1] < WANTED - 0.1)
    conclude("quantiles stay nearer to it there", abs(conformal[1] - WANTED) < 0.06)
    conclude("and are narrower on average", conformal[2] < constant[2])
    draw(options.output, X, y, intervals)


if __name__ == "__main__":
    main()
