"""Regression with several outputs and outliers
============================================

One network predicts three numbers at once; some targets of one of them are far off. Huber's loss
keeps them from doing harm.

Run it with ``python examples/robust_outputs.py``; it takes some seconds and draws
robust_outputs.png. An arm has four joints; the network predicts from their angles where the hand
is. In one sample of ten the sensor for the height was broken and tells far too much.

- With the squared error a broken target pulls the harder, the farther away it is. The hidden layer
  is common to the outputs, and follows the pull: even coordinates that were measured well suffer.
- With ``loss=Huber(delta)`` every target pulls with `delta` at most, and all three coordinates
  come out nearly as from targets without a fault.
- Three networks, one for each output, keep the other coordinates out of it, but not the height.
- Nobody has to say which targets are broken, nor how many.

Look at the typical distances from the true positions, and at `delta`: it should be a little more
than the distances that good targets have. With a large one the loss is squared again.
"""

import argparse
import warnings
from pathlib import Path

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.multioutput import MultiOutputRegressor

from skdeep import MLPRegressor
from skdeep.losses import Huber

COORDINATES = ("across", "along", "height")
LENGTHS = (0.5, 0.4, 0.3)  # of the parts of the arm, in m
DELTAS = (0.01, 0.05, 0.2, 1.0, 5.0)


def hand(angles):
    """Return where the hand is.

    Parameters
    ----------
    angles : ndarray of shape (n_samples, 4)
        The turn of the shoulder and the bends of three joints.

    Returns
    -------
    position : ndarray of shape (n_samples, 3)
    """
    turn, bends = angles[:, 0], np.cumsum(angles[:, 1:], axis=1)
    reach, height = np.cos(bends) @ LENGTHS, np.sin(bends) @ LENGTHS
    return np.column_stack([reach * np.sin(turn), reach * np.cos(turn), height])


def make_data(n_samples, share_broken, seed):
    """Return angles and measured positions, some of whose heights are far too large."""
    rng = np.random.default_rng(seed)
    angles = rng.uniform(-1.2, 1.2, (n_samples, 4))
    position = hand(angles) + 0.01 * rng.standard_normal((n_samples, 3))
    broken = rng.uniform(size=n_samples) < share_broken
    position[broken, 2] += rng.uniform(1, 4, broken.sum())
    return angles, position


def make_network(max_iter, **loss):
    """Return a network for any number of outputs."""
    return MLPRegressor(
        hidden_layer_sizes=(64, 64),
        activation="tanh",
        learning_rate="cosine",
        learning_rate_init=0.01,
        batch_size=64,
        max_iter=max_iter,
        tol=0.0,
        n_iter_no_change=np.inf,
        random_state=0,
        **loss,
    )


def distances(model, X, y):
    """Return the typical distance from the true positions, for every coordinate."""
    X_test, _ = make_data(4000, 0.0, seed=1)
    with warnings.catch_warnings():
        # It runs for all of its epochs, as the schedule of the learning rate has it.
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(X, y)
    return np.sqrt(((model.predict(X_test) - hand(X_test)) ** 2).mean(axis=0))


def compare(n_samples, max_iter):
    """Fit all models; print and return their distances."""
    broken = make_data(n_samples, 0.1, seed=0)
    sound = make_data(n_samples, 0.0, seed=0)
    models = {
        "squared error": (make_network(max_iter), broken),
        "three networks": (MultiOutputRegressor(make_network(max_iter)), broken),
        "Huber": (make_network(max_iter, loss=Huber(0.05)), broken),
        "nothing broken": (make_network(max_iter), sound),
    }
    print(f"{'typical distance':<18}" + "".join(f"{name:>10}" for name in COORDINATES))
    measured = {}
    for name, (model, data) in models.items():
        measured[name] = distances(model, *data)
        print(f"{name:<18}" + "".join(f"{distance:>10.4f}" for distance in measured[name]))
    print("\nHuber's delta     " + "".join(f"{delta:>10g}" for delta in DELTAS))
    heights = [distances(make_network(max_iter, loss=Huber(delta)), *broken)[2] for delta in DELTAS]
    print("height            " + "".join(f"{height:>10.4f}" for height in heights))
    return measured, heights


# %%
# The conclusion and the picture.


def conclude(claim, holds):
    """Print a claim with what the numbers above say of it."""
    print(f"{'holds' if holds else 'DOES NOT HOLD HERE'}: {claim}")


def draw(path, measured, heights):
    """Draw the distances by model and coordinate, and those of the height by delta."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        print("matplotlib is not installed: no picture (pip install matplotlib)")
        return
    figure = Figure(figsize=(11, 4.2), layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=(3, 2))
    width = 0.8 / len(measured)
    for place, (name, values) in enumerate(measured.items()):
        left.bar(np.arange(3) + (place - 1.5) * width, values, width, label=name)
    left.set(title="typical distance from the true position", ylabel="m", yscale="log")
    left.set(xticks=range(3), xticklabels=COORDINATES)
    left.legend()
    right.plot(DELTAS, heights, "o-", label="Huber")
    right.axhline(measured["squared error"][2], linestyle=":", color="black", label="squared error")
    right.set(title="distance of the height", xlabel="delta", xscale="log", yscale="log")
    right.legend()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)
    print(f"\nwrote the distances to {path}")


def main(arguments=None):
    """Fit with broken targets, and measure against the true positions."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument(
        "--output", type=Path, default=Path("robust_outputs.png"), help="path of the picture"
    )
    parser.add_argument("--quick", action="store_true", help="fewer samples, less training")
    options = parser.parse_args(arguments)
    n_samples, max_iter = (2000, 80) if options.quick else (3000, 100)

    print(f"{n_samples} samples, in one of ten the height is broken; distances in m:\n")
    measured, heights = compare(n_samples, max_iter)
    squared, apart, huber, sound = measured.values()
    print()
    conclude("Huber's loss is nearer in all three coordinates", (huber < squared / 2).all())
    conclude("and nearly as near as if nothing were broken", (huber < 2 * sound).all())
    others = (squared[:2] > 1.5 * sound[:2]).all()
    conclude("broken heights harm the other coordinates of the same network", others)
    conclude("networks of their own do not save the height", apart[2] > 5 * huber[2])
    conclude("with a large delta the loss is squared again", heights[-1] > 5 * min(heights))
    draw(options.output, measured, heights)


if __name__ == "__main__":
    main()
