"""Compare training on XOR with and without noise
==============================================

It learns in fewer epochs than XOR, and the example says what that is due to.

Run it with ``python examples/noisy_xor.py``; it takes some seconds and draws noisy_xor.png. XOR has
four points, so that an epoch of batches of four is a single update. Noisy XOR has many points
around each corner. How long does it take until the loss *on the four corners* is below 0.1?

- Counted in epochs, noisy XOR learns many times faster: an epoch has as many more updates.
- The same number of points without noise, each corner repeated, is as fast: it is not the noise.
- Counted in updates, noise gains nothing. With much of it, training takes longer.

Look at the two columns of medians: epochs fall with the number of points, updates do not. The noise
is worth having for what is learned, not for the time that it takes: see overfitting.py.
"""

import argparse
import warnings
from pathlib import Path

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from skdeep import MLPClassifier

CORNERS = np.array([[-1.0, -1.0], [-1.0, 1.0], [1.0, -1.0], [1.0, 1.0]])
LABELS = np.array([0, 1, 1, 0])
ENOUGH = 0.1  # loss on the corners
BATCH = 4
MOST_EPOCHS = 300


def make_points(per_corner, noise, seed):
    """Return points around the corners, and the class of each.

    Parameters
    ----------
    per_corner : int
    noise : float
        Standard deviation of the points around their corner.
    seed : int

    Returns
    -------
    X : ndarray of shape (4 * per_corner, 2)
    y : ndarray of shape (4 * per_corner,)
    """
    X, y = np.tile(CORNERS, (per_corner, 1)), np.tile(LABELS, per_corner)
    return X + noise * np.random.RandomState(seed).standard_normal(X.shape), y


def curve(per_corner, noise, seed):
    """Return the loss on the four corners after every epoch."""
    X, y = make_points(per_corner, noise, seed)
    mlp = MLPClassifier(
        (4,),
        activation="tanh",
        solver="sgd",
        learning_rate_init=0.1,
        alpha=0.0,
        batch_size=BATCH,
        max_iter=max(10, MOST_EPOCHS // per_corner),
        n_iter_no_change=MOST_EPOCHS,
        random_state=seed,
    )
    mlp.fit(X, y, X_val=CORNERS, y_val=LABELS)
    return np.array(mlp.validation_loss_curve_)


def epochs_needed(losses):
    """Return after how many epochs the loss is small enough; infinity if it never is."""
    found = np.flatnonzero(losses < ENOUGH)
    return found[0] + 1 if len(found) else np.inf


def experiment(cases, n_seeds):
    """Train on every set of points from many initial weights.

    Parameters
    ----------
    cases : list of (int, float)
        Points per corner, and their noise.
    n_seeds : int

    Returns
    -------
    curves : dict of (int, float) to list of ndarray
    """
    print(f"until the loss on the corners is below {ENOUGH}: medians of {n_seeds} seeds")
    print(f"\n{'points per corner':<19}noise   epochs   updates   learned")
    curves = {}
    for per_corner, noise in cases:
        curves[per_corner, noise] = [curve(per_corner, noise, seed) for seed in range(n_seeds)]
        epochs = [epochs_needed(losses) for losses in curves[per_corner, noise]]
        updates = np.median(epochs) * per_corner
        learned = f"{np.isfinite(epochs).sum()} of {n_seeds}"
        print(f"{per_corner:<19}{noise:<8}{np.median(epochs):<9g}{updates:<10g}{learned}")
    return curves


def draw(path, curves):
    """Draw the median losses, by epochs and by updates."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        print("matplotlib is not installed: no picture (pip install matplotlib)")
        return
    figure = Figure(figsize=(11, 4.2), layout="constrained")
    left, right = figure.subplots(1, 2)
    for (per_corner, noise), losses in curves.items():
        median = np.median(losses, axis=0)
        epochs = np.arange(1, len(median) + 1)
        label = f"{per_corner} per corner, noise {noise}"
        style = "-" if noise else "--"
        left.plot(epochs, median, style, label=label)
        right.plot(epochs * per_corner, median, style, label=label)
    for axis, what in ((left, "epochs"), (right, "updates")):
        axis.axhline(ENOUGH, color="gray", linewidth=0.8)
        axis.set(xlabel=what, ylabel="loss on the four corners", yscale="log", ylim=(1e-2, 1))
        axis.set(title=f"by {what}")
    left.set_xlim(0, 80)
    right.set_xlim(0, 200)
    right.legend(fontsize="small")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)
    print(f"\nwrote the losses to {path}")


def main(arguments=None):
    """Compare XOR with noisy XOR."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument(
        "--output", type=Path, default=Path("noisy_xor.png"), help="path of the picture"
    )
    parser.add_argument("--quick", action="store_true", help="fewer initial weights")
    options = parser.parse_args(arguments)
    warnings.simplefilter("ignore", ConvergenceWarning)  # a fixed number of epochs is wanted
    cases = [(1, 0.0), (1, 0.4), (10, 0.0), (10, 0.4), (30, 0.0), (30, 0.4)]
    draw(options.output, experiment(cases, 4 if options.quick else 20))


if __name__ == "__main__":
    main()
