"""Fits on a cluster and from the disk beside fits in memory, and what follows for more workers.

Parts, which ``--parts`` chooses from:

- epochs: an epoch of rows that workers generate in partitions, by both ways of synchronisation, and
  of the local fit on the same rows with as many threads as there are workers. The efficiency is the
  local time divided by that of the workers; times of epochs are minima, measured in turn.
- messages: what a call of all workers costs that computes nothing, by the number of weights.
- model: both in a formula for more workers than there are here.
- search: a search of 60 fits, by threads here and by workers.
- disk: an epoch of rows on the disk, with a bound on the memory for them.
"""

import argparse
import time
import warnings
from pathlib import Path

import numpy as np

from benchmarks import report
from benchmarks.startup import in_this_environment
from skdeep import MLPClassifier

N_FEATURES, N_HIDDEN = 50, 100
PARTS = ("epochs", "messages", "model", "search", "disk")
VECTORS = (1000, 10_000, 100_000, 1_000_000)
#: Calls that one place makes itself (`skdeep.dask.partitions.shard_team.FAN_OUT`).
FAN_OUT = 8

DISK = """
import json, sys, time, warnings
import numpy as np
from skdeep import MLPClassifier
from skdeep.data import from_arrays

def status(name):
    for line in open("/proc/self/status"):
        if line.startswith(name + ":"):
            return int(line.split()[1]) * 1024

warnings.simplefilter("ignore")
X, y = (np.load(f"FOLDER/{name}.npy", mmap_mode="r") for name in "xy")
net = MLPClassifier((HIDDEN,), batch_size=1000, max_iter=1, random_state=0, n_threads=2)
net.fit(np.array(X[:5000]), np.array(y[:5000]))
with open("/proc/self/clear_refs", "w") as file:
    file.write("5")
before, begin = status("RssAnon"), time.perf_counter()
import threading
peak, done = [0], threading.Event()
def watch():
    while not done.wait(0.01):
        peak[0] = max(peak[0], status("RssAnon") - before)
watcher = threading.Thread(target=watch)
watcher.start()
net.set_params(max_iter=2).fit(from_arrays(X, y, max_bytes=MAX_BYTES))
done.set()
watcher.join()
print(json.dumps({"seconds": time.perf_counter() - begin, "peak": peak[0]}))
"""


def make_block(seed, n_rows):
    """Return the rows of a partition, the same wherever they are made."""
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n_rows, N_FEATURES), dtype=np.float32)
    return X, (X[:, 0] * X[:, 1] + X[:, 2] > 0).astype(np.int64)


def make_collection(n_blocks, n_rows):
    """Return the rows of all partitions as Dask arrays."""
    import dask
    import dask.array as da

    blocks = [dask.delayed(make_block, nout=2)(seed, n_rows) for seed in range(n_blocks)]
    X = [da.from_delayed(x, (n_rows, N_FEATURES), dtype=np.float32) for x, _ in blocks]
    y = [da.from_delayed(labels, (n_rows,), dtype=np.int64) for _, labels in blocks]
    return da.concatenate(X), da.concatenate(y)


def connect(cluster):
    """Return a client that reaches the workers without the scheduler between."""
    from distributed import Client

    return Client(cluster, direct_to_workers=True)


class Clock:
    """A callback that notes when epochs end."""

    def __init__(self):
        self.times = []

    def setup(self, estimator, context):
        """Do nothing."""

    def teardown(self, estimator, context):
        """Do nothing."""

    def on_fit_task_begin(self, estimator, context):
        """Note when the first epoch begins."""
        if not self.times:
            self.times.append(time.perf_counter())

    def on_fit_task_end(self, estimator, context):
        """Note when an epoch has ended."""
        self.times.append(time.perf_counter())


def epoch_seconds(net, given):
    """Return the times of the epochs of a fit."""
    clock = Clock()
    net.set_callbacks(clock).fit(*given)
    return np.diff(clock.times)[1:-1]


