"""Generate samples of a mixture with an adversarial network
=========================================================

A generative adversarial network learns to generate points like those of a mixture whose eight
components lie on a ring. Generators are known to leave out components of such data: a generator
that makes points of one component alone may deceive its discriminator for a while.

Run it with ``python examples/generated_ring.py``; it takes half a minute and draws
generated_ring.png.

- For several random states, the components that at least one in a hundred samples belongs to.
- The share of samples within three standard deviations of the mean of a component.
- Samples after 5, 20 and all epochs, and the losses of both networks.

Look at the early samples, which lie between the components, and at the losses, which say little of
that.
"""

import argparse
from pathlib import Path

import numpy as np

from skdeep import GenerativeAdversarialNetwork
from skdeep.layers import Dense

DEVIATION = 0.1
ANGLES = np.arange(8) * np.pi / 4
MEANS = 2 * np.column_stack([np.cos(ANGLES), np.sin(ANGLES)])


def make_ring(n_samples):
    """Return points of the mixture."""
    rng = np.random.default_rng(0)
    noise = DEVIATION * rng.normal(size=(n_samples, 2))
    return (MEANS[rng.integers(8, size=n_samples)] + noise).astype(np.float32)


def make_network(max_iter, random_state):
    """Return a network that has not been trained yet."""
    return GenerativeAdversarialNetwork(
        [Dense(64), Dense(64)],
        [Dense(64), Dense(64)],
        latent_size=8,
        generator_learning_rate_init=0.002,
        discriminator_learning_rate_init=0.002,
        max_iter=max_iter,
        random_state=random_state,
    )


# %%
# Components found. A sample belongs to the component whose mean is nearest, if it lies within three
# standard deviations.


def judge(samples):
    """Return how many components there are samples of, and the share of samples near one."""
    distances = np.linalg.norm(samples[:, None] - MEANS, axis=2)
    near = distances.min(axis=1) < 3 * DEVIATION
    counts = np.bincount(distances.argmin(axis=1)[near], minlength=8)
    return np.count_nonzero(counts >= 0.01 * len(samples)), near.mean()


def count_components(X, max_iter, n_states):
    """Print the components found and the share of samples near one, for several random states."""
    found = []
    for random_state in range(n_states):
        network = make_network(max_iter, random_state).fit(X)
        n_components, near = judge(network.sample(2000, random_state=0))
        print(f"random state {random_state:<5}{n_components:<12}{near:.2f}")
        found.append(n_components)
    return found, network


# %%
# The course of training. ``partial_fit`` trains for an epoch at a time.


def follow(X, max_iter):
    """Return samples after some epochs."""
    network, pictures = make_network(max_iter, 0), {}
    for epoch in range(1, 21):
        network.partial_fit(X)
        if epoch in (5, 20):
            pictures[f"after {epoch} epochs"] = network.sample(1000, random_state=0)
    return pictures


# %%
# The conclusion and the picture.


def conclude(claim, holds):
    """Print a claim with what the numbers above say of it."""
    print(f"{'holds' if holds else 'DOES NOT HOLD HERE'}: {claim}")


def draw(path, pictures, network):
    """Draw samples, and the losses of both networks."""
    try:
        from matplotlib.figure import Figure

        from skdeep.displays import LossCurveDisplay
    except ImportError:
        print("matplotlib is not installed: no picture (pip install matplotlib)")
        return
    figure = Figure(figsize=(12, 3.2), layout="constrained")
    *axes, last = figure.subplots(1, len(pictures) + 1)
    for ax, (name, points) in zip(axes, pictures.items(), strict=True):
        ax.plot(*points.T, ".", markersize=2)
        ax.set(title=name, xlim=(-3, 3), ylim=(-3, 3), aspect="equal", xticks=[], yticks=[])
    try:
        LossCurveDisplay.from_estimator(network, ax=last)
    except ImportError:  # a matplotlib without pyplot
        last.plot(network.generator_loss_curve_)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)
    print(f"\nwrote the samples to {path}")


def main(arguments=None):
    """Train the networks, and look at their samples."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument(
        "--output", type=Path, default=Path("generated_ring.png"), help="path of the picture"
    )
    parser.add_argument("--quick", action="store_true", help="fewer networks")
    options = parser.parse_args(arguments)

    X, max_iter = make_ring(2000), 60
    print("                  components  share near one")
    n_states = 3 if options.quick else 10
    found, network = count_components(X, max_iter, n_states)
    print()
    complete = sum(number == 8 for number in found)
    conclude(f"all eight components in {complete} of {n_states}", complete >= 0.8 * n_states)
    samples = network.sample(1000, random_state=0)
    pictures = {"data": X[:1000], **follow(X, max_iter), f"after {max_iter} epochs": samples}
    draw(options.output, pictures, network)


if __name__ == "__main__":
    main()
