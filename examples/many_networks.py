"""Search over 200 networks in threads or on a GPU
===============================================

An unmodified grid search in threads; on a GPU, the fits that wait are trained by one launch.

Run it with ``python examples/many_networks.py``; it takes some seconds and draws
many_networks.png. ``device="auto"`` takes an NVIDIA GPU where there is one (with
``pip install ".[cuda]"``), and the processor elsewhere, with the same numbers up to rounding.

- The candidates differ in depth, width, learning rate and weight decay, and each is trained on
  every fold: on a GPU, all of that goes into one launch, as only activation, loss, solver and
  penalty are compiled.
- Threads are all it takes: ``joblib.parallel_config("threading")``, and as many jobs as fits that
  should wait together. On a processor, as many as it has cores would do.

Look at the accuracies over learning rates and weight decays: the best rates are the same for all
weight decays but the strongest, so that the two could have been searched one after the other.
"""

import argparse
import warnings
from pathlib import Path
from time import perf_counter

import joblib
import numpy as np
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV

from skdeep import MLPClassifier

SIZES = [(16,), (32,), (64,), (32, 32)]
RATES = np.geomspace(1e-4, 3.0, 10)
DECAYS = [1e-5, 1e-3, 0.1, 1.0, 30.0]
FOLDS = 2
#: Fits that wait for a launch together.
N_JOBS = 64


def search(max_iter):
    """Return the fitted search, and the seconds that it took."""
    X, y = load_digits(return_X_y=True)
    network = MLPClassifier(
        batch_size=64,
        max_iter=max_iter,
        tol=0.0,
        n_iter_no_change=max_iter,
        random_state=0,
        device="auto",
        n_threads=1,
    )
    grid = {"hidden_layer_sizes": SIZES, "learning_rate_init": RATES, "alpha": DECAYS}
    found = GridSearchCV(network, grid, cv=FOLDS, n_jobs=N_JOBS, error_score=0.0)
    start = perf_counter()
    with joblib.parallel_config("threading"):
        found.fit(X[:600] / 16, y[:600])
    return found, perf_counter() - start


def accuracies(found):
    """Return the accuracy of every size, weight decay and learning rate."""
    scores = np.zeros((len(SIZES), len(DECAYS), len(RATES)))
    results = found.cv_results_
    for candidate, score in zip(results["params"], results["mean_test_score"], strict=True):
        size, decay = SIZES.index(candidate["hidden_layer_sizes"]), DECAYS.index(candidate["alpha"])
        rate = np.argmin(abs(RATES - candidate["learning_rate_init"]))
        scores[size, decay, rate] = score
    return scores


def report(found, scores, seconds):
    """Print what came out, and whether it bears out what is claimed."""
    n_fits = FOLDS * len(found.cv_results_["params"])
    print(f"{n_fits} fits of {n_fits // FOLDS} candidates in {seconds:.1f} s")
    print(f"best: {found.best_params_}, accuracy {found.best_score_:.3f}\n")
    print("size       best rate   accuracy")
    for size, table in zip(SIZES, scores, strict=True):
        decay, rate = np.unravel_index(table.argmax(), table.shape)
        print(f"{size!s:<11}{RATES[rate]:<12.2g}{table[decay, rate]:.3f}")
    best = scores.max(axis=0)
    rates = best.argmax(axis=1)
    claims = {
        "every candidate was trained": n_fits == FOLDS * 200,
        "the best rate is neither the smallest nor the largest": 0 < rates[0] < len(RATES) - 1,
        "with too large a rate, nothing is learned": best[0, -1] < 0.5,
        "weak weight decays share a best rate, or nearly": np.ptp(rates[:3]) <= 1,
        "the strongest weight decay is too strong": best[-1].max() < best[0].max() - 0.02,
    }
    print()
    for claim, holds in claims.items():
        print(f"{'holds' if holds else 'DOES NOT HOLD HERE'}: {claim}")


def draw(scores, path):
    """Draw the accuracies over rates and weight decays, a panel for each size."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        print("matplotlib is not installed: no picture (pip install matplotlib)")
        return
    figure = Figure(figsize=(12, 3), layout="constrained")
    axes = figure.subplots(1, len(SIZES), sharey=True)
    for ax, size, table in zip(axes, SIZES, scores, strict=True):
        image = ax.imshow(table, vmin=0, vmax=1, aspect="auto", origin="lower")
        ax.set_title(f"hidden layers {size}")
        ax.set_xticks(range(len(RATES))[::3], [f"{rate:.1g}" for rate in RATES[::3]])
        ax.set_yticks(range(len(DECAYS)), [f"{decay:g}" for decay in DECAYS])
        ax.set_xlabel("learning rate")
    axes[0].set_ylabel("weight decay (alpha)")
    figure.colorbar(image, ax=axes, label="accuracy")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=120)
    print(f"\nwrote the accuracies to {path}")


def main(arguments=None):
    """Search over 200 networks."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument(
        "--output", type=Path, default=Path("many_networks.png"), help="path of the picture"
    )
    parser.add_argument("--quick", action="store_true", help="fewer epochs")
    options = parser.parse_args(arguments)
    warnings.simplefilter("ignore", ConvergenceWarning)  # the epochs are given
    found, seconds = search(max_iter=8 if options.quick else 15)
    scores = accuracies(found)
    report(found, scores, seconds)
    draw(scores, options.output)


if __name__ == "__main__":
    main()
