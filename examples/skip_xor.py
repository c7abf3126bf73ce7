"""Solve XOR with one hidden neuron and skip connections
=====================================================

It suffices in a network whose output sees the inputs as well.

Run it with ``python examples/skip_xor.py``; it takes some seconds and draws skip_xor.png. Four
clouds of points lie around the corners of a square, and the two classes share its diagonals.

- In layers, one hidden neuron is not enough: the output sees nothing but one line's answer.
- Let the output read the two inputs, too, and the same neuron suffices. This is the oldest of skip
  connections (Rumelhart, Hinton & Williams, "Learning internal representations by error
  propagation", 1986). Here it is a layer of class ``NeuronGraph``, made of a dict that says what
  every neuron reads; ``MLPClassifier(skip_connections=True)`` makes the same network.
- The neuron becomes AND or NOR, or the opposite of one of them: at that corner its weight overrules
  what the inputs themselves say.

Look at the regions on the left and in the middle, and at what the only hidden neuron says on the
right.
"""

import argparse
from pathlib import Path

import numpy as np

from skdeep import NetworkClassifier
from skdeep.layers import Dense, NeuronGraph

CORNERS = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
GRAPH = {"neuron": [0, 1], "outputs": ["neuron", 0, 1]}


def make_points(per_corner, seed=0):
    """Return points around the corners of a square, and the class of each.

    Parameters
    ----------
    per_corner : int
    seed : int, default=0

    Returns
    -------
    X : ndarray of shape (4 * per_corner, 2)
    y : ndarray of shape (4 * per_corner,)
        The exclusive or of the corner's coordinates.
    """
    corners = np.repeat(CORNERS, per_corner, axis=0)
    noise = np.random.RandomState(seed).normal(scale=0.09, size=corners.shape)
    return corners + noise, corners[:, 0] ^ corners[:, 1]


def make_network(layer):
    """Return the best of ten small networks with one layer."""
    return NetworkClassifier(
        [layer], solver="lbfgs", alpha=1e-3, max_iter=2000, n_restarts=10, random_state=0
    )


def hidden_neuron(network, X):
    """Return what the only hidden neuron of a network says."""
    a = X @ network.coefs_[0][:, 0] + network.intercepts_[0]
    return 1 / (1 + np.exp(-a))


def draw(path, X, y, layers, skips):
    """Draw the regions of both networks, and what the hidden neuron says."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        print("matplotlib is not installed: no picture (pip install matplotlib)")
        return
    figure = Figure(figsize=(14, 4.4), layout="constrained")
    ends = np.linspace(X.min() - 0.25, X.max() + 0.25, 150)
    plane = np.stack(np.meshgrid(ends, ends), axis=-1).reshape(-1, 2)
    shown = {
        f"in layers: {layers.score(X, y):.0%} right": layers.predict_proba(plane)[:, 1],
        f"with skips: {skips.score(X, y):.0%} right": skips.predict_proba(plane)[:, 1],
        "what the hidden neuron says": hidden_neuron(skips, plane),
    }
    for ax, (title, values) in zip(figure.subplots(1, 3), shown.items(), strict=True):
        values = values.reshape(len(ends), len(ends))
        ax.contourf(ends, ends, values, levels=np.linspace(0, 1, 11), cmap="RdBu", alpha=0.6)
        ax.contour(ends, ends, values, levels=[0.5], colors="black", linestyles="dashed")
        ax.scatter(*X.T, c=np.where(y, "navy", "darkred"), s=12)
        ax.set(title=title, xlabel="a", ylabel="b", aspect="equal")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)
    print(f"\nwrote the regions to {path}")


def main(arguments=None):
    """Fit one hidden neuron with and without skip connections."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument(
        "--output", type=Path, default=Path("skip_xor.png"), help="path of the picture"
    )
    parser.add_argument("--quick", action="store_true", help="fewer points")
    options = parser.parse_args(arguments)
    X, y = make_points(20 if options.quick else 60)
    layers = make_network(Dense(1, "logistic")).fit(X, y)
    skips = make_network(NeuronGraph(GRAPH, "logistic")).fit(X, y)

    print(f"{len(X)} points around the four corners of XOR, one hidden neuron; share right:")
    print(f"in layers                {layers.score(X, y):.3f}")
    print(f"the output sees a and b  {skips.score(X, y):.3f}")

    (w_neuron, w_a, w_b), bias = skips.coefs_[1][:, 0], skips.intercepts_[1][0]
    print(f"\noutput = logistic({w_a:.1f} a + {w_b:.1f} b + {w_neuron:.1f} neuron + {bias:.1f})")
    print("\ncorner    neuron   output    true")
    neuron = hidden_neuron(skips, CORNERS)
    outputs = skips.predict_proba(CORNERS)[:, 1]
    for corner, inner, output in zip(CORNERS, neuron, outputs, strict=True):
        truth = corner[0] ^ corner[1]
        print(f"({corner[0]}, {corner[1]})    {inner:6.3f}   {output:6.3f}  {truth:6}")
    draw(options.output, X, y, layers, skips)


if __name__ == "__main__":
    main()