def time_epochs(options, say):
    """Measure epochs on one and two workers, and local ones."""
    from distributed import LocalCluster

    from skdeep.dask import DaskMLPClassifier

    table = []
    settings = {"hidden_layer_sizes": (N_HIDDEN,), "random_state": 0, "tol": 0}
    settings |= {"batch_size": options.batch, "max_iter": options.epochs}
    settings |= {"n_iter_no_change": options.epochs}
    n_blocks = 10
    X, y = zip(*(make_block(s, options.rows // n_blocks) for s in range(n_blocks)), strict=True)
    local_rows = np.concatenate(X), np.concatenate(y)
    del X, y
    for n_workers in (1, 2):
        form = {"n_workers": n_workers, "threads_per_worker": 1, "dashboard_address": ":0"}
        with LocalCluster(memory_limit=0, **form) as cluster, connect(cluster):
            rows = [each.persist() for each in make_collection(n_blocks, options.rows // n_blocks)]
            jobs = {"local": (MLPClassifier(**settings, n_threads=n_workers), local_rows)}
            for way in ("update", "epoch"):
                jobs[way] = DaskMLPClassifier(**settings, synchronise=way), rows
            best = dict.fromkeys(jobs, np.inf)
            for _ in range(options.repeats):
                for name, job in jobs.items():
                    best[name] = min(best[name], *epoch_seconds(*job))
        for name in ("update", "epoch"):
            row = {"workers": n_workers, "way": name, "local_s": best["local"], "s": best[name]}
            row["efficiency"] = best["local"] / best[name]
            table.append(row)
            say(
                f"{n_workers} workers, {name}: {best[name]:.3f} s an epoch, local "
                f"{best['local']:.3f} s, efficiency {row['efficiency']:.2f}"
            )
    return table


def time_messages(options, say):
    """Measure calls of one and two workers that compute nothing."""
    from distributed import LocalCluster

    from skdeep.dask.partitions.shard_team import Places, ShardTeam
    from skdeep.estimators.chunked.chunk_rows import Partition

    table = []
    for n_workers in (1, 2):
        form = {"n_workers": n_workers, "threads_per_worker": 1, "dashboard_address": ":0"}
        with LocalCluster(**form) as cluster, connect(cluster) as client:
            workers, one = sorted(client.nthreads()), np.ones((1, 1))
            futures = [
                client.submit(Partition, i, one, one, one, None, workers=[w], pure=False)
                for i, w in enumerate(workers)
            ]
            places = Places(futures, list(range(n_workers)), [1] * n_workers, workers)
            team = ShardTeam(client, places)
            for size in VECTORS:
                vector, best = np.zeros(size, np.float32), np.inf
                for _ in range(5 * options.repeats):
                    begin = time.perf_counter()
                    team.call("echo", vector)
                    best = min(best, time.perf_counter() - begin)
                table.append({"workers": n_workers, "weights": size, "s": best})
                say(f"{n_workers} workers, {size} weights: {1e3 * best:.2f} ms a message")
    return table


def predict_update(n_workers, batch, per_row, fixed, per_worker_byte, n_bytes):
    """Return the seconds of an update of the model that `docs/scale.md` explains."""
    levels, left = 0, n_workers
    while left > 0:
        levels, left = levels + 1, (left - 1) // FAN_OUT
    calls = min(n_workers, FAN_OUT)
    return levels * (fixed + calls * per_worker_byte * n_bytes) + per_row * batch / n_workers


def tell_model(epochs, messages, options, say):
    """Fit the two constants of a message, and print the efficiency with more workers."""
    two = {row["weights"]: row["s"] for row in messages if row["workers"] == 2}
    sizes = np.array(sorted(two)) * 4.0
    slope, fixed = np.polyfit(sizes, [two[size // 4] for size in sizes], 1)
    fixed = max(fixed, min(two.values()))
    per_row = next(row["local_s"] for row in epochs if row["workers"] == 1) / options.rows
    n_weights = (N_FEATURES + 1) * N_HIDDEN + N_HIDDEN + 1
    say(f"a message: {1e3 * fixed:.2f} ms and {slope / 2 * 1e9:.2f} ns a byte and worker")
    say(f"computation: {per_row * 1e9:.0f} ns a row")
    table = []
    for batch in (options.batch, 100_000, 1_000_000):
        for n_workers in (1, 2, 8, 64, 1000):
            form = batch, per_row, fixed, slope / 2, 4 * n_weights
            seconds = predict_update(n_workers, *form)
            speed = per_row * batch / seconds
            row = {"workers": n_workers, "batch": batch, "speedup": speed}
            table.append(row)
            say(f"model, batch {batch}, {n_workers} workers: {speed:.1f} times one local thread")
    return table


def time_search(options, say):
    """Measure a search of 60 fits by threads, and by two workers."""
    from distributed import LocalCluster
    from joblib import parallel_config
    from sklearn.model_selection import GridSearchCV

    from skdeep.dask import WarmWorkers

    X, y = make_block(0, 5000)
    net = MLPClassifier((N_HIDDEN,), max_iter=20, random_state=0, n_threads=1)
    grid = {"alpha": np.logspace(-6, 0, 20)}
    search = GridSearchCV(net, grid, cv=3, refit=False)
    form = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": ":0"}
    best = {"threads": np.inf, "cluster": np.inf}
    with LocalCluster(**form) as cluster, connect(cluster) as client:
        client.register_plugin(WarmWorkers("float32"))
        for _ in range(min(2, options.repeats)):
            for name in best:
                backend = {"backend": "threading"}
                if name == "cluster":
                    backend = {"backend": "dask", "scatter": [X, y]}
                begin = time.perf_counter()
                with parallel_config(n_jobs=2, **backend):
                    search.fit(X, y)
                best[name] = min(best[name], time.perf_counter() - begin)
    for name, seconds in best.items():
        say(f"60 fits by {name}: {seconds:.2f} s")
    return [{"by": name, "s": seconds} for name, seconds in best.items()]


def time_disk(options, say):
    """Measure epochs of rows on the disk, and the memory that they take."""
    folder = options.output / "rows"
    folder.mkdir(parents=True, exist_ok=True)
    n_blocks = max(1, options.disk_rows // 100_000)
    X = np.lib.format.open_memmap(
        folder / "x.npy", "w+", np.float32, (n_blocks * 100_000, N_FEATURES)
    )
    y = np.lib.format.open_memmap(folder / "y.npy", "w+", np.int64, (len(X),))
    for number in range(n_blocks):
        rows = slice(number * 100_000, (number + 1) * 100_000)
        X[rows], y[rows] = make_block(number, 100_000)
    n_rows, n_bytes = len(X), X.nbytes
    X.flush()
    del X, y
    code = DISK.replace("FOLDER", str(folder)).replace("HIDDEN", str(N_HIDDEN))
    found = in_this_environment(code.replace("MAX_BYTES", str(options.max_bytes)))
    for name in "xy":
        (folder / f"{name}.npy").unlink()
    folder.rmdir()
    rate = 3 * n_rows / found["seconds"]  # one pass looks at the rows, two train
    say(
        f"{n_rows} rows, {n_bytes / 1e6:.0f} MB on the disk, max_bytes "
        f"{options.max_bytes / 1e6:.0f} MB: {found['seconds']:.1f} s for 2 epochs and the pass "
        f"before, {rate:.0f} rows a second, peak {found['peak'] / 1e6:.0f} MB more than before"
    )
    return [{"rows": n_rows, "max_bytes": options.max_bytes, **found}]


def main(arguments=None):
    """Run the benchmark from the command line; return its rows by parts."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scale", description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--batch", type=int, default=20_000)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--disk-rows", type=int, default=100_000_000)
    parser.add_argument("--max-bytes", type=int, default=2 * 10**9)
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--output", type=Path, default=Path("benchmarks/results"))
    options = parser.parse_args(arguments)
    say, tables = report.Log(f"{options.rows} rows, batch {options.batch}"), {}
    warnings.simplefilter("ignore")
    functions = {"epochs": time_epochs, "messages": time_messages}
    functions |= {"search": time_search, "disk": time_disk}
    for part, function in functions.items():
        if part in options.parts:
            tables[part] = function(options, say)
    if "model" in options.parts and {"epochs", "messages"} <= tables.keys():
        tables["model"] = tell_model(tables["epochs"], tables["messages"], options, say)
    options.output.mkdir(parents=True, exist_ok=True)
    say.close(options.output / "scale.txt")
    for part, rows in tables.items():
        report.write_rows(options.output / f"scale_{part}.csv", rows)
    return tables


if __name__ == "__main__":
    main()
