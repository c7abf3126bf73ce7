"""Boltzmann machines of digits: features, and new digits of each class
====================================================================

A restricted Boltzmann machine learns features of digits without labels; a deep one, whose visible
units include the labels, generates digits of a class.

Run it with ``python examples/boltzmann_digits.py``; it takes some seconds and draws
boltzmann_digits.png.

- Digits moved by a pixel in any direction, which a linear classifier tells apart badly by their
  pixels. The same classifier reads the hidden units of ``BernoulliRBM``, in a pipeline.
- ``DeepBoltzmannMachine`` with two hidden layers, fitted to digits and their labels:
  ``sample(n, y=3)`` keeps the label, and samples all else. A classifier that was fitted to real
  digits judges the samples.

Look at the accuracies, at the share of samples that are what they should be, and at the samples.
"""

import argparse
import warnings
from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from skdeep import BernoulliRBM, DeepBoltzmannMachine, MLPClassifier

N_TRAIN = 1300


def move(X, random_state):
    """Return digits moved by up to a pixel in both directions."""
    images = np.pad(X.reshape(-1, 8, 8), ((0, 0), (1, 1), (1, 1)))
    places = random_state.randint(0, 3, (len(X), 2))
    moved = [image[i : i + 8, j : j + 8] for image, (i, j) in zip(images, places, strict=True)]
    return np.reshape(moved, (len(X), 64))


# %%
# Features. The machine is fitted to the digits that the classifier learns from, and to further
# copies of them, moved otherwise: it needs no labels.


def compare_features(X, y, n_iter):
    """Print and return the accuracies on moved digits, from pixels and from hidden units."""
    random_state = np.random.RandomState(0)
    copies = [move(X[:N_TRAIN], random_state) for _ in range(4)]
    X_test = move(X[N_TRAIN:], random_state)
    rbm = BernoulliRBM(150, learning_rate=0.06, n_iter=n_iter, random_state=0)
    rbm.fit(np.vstack(copies))
    accuracies = {}
    for name, features in (("pixels", copies[0]), ("hidden units", rbm.transform(copies[0]))):
        linear = LogisticRegression(C=100, max_iter=100).fit(features, y[:N_TRAIN])
        model = linear if name == "pixels" else make_pipeline(rbm, linear)
        accuracies[name] = model.score(X_test, y[N_TRAIN:])
        print(f"{name:<24}{accuracies[name]:.3f}")
    return accuracies


# %%
# New digits. The judge is a network that has seen real digits only.


def generate(X, y, n_iter):
    """Print and return the share of samples that a classifier takes for their class, and these."""
    judge = MLPClassifier((100,), max_iter=50, tol=0.01, random_state=0).fit(X, y)
    dbm = DeepBoltzmannMachine(
        (100, 60), n_iter=n_iter, n_gibbs_steps=1, n_mean_field_steps=5, random_state=0
    ).fit(X[:N_TRAIN], y[:N_TRAIN])
    labels = np.repeat(np.arange(10), 50)
    samples = dbm.sample(500, y=labels, probabilities=True, random_state=0)
    right = judge.score(samples, labels)
    print(f"{'right samples':<24}{right:.3f}")
    print(f"{'labels of test digits':<24}{np.mean(dbm.predict(X[N_TRAIN:]) == y[N_TRAIN:]):.3f}")
    return right, samples.reshape(10, 50, 64)


# %%
# The conclusion and the picture.


def conclude(claim, holds):
    """Print a claim with what the numbers above say of it."""
    print(f"{'holds' if holds else 'DOES NOT HOLD HERE'}: {claim}")


def draw(path, samples):
    """Draw ten samples of each class."""
    try:
        from matplotlib.figure import Figure

        from skdeep.displays import SampleGridDisplay
    except ImportError:
        print("matplotlib is not installed: no picture (pip install matplotlib)")
        return
    figure = Figure(figsize=(6, 6), layout="constrained")
    display = SampleGridDisplay(
        samples=samples[:, :10].reshape(-1, 64),
        image_shape=(8, 8),
        n_columns=10,
        row_names=[str(digit) for digit in range(10)],
    )
    display.plot(ax=figure.subplots())
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)
    print(f"\nwrote the samples to {path}")


def main(arguments=None):
    """Fit the machines, and judge what they have learned."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument(
        "--output", type=Path, default=Path("boltzmann_digits.png"), help="path of the picture"
    )
    parser.add_argument("--quick", action="store_true", help="less training")
    options = parser.parse_args(arguments)

    warnings.simplefilter("ignore", ConvergenceWarning)  # of the linear classifiers

    X, y = load_digits(return_X_y=True)
    X = X / 16
    accuracies = compare_features(X, y, 10 if options.quick else 20)
    right, samples = generate(X, y, 5 if options.quick else 20)
    print()
    conclude(
        "a linear classifier is better on hidden units than on pixels",
        accuracies["hidden units"] > accuracies["pixels"] + 0.05,
    )
    conclude("four of five samples are of the class that was asked for", right > 0.8)
    draw(options.output, samples)


if __name__ == "__main__":
    main()
