"""Times of small networks: one, and many that train together."""

import joblib

from benchmarks.device_check import fits, inside
from benchmarks.gpu import network, rows_of, seconds, step_seconds


def one(report, sizes):
    """Time a step of 64-(100)-10, the first fit of a process, and a fit beside its steps."""
    n_features, *hidden, n_outputs, batch = sizes.small
    X, y = rows_of(batch * sizes.batches, n_features, n_outputs)
    with report.check("first fit"):
        took = seconds(lambda: network(tuple(hidden), batch, 1).fit(X, y))
        report.measure("first fit", took, "s", "with kernels on disk")
    with report.check("step"):
        step, own = fits.timed_step(sizes.small, sizes, sizes.batches, sizes.more_epochs)
        report.measure("step", step * 1e6, "us")
        report.measure("a fit without its steps", own * 1e3, "ms")
    with report.check("step, block"), inside.way("shared memory"):
        step, _ = fits.timed_step(sizes.small, sizes, sizes.batches, sizes.more_epochs)
        report.measure("step, block", step * 1e6, "us", "in shared memory")
    with report.check("a fit of one step"):
        few = X[:batch], y[:batch]
        model = network(tuple(hidden), batch, 1)
        took = fits.median_seconds(lambda: model.fit(*few), 9)
        report.measure("a fit of one step", took * 1e3, "ms")
    with report.check("launches"), inside.way("shared memory"), inside.Launches() as launches:
        epochs = 1 + sizes.more_epochs
        took = seconds(lambda: network(tuple(hidden), batch, epochs).fit(X, y))
        steps = epochs * sizes.batches
        report.measure("a step within launches", launches.seconds / steps * 1e6, "us")
        report.note("launches", f"{launches} of {took:.3f} s")


def shapes(report, sizes):
    """Time steps of other shapes, and in other ways, to see where the time of a step goes."""
    n_features, hidden, n_outputs, batch = sizes.small
    epochs = max(1, sizes.more_epochs // 3)
    others = {
        "1 feature": (1, hidden, n_outputs, batch),
        "10 units": (n_features, 10, n_outputs, batch),
        "1 feature, 1 unit": (1, 1, n_outputs, batch),
        "half the batch": (n_features, hidden, n_outputs, batch // 2),
        "two hidden layers": (n_features, hidden, hidden, n_outputs, batch),
    }
    for name, shape in list(others.items())[: 1 if sizes.is_simulated else None]:
        with report.check(name):
            step, _ = fits.timed_step(shape, sizes, sizes.batches, epochs)
            report.measure(name, step * 1e6, "us")
    with report.check("clipping"):
        step, _ = fits.timed_step(sizes.small, sizes, sizes.batches, epochs, clip_norm=1.0)
        report.measure("clipping", step * 1e6, "us")
    for name in ("shared memory", "block", "grid", "graph"):
        with report.check(name), inside.way(name):
            step, _ = fits.timed_step(sizes.small, sizes, sizes.batches, epochs)
            report.measure(name, step * 1e6, "us")
    for threads in (2,) if sizes.is_simulated else (128, 512):
        name = f"{threads} threads in shared memory"
        changed = inside.replaced(inside.device(), threads=threads)
        with report.check(name), changed, inside.way("shared memory"):
            step, _ = fits.timed_step(sizes.small, sizes, sizes.batches, epochs)
            report.measure(name, step * 1e6, "us")


def many(report, sizes):
    """Time a step of all of many networks of one shape, trained in threads at the same time."""
    n_features, *hidden, n_outputs, batch = sizes.small
    X, y = rows_of(batch * sizes.batches, n_features, n_outputs)

    def fit_all(n, epochs):
        with joblib.parallel_config("threading"):
            joblib.Parallel(n_jobs=n)(
                joblib.delayed(network(tuple(hidden), batch, epochs, random_state=i).fit)(X, y)
                for i in range(n)
            )

    for number, n in enumerate(sizes.many):
        name = "132 networks" if number == 0 else f"{n} networks"
        with report.check(name):
            step, own = step_seconds(
                lambda epochs, n=n: fit_all(n, epochs), sizes.more_epochs, sizes.batches, 1
            )
            report.measure(name, step * 1e6, "us", f"and {own:.3f} s beside the steps")
        if number > 0:
            continue
        with report.check("wall"):
            took = seconds(lambda n=n: fit_all(n, 1 + sizes.more_epochs))
            report.measure("wall", took, "s")
        with report.check("within launches"), inside.Launches() as launches:
            fit_all(n, 1 + sizes.more_epochs)
            report.measure("within launches", launches.seconds, "s", launches)
            report.measure("longest training", launches.longest, "s", "of one, by the device")
            report.measure("launches at a time", launches.most_together, "")
            if launches.longest > 0:
                ratio = launches.seconds / launches.longest
                report.measure("launches over the longest training", ratio, "x")
