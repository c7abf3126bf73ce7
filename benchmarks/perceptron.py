"""Perceptrons beside scikit-learn's, which is compiled too: the same epochs, to the same weights.

A fixed number of epochs, each with mistakes, as skdeep would skip the others. One line for each
class, so only several classes have work for several threads.
"""

import argparse
import warnings
from functools import partial

import numpy as np
from scipy import sparse
from sklearn.datasets import load_digits
from sklearn.linear_model import Perceptron as Reference

from benchmarks import report
from benchmarks.cpu import add_options, repeats_of
from benchmarks.timing import interleaved, medians
from skdeep import Perceptron

PEERS = {
    "skdeep": Perceptron,
    "skdeep, 1 thread": partial(Perceptron, n_jobs=1),
    "sklearn": Reference,
}


def noisy_line(X, seed):
    """Return two classes that a line nearly tells apart."""
    rng = np.random.RandomState(seed)
    scores = X @ rng.standard_normal(X.shape[1])
    return scores + 0.3 * scores.std() * rng.standard_normal(len(scores)) > 0


def dense_rows(n_rows, n_features):
    """Return standard normal features and two classes."""
    X = np.random.RandomState(0).standard_normal((n_rows, n_features))
    return X, noisy_line(X, 1)


def sparse_rows(n_rows, n_features, density):
    """Return sparse features and two classes."""
    X = sparse.random(n_rows, n_features, density, format="csr", random_state=0)
    return X, noisy_line(X, 1)


TABLE = (
    ("1797x64, 10 classes", partial(load_digits, return_X_y=True), 30),
    ("100000x50, 2 classes", partial(dense_rows, 100_000, 50), 10),
    ("20000x50000, sparse 0.1%", partial(sparse_rows, 20_000, 50_000, 0.001), 8),
)


def measure(data, n_epochs, repeats, patience=0.0, **parameters):
    """Return the times of all peers, and the largest difference of their weights."""
    fitted = {}

    def job(name):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model = PEERS[name](max_iter=n_epochs, tol=None, **parameters)
            fitted[name] = model.fit(*data)

    jobs = {name: partial(job, name) for name in PEERS}
    for each in jobs.values():
        each()
    ours, theirs = fitted["skdeep"], fitted["sklearn"]
    skipped = ours.n_iter_ - len(ours.mistakes_curve_)
    if skipped:
        raise ValueError(f"{skipped} epochs have no mistake: take fewer")
    difference = np.max(np.abs(ours.coef_ - theirs.coef_))
    times, crowd = interleaved(jobs, repeats, patience)
    return times, crowd, difference


def run(table, dtypes, repeats, say, patience=0.0):
    """Measure and print; return the rows."""
    say(f"{'':<36}{'skdeep':>10}{'1 thread':>10}{'sklearn':>10}{'/ skdeep':>10}{'/ 1 thr.':>10}")
    rows = []
    for name, load, n_epochs in table:
        X, y = load()
        for dtype in dtypes:
            times, crowd, difference = measure((X.astype(dtype), y), n_epochs, repeats, patience)
            middle = medians(times)
            ratios = [middle["sklearn"] / middle[peer] for peer in list(PEERS)[:2]]
            seconds = "".join(f"{report.format_seconds(t):>10}" for t in middle.values())
            ratio_text = "".join(f"{ratio:>9.2f}x" for ratio in ratios)
            busy = " !" if (crowd or 0) > report.CROWDED else ""
            say(f"{f'{name}, {dtype}':<36}{seconds}{ratio_text}{busy}")
            row = {"data": name, "dtype": dtype, "epochs": n_epochs, "difference": difference}
            row |= {f"{peer}_s": seconds for peer, seconds in middle.items()}
            rows.append({**row, "ratio": ratios[0], "ratio_1_thread": ratios[1], "others": crowd})
    worst = max(row["difference"] for row in rows)
    say(f"\nlargest difference of a weight from scikit-learn's: {worst:g}")
    return rows


def main(arguments=None):
    """Run the benchmark from the command line; return its rows."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.perceptron", description=__doc__)
    add_options(parser)
    options = parser.parse_args(arguments)
    repeats = repeats_of(options)
    say = report.Log(f"Perceptron, medians of {repeats}")
    rows = run(TABLE, ("float64", "float32"), repeats, say, options.patience)
    say.close(options.output / "perceptron.txt")
    report.write_rows(options.output / "perceptron.csv", rows)
    return rows


if __name__ == "__main__":
    main()
