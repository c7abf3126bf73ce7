"""Many threads want a kernel that nobody has compiled yet."""

import sys
import threading

from benchmarks.device_check import fits, inside
from benchmarks.device_check.fits import ON_CPU, ON_GPU
from benchmarks.gpu import seconds

#: Seconds after which threads that have not ended are an error.
LIMIT = 150


def run(report, sizes):
    """Fit in threads at the same time; compare with the processor, and count what was compiled."""
    before = len(inside.kernels_made())
    X, y = fits.classes(sizes.compared, "float64")
    own = [
        {"activation": "logistic", "random_state": i, "learning_rate_init": 0.01 * (1 + i % 3)}
        for i in range(sizes.threads)
    ]
    with report.check("errors"), inside.way("shared memory"), inside.Launches() as launches:
        found = []
        took = seconds(lambda: found.extend(_at_once(own, sizes, X, y)))
        wrong = [result for result in found if not hasattr(result, "coefs_")]
        detail = f"{took:.1f} s, {launches}; {wrong[:1]}"
        report.measure("errors", len(wrong), detail=detail)
    with report.check("kernels"):
        report.measure("kernels", len(inside.kernels_made()) - before)
    with report.check("difference"):
        apart = [
            fits.difference(model, fits.fit(ON_CPU, sizes, X, y, **parameters))
            for model, parameters in list(zip(found, own, strict=True))[:6]
        ]
        report.measure("difference", max(apart), detail=f"of {len(apart)} fits")


def _at_once(parameters, sizes, X, y):
    """Return what fits in threads have made: estimators, errors, or None without end."""
    found, ready = [None] * len(parameters), threading.Barrier(len(parameters))

    def work(number):
        ready.wait()
        try:
            found[number] = fits.fit(ON_GPU, sizes, X, y, **parameters[number])
        except Exception as error:
            found[number] = error

    threads = [threading.Thread(target=work, args=(i,), daemon=True) for i in range(len(found))]
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-4)  # what chance brings, sooner
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(LIMIT)
    finally:
        sys.setswitchinterval(before)
    return found
