"""A device without room: an error that says so, nothing kept, and data that come in chunks."""

import contextlib
import warnings

import numpy as np

from benchmarks.device_check import fits, inside
from benchmarks.device_check.fits import ON_CPU
from benchmarks.gpu import network, rows_of, seconds

#: Memory that is left where there is to be no room, and the units of a network that wants more.
LEFT, UNITS = 200 << 20, 6000


def run(report, sizes):
    """Take nearly all memory; train what has no room; train in chunks; train as before."""
    n_features, *hidden, n_outputs, batch = sizes.small
    X, y = rows_of(10 * batch, n_features, n_outputs)

    def small(**parameters):
        return network(tuple(hidden), batch, 1, **parameters).fit(X, y)

    small()
    with report.check("errors"):
        if sizes.is_simulated:
            report.leave_out("errors", "the memory of a simulated GPU has no end")
        else:
            report.measure("errors", *_fit_without_room(X[:batch], y[:batch], batch))
    with report.check("after"):
        took = seconds(small)
        report.measure("after", 1, detail=f"a fit of {took:.3f} s")
    with report.check("warnings"), warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        with _little_memory(X.nbytes):
            ours = small()
        told = sum("copied there at a time" in str(warning.message) for warning in seen)
        report.measure("warnings", told)
        report.measure("chunks", fits.difference(ours, small(**ON_CPU)))


@contextlib.contextmanager
def _little_memory(n_bytes):
    """Let the engine believe that so much memory is all that there is for data."""
    from skdeep.engines.cuda import engine

    device = inside.device()
    known = {"free_bytes": lambda: n_bytes, "total_bytes": lambda: n_bytes}
    with contextlib.ExitStack() as stack:
        # What a network takes beside its data would be most of so little memory.
        stack.enter_context(inside.replaced(engine, fixed_bytes=lambda *_: 0))
        stack.enter_context(inside.replaced(device, **known))
        stack.enter_context(inside.replaced(device.admission, _spare=0))  # to be asked for again
        yield


def _fit_without_room(X, y, batch):
    """Return how many errors there were, a unit, and what the error said."""
    from numba import cuda

    device = inside.device()
    device.pool.release()
    with device.active():
        hog = cuda.device_array(device.free_bytes() - LEFT, np.uint8)
    try:
        network((UNITS, UNITS), batch, 1).fit(X, y)
    except MemoryError as error:
        return 1, "", error
    finally:
        with device.active():
            del hog
            cuda.current_context().deallocations.clear()
    return 0, "", "the fit has found room"
