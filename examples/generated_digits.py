"""Generate digits of a given class with an adversarial network
============================================================

A conditional generative adversarial network learns to generate digits of 8 x 8 pixels. Its
generator and its discriminator read the class of a digit beside random numbers or pixels, so that
``sample(n, y=3)`` gives threes.

Run it with ``python examples/generated_digits.py``; it takes half a minute and draws
generated_digits.png.

- A classifier that was fitted to real digits says of generated ones which they are: the share that
  is of the class asked for.
- The same share for digits that were held out, which the classifier cannot pass by much.
- The standard deviation of the pixels of a class, beside that of real digits: a generator that has
  learned one picture of each class by heart would have none.

Look at the rows of the picture: no two digits of a class are alike.
"""

import argparse
from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.svm import SVC

from skdeep import GenerativeAdversarialNetwork
from skdeep.layers import Dense


def fit(X, y, max_iter):
    """Return a network that generates digits by class."""
    discriminator = [Dense(128, "leaky_relu", dropout=0.3), Dense(128, "leaky_relu", dropout=0.3)]
    network = GenerativeAdversarialNetwork(
        [Dense(128), Dense(128)],
        discriminator,
        out_activation="logistic",
        label_smoothing=0.1,
        max_iter=max_iter,
        random_state=0,
    )
    return network.fit(X, y)


# %%
# The judge is a classifier that has never seen a generated digit.


def judge(network, X_train, X_test, y_train, y_test):
    """Print and return how many digits are of the class asked for, and how much they vary."""
    classifier = SVC(C=10).fit(X_train, y_train)
    asked = np.repeat(np.arange(10), 100)
    generated = network.sample(len(asked), asked, random_state=0)
    shares, spreads = {}, {}
    for name, X, y in (("digits", X_test, y_test), ("generated", generated, asked)):
        shares[name] = float(np.mean(classifier.predict(X) == y))
        spreads[name] = float(np.mean([X[y == k].std(axis=0).mean() for k in range(10)]))
        print(f"{name:<16}{shares[name]:<16.3f}{spreads[name]:.3f}")
    return shares, spreads


# %%
# The conclusion and the picture.


def conclude(claim, holds):
    """Print a claim with what the numbers above say of it."""
    print(f"{'holds' if holds else 'DOES NOT HOLD HERE'}: {claim}")


def draw(path, network):
    """Draw a row of generated digits for each class."""
    try:
        from skdeep.displays import SampleGridDisplay

        display = SampleGridDisplay.from_estimator(network, n_columns=15, random_state=0)
    except ImportError:
        print("matplotlib is not installed: no picture (pip install matplotlib)")
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    display.figure_.savefig(path, dpi=110)
    print(f"\nwrote the digits to {path}")


def main(arguments=None):
    """Train the network, and judge its digits."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument(
        "--output", type=Path, default=Path("generated_digits.png"), help="path of the picture"
    )
    parser.add_argument("--quick", action="store_true", help="less training")
    options = parser.parse_args(arguments)

    X, y = load_digits(return_X_y=True)
    X = (X / 16).astype(np.float32)
    X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
    network = fit(X_train, y_train, 80 if options.quick else 300)
    print("                of their class  deviation of pixels")
    shares, spreads = judge(network, X_train, X_test, y_train, y_test)
    print()
    conclude("four in five generated digits are of the class asked for", shares["generated"] >= 0.8)
    conclude(
        "generated digits vary at least half as much as digits",
        spreads["generated"] >= 0.5 * spreads["digits"],
    )
    draw(options.output, network)


if __name__ == "__main__":
    main()
