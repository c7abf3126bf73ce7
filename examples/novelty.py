"""Detect novelties with an autoencoder
====================================

An autoencoder reconstructs well what it was trained on. What it reconstructs badly is likely to be
something else: novelty detection, beside scikit-learn's ``IsolationForest``.

Run it with ``python examples/novelty.py``; it takes some seconds and draws novelty.png.

- One digit at a time is left out of training, and to be found among others that are as new.
- ``score_samples`` is minus the error of the reconstruction. Like the scores of
  ``IsolationForest``, it is low for what is unlike the training set.
- The autoencoder is trained with noise, so that it gives typical digits, whatever it reads.

Look at the area under the curve: the probability that a digit of the new kind has a lower score
than one of a known kind.
"""

import argparse
import warnings
from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits
from sklearn.ensemble import IsolationForest
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import train_test_split

from skdeep import Autoencoder
from skdeep.layers import Dense


def make_autoencoder(max_iter):
    """Return an autoencoder that uses all of its epochs."""
    return Autoencoder(
        [Dense(64), Dense(16, "identity")],
        input_noise=0.2,
        learning_rate_init=0.003,
        max_iter=max_iter,
        n_iter_no_change=max_iter,
        random_state=0,
    )


# %%
# Both models see the known digits alone, without labels.


def find(new_digit, X, y, max_iter):
    """Return the areas under the curve of both models, and rows with the autoencoder's scores."""
    known, unseen = train_test_split(X[y != new_digit], random_state=0)
    rows = np.vstack([unseen, X[y == new_digit]])
    is_new = np.arange(len(rows)) >= len(unseen)
    areas = {}
    for name, model in (
        ("isolation forest", IsolationForest(random_state=0)),
        ("autoencoder", make_autoencoder(max_iter)),
    ):
        scores = model.fit(known).score_samples(rows)
        areas[name] = roc_auc_score(is_new, -scores)
    return areas, (rows, model.reconstruct(rows), scores, is_new)


# %%
# The conclusion and the picture.


def conclude(claim, holds):
    """Print a claim with what the numbers above say of it."""
    print(f"{'holds' if holds else 'DOES NOT HOLD HERE'}: {claim}")


def draw(path, found):
    """Draw the scores of one digit left out, and the worst reconstructions."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        print("matplotlib is not installed: no picture (pip install matplotlib)")
        return
    rows, made, scores, is_new = found
    figure = Figure(figsize=(9, 4.2), layout="constrained")
    left, right = figure.subfigures(1, 2)
    ax = left.subplots()
    ax.hist([scores[~is_new], scores[is_new]], bins=30, label=["known digits", "the new digit"])
    ax.set(xlabel="score", ylabel="digits")
    ax.legend()
    axes = right.subplots(2, 6)
    for place, row in enumerate(np.argsort(scores)[:6]):
        for ax, image in zip(axes[:, place], (rows[row], made[row]), strict=True):
            ax.imshow(image.reshape(8, 8), cmap="gray_r")
            ax.set(xticks=[], yticks=[])
    right.suptitle("lowest scores, and their reconstructions")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)
    print(f"\nwrote the scores to {path}")


def main(arguments=None):
    """Leave out digits, and look for them."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument(
        "--output", type=Path, default=Path("novelty.png"), help="path of the picture"
    )
    parser.add_argument("--quick", action="store_true", help="less training, fewer digits")
    options = parser.parse_args(arguments)
    max_iter, digits = (60, (0, 3, 6, 9)) if options.quick else (150, range(10))
    warnings.simplefilter("ignore", ConvergenceWarning)  # all epochs are used

    X, y = load_digits(return_X_y=True)
    print("new digit   isolation forest   autoencoder")
    areas = []
    for digit in digits:
        found, rows = find(digit, X / 16, y, max_iter)
        areas.append(list(found.values()))
        print(f"{digit:<12}{found['isolation forest']:<19.3f}{found['autoencoder']:.3f}")
    means = np.mean(areas, axis=0)
    print(f"{'mean':<12}{means[0]:<19.3f}{means[1]:.3f}\n")
    conclude("the autoencoder finds a new digit more often", means[1] > means[0] + 0.02)
    draw(options.output, rows)


if __name__ == "__main__":
    main()
