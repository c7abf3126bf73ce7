"""Tune a classifier with GridSearchCV
===================================

The same cross-validated search over neural networks, with scikit-learn and with skdeep.

Run it with ``python examples/quickstart.py``; it takes about half a minute. Both libraries
scale the handwritten digits that come with scikit-learn, train the same networks in five folds, and
choose the best. scikit-learn's fits run in processes and skdeep's in threads, as is fastest for
each. The scores agree, and the last line says which library was faster.
"""

import argparse
import os
import time
from pathlib import Path

import joblib
import numpy as np
import sklearn.neural_network
from sklearn.datasets import load_digits
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import skdeep

GRID = {
    "mlpclassifier__hidden_layer_sizes": [(50,), (100,), (50, 50)],
    "mlpclassifier__alpha": [1e-4, 1.0],
    "mlpclassifier__learning_rate_init": [0.001, 0.01],
}
N_JOBS = min(4, os.cpu_count() or 1)


def make_search(mlp_class):
    """Return a search over pipelines; `mlp_class` is scikit-learn's or skdeep's MLPClassifier."""
    mlp = mlp_class(early_stopping=True, max_iter=500, random_state=0)
    return GridSearchCV(make_pipeline(StandardScaler(), mlp), GRID, cv=5, n_jobs=N_JOBS)


def run(name, mlp_class, backend, X, y):
    """Run the search with one library.

    Parameters
    ----------
    name : str
        Name of the library, for printing.
    mlp_class : class
        scikit-learn's or skdeep's MLPClassifier.
    backend : {"loky", "threading"}
        How joblib runs several fits at the same time: in processes or in threads.
    X : ndarray of shape (n_samples, n_features)
    y : ndarray of shape (n_samples,)

    Returns
    -------
    search : GridSearchCV
        The fitted search.
    seconds : float
        Time of the search, including starting processes, and loading or compiling functions.
    """
    search = make_search(mlp_class)
    start = time.perf_counter()
    with joblib.parallel_config(backend):
        search.fit(X, y)
    seconds = time.perf_counter() - start
    n_fits = len(search.cv_results_["params"]) * search.n_splits_
    best = {key.partition("__")[2]: value for key, value in search.best_params_.items()}
    print(f"{name}: {n_fits} fits in {seconds:.1f} s ({N_JOBS} at a time, {backend})")
    print(f"  best parameters {best}")
    print(f"  mean accuracy in cross-validation {search.best_score_:.4f}")
    return search, seconds


def first_fit(X, y):
    """Return how much longer the first fit of skdeep takes: time to load or compile functions."""
    seconds = []
    for _ in range(2):
        start = time.perf_counter()
        skdeep.MLPClassifier((50,), early_stopping=True, max_iter=500, random_state=0).fit(X, y)
        seconds.append(time.perf_counter() - start)
    return max(0.0, seconds[0] - seconds[1])


def comparison(seconds, ready):
    """Return a sentence that compares the times of both searches."""
    ours, theirs = seconds["skdeep"] + ready, seconds["scikit-learn"]
    ratio, word = (theirs / ours, "faster") if theirs > ours else (ours / theirs, "slower")
    return f"skdeep was {ratio:.1f} times {word}: {ours:.1f} s instead of {theirs:.1f} s"


def draw(path, searches, seconds, ready):
    """Draw the times and the scores of both searches.

    Parameters
    ----------
    path : Path
    searches : dict of str to GridSearchCV
    seconds : dict of str to float
    ready : float
        Seconds that skdeep took to load or compile functions, before its search.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError:
        print("matplotlib is not installed: no picture (pip install matplotlib)")
        return
    figure = Figure(figsize=(10, 4), layout="constrained")
    figure.suptitle(comparison(seconds, ready))
    left, right = figure.subplots(1, 2)
    names = list(seconds)
    bars = left.barh(names, list(seconds.values()), color=["tab:gray", "tab:blue"])
    if ready > 0.05:
        left.barh("skdeep", ready, left=seconds["skdeep"], color="tab:cyan", label="first fit")
        left.legend()
    totals = [seconds[name] + ready * (name == "skdeep") for name in names]
    for bar, total in zip(bars, totals, strict=True):
        left.text(total, bar.get_y() + bar.get_height() / 2, f" {total:.1f} s", va="center")
    left.set(xlabel="seconds", title="time of the search", xlim=(0, 1.2 * max(totals)))
    scores = [search.cv_results_["mean_test_score"] for search in searches.values()]
    right.plot(*scores, "o")
    right.axline((scores[0].min(), scores[0].min()), slope=1, color="gray", linewidth=1)
    right.set(xlabel="scikit-learn", ylabel="skdeep", title="mean accuracy of each candidate")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=120)
    print(f"wrote the picture {path}")


def main(arguments=None):
    """Run both searches and compare them."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument(
        "--output", type=Path, default=Path("quickstart.png"), help="path of the picture"
    )
    options = parser.parse_args(arguments)

    X, y = load_digits(return_X_y=True)
    X_train, X_test, y_train, y_test = train_test_split(X, y, stratify=y, random_state=0)
    print(f"Handwritten digits: {len(X_train)} images for the search, {len(X_test)} for testing.\n")
    runs = {
        "scikit-learn": (sklearn.neural_network.MLPClassifier, "loky"),
        "skdeep": (skdeep.MLPClassifier, "threading"),
    }
    searches, seconds, ready = {}, {}, 0.0
    for name, (mlp_class, backend) in runs.items():
        if name == "skdeep":
            ready = first_fit(X_train, y_train)
        searches[name], seconds[name] = run(name, mlp_class, backend, X_train, y_train)
        print(f"  accuracy on the test images       {searches[name].score(X_test, y_test):.4f}\n")

    theirs, ours = (searches[name].cv_results_["mean_test_score"] for name in runs)
    draw(options.output, searches, seconds, ready)
    print(f"largest difference of a mean accuracy: {np.abs(ours - theirs).max():.1e}")
    print(f"first fit of skdeep, to load or compile functions: {ready:.1f} s")
    print(comparison(seconds, ready))


if __name__ == "__main__":
    main()
