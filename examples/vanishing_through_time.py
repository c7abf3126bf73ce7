"""Vanishing gradients in recurrent networks
=========================================

What the output of a recurrent network owes to each step, before and after training.

Run it with ``python examples/vanishing_through_time.py``; it takes some seconds and draws
vanishing_through_time.png. Each network reads 30 random numbers and is to give the first of them.
The derivative of its output with respect to a step is a product with the derivatives of all later
steps [Bengio, Simard & Frasconi, 1994]. Where it vanishes, nothing tells the weights what the first
step was for.

- The derivative of sigmoids is at most 1/4: over 30 steps nothing is left.
- tanh has derivatives of up to 1, and fares better.
- In an LSTM the cell is carried from step to step and multiplied by the forget gate, which can stay
  near 1. Its biases begin with 1.

Look at the derivatives before training, from the last step back to the first, and at what the
networks have learnt.
"""

import argparse
import warnings
from pathlib import Path

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from skdeep import NetworkRegressor
from skdeep.layers import LSTM, SimpleRNN

STEPS = 30
NETWORKS = {
    "SimpleRNN, sigmoids": SimpleRNN(32, activation="logistic"),
    "SimpleRNN, tanh": SimpleRNN(32),
    "LSTM": LSTM(32),
}


def first_of(n_samples, seed):
    """Return sequences of normal numbers, and the first of each."""
    X = np.random.default_rng(seed).normal(size=(n_samples, STEPS, 1))
    return X, X[:, 0, 0].copy()


def train(layer, data, epochs, rate):
    """Return a network that has been trained for some epochs."""
    network = NetworkRegressor(
        [layer],
        batch_size=50,
        learning_rate_init=rate,
        clip_norm=1.0,
        max_iter=epochs,
        n_iter_no_change=epochs,
        random_state=0,
    )
    return network.fit(*data)


def derivatives(network, X, change=1e-4):
    """Return the root mean squares of the derivatives of the output with respect to every step.

    Parameters
    ----------
    network : NetworkRegressor
    X : array of shape (n_samples, STEPS, 1)
    change : float
        Of central differences.

    Returns
    -------
    sizes : array of shape (STEPS,)
    """
    sizes = []
    for step in range(STEPS):
        moved = np.zeros_like(X)
        moved[:, step] = change
        differences = network.predict(X + moved) - network.predict(X - moved)
        sizes.append(np.sqrt(np.mean((differences / (2 * change)) ** 2)))
    return np.array(sizes)


def draw(path, before, after):
    """Draw the derivatives before and after training."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        print("matplotlib is not installed: no picture (pip install matplotlib)")
        return
    figure = Figure(figsize=(11, 4.2), layout="constrained")
    for panel, found, title in zip(
        figure.subplots(1, 2, sharey=True), (before, after), ("before", "after"), strict=True
    ):
        for name, sizes in found.items():
            panel.plot(np.arange(1, STEPS + 1), np.where(sizes > 1e-12, sizes, np.nan), label=name)
        panel.set(title=f"derivatives {title} training", xlabel="step", yscale="log")
    panel.legend(fontsize="small")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)
    print(f"\nwrote derivatives to {path}")


def main(arguments=None):
    """Train networks to remember the first step."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument(
        "--output", type=Path, default=Path("vanishing_through_time.png"), help="of the picture"
    )
    parser.add_argument("--quick", action="store_true", help="fewer epochs")
    options = parser.parse_args(arguments)
    warnings.simplefilter("ignore", ConvergenceWarning)  # a fixed number of epochs is wanted
    data, (X, y) = first_of(3000, seed=0), first_of(200, seed=1)
    before, after, errors = {}, {}, {}
    print(f"derivatives of the output with respect to {STEPS} steps, and the error\n")
    print(f"{'':<21}before: first  last      after: first  last      error")
    for name, layer in NETWORKS.items():
        before[name] = derivatives(train(layer, data, 1, 1e-300), X)
        network = train(layer, data, 20 if options.quick else 30, 0.005)
        after[name], errors[name] = derivatives(network, X), np.mean((network.predict(X) - y) ** 2)
        ends = [sizes[place] for sizes in (before[name], after[name]) for place in (0, -1)]
        first, last, *trained = (f"{size:.1e}" for size in ends)
        print(f"{name:<21}{first:>13}  {last}{trained[0]:>16}  {trained[1]}   {errors[name]:.4f}")
    sigmoids, lstm = before["SimpleRNN, sigmoids"], before["LSTM"]
    assert sigmoids[0] < 1e-9 < 1e-6 < lstm[0], "the gradient of sigmoids vanishes"
    assert errors["SimpleRNN, sigmoids"] > 0.8, "so that nothing is learnt"
    assert errors["LSTM"] < 0.1, "which the LSTM does"
    draw(options.output, before, after)


if __name__ == "__main__":
    main()
