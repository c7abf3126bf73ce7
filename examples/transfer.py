"""Transfer learning with few labels
=================================

What was learned on the digits 0 to 4 helps with few labels of 5 to 9.

Run it with ``python examples/transfer.py``; it takes some seconds and draws transfer.png. Images of
digits are put at random places of a larger square, so that the same stroke can be anywhere. A
network learns to tell the digits 0 to 4 apart, from many images of them. Then only 60 images of the
digits 5 to 9 have labels, too few to learn what strokes look like wherever they are.

- From scratch, a network learns everything from those 60 images.
- With ``init_from`` it begins with the hidden layers of the first network, whose strokes the other
  digits have too; the output layer is new, and all layers are trained on.
- With `HiddenLayerTransformer` the hidden layers stay as they are: a network without hidden layer
  is trained on what they make of the images. What tells 0 to 4 apart is not all that 5 to 9 need.
- Where the digits stay in the middle, 60 labels are enough from scratch, and nothing is left to be
  transferred: the last lines of the table.

Look at the mean accuracy over several choices of the 60 images, on all other images of 5 to 9.
"""

import argparse
import warnings
from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline

from skdeep import HiddenLayerTransformer, MLPClassifier

LAYERS = (200, 100)
N_LABELS = 60
SIZE = 10  # of the larger square; that of the images is 8


def at_random_places(images, size, random_state):
    """Return images, each at a random place of a larger square.

    Parameters
    ----------
    images : ndarray of shape (n_samples, 64)
    size : int
        Of the square, at least 8.
    random_state : numpy.random.RandomState

    Returns
    -------
    squares : ndarray of shape (n_samples, size * size)
    """
    squares = np.zeros((len(images), size, size))
    places = random_state.randint(0, size - 7, (len(images), 2))
    for square, image, (row, column) in zip(squares, images, places, strict=True):
        square[row : row + 8, column : column + 8] = image.reshape(8, 8)
    return squares.reshape(len(images), -1)


def make_network(hidden, seed, **parameters):
    """Return a network for the few labels."""
    settings = {"learning_rate_init": 0.005, "batch_size": 20, "max_iter": 60}
    return MLPClassifier(
        hidden, random_state=seed, n_iter_no_change=60, **{**settings, **parameters}
    )


def compare(source, X, y, seed):
    """Train on few labels in three ways.

    Parameters
    ----------
    source : MLPClassifier
        The network that knows the other digits.
    X : ndarray of shape (n_samples, 64)
    y : ndarray of shape (n_samples,)
    seed : int
        Of the choice of the labels and of the initial weights.

    Returns
    -------
    scores : dict of str to float
        Accuracy on the other images.
    curves : dict of str to list of float
        Loss after every epoch.
    """
    X_few, X_rest, y_few, y_rest = train_test_split(
        X, y, train_size=N_LABELS, stratify=y, random_state=seed
    )
    frozen = HiddenLayerTransformer(FrozenEstimator(source))
    ways = {
        "from scratch": make_network(LAYERS, seed),
        "hidden layers kept": make_pipeline(frozen, make_network((), seed)),
        "init_from": make_network(LAYERS, seed, init_from=source),
    }
    scores, curves = {}, {}
    for name, model in ways.items():
        model.fit(X_few, y_few)
        scores[name] = model.score(X_rest, y_rest)
        network = model[-1] if name == "hidden layers kept" else model
        curves[name] = network.loss_curve_
    return scores, curves


def draw(path, scores, curves):
    """Draw the accuracies of all seeds, and the mean losses."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        print("matplotlib is not installed: no picture (pip install matplotlib)")
        return
    figure = Figure(figsize=(11, 4.2), layout="constrained")
    left, right = figure.subplots(1, 2)
    for place, (name, values) in enumerate(scores.items()):
        left.scatter(np.full(len(values), place), values, alpha=0.6, label=name)
        left.hlines(np.mean(values), place - 0.2, place + 0.2, color="black")
        mean = np.mean(curves[name], axis=0)
        right.plot(np.arange(1, len(mean) + 1), mean, label=name)
    left.set(xticks=range(len(scores)), xticklabels=list(scores))
    left.set(title=f"accuracy on 5 to 9 with {N_LABELS} labels", ylabel="accuracy")
    right.set(title="training loss", xlabel="epoch", yscale="log")
    right.legend()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)
    print(f"\nwrote accuracies and losses to {path}")


def experiment(size, n_seeds):
    """Train on 0 to 4, then on a few of 5 to 9 in three ways; print and return what comes out.

    Parameters
    ----------
    size : int
        Of the square that the images are put into.
    n_seeds : int

    Returns
    -------
    scores, curves : dict of str to list
        Accuracies and losses of every seed.
    """
    X, y = load_digits(return_X_y=True)
    random_state, known = np.random.RandomState(0), y < 5
    many = at_random_places(np.repeat(X[known] / 16, 10, axis=0), size, random_state)
    few = at_random_places(X[~known] / 16, size, random_state)
    source = make_network(LAYERS, 0, learning_rate_init=0.002, batch_size=100, max_iter=15)
    source.fit(many, np.repeat(y[known], 10))

    runs = [compare(source, few, y[~known], seed) for seed in range(n_seeds)]
    scores = {name: [run[0][name] for run in runs] for name in runs[0][0]}
    curves = {name: [run[1][name] for run in runs] for name in runs[0][1]}
    print(f"\n{'':<20}mean    least   most    over {n_seeds} seeds")
    for name, values in scores.items():
        print(f"{name:<20}{np.mean(values):.3f}   {min(values):.3f}   {max(values):.3f}")
    gains = np.subtract(scores["init_from"], scores["from scratch"])
    won = f"better for {(gains > 0).sum()} of {n_seeds} seeds"
    print(f"init_from gains     {gains.mean():+.3f}  {won}")
    return scores, curves


def main(arguments=None):
    """Transfer between digits at random places, and between digits in the middle."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument(
        "--output", type=Path, default=Path("transfer.png"), help="path of the picture"
    )
    parser.add_argument("--quick", action="store_true", help="fewer choices of the labels")
    options = parser.parse_args(arguments)
    n_seeds = 5 if options.quick else 10
    warnings.simplefilter("ignore", ConvergenceWarning)  # a fixed number of epochs is wanted

    print(f"accuracy on digits 5 to 9 after {N_LABELS} labels of them, at random places:")
    scores, curves = experiment(SIZE, n_seeds)
    print("\nthe same, all in the middle:")
    experiment(8, n_seeds)
    draw(options.output, scores, curves)


if __name__ == "__main__":
    main()
