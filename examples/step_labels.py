"""Label every step of a sequence
==============================

A network of convolutions says of every step of a signal which state made it.

Run it with ``python examples/step_labels.py``; it takes less than a minute and draws
step_labels.png. A machine is at rest, runs slowly or runs fast, for 20 to 60 steps each, and a
sensor shows noise, a slow or a fast oscillation. All three have the same distribution of values, so
a single value says little about the state; its neighbours do.

- Where the last layer of a network gives a sequence, ``y`` holds a label for every step, and
  `predict` returns one for every step.
- A network that reads each step by itself is hardly better than guessing.
- Three convolutions with ``padding="same"``, whose dilations grow, read 43 steps around each. Most
  of their errors lie close to the changes of state.
- A bidirectional LSTM, which reads the signal from both ends, is as good.
- Labels are dear: the last network is trained with one labelled step in ten. The others are NaN in
  ``y``, and have no part in the loss. It is almost as good.

Look at the signal with the states, and at the probabilities of the states below.
"""

import argparse
import warnings
from pathlib import Path

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from skdeep import NetworkClassifier
from skdeep.layers import LSTM, Conv1D

STATES = ("rest", "slow", "fast")
#: Steps of an oscillation; at rest there is none.
PERIODS = {1: 20.0, 2: 7.0}
N_STEPS = 200


def make_signals(n_signals, seed=0):
    """Return signals of a machine that changes its state, and the state at every step.

    Parameters
    ----------
    n_signals : int
    seed : int, default=0

    Returns
    -------
    X : ndarray of shape (n_signals, n_steps, 1)
    y : ndarray of float of shape (n_signals, n_steps)
        0, 1 or 2.
    """
    rng = np.random.default_rng(seed)
    X, y = np.empty((n_signals, N_STEPS, 1)), np.empty((n_signals, N_STEPS))
    for signal, states in zip(X, y, strict=True):
        begin, state = 0, rng.integers(3)
        while begin < N_STEPS:
            end = min(begin + rng.integers(20, 61), N_STEPS)
            steps = np.arange(end - begin)
            noise = rng.normal(size=len(steps))
            if state in PERIODS:
                angle = 2 * np.pi * (steps / PERIODS[state] + rng.uniform())
                noise = 0.6 * noise + 0.8 * np.sqrt(2) * np.sin(angle)
            signal[begin:end, 0], states[begin:end] = noise, state
            begin, state = end, (state + rng.integers(1, 3)) % 3
    return X, y


def make_network(layers, max_iter):
    """Return a network of layers that is trained by Adam."""
    return NetworkClassifier(
        layers, learning_rate_init=0.005, batch_size=20, max_iter=max_iter, random_state=0
    )


def around(width=16):
    """Return convolutions that read 43 steps around each."""
    return [Conv1D(width, 7, padding="same", dilation=dilation) for dilation in (1, 2, 4)]


def recurrent(units=16):
    """Return a layer that reads all steps before and behind each."""
    return [LSTM(units, return_sequences=True, bidirectional=True)]


def near_changes(y, distance):
    """Return which steps have a change of state within some distance."""
    changes = np.zeros(y.shape, dtype=bool)
    rows, steps = np.nonzero(y[:, 1:] != y[:, :-1])
    for row, step in zip(rows, steps, strict=True):
        changes[row, max(0, step + 1 - distance) : step + 1 + distance] = True
    return changes


def draw(path, signal, states, probabilities):
    """Draw a signal with its states, and the probabilities of the states at every step."""
    try:
        from matplotlib.colors import ListedColormap
        from matplotlib.figure import Figure
    except ImportError:
        print("matplotlib is not installed: no picture (pip install matplotlib)")
        return
    figure = Figure(figsize=(11, 6), layout="constrained")
    upper, lower = figure.subplots(2, 1, sharex=True)
    colors, steps = ("tab:gray", "tab:blue", "tab:red"), np.arange(len(signal))
    upper.plot(steps, signal, color="black", linewidth=0.8)
    options = {"extent": (-0.5, len(signal) - 0.5, -4, 4), "aspect": "auto", "alpha": 0.25}
    upper.imshow([states], cmap=ListedColormap(colors), vmin=0, vmax=2, **options)
    upper.set(ylim=(-4, 4), ylabel="sensor", title="a signal, and the states that made it")
    lower.stackplot(steps, probabilities.T, colors=colors, alpha=0.7, labels=STATES)
    lower.set(xlim=(0, len(signal) - 1), ylim=(0, 1), xlabel="step", ylabel="probability")
    lower.set_title("what the network says of every step")
    lower.legend(loc="lower right")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)
    print(f"\nwrote the states of a signal to {path}")


def main(arguments=None):
    """Train networks that label every step, with all labels and with a tenth of them."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument(
        "--output", type=Path, default=Path("step_labels.png"), help="path of the picture"
    )
    parser.add_argument("--quick", action="store_true", help="fewer signals and epochs")
    options = parser.parse_args(arguments)
    n_signals, max_iter = (150, 15) if options.quick else (400, 25)
    X, y = make_signals(n_signals)
    X_test, y_test = make_signals(100, seed=1)
    few = np.where(np.random.default_rng(2).random(y.shape) < 0.1, y, np.nan)
    networks = {
        "each step by itself": (make_network([Conv1D(16, 1)], max_iter), y),
        "43 steps around it": (make_network(around(), max_iter), y),
        "an LSTM of both directions": (make_network(recurrent(), max_iter), y),
        "43 steps, a tenth of the labels": (make_network(around(), max_iter), few),
    }
    print(f"{n_signals} signals of {N_STEPS} steps; steps that are labelled right:")
    scores = {}
    for name, (network, labels) in networks.items():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            network.fit(X, labels)
        scores[name] = network.score(X_test, y_test)
        print(f"{name:32} {scores[name]:.3f}")
    alone, all_labels, both_ways, few_labels = scores.values()
    network, _ = networks["43 steps around it"]
    wrong, near = network.predict(X_test) != y_test, near_changes(y_test, 5)
    share, of_steps = near[wrong].mean(), near.mean()
    print(f"\n{share:.0%} of its errors are within 5 steps of a change, as {of_steps:.0%} of steps")
    draw(options.output, X_test[0, :, 0], y_test[0], network.predict_proba(X_test[:1])[0])
    assert alone < 0.6 < 0.85 < all_labels and all_labels - few_labels < 0.05
    assert share > 2 * of_steps and both_ways > 0.85


if __name__ == "__main__":
    main()
