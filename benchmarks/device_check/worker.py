"""Runs steps in a process of their own: ``python -m benchmarks.device_check.worker STEP ...``."""

import importlib
import os
import sys
import traceback
import warnings

from benchmarks.device_check.plan import STEPS
from benchmarks.device_check.reporting import Report
from benchmarks.device_check.sizes import FULL, TINY

#: Exit status of a step after which nothing else makes sense.
NOTHING_TO_CHECK = 3


def run(name):
    """Run a step; return the exit status."""
    job = next(step.job for step in STEPS if step.name == name)
    module, _, function = job.partition(".")
    sizes = TINY if os.environ.get("NUMBA_ENABLE_CUDASIM") == "1" else FULL
    report = Report(name)
    report.begin()
    try:
        getattr(importlib.import_module(f"benchmarks.device_check.{module}"), function)(
            report, sizes
        )
    except SystemExit as end:
        return int(end.code or 0)
    except BaseException as error:
        report.fail("the step", f"{type(error).__name__}: {error}")
        traceback.print_exc()
        return 1
    report.end()
    return 0


def main(names):
    """Run steps, and end the process, whatever threads still do."""
    warnings.simplefilter("ignore")
    code = 0
    for name in names:
        code = run(name) or code
        if code == NOTHING_TO_CHECK:
            break
    sys.stdout.flush()
    sys.stderr.flush()
    if any(step.tool for step in STEPS if step.name in names):
        sys.exit(code)  # a profiler wants a proper end
    os._exit(code)


if __name__ == "__main__":
    main(sys.argv[1:])
