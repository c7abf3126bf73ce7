"""Compare ten solvers on one loss surface
=======================================

The surface is that of a single neuron with a weight and a bias.

Run it with ``python examples/optimizers.py``; it takes a few seconds and draws optimizers.png. The
neuron ``o = tanh(w x + b)`` has two parameters, so its squared error over the data can be drawn as
a map: a slope, then a long narrow valley with the minimum in the middle of it. All solvers start
from the same point, at the top of the slope, each with the learning rate that suits it best.

Watch the valley. Plain gradient descent bounces from wall to wall and hardly gets on along the
floor; momentum swings, but moves; Nesterov's momentum looks ahead and swings less. Scaling the
gradient of every weight helps little here, because the valley runs across both axes. L-BFGS and
conjugate gradients learn from the last gradients in which direction the floor runs, and are there
first, the latter after an excursion that leaves the map. But every one of their updates may compute
the gradient several times.

The valley is there because the feature has not been standardised. The last column of the table
repeats the race with a standardised feature: then the map is nearly round, and most solvers need
a fraction of their updates. On a round map momentum is a burden: it only swings.
"""

import argparse
import warnings
from pathlib import Path

import numpy as np
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.preprocessing import scale

from skdeep import MLPRegressor
from skdeep.initialisers import Constant
from skdeep.solvers import CG, LBFGS, SGD, AdaGrad, Adam, BoldDriver, RMSProp, RProp

FAMILIES = {
    "one learning rate for all weights": {
        "sgd": SGD(momentum=0.0),
        "sgd, momentum": SGD(momentum=0.9, nesterovs_momentum=False),
        "sgd, Nesterov": SGD(momentum=0.9, nesterovs_momentum=True),
    },
    "a step of its own for every weight": {
        "adagrad": AdaGrad(),
        "rmsprop": RMSProp(),
        "adam": Adam(),
        "rprop": RProp(),
    },
    "the length of every step is adapted or searched for": {
        "bold driver": BoldDriver(),
        "cg": CG(),
        "lbfgs": LBFGS(),
    },
}
COLOURS = ("tab:blue", "tab:orange", "tab:red", "tab:purple")
RATES = (0.01, 0.03, 0.1, 0.3, 1.0)
START = -1.0  # of the weight; the bias starts at 0
GOAL = 1.5  # the race is won below so many times the lowest loss


def make_data():
    """Return one feature and noisy outputs of a neuron with the weight 2 and the bias -3.

    The feature is not standardised. Its mean ties the bias to the weight, which makes the valley.
    """
    rng = np.random.default_rng(0)
    x = rng.normal(1.5, 0.7, 60)
    return x.reshape(-1, 1), np.tanh(2 * x - 3) + rng.normal(0, 0.1, 60)


def losses(weights, X, y):
    """Return the loss at points ``(w, b)``, an array whose last axis has these two."""
    outputs = np.tanh(weights[..., :1] * X.ravel() + weights[..., 1:])
    return ((y - outputs) ** 2).mean(axis=-1) / 2


def train(solver, X, y, n_updates):
    """Return a neuron after so many updates from the start; every update sees all the data."""
    neuron = MLPRegressor(
        hidden_layer_sizes=(),
        out_activation="tanh",
        weight_init=Constant(value=START),
        solver=solver,
        alpha=0.0,
        batch_size=len(X),
        shuffle=False,
        max_iter=n_updates,
        tol=1e-9,
        n_iter_no_change=np.inf,
    )
    with warnings.catch_warnings():
        # It is stopped before it has converged: that is the point here.
        warnings.simplefilter("ignore", ConvergenceWarning)
        return neuron.fit(X, y)


def finish(curve, lowest):
    """Return the updates after which a loss stays below the goal, or infinity."""
    away = np.flatnonzero(np.asarray(curve) > GOAL * lowest)
    return np.inf if away[-1] == len(curve) - 1 else away[-1] + 1


def with_best_rate(solver, X, y, n_updates, lowest):
    """Return a copy of a solver with the learning rate that wins, or else gets lowest."""
    if "learning_rate_init" not in solver.get_params():
        return clone(solver)

    def judge(candidate):
        curve = train(candidate, X, y, n_updates).loss_curve_
        return finish(curve, lowest), curve[-1]

    return min((clone(solver).set_params(learning_rate_init=rate) for rate in RATES), key=judge)


def follow(solver, X, y, n_updates):
    """Return the weight and bias after 0, 1, ..., `n_updates` updates, as many rows.

    Training from the start is the same every time, so that fits of 1, 2, 3, ... updates are the
    points of one path. A solver that has converged earlier stays where it is.
    """
    points = [(START, 0.0)]
    for k in range(1, n_updates + 1):
        neuron = train(solver, X, y, k)
        if neuron.n_iter_ < k:
            points += [points[-1]] * (n_updates + 1 - k)
            break
        points.append((neuron.coefs_[0].item(), neuron.intercepts_[0].item()))
    return np.array(points)


