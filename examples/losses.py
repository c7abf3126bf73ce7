"""Robust regression and quantile regression
=========================================

What a loss makes of outliers, and how quantile losses draw a band.

Run it with ``python examples/losses.py``; it takes a few seconds and draws losses.png. The data are
a wave with noise that grows to the right. In the first part one sample in eight has been raised by
a lot, as by a broken instrument. What counts is the pull of such a sample on the curve, the
derivative of its loss with respect to the prediction:

- The squared error aims at the mean. The farther away an outlier, the harder it pulls.
- The absolute error aims at the median: a sample pulls with the same force from any distance.
- Huber's loss is squared near 0 and absolute beyond `delta`, where the pull stays at `delta`.
- The quantile (pinball) loss pulls harder from one side, and so aims at any quantile: 0.5 is the
  median again. In the second part, without outliers, the quantiles 0.1 and 0.9 make a band that
  should hold 80% of fresh samples, and get wider where the noise does.

Look at the distances of the curves from the true one, and at the shares of fresh samples below the
quantiles.
"""

import argparse
import warnings
from pathlib import Path

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from skdeep import MLPRegressor
from skdeep.losses import Huber, Quantile

LOSSES = {
    "squared_error": {"loss": "squared_error"},
    "absolute_error": {"loss": "absolute_error"},
    "huber": {"loss": Huber(delta=0.2)},
    "quantile 0.5": {"loss": Quantile(0.5)},
}
QUANTILES = (0.1, 0.5, 0.9)
COLOURS = ("tab:red", "tab:blue", "tab:green", "tab:purple")


def wave(x):
    """Return the curve that is to be found."""
    return np.sin(2 * x) + 0.3 * x


def make_data(n_samples, share_of_outliers, seed):
    """Return one feature, and the wave with noise and outliers."""
    rng = np.random.default_rng(seed)
    x = rng.uniform(0, 4, n_samples)
    noise = (0.05 + 0.1 * x) * rng.standard_normal(n_samples)
    raised = rng.uniform(size=n_samples) < share_of_outliers
    return x.reshape(-1, 1), wave(x) + noise + raised * rng.uniform(2, 6, n_samples)


def fit(X, y, max_iter, **loss):
    """Return a network fitted with some loss."""
    network = MLPRegressor(
        hidden_layer_sizes=(50, 50),
        activation="tanh",
        alpha=1e-3,
        batch_size=32,
        learning_rate="linear",
        learning_rate_init=0.01,
        max_iter=max_iter,
        tol=0.0,
        n_iter_no_change=np.inf,
        random_state=0,
        **loss,
    )
    with warnings.catch_warnings():
        # It runs for all of its epochs, as the schedule of the learning rate has it.
        warnings.simplefilter("ignore", ConvergenceWarning)
        return network.fit(X, y)


def loss_and_pull(errors, **loss):
    """Return the loss of single samples and their pull on the prediction, by their errors.

    The network predicts 0 throughout, so that the target is the error; its bias is moved by the
    derivative of the loss with respect to the prediction.
    """
    zero = MLPRegressor(hidden_layer_sizes=(), weight_init="zeros", **loss).fit([[0.0]], [0.0])
    results = [zero.loss_gradient([[0.0]], [error]) for error in errors]
    return [r[0] for r in results], [-r[2][0].item() for r in results]


def compare_losses(X, y, grid, max_iter):
    """Fit with every loss, print the errors against the true curve, and return the curves."""
    print(f"{'loss':<18}typical distance from the true curve   mean difference")
    curves = {}
    for name, loss in LOSSES.items():
        curve = curves[name] = fit(X, y, max_iter, **loss).predict(grid)
        difference = curve - wave(grid.ravel())
        distance = np.sqrt((difference**2).mean())
        print(f"{name:<18}{distance:<39.3f}{difference.mean():+.3f}")
    return curves


