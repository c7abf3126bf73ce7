"""Compare batch, mini-batch and online training
=============================================

The same steps, after all samples, some, or a single one.

Run it with ``python examples/batch_modes.py``; it takes some seconds and draws batch_modes.png.
Gradient descent may change the weights after it has seen all samples (batch mode), some (mini-batch
mode) or one (pattern mode, on-line). ``batch_size`` says after how many.

- An epoch of pattern mode has as many updates as there are samples, one of batch mode has one:
  after the same number of epochs the smaller batches are far ahead.
- Large batches bear larger learning rates, since their gradients differ less from that of all
  samples: the best of several rates is taken for each mode.
- In time, small batches lose some of their lead, since a product of large matrices costs less per
  sample than many small ones.

Look at the loss after few epochs, at the best rates, and at the seconds.
"""

import argparse
import time
import warnings
from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning

from skdeep import MLPClassifier

RATES = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0)


def train(batch_size, rate, epochs, seed=0):
    """Train by plain gradient descent.

    Parameters
    ----------
    batch_size : int
    rate : float
    epochs : int
    seed : int, default=0

    Returns
    -------
    losses : ndarray of shape (epochs,)
        On all samples, after every epoch; infinite where training diverges.
    seconds : float
    """
    X, y = load_digits(return_X_y=True)
    X = X / 16
    mlp = MLPClassifier(
        (30,),
        activation="tanh",
        solver="sgd",
        momentum=0.0,
        alpha=0.0,
        batch_size=min(batch_size, len(X)),
        learning_rate_init=rate,
        max_iter=epochs,
        n_iter_no_change=epochs,
        random_state=seed,
    )
    start = time.perf_counter()
    try:
        mlp.fit(X, y, X_val=X, y_val=y)
    except ValueError:  # the weights grew beyond all bounds
        return np.full(epochs, np.inf), np.nan
    return np.array(mlp.validation_loss_curve_), time.perf_counter() - start


def best(batch_size, epochs):
    """Return the rate with the lowest loss at the end, with its losses and seconds."""
    runs = {rate: train(batch_size, rate, epochs) for rate in RATES}
    rate = min(runs, key=lambda rate: runs[rate][0][-1])
    return rate, *runs[rate]


def experiment(modes, epochs):
    """Train in every mode; print and return the losses.

    Parameters
    ----------
    modes : dict of str to int
        Samples of a batch.
    epochs : int

    Returns
    -------
    runs : dict of str to (ndarray, float)
        Losses and seconds.
    """
    print(f"1797 digits, {epochs} epochs, the best of {len(RATES)} learning rates for each mode\n")
    print(f"{'':<18}updates per epoch   rate    loss after 3   at the end   seconds")
    runs = {}
    train(100, 0.01, 1)  # what is compiled or loaded is no part of the times
    for name, size in modes.items():
        rate, losses, seconds = best(size, epochs)
        runs[name] = losses, seconds
        print(
            f"{name:<18}{-(-1797 // size):<20}{rate:<8g}{losses[2]:<15.4f}{losses[-1]:<13.4f}"
            f"{seconds:.2f}"
        )
    return runs


def draw(path, runs):
    """Draw the losses by epochs and by time."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        print("matplotlib is not installed: no picture (pip install matplotlib)")
        return
    figure = Figure(figsize=(11, 4.2), layout="constrained")
    left, right = figure.subplots(1, 2)
    for name, (losses, seconds) in runs.items():
        epochs = np.arange(1, len(losses) + 1)
        left.plot(epochs, losses, label=name)
        right.plot(epochs * seconds / len(losses), losses, label=name)
    left.set(title="by epochs", xlabel="epoch", ylabel="loss on all samples", yscale="log")
    right.set(title="by time", xlabel="seconds", yscale="log")
    left.legend(fontsize="small")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)
    print(f"\nwrote the losses to {path}")


def main(arguments=None):
    """Compare batch, mini-batch and pattern mode."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument(
        "--output", type=Path, default=Path("batch_modes.png"), help="path of the picture"
    )
    parser.add_argument("--quick", action="store_true", help="fewer epochs")
    options = parser.parse_args(arguments)
    warnings.simplefilter("ignore", ConvergenceWarning)  # a fixed number of epochs is wanted
    modes = {"batch": 1797, "mini-batches, 200": 200, "mini-batches, 20": 20, "pattern": 1}
    draw(options.output, experiment(modes, 12 if options.quick else 40))


if __name__ == "__main__":
    main()
