"""skdeep on an NVIDIA GPU: one small network, many, a grid search, a large one, and predictions.

Needs a GPU with its driver and ``pip install ".[cuda]"``. PyTorch and CuPy are compared with
where they are installed; what is missing is said. ``--compile`` needs no GPU: it compiles the
kernels for five architectures, and shows what the compilers say of them.
"""

import argparse
import time
import warnings
from pathlib import Path
from statistics import median
from typing import NamedTuple

import joblib
import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV

from benchmarks import gpu_peers as peers
from benchmarks import report
from benchmarks.peers import NEVER, cores
from skdeep import MLPClassifier

#: What tells an estimator to use the GPU.
ON_GPU = {"device": "cuda"}


class Sizes(NamedTuple):
    """How much is measured.

    Attributes
    ----------
    repeats : int
    batches : int
        Of an epoch.
    epochs : int
        By which two fits differ, whose difference in time is that of their steps.
    models : int
        Trained together.
    folds, candidates : int
        Of the grid search.
    large : tuple of int
        Features, units and outputs of the large network; its batch is the last.
    large_batches : int
    rows : int
        Predicted.
    """

    repeats: int = 5
    batches: int = 100
    epochs: int = 50
    models: int = 132
    folds: int = 5
    candidates: int = 40
    large: tuple = (784, 2048, 2048, 10, 4096)
    large_batches: int = 10
    rows: int = 10_000_000


FULL = Sizes()
QUICK = Sizes(repeats=3, epochs=20)
#: So small that a simulated GPU gets through.
TINY = Sizes(1, 2, 1, 2, 2, 2, (5, 6, 4, 3, 8), 1, 40)
SMALL, SMALL_BATCH = (64, 100, 10), 200


class Table:
    """The results: printed as they come, then written as CSV and Markdown.

    Parameters
    ----------
    say : callable
        Prints a line.
    """

    def __init__(self, say):
        self.say, self.rows = say, []

    def add(self, part, what, value, unit, aim=""):
        """Add a number."""
        self.rows.append(
            {"part": part, "what": what, "value": f"{value:.4g}", "unit": unit, "aim": aim}
        )
        self.say(f"{part:<8}{what:<58}{value:>12.4g} {unit:<8}{aim}")

    def miss(self, part, what, reason):
        """Note that something could not be measured."""
        self.rows.append({"part": part, "what": what, "value": "", "unit": reason, "aim": ""})
        self.say(f"{part:<8}{what:<58}{'-':>12} {reason}")

    def markdown(self):
        """Return the lines of a Markdown table."""
        lines = ["| part | what | value | unit | aim |", "| --- | --- | ---: | --- | --- |"]
        return lines + [f"| {' | '.join(row.values())} |" for row in self.rows]


def network(hidden, batch, epochs, **parameters):
    """Return a classifier that trains for so many epochs."""
    return MLPClassifier(
        hidden_layer_sizes=hidden,
        batch_size=batch,
        max_iter=epochs,
        n_iter_no_change=NEVER,
        **{"random_state": 0, **ON_GPU, **parameters},
    )


