"""Choose a learning rate and a schedule
=====================================

The four regimes of gradient descent on a bowl, measured against theory; and schedules.

Run it with ``python examples/learning_rates.py``; it takes a few seconds and draws
learning_rates.png. The network has no hidden layer, so its squared error is a quadratic bowl. A
step of gradient descent multiplies the distance from the bottom, along an eigenvector of the
Hessian with the eigenvalue L, by ``1 - rate * L``. For the steepest direction, that of the largest
eigenvalue, this gives the guideline

- ``rate < 1 / L``: slow, and the slower the smaller;
- ``rate = 1 / L``: the best rate, a single step reaches the minimum along this direction;
- ``1 / L < rate < 2 / L``: it jumps over the minimum and back, but gets closer;
- ``rate > 2 / L``: every jump ends farther away, until the estimator gives up with a ValueError.

Compare the measured factors with the theory. Then look at the loss: once the steepest direction is
done, the flat ones remain, for which even the largest stable rate is small.

The second part trains by mini-batches, with momentum. Every mini-batch has a gradient of its own,
so that at a constant rate the loss stays well above its minimum for ever. Schedules that end near 0
remove this noise. A warm-up matters only at the beginning: this bowl has no bad start to avoid.
"""

import argparse
from pathlib import Path

import numpy as np
from sklearn.datasets import load_diabetes
from sklearn.preprocessing import scale

from skdeep import MLPRegressor
from skdeep.schedules import Constant, Cosine, Linear, OneCycle, WarmUp
from skdeep.solvers import SGD

REGIMES = {  # in units of 1 / L
    0.1: "too small",
    1.0: "right",
    1.9: "too large",
    2.1: "far too large",
}
SCHEDULES = {
    "constant": Constant(),
    "warm-up, constant": WarmUp("constant", share=0.2),
    "linear": Linear(),
    "cosine": Cosine(),
    "one cycle": OneCycle(),
    "warm-up, cosine": WarmUp("cosine", share=0.2),
}


class Bowl:
    """The mean squared error of a linear model, halved, as a function of its parameters.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
    y : ndarray of shape (n_samples,)

    Attributes
    ----------
    largest, smallest : float
        Eigenvalues of the Hessian.
    steepest : ndarray of shape (n_features + 1,)
        Eigenvector of the largest eigenvalue.
    minimum : ndarray of shape (n_features + 1,)
        The best weights, and the best bias.
    lowest : float
        The loss at the minimum.
    """

    def __init__(self, X, y):
        self.X, self.y = X, y
        design = np.column_stack([X, np.ones(len(X))])  # the last parameter is the bias
        values, vectors = np.linalg.eigh(design.T @ design / len(X))
        self.smallest, self.largest, self.steepest = values[0], values[-1], vectors[:, -1]
        self.minimum = np.linalg.lstsq(design, y, rcond=None)[0]
        self.lowest = ((y - design @ self.minimum) ** 2).mean() / 2

    def distance(self, model):
        """Return how far a model is from the minimum along the steepest direction, with a sign."""
        parameters = np.append(model.coefs_[0], model.intercepts_[0])
        return self.steepest @ (parameters - self.minimum)

    def excess(self, model):
        """Return how far the loss of a model is above the minimum."""
        return model.loss_gradient(self.X, self.y)[0] - self.lowest


def make_model(rate, **parameters):
    """Return a linear model to be trained by gradient descent from weights of 0."""
    settings = {
        "solver": SGD(learning_rate_init=rate, momentum=0.0),
        "hidden_layer_sizes": (),
        "weight_init": "zeros",
        "alpha": 0.0,
        "tol": 0.0,
        "n_iter_no_change": np.inf,
    }
    return MLPRegressor(**{**settings, **parameters})


def descend(bowl, rate, n_updates):
    """Return the distances along the steepest direction and the excess losses on the way.

    Parameters
    ----------
    bowl : Bowl
    rate : float
    n_updates : int
        Every update sees all the data.

    Returns
    -------
    distances, excesses : ndarray of shape (n_updates + 1,)
        At the start, where all parameters are 0, and after every update.
    """
    model = make_model(rate, batch_size=len(bowl.X), shuffle=False)
    distances = [-bowl.steepest @ bowl.minimum]
    excesses = [(bowl.y**2).mean() / 2 - bowl.lowest]
    for _ in range(n_updates):
        model.partial_fit(bowl.X, bowl.y)
        distances.append(bowl.distance(model))
        excesses.append(bowl.excess(model))
    return np.array(distances), np.array(excesses)


def fit_until_it_fails(bowl, rate):
    """Return what the estimator says of a rate that is far too large."""
    model = make_model(rate, batch_size=len(bowl.X), shuffle=False, max_iter=100_000)
    try:
        model.fit(bowl.X, bowl.y)
    except ValueError as error:
        return f"ValueError: {error}"
    return "nothing: it has not diverged"


def anneal(bowl, rate, schedule, n_epochs, seed):
    """Return the excess loss after every epoch of mini-batches with momentum."""
    model = make_model(
        rate,
        solver=SGD(learning_rate_init=rate, momentum=0.9),
        learning_rate=schedule,
        batch_size=32,
        max_iter=n_epochs,  # the schedule is stretched over so many epochs
        random_state=np.random.RandomState(seed),
    )
    excesses = []
    for _ in range(n_epochs):
        model.partial_fit(bowl.X, bowl.y)
        excesses.append(bowl.excess(model))
    return np.array(excesses)