def compare_quantiles(X, y, grid, max_iter):
    """Fit quantiles, print the shares of fresh samples below, and return the curves."""
    X_fresh, y_fresh = make_data(20_000, 0.0, seed=2)
    print("quantile   share of fresh samples below")
    curves, below = {}, {}
    for quantile in QUANTILES:
        network = fit(X, y, max_iter, loss=Quantile(quantile))
        curves[quantile] = network.predict(grid)
        below[quantile] = y_fresh < network.predict(X_fresh)
        print(f"{quantile:<11}{below[quantile].mean():.3f}")
    covered = np.mean(below[0.9] & ~below[0.1])
    print(f"The band from 0.1 to 0.9 holds {covered:.1%} of them.")
    return curves, covered


def draw(path, grid, with_outliers, curves, clean, quantiles, covered):
    """Draw the losses with their pulls, the curves fitted with them, and the band.

    Parameters
    ----------
    path : Path
    grid : ndarray of shape (n_points, 1)
        Where the curves were evaluated.
    with_outliers, clean : tuple of ndarray
        Features and targets of either part.
    curves : dict of str to ndarray of shape (n_points,)
        By loss.
    quantiles : dict of float to ndarray of shape (n_points,)
    covered : float
        Share of fresh samples in the band.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError:
        print("matplotlib is not installed: no picture (pip install matplotlib)")
        return
    figure = Figure(figsize=(14, 6), layout="constrained")
    mosaic = [["loss", "curves", "band"], ["pull", "curves", "band"]]
    axes = figure.subplot_mosaic(mosaic, width_ratios=(2, 3, 3))
    positive, x = np.linspace(1e-6, 2, 21), grid.ravel()
    errors = np.concatenate([-positive[::-1], positive])
    shown = {**LOSSES, "quantile 0.9": {"loss": Quantile(0.9)}}
    del shown["quantile 0.5"]  # half the absolute error
    for (name, loss), colour in zip(shown.items(), COLOURS, strict=True):
        values, pulls = loss_and_pull(errors, **loss)
        axes["loss"].plot(errors, values, color=colour, label=name)
        axes["pull"].plot(errors, pulls, color=colour)
    axes["loss"].set(title="loss of one sample", ylim=(0, 2))
    axes["loss"].legend(fontsize="small", loc="upper center")
    axes["pull"].set(title="its pull on the prediction", xlabel="error y - o")
    for ax, data in ((axes["curves"], with_outliers), (axes["band"], clean)):
        ax.scatter(*data, s=8, color="silver", label="samples")
        ax.plot(x, wave(x), "k--", label="true curve")
        ax.set(xlabel="x", ylabel="y")
    for (name, curve), colour in zip(curves.items(), COLOURS, strict=True):
        style = ":" if name.startswith("quantile") else "-"
        axes["curves"].plot(x, curve, style, color=colour, linewidth=2, label=name)
    axes["curves"].set_title("one sample in eight is an outlier")
    low, middle, high = quantiles.values()
    axes["band"].fill_between(x, low, high, color=COLOURS[3], alpha=0.25, label="0.1 to 0.9")
    axes["band"].plot(x, middle, color=COLOURS[3], label="quantile 0.5")
    axes["band"].set_title(f"quantiles, no outliers: the band holds {covered:.0%}")
    axes["curves"].set_ylim(-1.5, 11.5)
    axes["curves"].legend(loc="upper left")
    axes["band"].legend(loc="upper left")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)
    print(f"\nwrote the curves to {path}")


def main(arguments=None):
    """Compare the losses on data with outliers, and measure a band of quantiles."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument(
        "--output", type=Path, default=Path("losses.png"), help="path of the picture"
    )
    parser.add_argument("--quick", action="store_true", help="train less")
    options = parser.parse_args(arguments)
    n_samples, max_iter = (400, 60) if options.quick else (1000, 150)

    grid = np.linspace(0, 4, 300).reshape(-1, 1)
    with_outliers = make_data(n_samples, 1 / 8, seed=0)
    clean = make_data(n_samples, 0.0, seed=1)
    print(f"{n_samples} samples, one in eight raised by 2 to 6, which raises the mean by 0.5:\n")
    curves = compare_losses(*with_outliers, grid, max_iter)
    print(f"\n{n_samples} samples without outliers:\n")
    quantiles, covered = compare_quantiles(*clean, grid, max_iter)
    draw(options.output, grid, with_outliers, curves, clean, quantiles, covered)


if __name__ == "__main__":
    main()