def race(X, y, n_updates, lowest):
    """Return by name the solvers with their best learning rates, and their paths."""
    solvers = {name: s for family in FAMILIES.values() for name, s in family.items()}
    best = {name: with_best_rate(s, X, y, n_updates, lowest) for name, s in solvers.items()}
    return best, {name: follow(solver, X, y, n_updates) for name, solver in best.items()}


def print_table(solvers, curves, round_curves, lowest):
    """Print the losses of all solvers, and when they win with the feature as it is or standardised.

    Parameters
    ----------
    solvers : dict of str to solver
    curves, round_curves : dict of str to ndarray of shape (n_updates + 1,)
        Losses after every update in either race.
    lowest : float
        The loss at the minimum, which is the same in both.
    """
    last = len(curves["sgd"]) - 1
    print(f"{'':18}best  loss after   updates until below {GOAL} times the lowest loss")
    print(f"  {'solver':<16}rate  {last} updates   {'feature as it is':>20}{'standardised':>16}")
    for name, solver in solvers.items():
        rate = solver.get_params().get("learning_rate_init", "-")
        won = [finish(c[name], lowest) for c in (curves, round_curves)]
        won = ["not yet" if np.isinf(updates) else updates for updates in won]
        print(f"  {name:<14}{rate:>6}{curves[name][-1]:>12.4f}{won[0]:>23}{won[1]:>16}")


def draw(path, paths, curves, X, y):
    """Draw a map with the paths of every family, and the loss of all solvers against updates.

    Parameters
    ----------
    path : Path
    paths : dict of str to ndarray of shape (n_updates + 1, 2)
    curves : dict of str to ndarray of shape (n_updates + 1,)
    X : ndarray of shape (n_samples, 1)
    y : ndarray of shape (n_samples,)
    """
    try:
        from matplotlib.figure import Figure
    except ImportError:
        print("matplotlib is not installed: no picture (pip install matplotlib)")
        return
    figure = Figure(figsize=(12, 9), layout="constrained")
    axes = figure.subplots(2, 2).ravel()
    weight, bias = np.linspace(-1.8, 4.2, 220), np.linspace(-4.6, 1.3, 220)
    heights = losses(np.stack(np.meshgrid(weight, bias), axis=-1), X, y)
    levels = np.geomspace(heights.min(), heights.max(), 16)
    end = np.unravel_index(heights.argmin(), heights.shape)
    for ax, (family, members) in zip(axes, FAMILIES.items(), strict=False):
        ax.contourf(weight, bias, np.log(heights), np.log(levels), cmap="Greys_r", alpha=0.5)
        ax.contour(weight, bias, heights, levels, colors="gray", linewidths=0.4)
        for name, colour in zip(members, COLOURS, strict=False):
            ax.plot(*paths[name].T, ".-", color=colour, label=name, linewidth=1.2, markersize=5)
        ax.plot(START, 0, "ko", markersize=8)
        ax.plot(weight[end[1]], bias[end[0]], "k*", markersize=13)
        ax.set(xlim=weight[[0, -1]], ylim=bias[[0, -1]], xlabel="weight", ylabel="bias")
        ax.set_title(family)
        ax.legend(loc="upper right")
    for members, style in zip(FAMILIES.values(), ("-", "--", ":"), strict=True):
        for name, colour in zip(members, COLOURS, strict=False):
            axes[-1].semilogy(curves[name], style, color=colour, label=name)
    axes[-1].set(xlabel="updates", ylabel="loss", title="loss of all solvers")
    axes[-1].legend(ncols=2)
    figure.suptitle("From the start (dot) to the minimum (star): every small dot is an update")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)
    print(f"wrote the paths to {path}")


def main(arguments=None):
    """Run the race and say who won."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument(
        "--output", type=Path, default=Path("optimizers.png"), help="path of the picture"
    )
    parser.add_argument("--quick", action="store_true", help="make fewer updates")
    options = parser.parse_args(arguments)
    n_updates = 15 if options.quick else 80

    X, y = make_data()
    lowest = train(LBFGS(), X, y, 1000).loss_gradient(X, y)[0]
    print(f"One neuron, {len(X)} samples; the lowest loss is {lowest:.4f}.")
    print(f"Every solver takes the best of the learning rates {RATES}.\n")
    solvers, paths = race(X, y, n_updates, lowest)
    curves = {name: losses(path, X, y) for name, path in paths.items()}
    standard = scale(X)
    _, round_paths = race(standard, y, n_updates, lowest)
    round_curves = {name: losses(path, standard, y) for name, path in round_paths.items()}
    print_table(solvers, curves, round_curves, lowest)
    draw(options.output, paths, curves, X, y)


if __name__ == "__main__":
    main()