def compare_regimes(bowl, n_updates):
    """Descend with the rates of all regimes, print what happens, and return the paths by regime."""
    best = 1 / bowl.largest
    print(f"{'regime':<14}  rate   factor per update    updates until the excess loss")
    print(f"{'':<14}         theory  measured    is 1% of that at the start")
    paths = {}
    for share, regime in REGIMES.items():
        distances, excesses = paths[share] = descend(bowl, share * best, n_updates)
        measured = distances[1] / distances[0]
        done = np.flatnonzero(excesses <= 0.01 * excesses[0])
        done = done[0] if len(done) else "never" if share > 2 else f"more than {n_updates}"
        print(f"{regime:<14}{share * best:6.3f}{1 - share:+8.2f}{measured:+10.2f}{done:>16}")
    return paths


def compare_schedules(bowl, rate, n_epochs, seeds):
    """Train with all schedules, print where it ends, and return the curves by schedule."""
    print(f"{'schedule':<20}excess loss after {n_epochs // 10} epochs   after {n_epochs} epochs")
    curves = {}
    for name, schedule in SCHEDULES.items():
        runs = [anneal(bowl, rate, schedule, n_epochs, seed) for seed in seeds]
        curve = curves[name] = np.exp(np.mean(np.log(runs), axis=0))
        print(f"{name:<20}{curve[n_epochs // 10 - 1]:>20.1e}{curve[-1]:>20.1e}")
    return curves


def draw(path, paths, curves):
    """Draw the regimes above, and the schedules with their losses below.

    Parameters
    ----------
    path : Path
    paths : dict of float to pair of ndarray of shape (n_updates + 1,)
        Distances and excess losses by regime.
    curves : dict of str to ndarray of shape (n_epochs,)
        Excess losses by schedule.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError:
        print("matplotlib is not installed: no picture (pip install matplotlib)")
        return
    figure = Figure(figsize=(12, 8), layout="constrained")
    (way, loss), (rates, annealed) = figure.subplots(2, 2)
    way.axhline(0, color="gray", linewidth=0.8)
    for share, (distances, excesses) in paths.items():
        updates, label = np.arange(len(distances)), f"{share:g} / L: {REGIMES[share]}"
        theory = distances[0] * (1 - share) ** updates
        (line,) = way.plot(updates[:26], theory[:26], linewidth=1)
        way.plot(updates[:26], distances[:26], "o", color=line.get_color(), markersize=4)
        loss.semilogy(updates, excesses, color=line.get_color(), label=label)
    start, end = abs(distances[0]), min(curve.min() for _, curve in paths.values())
    way.set(ylim=(-3 * start, 3 * start), xlabel="updates", ylabel="distance from the minimum")
    way.set_title("along the steepest direction (lines: theory, dots: measured)")
    loss.set(ylim=(end / 2, 30), xlabel="updates", ylabel="loss above its minimum")
    loss.set_title("four learning rates, L the largest eigenvalue")
    loss.legend(loc="upper right")
    progress = np.linspace(0, 1, 400)
    for (name, curve), style in zip(curves.items(), ("-", "--") * len(curves), strict=False):
        rates.plot(progress, SCHEDULES[name](progress), style, label=name)
        annealed.semilogy(np.arange(1, len(curve) + 1), curve, style, label=name)
    rates.set(
        xlabel="share of training", ylabel="share of the rate", title="mini-batches: schedules"
    )
    rates.legend(loc="upper right", bbox_to_anchor=(1, 0.97))
    annealed.set(
        xlabel="epochs",
        ylabel="loss above its minimum",
        title="mini-batches: the loss that follows",
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)
    print(f"\nwrote the curves to {path}")


def main(arguments=None):
    """Compare four learning rates with the theory, and schedules with each other."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument(
        "--output", type=Path, default=Path("learning_rates.png"), help="path of the picture"
    )
    parser.add_argument("--quick", action="store_true", help="train less")
    options = parser.parse_args(arguments)
    n_updates, n_epochs, n_seeds = (30, 20, 1) if options.quick else (100, 50, 5)

    X, y = load_diabetes(return_X_y=True)
    bowl = Bowl(scale(X), scale(y))
    best = 1 / bowl.largest
    print(
        f"Diabetes, {len(X)} patients: the eigenvalues of the Hessian go from {bowl.smallest:.4f}"
    )
    print(f"to L = {bowl.largest:.3f}. The best rate is 1/L = {best:.3f}, the largest stable rate")
    print(f"2/L = {2 * best:.3f}.\n")
    paths = compare_regimes(bowl, n_updates)
    excess = paths[2.1][1][-1]
    print(f"After {n_updates} updates the last one is {excess:.1e} above the minimum; in the end,")
    print(fit_until_it_fails(bowl, 2.1 * best))
    rate = 0.5 * best
    print(
        f"\nMini-batches of 32, momentum 0.9, rate {rate:.3f}; means of {n_seeds} random order(s):"
    )
    curves = compare_schedules(bowl, rate, n_epochs, range(n_seeds))
    gain = curves["constant"][-1] / curves["cosine"][-1]
    print(f"\nThe cosine ends {gain:.0f} times closer to the minimum than the constant rate.")
    draw(options.output, paths, curves)


if __name__ == "__main__":
    main()
