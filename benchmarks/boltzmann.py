"""Restricted Boltzmann machines beside scikit-learn's: the same epochs, to the same weights."""

import argparse
from functools import partial

import numpy as np
from sklearn.datasets import load_digits
from sklearn.neural_network import BernoulliRBM as Reference

from benchmarks import report
from benchmarks.cpu import add_options, repeats_of
from benchmarks.timing import interleaved
from skdeep import BernoulliRBM

PEERS = {
    "skdeep": BernoulliRBM,
    "skdeep, 1 thread": partial(BernoulliRBM, n_threads=1),
    "sklearn": Reference,
}


def digits():
    """Return the digits of scikit-learn, between 0 and 1."""
    return load_digits().data / 16


def strokes(n_rows=10_000, n_features=784):
    """Return rows of as many features as MNIST has, a fifth of which are not 0."""
    rng = np.random.RandomState(0)
    return rng.uniform(size=(n_rows, n_features)) * (rng.uniform(size=(n_rows, n_features)) < 0.2)


#: Name, features, hidden units, rows of a batch, epochs.
TABLE = tuple(
    (f"{name}, {n_hidden} hidden, batch {size}", load, n_hidden, size, 1)
    for name, load in (("1797x64", digits), ("10000x784", strokes))
    for n_hidden in (100, 256)
    for size in (10, 30, 100)
)


def measure(X, n_hidden, batch_size, n_iter, repeats, patience=0.0):
    """Return the times of all peers, and the largest difference of their weights."""
    fitted = {}

    def job(name):
        parameters = {"batch_size": batch_size, "n_iter": n_iter, "random_state": 0}
        fitted[name] = PEERS[name](n_hidden, **parameters).fit(X)

    jobs = {name: partial(job, name) for name in PEERS}
    for each in jobs.values():
        each()
    difference = np.max(np.abs(fitted["skdeep"].components_ - fitted["sklearn"].components_))
    times, crowd = interleaved(jobs, repeats, patience)
    return times, crowd, difference


def run(table, dtypes, repeats, say, patience=0.0):
    """Measure and print minima; return the rows."""
    say(f"{'':<44}{'skdeep':>10}{'1 thread':>10}{'sklearn':>10}{'/ skdeep':>10}{'/ 1 thr.':>10}")
    rows = []
    for name, load, n_hidden, size, n_iter in table:
        for dtype in dtypes:
            X = load().astype(dtype)
            times, crowd, difference = measure(X, n_hidden, size, n_iter, repeats, patience)
            least = {peer: min(found) for peer, found in times.items()}
            ratios = [least["sklearn"] / least[peer] for peer in list(PEERS)[:2]]
            seconds = "".join(f"{report.format_seconds(t):>10}" for t in least.values())
            ratio_text = "".join(f"{ratio:>9.2f}x" for ratio in ratios)
            busy = " !" if (crowd or 0) > report.CROWDED else ""
            say(f"{f'{name}, {dtype}':<44}{seconds}{ratio_text}{busy}")
            row = {"data": name, "dtype": dtype, "epochs": n_iter, "difference": difference}
            row |= {f"{peer}_s": seconds for peer, seconds in least.items()}
            rows.append({**row, "ratio": ratios[0], "ratio_1_thread": ratios[1], "others": crowd})
    return rows


def main(arguments=None):
    """Run the benchmark from the command line; return its rows."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.boltzmann", description=__doc__)
    add_options(parser)
    options = parser.parse_args(arguments)
    repeats = repeats_of(options)
    say = report.Log(f"BernoulliRBM, minima of {repeats}")
    rows = run(TABLE, ("float64",), repeats, say, options.patience)
    say.close(options.output / "boltzmann.txt")
    report.write_rows(options.output / "boltzmann.csv", rows)
    return rows


if __name__ == "__main__":
    main()
