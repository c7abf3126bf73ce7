"""Steps that compare fits with the processor's, and with themselves: the same bits again."""

import numpy as np
import scipy.sparse as sp

from benchmarks.device_check import fits, inside
from benchmarks.device_check.configurations import AGREEMENT, CONFIGURATIONS
from benchmarks.device_check.fits import ON_CPU, ON_GPU
from benchmarks.gpu import network, rows_of, seconds


def compare(report, name, sizes, data, repeats=2, **parameters):
    """Fit on the GPU, some times, and on the processor; report how far they are apart.

    Parameters
    ----------
    report : Report
    name : str
        Of the measurement.
    sizes : Sizes
    data : tuple of arrays
        Features, targets and perhaps sample weights.
    repeats : int, default=2
        Fits on the GPU. Other bits are the sign of a race between threads.
    **parameters
        Of the estimator.
    """
    first = []
    with report.check(name):
        took = seconds(lambda: first.append(fits.fit(ON_GPU, sizes, *data, **parameters)))
        ours = first[0]
        theirs = fits.fit(ON_CPU, sizes, *data, **parameters)
        apart = fits.difference(ours, theirs)
        told = f"{ours.n_iter_} and {theirs.n_iter_} epochs, the first fit {took:.1f} s"
        report.measure(name, apart, detail=told)
    if not first:
        report.fail(f"{name}, again", "the first fit failed")
        return
    with report.check(f"{name}, again"):
        again = [fits.fit(ON_GPU, sizes, *data, **parameters) for _ in range(repeats - 1)]
        other = sum(not fits.same_bits(first[0], model) for model in again)
        report.measure(f"{name}, again", other, detail=f"of {repeats - 1}")


def compare_step(report, sizes):
    """Compare the configurations of a step."""
    way, dtype, names = AGREEMENT[report.step]
    X, y = fits.classes(sizes.compared, dtype)
    X = sp.csr_matrix(X) if report.step.startswith("sparse") else X
    with inside.way(way):
        for number, name in enumerate(names):
            if sizes.configurations is not None and name not in sizes.configurations:
                report.leave_out(name, "not on a simulated GPU")
                report.leave_out(f"{name}, again", "not on a simulated GPU")
                continue
            parameters = dict(CONFIGURATIONS[name])
            weight = np.linspace(0.5, 1.5, len(y)) if parameters.pop("weighted", False) else None
            if sizes.is_simulated and "max_iter" in parameters:
                parameters["max_iter"] = 2
            data, repeats = (X, y, weight), 4 if number == 0 and not sizes.is_simulated else 2
            compare(report, name, sizes, data, repeats, **parameters)


def float32(report, sizes):
    """Compare in float32, and compile what the timings use: the kernels of a block.

    Shared memory has room for the network of the timings, so that the kernel that keeps everything
    in global memory is chosen by hand.
    """
    with report.check("compiled"), inside.way("shared memory"):
        data = fits.classes(sizes.compared, "float32")
        report.measure("compiled", seconds(lambda: fits.fit(ON_GPU, sizes, *data)), "s")
    compare_step(report, sizes)
    n_features, *hidden, n_outputs, batch = sizes.small
    X, y = rows_of(batch * 4, n_features, n_outputs)
    own = {"hidden_layer_sizes": tuple(hidden), "batch_size": batch, "max_iter": 2}
    with inside.way("block"):
        compare(report, "block, 64-(100)-10", sizes, (X, y), **own)
    _train_again(report, sizes)
    with report.check("registers"):
        local = []
        for name, n_registers, n_bytes in inside.registers():
            report.measure(f"{name}: registers", n_registers, detail=f"{n_bytes} B of local memory")
            local.append(n_bytes)
        if sizes.is_simulated:
            report.leave_out("local memory", "not on a simulated GPU")
        else:
            report.measure("local memory", max(local), "B")


def _train_again(report, sizes):
    """Train the network of the timings again and again, in a block that is full of threads."""
    n_features, *hidden, n_outputs, batch = sizes.small
    X, y = rows_of(batch * 4, n_features, n_outputs)
    with report.check("other bits"), inside.way("shared memory"):
        epochs, times = (1, 2) if sizes.is_simulated else (20, 6)
        models = [network(tuple(hidden), batch, epochs).fit(X, y) for _ in range(times)]
        other = sum(not fits.same_bits(models[0], model) for model in models[1:])
        report.measure("other bits", other, detail=f"of {times - 1}")


def regression(report, sizes):
    """Compare regressions: other losses, solvers, schedules and noise, and odd shapes."""
    n_rows, n_features, _ = sizes.compared
    rng = np.random.default_rng(0)
    X = rng.standard_normal((n_rows, n_features))
    y = np.tanh(X @ rng.standard_normal((n_features, 2)))
    plain = {"cls": "MLPRegressor", "activation": "tanh", "solver": "sgd"}
    adaptive = {"learning_rate": "adaptive", "tol": 1.0, "n_iter_no_change": 1, "max_iter": 6}
    noisy = {"input_noise": 0.2, "penalty": "l1", "activation": ("tanh", "gelu")}
    with inside.way("shared memory"):
        compare(report, "tanh, sgd", sizes, (X, y), **plain)
        compare(report, "adaptive rate", sizes, (X, y), **plain, **adaptive)
        compare(report, "noise, l1, gelu", sizes, (X, y), **{**plain, **noisy})
        for rows, width in ((7, 1), (65, 3)):
            part = X[:rows, :width].copy(), y[:rows]
            compare(report, f"{rows} rows", sizes, part, **plain)


def lbfgs(report, sizes):
    """Compare L-BFGS, which wants the gradient of all rows."""
    data = fits.classes(sizes.compared, "float64")
    iterations = 2 if sizes.is_simulated else 20
    compare(report, "20 iterations", sizes, data, solver="lbfgs", max_iter=iterations)
