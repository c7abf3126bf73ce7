"""Recall a value by its key with self-attention
=============================================

A sequence holds six pairs of a key and a value, in any order, and then one key. Which value went
with it?

Run it with ``python examples/attention.py``; it takes a few seconds and draws attention.png.

- In ``SelfAttention`` every step asks all others: its query is compared with their keys, and what
  it gets is the sum of their values, weighted by the softmax of these products (Vaswani et al.,
  "Attention is all you need", NeurIPS 2017). One head is enough here: the last step has to find the
  one step that holds the same key.
- A multi-layer perceptron reads the same numbers, all steps side by side. For it, a pair at the
  first step has nothing to do with the same pair at the second, so it has to learn each by itself.

The picture shows how much the last step reads each of the others. Nobody told it where to look: it
has learned that from the labels alone.
"""

import argparse
import warnings
from pathlib import Path

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from skdeep import NetworkClassifier
from skdeep.layers import Dense, Flatten, SelfAttention

N_KEYS, N_VALUES = 6, 4


def make_sequences(n_samples, seed):
    """Return sequences of pairs and a key, the values asked for, and the steps that hold them.

    Parameters
    ----------
    n_samples, seed : int

    Returns
    -------
    X : ndarray of shape (n_samples, N_KEYS + 1, 2 * N_KEYS + N_VALUES)
        Keys, values, and in the last step the key asked for, each as a one-hot vector.
    y, where : ndarray of shape (n_samples,)
    """
    rng = np.random.default_rng(seed)
    keys = np.argsort(rng.random((n_samples, N_KEYS)), axis=1)
    values = rng.integers(N_VALUES, size=(n_samples, N_KEYS))
    where, rows = rng.integers(N_KEYS, size=n_samples), np.arange(n_samples)
    X = np.zeros((n_samples, N_KEYS + 1, 2 * N_KEYS + N_VALUES), dtype=np.float32)
    steps = np.arange(N_KEYS)
    X[rows[:, None], steps, keys] = 1
    X[rows[:, None], steps, N_KEYS + values] = 1
    X[rows, -1, N_KEYS + N_VALUES + keys[rows, where]] = 1
    return X, values[rows, where], where


def fit(layers, X, y, n_epochs):
    """Return a network of some layers, fitted."""
    network = NetworkClassifier(
        layers,
        learning_rate_init=0.01,
        batch_size=64,
        max_iter=n_epochs,
        tol=0,
        n_iter_no_change=n_epochs,
        random_state=0,
    )
    with warnings.catch_warnings():
        # All networks are trained for the same number of epochs.
        warnings.simplefilter("ignore", ConvergenceWarning)
        return network.fit(X, y)


# %%
# The conclusion and the picture.


def conclude(claim, holds):
    """Print a claim with what the numbers above say of it."""
    print(f"{'holds' if holds else 'DOES NOT HOLD HERE'}: {claim}")


def draw(path, X, shares, where):
    """Draw how much the last step of some sequences reads each step."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        print("matplotlib is not installed: no picture (pip install matplotlib)")
        return
    figure = Figure(figsize=(9, 4.2), layout="constrained")
    ax = figure.subplots()
    rows = np.arange(12)
    image = ax.imshow(shares[rows].T, vmin=0, vmax=1, cmap="viridis", aspect="auto")
    ax.scatter(rows, where[rows], s=90, facecolors="none", edgecolors="white", linewidths=2)
    keys, last = X[rows, :-1, :N_KEYS].argmax(axis=2), X[rows, -1, N_KEYS + N_VALUES :].argmax(1)
    for row in rows:
        for step, key in enumerate(keys[row]):
            ax.text(row, step, "ABCDEF"[key], color="tab:red", ha="center", va="center")
    ax.set_xticks(rows, ["ABCDEF"[key] + "?" for key in last])
    ax.set(xlabel="sequences, by the key that is asked for", ylabel="step")
    ax.set_title("What the last step reads (circles: the step that holds the key)")
    figure.colorbar(image, label="share")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)
    print(f"\nwrote the shares to {path}")


def main(arguments=None):
    """Fit both networks, and look where attention goes."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument(
        "--output", type=Path, default=Path("attention.png"), help="path of the picture"
    )
    parser.add_argument("--quick", action="store_true", help="fewer sequences")
    options = parser.parse_args(arguments)
    n_samples = 2000 if options.quick else 4000

    X, y, _ = make_sequences(n_samples, seed=0)
    new_X, new_y, where = make_sequences(1000, seed=1)
    attention = SelfAttention(heads=1, dim=16)
    networks = {
        "self-attention": fit([attention, Flatten()], X, y, n_epochs=60),
        "multi-layer perceptron": fit([Flatten(), Dense(128), Dense(64)], X, y, n_epochs=60),
    }
    print(f"{n_samples} sequences to train on, 1000 new ones\n")
    print(f"{'':<25}parameters   accuracy in training   on new sequences")
    scores = {}
    for name, network in networks.items():
        scores[name] = network.score(new_X, new_y)
        size = sum(array.size for array in (*network.coefs_, *network.intercepts_))
        print(f"{name:<25}{size:<13}{network.score(X, y):<23.3f}{scores[name]:.3f}")
    network = networks["self-attention"]
    shares = attention.shares(new_X, network.coefs_[0], network.intercepts_[0])[:, 0, -1]
    found = shares[np.arange(len(where)), where].mean()
    print(f"\nThe last step reads the step that holds its key with a mean share of {found:.2f}.\n")
    of_attention, of_perceptron = scores.values()
    conclude("attention recalls the values of new sequences", of_attention > 0.95)
    conclude("a perceptron of many more parameters does not", of_perceptron < 0.7)
    conclude("the last step reads the step that holds its key", found > 0.7)
    draw(options.output, new_X, shares, where)


if __name__ == "__main__":
    main()
