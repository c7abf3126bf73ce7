"""Recognise digits with a convolutional network
=============================================

What a LeNet looks at in handwritten digits, and what it is good for.

Run it with ``python examples/lenet.py``; it takes some seconds and draws lenet.png. The digits are
the 8 x 8 pixels that come with scikit-learn. ``--fashion fashion_mnist.npz``, with the arrays ``X``
of 28 x 28 pixels and ``y``, trains LeNet-5 on these images instead.

- Filters of ``Conv2D`` are small: each reads 3 x 3 pixels, and is moved over the whole image. What
  it finds, it finds anywhere, with the same few weights (LeCun, Bottou, Bengio & Haffner,
  "Gradient-based learning applied to document recognition", 1998).
- ``MaxPool2D`` keeps the strongest answer among 2 x 2 neighbours: it matters less where exactly.
- So the network knows something of images before it has seen any. A multi-layer perceptron reads
  the same 64 pixels in any order; moved by a single pixel, a digit is nearly unknown to it.

The picture shows the filters of the first layer, and what they make of some digits.
"""

import argparse
import warnings
from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split

from skdeep import NetworkClassifier
from skdeep.layers import Conv2D, Dense, Flatten, MaxPool2D


def small_lenet():
    """Return the layers of a network for images of 8 x 8 pixels."""
    return [
        Conv2D(8, kernel_size=3, padding="same"),
        MaxPool2D(2),
        Conv2D(16, kernel_size=3, padding="same"),
        MaxPool2D(2),
        Flatten(),
        Dense(32),
    ]


def lenet_5():
    """Return the layers of LeNet-5, with relu and the largest values of windows."""
    return [
        Conv2D(6, kernel_size=5, padding="same"),
        MaxPool2D(2),
        Conv2D(16, kernel_size=5),
        MaxPool2D(2),
        Flatten(),
        Dense(120),
        Dense(84),
    ]


def fit(layers, X, y, n_epochs, batch_size=32):
    """Return a network of some layers, fitted."""
    network = NetworkClassifier(
        layers,
        learning_rate="onecycle",
        learning_rate_init=0.003,
        batch_size=batch_size,
        max_iter=n_epochs,
        random_state=0,
    )
    with warnings.catch_warnings():
        # All networks are trained for the same number of epochs.
        warnings.simplefilter("ignore", ConvergenceWarning)
        return network.fit(X, y)


def moved(X, down, across):
    """Return images moved by some pixels, with zeros where they come from."""
    result, (height, width) = np.zeros_like(X), X.shape[1:]
    inside = X[:, max(0, -down) : height - down, max(0, -across) : width - across]
    top, left = max(0, down), max(0, across)
    result[:, top : top + inside.shape[1], left : left + inside.shape[2]] = inside
    return result


def mean_score(network, X, y):
    """Return the accuracy on images that are moved by a pixel to each of four sides."""
    steps = (1, 0), (-1, 0), (0, 1), (0, -1)
    return np.mean([network.score(moved(X, *step), y) for step in steps])


def feature_maps(network, X):
    """Return what the first convolution makes of images, as NumPy computes it."""
    _, layer = network.layers_[0]
    return layer.reference(X[..., np.newaxis], network.coefs_[0], network.intercepts_[0])


# %%
# The conclusion and the picture.


def conclude(claim, holds):
    """Print a claim with what the numbers above say of it."""
    print(f"{'holds' if holds else 'DOES NOT HOLD HERE'}: {claim}")


