"""Learn long-term dependencies with LSTM and GRU
==============================================

Recurrent networks and a multi-layer perceptron add two numbers that are far apart.

Run it with ``python examples/long_memory.py``; it takes about half a minute and draws
long_memory.png. A sequence has 50 steps, each with a number and a mark. Two of the steps are
marked, one in each half, and the target is the sum of their numbers [Hochreiter & Schmidhuber,
1997]. A network that always gives the mean has an error of about 1/6, the variance of the sum.

- ``LSTM`` and ``GRU`` learn to keep what they need, and add.
- ``SimpleRNN`` has as many units, but what it has read changes at every step.
- The multi-layer perceptron sees all steps at once. It learns the sequences that it is trained on,
  not what to do with others.

Look at the errors on sequences that no network has been trained on.
"""

import argparse
import warnings
from pathlib import Path

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from skdeep import NetworkRegressor
from skdeep.layers import GRU, LSTM, Dense, Flatten, SimpleRNN

STEPS = 50
NETWORKS = {
    "LSTM": [LSTM(32)],
    "GRU": [GRU(32)],
    "SimpleRNN": [SimpleRNN(32)],
    "perceptron": [Flatten(), Dense(100), Dense(100)],
}


def adding_problem(n_samples, seed):
    """Return sequences of numbers and marks, and the sums of the two numbers that are marked.

    Parameters
    ----------
    n_samples, seed : int

    Returns
    -------
    X : array of shape (n_samples, STEPS, 2)
    y : array of shape (n_samples,)
    """
    rng, rows = np.random.default_rng(seed), np.arange(n_samples)
    numbers, marks = rng.uniform(size=(n_samples, STEPS)), np.zeros((n_samples, STEPS))
    first = rng.integers(STEPS // 2, size=n_samples)
    second = rng.integers(STEPS // 2, STEPS, size=n_samples)
    marks[rows, first] = marks[rows, second] = 1
    X = np.stack([numbers, marks], axis=2).astype(np.float32)
    return X, (numbers[rows, first] + numbers[rows, second]).astype(np.float32)


def train(layers, data, epochs):
    """Train a network.

    Parameters
    ----------
    layers : list of Layer
    data : tuple of array
        Sequences and sums.
    epochs : int

    Returns
    -------
    network : NetworkRegressor
    """
    network = NetworkRegressor(
        layers,
        batch_size=50,
        learning_rate_init=0.005,
        clip_norm=1.0,
        max_iter=epochs,
        n_iter_no_change=epochs,
        random_state=0,
    )
    return network.fit(*data)


def draw(path, networks, tests):
    """Draw the losses, and predictions of new sequences."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        print("matplotlib is not installed: no picture (pip install matplotlib)")
        return
    figure = Figure(figsize=(13, 4.2), layout="constrained")
    curves, *panels = figure.subplots(1, 4)
    for name, network in networks.items():
        curves.plot(np.arange(1, network.n_iter_ + 1), network.loss_curve_, label=name)
    curves.set(title="training loss", xlabel="epoch", yscale="log")
    curves.legend(fontsize="small")
    X, y = tests
    for panel, name in zip(panels, ("LSTM", "SimpleRNN", "perceptron"), strict=True):
        panel.plot(y[:500], networks[name].predict(X[:500]), ".", markersize=3)
        panel.plot([0, 2], [0, 2], "k", linewidth=0.8)
        panel.set(title=f"{name}: new sequences", xlabel="sum", xlim=(0, 2), ylim=(-0.5, 2.5))
    panels[0].set(ylabel="prediction")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)
    print(f"\nwrote losses and predictions to {path}")


def main(arguments=None):
    """Train all networks on the adding problem."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument(
        "--output", type=Path, default=Path("long_memory.png"), help="path of the picture"
    )
    parser.add_argument("--quick", action="store_true", help="fewer epochs")
    options = parser.parse_args(arguments)
    warnings.simplefilter("ignore", ConvergenceWarning)  # a fixed number of epochs is wanted
    data, tests = adding_problem(4000, seed=0), adding_problem(2000, seed=1)
    print(f"{STEPS} steps; mean squared errors\n")
    print(f"{'':<12}training  new sequences")
    print(f"{'the mean':<12}{data[1].var():<10.4f}{tests[1].var():.4f}")
    networks, errors = {}, {}
    for name, layers in NETWORKS.items():
        networks[name] = train(layers, data, 15 if options.quick else 30)
        errors[name] = np.mean((networks[name].predict(tests[0]) - tests[1]) ** 2)
        print(f"{name:<12}{2 * networks[name].loss_:<10.4f}{errors[name]:.4f}")
    assert max(errors["LSTM"], errors["GRU"]) < 0.02, "both remember over all steps"
    assert min(errors["SimpleRNN"], errors["perceptron"]) > 0.05, "the others do not"
    draw(options.output, networks, tests)


if __name__ == "__main__":
    main()
