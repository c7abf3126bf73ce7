"""Predictions: of few rows, and of ten million beside the copies that they need."""

import numpy as np

from benchmarks.device_check import fits, inside
from benchmarks.gpu import network, rows_of


def run(report, sizes):
    """Time predictions through the small network, and compare them with the processor's."""
    n_features, *hidden, n_outputs, batch = sizes.small
    X, y = rows_of(2 * batch, n_features, n_outputs)
    model = network(tuple(hidden), batch, 1).fit(X, y)
    with report.check("difference"):
        ours = model.predict_proba(X)
        theirs = model.set_params(device="cpu").predict_proba(X)
        model.set_params(device="cuda")
        report.measure("difference", np.abs(ours - theirs).max())
    for n_rows in sizes.predicted[:-1]:
        with report.check(f"{n_rows} rows"):
            Z = np.resize(X, (n_rows, n_features))
            model.predict_proba(Z)
            took = fits.median_seconds(lambda Z=Z: model.predict_proba(Z), 9)
            report.measure(f"{n_rows} rows", took * 1e3, "ms")
    n_rows = sizes.predicted[-1]
    with report.check("copies"):
        to_device, back = bandwidths(sizes.copied)
        n_bytes = n_rows * X.itemsize
        took = n_features * n_bytes / to_device + n_outputs * n_bytes / back
        report.measure("copies", took * 1e3, "ms", "from and to pinned memory, one after another")
    with report.check("all rows"):
        Z = np.resize(X, (n_rows, n_features))
        model.predict_proba(Z[: 1 + n_rows // 10])
        took = fits.median_seconds(lambda: model.predict_proba(Z), sizes.repeats)
        report.measure("all rows", took * 1e3, "ms")


def bandwidths(n_bytes, pinned=True):
    """Return the bytes per second of copies to the device and back.

    Parameters
    ----------
    n_bytes : int
    pinned : bool, default=True
        Whether the host's memory is pinned.
    """
    from numba import cuda

    device = inside.device()
    with device.active():
        there = cuda.device_array(n_bytes, np.uint8)
        host = cuda.pinned_array(n_bytes, np.uint8) if pinned else np.empty(n_bytes, np.uint8)
        host[:] = 1
        jobs = (lambda: there.copy_to_device(host)), (lambda: there.copy_to_host(host))

        def waited(job):
            job()
            device.wait()

        return [n_bytes / fits.median_seconds(lambda job=job: waited(job), 3) for job in jobs]
