"""Compress and denoise images with autoencoders
=============================================

What an autoencoder learns depends on what keeps it from passing on its inputs: a narrow code, noise
on what it reads, or a penalty on units that are active.

Run it with ``python examples/autoencoders.py``; it takes some seconds and draws autoencoders.png.

- A code of eight numbers, beside the eight principal components: the best linear code.
- Digits with noise, reconstructed by an autoencoder that was trained on digits as they are, and by
  one that was trained with ``input_noise``.
- A code wider than the digits, with ``sparsity="kl"`` and without.

Look at the errors on digits that were not trained on, and at the reconstructions.
"""

import argparse
import warnings
from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split

from skdeep import Autoencoder
from skdeep.layers import Dense

NOISE = 0.3


def fit(X, layers, max_iter, **parameters):
    """Return an autoencoder that uses all of its epochs."""
    options = {"max_iter": max_iter, "n_iter_no_change": max_iter, "random_state": 0}
    autoencoder = Autoencoder(layers, learning_rate_init=0.005, **options, **parameters)
    return autoencoder.fit(X)


def error(found, X):
    """Return the mean squared difference."""
    return float(np.mean((found - X) ** 2))


# %%
# A narrow code. Principal components are a linear encoder and decoder; layers between the code and
# the features make curved ones.


def compare_codes(X_train, X_test, max_iter):
    """Print the errors of two codes of eight numbers, and return them."""
    linear = PCA(8).fit(X_train)
    curved = fit(X_train, [Dense(64), Dense(8, "identity")], max_iter)
    errors = {}
    for name, model in (("principal components", linear), ("autoencoder", curved)):
        errors[name] = error(model.inverse_transform(model.transform(X_test)), X_test)
        print(f"{name:<24}{errors[name]:.4f}")
    return errors


# %%
# Noise. Both networks are alike, and read the same noisy digits; only one of them has seen noise
# before. What it was to give were the digits without.


def remove_noise(X_train, X_test, max_iter):
    """Print errors on noisy digits, and return them with the pictures."""
    noisy = X_test + np.random.default_rng(0).normal(0, NOISE, X_test.shape)
    pictures, errors = {"digits": X_test, "with noise": noisy}, {"with noise": error(noisy, X_test)}
    layers = [Dense(128), Dense(24, "identity")]
    for name, noise in (("trained without", 0.0), ("trained with noise", NOISE)):
        pictures[name] = fit(X_train, layers, max_iter, input_noise=noise).reconstruct(noisy)
        errors[name] = error(pictures[name], X_test)
    for name, value in errors.items():
        print(f"{name:<24}{value:.4f}")
    return errors, pictures


# %%
# A wide code. The penalty asks that a unit be active for one digit in twenty, on the average.


def count_active_units(X_train, X_test, max_iter):
    """Print and return the shares of active units, and return the sparse autoencoder."""
    shares = {}
    for name, parameters in (
        ("no penalty", {}),
        ("sparse", {"sparsity": "kl", "sparsity_weight": 0.3, "sparsity_target": 0.05}),
    ):
        model = fit(X_train, [Dense(100, "logistic")], max_iter, **parameters)
        shares[name] = float(np.mean(model.transform(X_test) > 0.1))
        rest = error(model.reconstruct(X_test), X_test)
        print(f"{name:<24}{shares[name]:<12.3f}{rest:.4f}")
    return shares, model


# %%
# The conclusion and the picture.


def conclude(claim, holds):
    """Print a claim with what the numbers above say of it."""
    print(f"{'holds' if holds else 'DOES NOT HOLD HERE'}: {claim}")


def draw(path, pictures, sparse):
    """Draw digits and their reconstructions, and the weights into units of the sparse code."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        print("matplotlib is not installed: no picture (pip install matplotlib)")
        return
    strongest = np.argsort(-np.abs(sparse.coefs_[0]).sum(axis=0))
    rows = {**pictures, "units of the code": sparse.coefs_[0].T[strongest]}
    figure = Figure(figsize=(9, 5.2), layout="constrained")
    axes = figure.subplots(len(rows), 10)
    for line, (name, images) in zip(axes, rows.items(), strict=True):
        for ax, image in zip(line, images, strict=False):
            limits = {} if name == "units of the code" else {"vmin": 0, "vmax": 1}
            ax.imshow(image.reshape(8, 8), cmap="gray_r", **limits)
            ax.set(xticks=[], yticks=[])
        line[0].set_ylabel(name, rotation=0, ha="right", va="center")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)
    print(f"\nwrote the digits to {path}")


def main(arguments=None):
    """Train the autoencoders, and compare them."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument(
        "--output", type=Path, default=Path("autoencoders.png"), help="path of the picture"
    )
    parser.add_argument("--quick", action="store_true", help="less training")
    options = parser.parse_args(arguments)
    max_iter = 60 if options.quick else 300
    warnings.simplefilter("ignore", ConvergenceWarning)  # all epochs are used

    X = load_digits().data / 16
    X_train, X_test = train_test_split(X, random_state=0)
    print("a code of 8 numbers     error")
    codes = compare_codes(X_train, X_test, max_iter)
    print("\ndigits with noise       error")
    errors, pictures = remove_noise(X_train, X_test, max_iter)
    print("\na code of 100 numbers   active      error")
    shares, sparse = count_active_units(X_train, X_test, max_iter)
    print()
    conclude(
        "a curved code is better than principal components",
        codes["autoencoder"] < codes["principal components"],
    )
    conclude(
        "training with noise removes noise",
        errors["trained with noise"] < 0.6 * errors["trained without"],
    )
    conclude("the penalty leaves few units active", shares["sparse"] < 0.3 * shares["no penalty"])
    draw(options.output, pictures, sparse)


if __name__ == "__main__":
    main()
