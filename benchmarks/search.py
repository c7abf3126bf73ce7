"""A grid search of 30 fits with ``n_jobs=2``: skdeep under threads, scikit-learn under processes.

scikit-learn's networks hold the GIL much of the time, so its users take joblib's default, the loky
backend. Its processes are started, and their libraries imported, before the clock starts.
"""

import argparse
import time
import warnings

import joblib
import numpy as np
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV

from benchmarks import report
from benchmarks.cpu import add_options, repeats_of
from benchmarks.peers import EstimatorPeer
from benchmarks.timing import interleaved, medians, wait_for_quiet

GRID = {
    "hidden_layer_sizes": [(50,), (100,), (50, 50), (100, 50), (100, 100)],
    "alpha": [1e-4, 1e-2],
}
CANDIDATES = (
    ("skdeep, threading", "skdeep", "skdeep", "threading"),
    ("sklearn, loky", "sklearn.neural_network", "scikit-learn", "loky"),
    ("skdeep, loky", "skdeep", "skdeep", "loky"),
)


def search_job(module, distribution, backend, dtype, grid, epochs):
    """Return a function that searches, and gives the best score."""
    cls = EstimatorPeer(module, module, distribution).module.MLPClassifier
    X, y = load_digits(return_X_y=True)
    X = (X / 16).astype(dtype)

    def job():
        mlp = cls(max_iter=epochs, random_state=0)
        search = GridSearchCV(mlp, grid, cv=3, n_jobs=2, refit=False)
        with warnings.catch_warnings(), joblib.parallel_config(backend):
            warnings.simplefilter("ignore", ConvergenceWarning)
            return search.fit(X, y).best_score_

    return job


def run(dtype, repeats, say, patience=0.0, grid=GRID, epochs=30, candidates=CANDIDATES):
    """Measure and print; return the rows."""
    jobs = {
        name: search_job(module, distribution, backend, dtype, grid, epochs)
        for name, module, distribution, backend in candidates
    }
    wait_for_quiet(time.perf_counter() + patience)
    scores = {name: job() for name, job in jobs.items()}
    times = medians(interleaved(jobs, repeats)[0])
    ours = times["skdeep, threading"]
    fits = 3 * np.prod([len(values) for values in grid.values()])
    say(f"{fits} fits on the digits (1,797 x 64), {epochs} epochs each, best cross-validated score")
    rows = []
    for name, seconds in times.items():
        say(
            f"{name:<24}{report.format_seconds(seconds):>10}{seconds / ours:>8.2f}x"
            f"{scores[name]:>10.4f}"
        )
        rows.append({"search": name, "median_s": seconds, "ratio": seconds / ours})
    return rows


def main(arguments=None):
    """Run the benchmark from the command line; return its rows."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.search", description=__doc__)
    add_options(parser)
    options = parser.parse_args(arguments)
    repeats = repeats_of(options)
    say = report.Log(f"GridSearchCV, n_jobs=2, {options.dtype}, medians of {repeats}")
    rows = run(options.dtype, repeats, say, options.patience)
    say.close(options.output / "search.txt")
    report.write_rows(options.output / "search.csv", rows)
    return rows


if __name__ == "__main__":
    main()
