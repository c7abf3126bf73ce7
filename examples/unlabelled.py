"""Use unlabelled data to pre-train a classifier
=============================================

Layers that were trained to reconstruct all digits are a better beginning for a classifier than
random ones, where few of the digits have labels.

Run it with ``python examples/unlabelled.py``; it takes some seconds and draws unlabelled.png.

- ``greedy_pretraining`` trains the layers of an autoencoder one after the other: each stage has one
  more, and keeps the layers of earlier stages.
- ``init_from`` of a classifier takes over the encoder. Then the classifier is trained as a whole,
  on the labels that there are.
- Four layers of logistic units learn badly from random weights: their gradients vanish on the way
  back. Pre-trained weights are large enough to bring gradients to all layers.

Look at the accuracies on the digits whose labels were not used.
"""

import argparse
import warnings
from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning

from skdeep import Autoencoder, NetworkClassifier, greedy_pretraining
from skdeep.layers import Dense

N_LABELS = 100


def pretrained(layers, X):
    """Return an autoencoder of digits without labels, trained layer by layer."""
    autoencoder = Autoencoder(
        layers,
        masking=0.2,
        learning_rate_init=0.01,
        max_iter=60,
        n_iter_no_change=60,
        random_state=0,
    )
    return greedy_pretraining(autoencoder, X)


# %%
# Both classifiers have the same layers, and see the same few digits.


def compare(layers, X, y, seeds):
    """Return the accuracies of classifiers from random weights, and from pre-trained ones."""
    encoder, scores = pretrained(layers, X), []
    for seed in seeds:
        order = np.random.default_rng(seed).permutation(len(X))
        labelled, others = order[:N_LABELS], order[N_LABELS:]
        scores.append([])
        for source in (None, encoder):
            network = NetworkClassifier(
                layers,
                init_from=source,
                learning_rate_init=0.003,
                max_iter=200,
                n_iter_no_change=200,
                random_state=seed,
            ).fit(X[labelled], y[labelled])
            scores[-1].append(network.score(X[others], y[others]))
    return np.array(scores)


# %%
# The conclusion and the picture.


def conclude(claim, holds):
    """Print a claim with what the numbers above say of it."""
    print(f"{'holds' if holds else 'DOES NOT HOLD HERE'}: {claim}")


def draw(path, scores):
    """Draw the accuracies, one point for every choice of labels."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        print("matplotlib is not installed: no picture (pip install matplotlib)")
        return
    figure = Figure(figsize=(7, 3.6), layout="constrained")
    ax = figure.subplots()
    for place, pairs in enumerate(scores.values()):
        for shift, color, label in (
            (-0.1, "C0", "from random weights"),
            (0.1, "C1", "pre-trained"),
        ):
            values = pairs[:, int(shift > 0)]
            places = np.full(len(values), place + shift)
            ax.plot(places, values, "o", color=color, alpha=0.7, label=None if place else label)
    ax.set(xticks=range(len(scores)), xticklabels=scores, ylabel=f"accuracy of {N_LABELS} labels")
    ax.legend()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=130)
    print(f"\nwrote the accuracies to {path}")


def main(arguments=None):
    """Train classifiers on few labels, from random and from pre-trained weights."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument(
        "--output", type=Path, default=Path("unlabelled.png"), help="path of the picture"
    )
    parser.add_argument("--quick", action="store_true", help="fewer networks")
    options = parser.parse_args(arguments)
    seeds = range(2 if options.quick else 5)
    warnings.simplefilter("ignore", ConvergenceWarning)  # all epochs are used

    X, y = load_digits(return_X_y=True)
    print("units       random   pre-trained")
    scores = {}
    for activation in ("tanh", "logistic"):
        layers = [Dense(50, activation) for _ in range(4)]
        scores[activation] = compare(layers, X / 16, y, seeds)
        random, helped = scores[activation].mean(axis=0)
        print(f"{activation:<12}{random:<9.3f}{helped:.3f}")
    print()
    gains = {name: np.mean(pairs[:, 1] - pairs[:, 0]) for name, pairs in scores.items()}
    conclude("the digits without labels help", min(gains.values()) > 0.01)
    conclude("deep networks of logistic units need them most", gains["logistic"] > 0.1)
    draw(options.output, scores)


if __name__ == "__main__":
    main()