def draw(path, filters, images, maps):
    """Draw the filters of the first layer, images, and what the filters make of them.

    Parameters
    ----------
    path : Path
    filters : ndarray of shape (rows, columns, n_filters)
    images : ndarray of shape (n_images, height, width)
    maps : ndarray of shape (n_images, height, width, n_filters)
    """
    try:
        from matplotlib.figure import Figure
    except ImportError:
        print("matplotlib is not installed: no picture (pip install matplotlib)")
        return
    n_filters, n_images = filters.shape[-1], len(images)
    figure = Figure(figsize=(1.1 * (n_filters + 1), 1.15 * (n_images + 1)), layout="constrained")
    axes = figure.subplots(n_images + 1, n_filters + 1)
    for ax in axes.flat:
        ax.set_axis_off()
    axes[0, 0].text(0.5, 0.5, "filters", ha="center", va="center")
    largest = np.abs(filters).max()
    for f in range(n_filters):
        axes[0, f + 1].imshow(filters[..., f], cmap="RdBu_r", vmin=-largest, vmax=largest)
    for row, (image, found) in enumerate(zip(images, maps, strict=True), start=1):
        axes[row, 0].imshow(image, cmap="gray_r")
        for f in range(n_filters):
            axes[row, f + 1].imshow(found[..., f], cmap="viridis", vmin=0, vmax=maps.max())
    figure.suptitle("Filters of the first layer (red: positive), and their feature maps")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)
    print(f"\nwrote filters and feature maps to {path}")


def compare_on_digits(n_epochs):
    """Train a LeNet and a multi-layer perceptron on digits; return the LeNet and images."""
    X, y = load_digits(return_X_y=True)
    images = (X / 16).reshape(-1, 8, 8).astype(np.float32)
    X, new_X, y, new_y = train_test_split(images, y, test_size=500, stratify=y, random_state=0)
    networks = {
        "convolutional network": fit(small_lenet(), X, y, n_epochs),
        "multi-layer perceptron": fit([Flatten(), Dense(64), Dense(32)], X, y, n_epochs),
    }
    print(f"{len(X)} digits to train on, {len(new_X)} new ones\n")
    print(f"{'':<25}parameters   accuracy on new digits   moved by a pixel")
    scores, sizes = {}, {}
    for name, network in networks.items():
        scores[name] = network.score(new_X, new_y), mean_score(network, new_X, new_y)
        sizes[name] = sum(array.size for array in (*network.coefs_, *network.intercepts_))
        print(f"{name:<25}{sizes[name]:<13}{scores[name][0]:<25.3f}{scores[name][1]:.3f}")
    print()
    (exact, of_moved), (_, of_moved_perceptron) = scores.values()
    ours, theirs = sizes.values()
    conclude("the convolutional network recognises new digits", exact > 0.97)
    more = of_moved > of_moved_perceptron + 0.1
    conclude("moved by a pixel, it recognises many more of them", more)
    conclude("with no more weights than the perceptron", ours <= theirs)
    return networks["convolutional network"], new_X


def train_on_fashion(path, n_epochs):
    """Train LeNet-5 on images of clothes; return it, and images."""
    with np.load(path) as data:
        X, y = data["X"].reshape(-1, 28, 28).astype(np.float32) / 255, data["y"]
    network = fit(lenet_5(), X[:60000], y[:60000], n_epochs, batch_size=128)
    score = network.score(X[60000:], y[60000:])
    print(f"60,000 images to train on, accuracy on {len(X) - 60000} others: {score:.4f}\n")
    conclude("LeNet-5 recognises clothes", score > 0.895)
    return network, X[60000:]


def main(arguments=None):
    """Train networks on images, and look at the first layer."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument(
        "--output", type=Path, default=Path("lenet.png"), help="path of the picture"
    )
    parser.add_argument("--quick", action="store_true", help="fewer epochs")
    parser.add_argument("--fashion", type=Path, help="file of Fashion-MNIST, as an npz archive")
    options = parser.parse_args(arguments)
    if options.fashion:
        network, images = train_on_fashion(options.fashion, n_epochs=2 if options.quick else 10)
    else:
        network, images = compare_on_digits(n_epochs=15 if options.quick else 40)
    draw(options.output, network.coefs_[0][:, :, 0], images[:4], feature_maps(network, images[:4]))


if __name__ == "__main__":
    main()
