"""Diagnose vanishing gradients
============================

A deep network of sigmoids, and what ReLU and batch normalisation do.

Run it with ``python examples/vanishing_gradients.py``; it takes some seconds and draws
vanishing_gradients.png. The gradient of a layer is a product with the derivatives of all layers
after it. That of a sigmoid is at most 1/4, so it becomes smaller from layer to layer on the way
back, and the first layers of a deep network hardly learn.

- ``record_gradient_norms=True`` keeps the norm of every layer's gradient in `gradient_norms_`.
- The derivative of active ReLU units is 1: nothing shrinks on their account.
- ``batch_norm=True`` holds the inputs of the sigmoids where they are steepest, and scales gradients
  up again in every layer.

Look at the norms in the first epoch, from the first layer to the last, and at the accuracies.
"""

import argparse
import warnings
from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split

from skdeep import MLPClassifier

DEPTH, WIDTH = 8, 30
NETWORKS = {
    "sigmoids": {"activation": "logistic"},
    "sigmoids, He": {"activation": "logistic", "weight_init": "he_normal"},
    "ReLU": {"activation": "relu", "weight_init": "he_normal"},
    "sigmoids, norm": {"activation": "logistic", "batch_norm": True},
    "ReLU, norm": {"activation": "relu", "weight_init": "he_normal", "batch_norm": True},
}


def train(parameters, epochs):
    """Train a deep network on images of digits.

    Parameters
    ----------
    parameters : dict
    epochs : int

    Returns
    -------
    mlp : MLPClassifier
    accuracy : float
        On images that it has not been trained on.
    """
    X, y = load_digits(return_X_y=True)
    X, X_test, y, y_test = train_test_split(X / 16, y, stratify=y, random_state=0)
    mlp = MLPClassifier(
        (WIDTH,) * DEPTH,
        solver="sgd",
        learning_rate_init=0.02,
        batch_size=50,
        max_iter=epochs,
        n_iter_no_change=epochs,
        record_gradient_norms=True,
        random_state=0,
        **parameters,
    )
    mlp.fit(X, y)
    return mlp, mlp.score(X_test, y_test)


def report(networks, scores):
    """Print the norms of the first epoch, and what became of each network."""
    print(f"{DEPTH} hidden layers of {WIDTH} units; norms of the gradient in the first epoch\n")
    print(f"{'':<16}first layer   middle    last      first / last   loss    accuracy")
    for name, mlp in networks.items():
        norms = mlp.gradient_norms_[0]
        middle, share = norms[len(norms) // 2], norms[0] / norms[-1]
        print(
            f"{name:<16}{norms[0]:<14.1e}{middle:<10.1e}{norms[-1]:<10.1e}{share:<15.1e}"
            f"{mlp.loss_:<8.3f}{scores[name]:.3f}"
        )


def draw(path, networks):
    """Draw the norms layer by layer, those of the first layer over time, and the losses."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        print("matplotlib is not installed: no picture (pip install matplotlib)")
        return
    figure = Figure(figsize=(14, 4.2), layout="constrained")
    left, middle, right = figure.subplots(1, 3)
    for name, mlp in networks.items():
        norms = mlp.gradient_norms_
        left.plot(np.arange(1, norms.shape[1] + 1), norms[0], "o-", label=name)
        middle.plot(np.arange(1, len(norms) + 1), norms[:, 0], label=name)
        right.plot(np.arange(1, len(norms) + 1), mlp.loss_curve_, label=name)
    left.set(title="norms of the gradient, first epoch", xlabel="layer", yscale="log")
    middle.set(title="norm of the first layer's gradient", xlabel="epoch", yscale="log")
    right.set(title="training loss", xlabel="epoch", yscale="log")
    right.legend(fontsize="small")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)
    print(f"\nwrote norms and losses to {path}")


def main(arguments=None):
    """Train deep networks that learn, and one that does not."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument(
        "--output", type=Path, default=Path("vanishing_gradients.png"), help="path of the picture"
    )
    parser.add_argument("--quick", action="store_true", help="fewer epochs")
    options = parser.parse_args(arguments)
    warnings.simplefilter("ignore", ConvergenceWarning)  # a fixed number of epochs is wanted
    networks, scores = {}, {}
    for name, parameters in NETWORKS.items():
        networks[name], scores[name] = train(parameters, 20 if options.quick else 60)
    report(networks, scores)
    draw(options.output, networks)


if __name__ == "__main__":
    main()
