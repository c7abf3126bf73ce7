"""Prevent overfitting
===================

Early stopping, weight decay, dropout, noise: what helps when a network learns by heart.

Run it with ``python examples/overfitting.py``; it takes some seconds and draws overfitting.png. A
network with far more weights than there are samples learns 300 images of digits by heart, a quarter
of which have a random label. On other images, with the right labels, it is the worse for it: the
loss on them falls, and then rises for as long as training goes on.

- Early stopping holds out a fifth of the samples and keeps the weights that do best on them.
- Weight decay (``alpha``) and l1 draw the weights towards 0; max-norm limits them for every unit.
- Dropout and dropconnect train with random parts of the network.
- Noise (``input_noise``) blurs the samples, anew in every update, so that no single one of them can
  be learned by heart.

Look at the accuracies: on the training set plain is the best of all, on other images the worst.
"""

import argparse
import warnings
from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split

from skdeep import MLPClassifier

N_SAMPLES, WRONG = 300, 0.25
CURES = {
    "plain": {},
    "early stopping": {"early_stopping": True, "validation_fraction": 0.2},
    "weight decay": {"alpha": 1.0},
    "l1": {"penalty": "l1", "alpha": 0.1},
    "max-norm": {"max_norm": 1.0},
    "dropout": {"dropout": 0.5, "input_dropout": 0.2},
    "dropconnect": {"dropconnect": 0.5},
    "noise": {"input_noise": 0.5},
}


def make_data(seed):
    """Return images to train on, some with a wrong label, and others with the right ones.

    Parameters
    ----------
    seed : int

    Returns
    -------
    X, X_test, y, y_test : ndarray
    """
    X, y = load_digits(return_X_y=True)
    X, X_test, y, y_test = train_test_split(
        X / 16, y, train_size=N_SAMPLES, stratify=y, random_state=seed
    )
    rng = np.random.RandomState(seed)
    wrong = rng.uniform(size=len(y)) < WRONG
    return X, X_test, np.where(wrong, rng.randint(0, 10, len(y)), y), y_test


def make_network(seed, epochs, **parameters):
    """Return a network with more than 8000 weights."""
    return MLPClassifier(
        (60, 60),
        batch_size=32,
        learning_rate_init=0.003,
        max_iter=epochs,
        n_iter_no_change=10 if "early_stopping" in parameters else epochs,
        random_state=seed,
        **parameters,
    )


def curve(seed, epochs, parameters):
    """Return the loss on other images after every epoch, without early stopping."""
    X, X_test, y, y_test = make_data(seed)
    mlp = make_network(seed, epochs, **parameters).fit(X, y, X_val=X_test, y_val=y_test)
    return mlp.validation_loss_curve_


def compare(n_seeds, epochs):
    """Train with every cure on several samples; print and return the accuracies.

    Parameters
    ----------
    n_seeds, epochs : int

    Returns
    -------
    scores : dict of str to ndarray of shape (n_seeds, 2)
        On the training set, wrong labels included, and on other images.
    """
    print(f"accuracies after at most {epochs} epochs: means of {n_seeds} samples of {N_SAMPLES}")
    print(f"\n{'':<16}training   other images   better than plain")
    scores = {}
    for name, parameters in CURES.items():
        scores[name] = []
        for seed in range(n_seeds):
            X, X_test, y, y_test = make_data(seed)
            mlp = make_network(seed, epochs, **parameters).fit(X, y)
            scores[name].append((mlp.score(X, y), mlp.score(X_test, y_test)))
        scores[name] = np.array(scores[name])
        training, test = scores[name].mean(axis=0)
        won = (scores[name][:, 1] > scores["plain"][:, 1]).sum()
        print(f"{name:<16}{training:<11.3f}{test:<15.3f}{won} of {n_seeds}")
    return scores


def draw(path, scores, curves):
    """Draw the losses on other images, and the accuracies."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        print("matplotlib is not installed: no picture (pip install matplotlib)")
        return
    figure = Figure(figsize=(12, 4.4), layout="constrained")
    left, right = figure.subplots(1, 2)
    for name, losses in curves.items():
        left.plot(np.arange(1, len(losses) + 1), losses, label=name)
    left.set(title="loss on other images", xlabel="epoch", yscale="log")
    left.legend(fontsize="small")
    places = np.arange(len(scores))
    means = np.array([values.mean(axis=0) for values in scores.values()])
    right.barh(places - 0.2, means[:, 0], height=0.4, label="training, wrong labels included")
    right.barh(places + 0.2, means[:, 1], height=0.4, label="other images")
    right.set(title="accuracy", yticks=places, yticklabels=list(scores), xlim=(0.5, 1))
    right.invert_yaxis()
    right.legend(fontsize="small", loc="upper left", bbox_to_anchor=(0, -0.08), ncols=2)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)
    print(f"\nwrote losses and accuracies to {path}")


def main(arguments=None):
    """Overfit, and cure it."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument(
        "--output", type=Path, default=Path("overfitting.png"), help="path of the picture"
    )
    parser.add_argument("--quick", action="store_true", help="fewer samples")
    options = parser.parse_args(arguments)
    warnings.simplefilter("ignore", ConvergenceWarning)  # a fixed number of epochs is wanted
    epochs = 100
    scores = compare(3 if options.quick else 10, epochs)
    curves = {
        name: curve(0, epochs, parameters)
        for name, parameters in CURES.items()
        if name != "early stopping"
    }
    best = int(np.argmin(curves["plain"])) + 1
    print(
        f"\nplain, first sample: the loss on other images is lowest after {best} epochs "
        f"({min(curves['plain']):.2f}); after {epochs} it is {curves['plain'][-1]:.2f}"
    )
    draw(options.output, scores, curves)


if __name__ == "__main__":
    main()
