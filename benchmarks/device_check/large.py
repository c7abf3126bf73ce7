"""Times of networks whose every step a whole grid shares: a large one, and one of middle size."""

from statistics import median

from benchmarks.device_check import fits, inside
from benchmarks.gpu import network, rows_of
from benchmarks.gpu_peers import timed


def _few_batches(sizes):
    return max(1, sizes.batches // 10)


def large_step(report, sizes):
    """Time a step of 784-(2048, 2048)-10."""
    with report.check("step"):
        epochs = max(1, sizes.more_epochs // 5)
        step, own = fits.timed_step(sizes.large, sizes, _few_batches(sizes), epochs)
        report.measure("step", step * 1e6, "us", f"and {own:.3f} s beside the steps")


def large(report, sizes):
    """Time a step, the bare products of one, what the host needs to launch it, and its phases."""
    large_step(report, sizes)
    if sizes.is_simulated:
        report.leave_out("bare products", "not on a simulated GPU")
    else:
        time_products(report, sizes)
    _where_time_goes(report, sizes)


def time_products(report, sizes):
    """Time the matrix products of a step, formed by cuBLAS alone."""
    with report.check("bare products"):
        *layers, batch = sizes.large
        job, wait = inside.products(tuple(layers), batch), inside.device().wait
        timed(wait, job, 3)
        times = [timed(wait, job, 20) for _ in range(sizes.repeats)]
        report.measure("bare products", median(times) * 1e6, "us")


def _where_time_goes(report, sizes):
    n_features, *hidden, n_outputs, batch = sizes.large
    batches = _few_batches(sizes)
    X, y = rows_of(batch * batches, n_features, n_outputs)

    def fit():
        network(tuple(hidden), batch, 2).fit(X, y)

    with report.check("the host's part"), inside.way("grid"), inside.HostTime() as host:
        fit()
        report.measure("the host's part", host.seconds / (2 * batches) * 1e6, "us", "of a step")
    with report.check("phases"), inside.way("grid"):
        spent, calls = inside.phases_of(fit)
        for name, took in spent.most_common(12):
            detail = f"{calls[name] / (2 * batches):.1f} launches a step, each waited for"
            report.measure(f"phase {name}", took / (2 * batches) * 1e6, "us", detail)


def mid_size(report, sizes):
    """Time a step of 784-(100)-10 in batches of 200: as the engine chooses, and in every way."""
    for name, way in (("step", None), ("step, block", "block"), ("step, grid", "grid")):
        with report.check(name), inside.way(way):
            epochs = max(1, sizes.more_epochs // 5)
            step, _ = fits.timed_step(sizes.mid_size, sizes, sizes.batches, epochs)
            report.measure(name, step * 1e6, "us")
    _compare_graph(report, sizes)


def _compare_graph(report, sizes):
    """Compare the graph of a step with the same kernels, launched one by one."""
    epochs = max(1, sizes.more_epochs // 5)
    with report.check("step, one by one"), inside.way("graph"), inside.one_by_one():
        step, _ = fits.timed_step(sizes.mid_size, sizes, sizes.batches, epochs)
        report.measure("step, one by one", step * 1e6, "us")
    n_features, *hidden, n_outputs, batch = sizes.mid_size
    # Steps for both graphs, and a last batch with fewer rows.
    X, y = rows_of(batch * max(2, sizes.batches // 5) + 1 + batch // 3, n_features, n_outputs)
    with report.check("other bits"), inside.way("graph"):
        with inside.recordings() as made:
            graph = network(tuple(hidden), batch, 2).fit(X, y)
        with inside.one_by_one():
            plain = network(tuple(hidden), batch, 2).fit(X, y)
        report.measure("other bits", int(not fits.same_bits(graph, plain)))
        report.measure("graphs", len(made), detail=made)
