"""Approximate a function with one hidden layer
============================================

One hidden layer approximates a continuous function on an interval as closely as one likes, if it is
wide enough: networks that are built, and networks that are trained.

Run it with ``python examples/universal_approximation.py``; it takes some seconds and draws
universal_approximation.png. Cybenko (1989) and Hornik, Stinchcombe & White (1989) proved that wide
enough networks exist; training has to find them.

- A layer of ReLU units is a line with a kink for every unit. So one can be written down that agrees
  with the function at evenly spaced points and is straight in between (``from_weights``): as soon
  as the pieces are short, twice as many units make a quarter of the error.
- A trained network may put its kinks where they help most, and with four units it is better than
  the one that was built. With many, training gets stuck before it finds what could be written down,
  even from several starts of which the best is kept.
- Smooth units (tanh) suit a smooth function: at the same widths they come closer to it.
- The theorem speaks of an interval. Outside of it nothing was learned.

Look at the largest errors by the width, and at the curves beyond the dotted lines.
"""

import argparse
import warnings
from pathlib import Path

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from skdeep import MLPRegressor

LOW, HIGH = -1.5, 1.5
GRID = np.linspace(LOW, HIGH, 3001)
BEYOND = np.linspace(LOW - 1, HIGH + 1, 500)


def wiggle(x):
    """Return the function: waves that become shorter to the right."""
    return np.sin(2 * (x - LOW) ** 2)


# %%
# A network by construction. The function is followed by straight lines between evenly spaced knots;
# at each knot one ReLU unit begins, whose weight is the change of the slope.


def build(width):
    """Return a network with one unit for every piece of a polygon through the function."""
    knots = np.linspace(LOW, HIGH, width + 1)
    slopes = np.diff(wiggle(knots)) / np.diff(knots)
    changes = np.diff(slopes, prepend=0.0)
    coefs = [np.ones((1, width)), changes.reshape(-1, 1)]
    return MLPRegressor.from_weights(coefs, [-knots[:-1], [wiggle(LOW)]], activation="relu")


# %%
# Networks by training, on samples without noise: what is left is the error of the approximation.


def train(width, activation, max_iter):
    """Return a network fitted to the function, the best of four starts."""
    x = np.linspace(LOW, HIGH, 300)
    network = MLPRegressor(
        hidden_layer_sizes=(width,),
        activation=activation,
        solver="lbfgs",
        alpha=0.0,
        max_iter=max_iter,
        max_fun=10_000,
        tol=1e-9,
        n_restarts=4,
        n_threads=1,  # for so small a network
        random_state=0,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # it could always go on
        return network.fit(x.reshape(-1, 1), wiggle(x))


def largest_error(network, x=GRID):
    """Return the largest distance from the function, by default on the interval."""
    return np.abs(network.predict(x.reshape(-1, 1)) - wiggle(x)).max()


def compare(widths, max_iter):
    """Build and train networks of all widths; print and return them with their errors."""
    print(f"largest error     {'':<8}" + "".join(f"{width:>9}" for width in widths) + "  units")
    networks, errors = {}, {}
    for name in ("relu, built", "relu, trained", "tanh, trained"):
        activation, how = name.split(", ")
        networks[name] = [
            build(width) if how == "built" else train(width, activation, max_iter)
            for width in widths
        ]
        errors[name] = [largest_error(network) for network in networks[name]]
        print(f"{name:<26}" + "".join(f"{error:>9.4f}" for error in errors[name]))
    return networks, errors


# %%
# The conclusion and the picture.


def conclude(claim, holds):
    """Print a claim with what the numbers above say of it."""
    print(f"{'holds' if holds else 'DOES NOT HOLD HERE'}: {claim}")


def draw(path, widths, networks, errors):
    """Draw the errors over the width, and some of the curves."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        print("matplotlib is not installed: no picture (pip install matplotlib)")
        return
    figure = Figure(figsize=(14, 4.4), layout="constrained")
    *panels, last = figure.subplots(1, 3)
    for ax, name in zip(panels, ("relu, built", "tanh, trained"), strict=True):
        ax.plot(BEYOND, wiggle(BEYOND), color="silver", linewidth=5, label="function")
        for place in (1, 3):
            curve = networks[name][place].predict(BEYOND.reshape(-1, 1))
            ax.plot(BEYOND, curve, label=f"{widths[place]} units")
        for end in (LOW, HIGH):
            ax.axvline(end, color="black", linestyle=":")
        ax.set(title=name, xlabel="x", ylim=(-3, 3))
        ax.legend(loc="lower left")
    for name, values in errors.items():
        last.plot(widths, values, "o-", label=name)
    last.set_xscale("log", base=2)
    last.set(title="largest error on the interval", xlabel="hidden units", yscale="log")
    last.legend()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)
    print(f"\nwrote the curves to {path}")


def main(arguments=None):
    """Widen networks, and look how near they come."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument(
        "--output", type=Path, default=Path("universal_approximation.png"), help="of the picture"
    )
    parser.add_argument("--quick", action="store_true", help="fewer widths, less training")
    options = parser.parse_args(arguments)
    widths = (4, 8, 16, 32) if options.quick else (4, 8, 16, 32, 64)

    networks, errors = compare(widths, max_iter=300 if options.quick else 1000)
    built, relu, tanh = errors.values()
    outside = largest_error(networks["tanh, trained"][3], BEYOND)
    print(f"tanh, {widths[3]} units, with one more to either side of the interval: {outside:.2f}\n")
    conclude("built: at the end twice the width makes a quarter", 3.3 < built[-2] / built[-1] < 4.7)
    conclude("with four units, trained kinks beat evenly spaced ones", relu[0] < built[0])
    conclude("with many, training does not find what can be built", relu[-1] > built[-1])
    smooth = np.mean(tanh) < 0.75 * np.mean(relu)
    conclude("trained tanh units come closer than trained ReLU units, on average", smooth)
    conclude("outside of the interval nothing was learned", outside > 5 * tanh[3])
    draw(options.output, widths, networks, errors)


if __name__ == "__main__":
    main()