def rows_of(n_rows, n_features, n_classes):
    """Return random float32 features and classes."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((n_rows, n_features), dtype=np.float32)
    return X, np.arange(n_rows) % n_classes


def seconds(job):
    """Return the seconds that a job takes."""
    start = time.perf_counter()
    job()
    return time.perf_counter() - start


def step_seconds(fits, epochs, batches, repeats):
    """Return the seconds of a step, from fits of one epoch and of some more, and of a fit itself.

    Parameters
    ----------
    fits : callable
        ``fits(epochs)`` trains.
    epochs : int
        By which the longer fit is longer.
    """
    fits(1)  # compiles
    short = median(seconds(lambda: fits(1)) for _ in range(repeats))
    long = median(seconds(lambda: fits(1 + epochs)) for _ in range(repeats))
    step = (long - short) / (epochs * batches)
    return step, short - step * batches


def _torch_steps(table, part, sizes, batch, modes, plan):
    """Add the steps of PyTorch; return their seconds by mode."""
    torch, reason = peers.torch_with_gpu()
    found = {}
    for mode in modes:
        if torch is None:
            table.miss(part, f"PyTorch, {mode}: a step", reason)
            continue
        try:
            found[mode] = peers.TorchSteps(torch, sizes, batch, mode).seconds(200, plan.repeats)
        except RuntimeError as error:
            table.miss(part, f"PyTorch, {mode}: a step", str(error).split("\n")[0])
        else:
            table.add(part, f"PyTorch, {mode}: a step", found[mode] * 1e6, "us")
    return found


def small(plan, table):
    """One network 64-100-10 in batches of 200, and many of them together."""
    X, y = rows_of(SMALL_BATCH * plan.batches, SMALL[0], SMALL[-1])

    def fit_one(epochs):
        network(SMALL[1:-1], SMALL_BATCH, epochs).fit(X, y)

    def fit_many(epochs):
        with joblib.parallel_config("threading"):
            joblib.Parallel(n_jobs=plan.models)(
                joblib.delayed(network(SMALL[1:-1], SMALL_BATCH, epochs, random_state=i).fit)(X, y)
                for i in range(plan.models)
            )

    one, own = step_seconds(fit_one, plan.epochs, plan.batches, plan.repeats)
    table.add("small", "64-(100)-10, batch 200, Adam: a step", one * 1e6, "us", "<= 50")
    table.add("small", "a fit without its steps", own * 1e3, "ms")
    for mode, other in _torch_steps(
        table, "small", SMALL, SMALL_BATCH, ("eager", "graph", "compile"), plan
    ).items():
        table.add("small", f"PyTorch, {mode}, over skdeep", other / one, "x")
    many, _ = step_seconds(fit_many, plan.epochs, plan.batches, plan.repeats)
    table.add("many", f"{plan.models} of them: a step of all", many * 1e6, "us")
    table.add("many", f"{plan.models} of them over one", many / one, "x", "<= 1.5")


def search(plan, table):
    """A grid search on the GPU, on all cores, and by PyTorch one fit after another."""
    grid = {
        "alpha": list(np.logspace(-6, 0, plan.candidates // 2)),
        "learning_rate_init": [1e-3, 3e-3],
    }
    X, y = rows_of(SMALL_BATCH * plan.batches // 2, SMALL[0], SMALL[-1])
    epochs, n_fits = plan.epochs, plan.folds * plan.candidates

    def job(n_jobs, backend, **parameters):
        model = network(SMALL[1:-1], SMALL_BATCH, epochs, **parameters)
        with joblib.parallel_config(backend), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            GridSearchCV(model, grid, cv=plan.folds, n_jobs=n_jobs, refit=False).fit(X, y)

    job(n_fits, "threading")
    on_gpu = median(seconds(lambda: job(n_fits, "threading")) for _ in range(plan.repeats))
    table.add("search", f"{plan.folds} folds x {plan.candidates}: the GPU", on_gpu, "s")
    on_cpu = {"device": "cpu"} if ON_GPU else {}
    job(cores(), "threading", **on_cpu)  # compiles
    on_cores = seconds(lambda: job(cores(), "threading", **on_cpu))
    table.add("search", f"on {cores()} cores", on_cores, "s")
    table.add("search", f"{cores()} cores over the GPU", on_cores / on_gpu, "x", ">= 20")
    found = _torch_steps(table, "search", SMALL, SMALL_BATCH, ("eager",), plan)
    if found:
        # Of PyTorch only the steps count: no copies, no scores.
        steps = n_fits * epochs * -(-len(X) * (plan.folds - 1) // plan.folds // SMALL_BATCH)
        table.add("search", "PyTorch's steps one after another", steps * found["eager"], "s")
        table.add("search", "over the GPU", steps * found["eager"] / on_gpu, "x", ">= 50")


def large(plan, table):
    """One large network, beside its bare products and PyTorch's compiler."""
    *sizes, batch = plan.large
    name = f"{sizes[0]}-({', '.join(map(str, sizes[1:-1]))})-{sizes[-1]}, batch {batch}"
    X, y = rows_of(batch * plan.large_batches, sizes[0], sizes[-1])

    def fit(epochs):
        network(tuple(sizes[1:-1]), batch, epochs).fit(X, y)

    step, _ = step_seconds(fit, max(1, plan.epochs // 5), plan.large_batches, plan.repeats)
    table.add("large", f"{name}: a step", step * 1e3, "ms")
    try:
        bare, who = peers.seconds_of_products(sizes, batch, 20, plan.repeats)
    except RuntimeError as reason:
        table.miss("large", "bare products", str(reason))
    else:
        table.add("large", f"its bare products ({who})", bare * 1e3, "ms")
        table.add("large", "bare products over skdeep", bare / step, "x", ">= 0.7")
    for mode, other in _torch_steps(
        table, "large", sizes, batch, ("eager", "compile"), plan
    ).items():
        aim = ">= 1.2" if mode == "compile" else ""
        table.add("large", f"PyTorch, {mode}, over skdeep", other / step, "x", aim)


def predict(plan, table):
    """Predictions of many rows in host memory, beside the copies that they need."""
    X, y = rows_of(400, SMALL[0], SMALL[-1])
    model = network(SMALL[1:-1], SMALL_BATCH, 1).fit(X, y)
    X = np.resize(X, (plan.rows, SMALL[0]))
    model.predict_proba(X[:1000])
    took = median(seconds(lambda: model.predict_proba(X)) for _ in range(plan.repeats))
    table.add("predict", f"{plan.rows:,} rows x 64 through (100,)", took * 1e3, "ms")
    out = plan.rows * SMALL[-1] * X.itemsize
    bound = peers.seconds_of_copies(X, out, plan.repeats)
    table.add("predict", "features to the device, outputs back", bound * 1e3, "ms")
    table.add("predict", "these copies over skdeep", bound / took, "x", ">= 0.5")
    within = peers.seconds_of_a_device_copy(X.nbytes, plan.repeats)
    table.add(
        "predict", "bandwidth of a copy within the device", 2 * X.nbytes / within / 1e9, "GB/s"
    )


PARTS = {"small": small, "search": search, "large": large, "predict": predict}


def device_lines():
    """Return lines on the GPU and the packages."""
    from numba import cuda

    try:
        device = cuda.get_current_device()
        name = device.name
        name = name.decode() if isinstance(name, bytes) else name
        line = f"{name}, compute capability {'.'.join(map(str, device.compute_capability))}"
    except Exception as error:
        line = f"no GPU: {type(error).__name__}: {error}"
    return [f"{line}; {report.cpu_model()}, {cores()} cores", peers.versions()]


def run(plan, say, parts=tuple(PARTS)):
    """Measure; return the table."""
    table = Table(say)
    for line in device_lines():
        say(line)
    for part in parts:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", ConvergenceWarning)
                PARTS[part](plan, table)
        except Exception as error:  # the others can still be measured
            table.miss(part, "broke off", f"{type(error).__name__}: {error}".split("\n")[0])
    return table


def main(arguments=None):
    """Run the benchmark from the command line; return its rows."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gpu", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer repeats and epochs")
    parser.add_argument("--tiny", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--parts", nargs="+", choices=list(PARTS), default=list(PARTS))
    parser.add_argument("--compile", action="store_true", help="compile the kernels; no GPU needed")
    parser.add_argument("--kernels", nargs="+", help="with --compile: these only")
    parser.add_argument("--output", type=Path, default=Path("benchmarks/results"), help="folder")
    options = parser.parse_args(arguments)
    if options.compile:
        from benchmarks import compiled

        return compiled.show(options.kernels, options.output)
    plan = TINY if options.tiny else QUICK if options.quick else FULL
    say = report.Log(f"skdeep on a GPU, medians of {plan.repeats}")
    table = run(plan, say, options.parts)
    report.write_rows(options.output / "gpu.csv", table.rows)
    (options.output / "gpu.md").write_text("\n".join(table.markdown()) + "\n")
    say.close(options.output / "gpu.txt")
    return table.rows


if __name__ == "__main__":
    main()
