"""A grid search with one import swapped
=====================================

The same search over neural networks: scikit-learn's, then skdeep's.

Run it with ``python examples/quickstart.py``; it takes well under a minute. Both libraries search
the same grid on the handwritten digits that come with scikit-learn. They start from the same
random numbers and should find the same scores; what differs is the time.
"""

import argparse
import os
import time
from importlib import import_module
from pathlib import Path

import numpy as np
import sklearn.neural_network
from joblib import Parallel, delayed
from sklearn.datasets import load_digits
from sklearn.model_selection import GridSearchCV, cross_val_score, train_test_split
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

import skdeep

GRID = {
    "mlp__hidden_layer_sizes": [(64,), (128,), (128, 64)],
    "mlp__alpha": [1e-4, 1e-2, 1.0],
}
N_JOBS = min(4, os.cpu_count() or 1)


def make_pipeline(mlp_class):
    """Return scaling and a network; `mlp_class` is scikit-learn's or skdeep's MLPClassifier.

    500 epochs are enough for every network of the grid to converge. Nothing is silenced: should a
    fit stop before it has converged, its ConvergenceWarning is shown.
    """
    mlp = mlp_class(learning_rate_init=0.003, max_iter=500, random_state=0)
    return Pipeline([("scale", StandardScaler()), ("mlp", mlp)])


def timed(function, *args, **kwargs):
    """Call a function; return its result and the seconds it took."""
    start = time.perf_counter()
    result = function(*args, **kwargs)
    return result, time.perf_counter() - start


def start_workers():
    """Start the processes that both searches share, so that neither pays for them."""
    Parallel(n_jobs=N_JOBS)(delayed(import_module)("skdeep") for _ in range(N_JOBS))


def first_fits(X, y):
    """Fit skdeep twice and return what the first fit took longer: the time of compiling."""
    pipeline = make_pipeline(skdeep.MLPClassifier)
    _, first = timed(pipeline.fit, X, y)
    _, second = timed(pipeline.fit, X, y)
    print(f"  first fit {first:.2f} s, second fit {second:.2f} s")
    return max(0.0, first - second)


def search(name, mlp_class, X, y):
    """Search the grid and cross-validate the best pipeline.

    Parameters
    ----------
    name : str
        Printed.
    mlp_class : class
        scikit-learn's or skdeep's MLPClassifier.
    X : ndarray of shape (n_samples, n_features)
    y : ndarray of shape (n_samples,)

    Returns
    -------
    grid : GridSearchCV
        Fitted.
    scores : ndarray of shape (5,)
        Accuracies of the best pipeline in a 5-fold cross-validation.
    seconds : float
        Time of the search and of the cross-validation.
    """
    grid = GridSearchCV(make_pipeline(mlp_class), GRID, cv=4, n_jobs=N_JOBS)
    with threadpool_limits(1):  # N_JOBS fits at a time keep the cores busy as it is
        grid, search_seconds = timed(grid.fit, X, y)
    n_fits = len(grid.cv_results_["params"]) * grid.n_splits_ + 1
    print(f"  GridSearchCV      {n_fits} fits in {search_seconds:.2f} s")
    scores, cv_seconds = timed(cross_val_score, grid.best_estimator_, X, y, cv=5, n_jobs=N_JOBS)
    print(f"  cross_val_score    {len(scores)} fits in {cv_seconds:.2f} s")
    best = {key.removeprefix("mlp__"): value for key, value in grid.best_params_.items()}
    print(f"  best parameters   {best}")
    print(f"  accuracy          {scores.mean():.4f} +/- {scores.std():.4f} ({name})")
    return grid, scores, search_seconds + cv_seconds


def draw(path, curves, seconds):
    """Draw the loss curves and the times of both searches.

    Parameters
    ----------
    path : Path
    curves : dict of str to list of float
        Training loss after every epoch, by library.
    seconds : dict of str to float
    """
    try:
        from matplotlib.figure import Figure
    except ImportError:
        print("matplotlib is not installed: no picture (pip install matplotlib)")
        return
    figure = Figure(figsize=(10, 4), layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=(3, 2))
    styles = {"scikit-learn": {"linewidth": 5, "alpha": 0.4}, "skdeep": {"color": "black"}}
    for name, curve in curves.items():
        left.semilogy(range(1, len(curve) + 1), curve, label=name, **styles[name])
    left.set(xlabel="epoch", ylabel="training loss", title="best network of each search")
    left.legend()
    bars = right.barh(list(seconds), list(seconds.values()), color="gray")
    right.bar_label(bars, [f"{value:.1f} s" for value in seconds.values()], padding=3)
    right.margins(x=0.2)
    right.invert_yaxis()
    right.set(xlabel="seconds", title="grid search and cross-validation")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=120)
    print(f"wrote the loss curves to {path}")


def largest_difference(a, b):
    """Return the largest absolute difference of two sequences over their common length."""
    n = min(len(a), len(b))
    return np.abs(np.subtract(a[:n], b[:n])).max()


def main(arguments=None):
    """Run both searches and compare them."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument(
        "--output", type=Path, default=Path("quickstart.png"), help="path of the picture"
    )
    options = parser.parse_args(arguments)

    X, y = load_digits(return_X_y=True)
    X_train, X_test, y_train, y_test = train_test_split(X, y, stratify=y, random_state=0)
    print(f"Handwritten digits: {len(X_train)} images to train on, {len(X_test)} to test on.")
    print(f"Both searches run {N_JOBS} fits at a time, in the same worker processes.")
    start_workers()

    print("\n1. skdeep compiles its training loop (once on a machine; later runs load it)")
    compiling = first_fits(X_train, y_train)

    libraries = {
        "scikit-learn": sklearn.neural_network.MLPClassifier,
        "skdeep": skdeep.MLPClassifier,
    }
    grids, seconds, curves = {}, {}, {}
    for step, (name, mlp_class) in enumerate(libraries.items(), start=2):
        print(f"\n{step}. {name} searches the grid")
        grids[name], _, seconds[name] = search(name, mlp_class, X_train, y_train)
        curves[name] = grids[name].best_estimator_["mlp"].loss_curve_
        print(f"  test accuracy     {grids[name].score(X_test, y_test):.4f}")

    print("\nSummary")
    draw(options.output, curves, seconds)
    ours, theirs = grids["skdeep"], grids["scikit-learn"]
    scores = [grid.cv_results_["mean_test_score"] for grid in (ours, theirs)]
    same = "the same" if ours.best_params_ == theirs.best_params_ else "different"
    print(f"best parameters: {same}")
    print(f"largest difference of a mean score in the grid: {largest_difference(*scores):.1e}")
    print(f"largest difference of the loss curves: {largest_difference(*curves.values()):.1e}")
    total = seconds["skdeep"] + compiling
    print(f"scikit-learn {seconds['scikit-learn']:.1f} s")
    print(
        f"skdeep       {seconds['skdeep']:.1f} s, {seconds['scikit-learn'] / seconds['skdeep']:.1f}"
        f" times faster; with the {compiling:.1f} s of compiling or loading {total:.1f} s, "
        f"{seconds['scikit-learn'] / total:.1f} times faster"
    )


if __name__ == "__main__":
    main()
