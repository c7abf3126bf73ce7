"""Runs steps in a process of their own: ``python -m ...worker STEP=JOB ...``."""

import importlib
import os
import sys
import traceback
import warnings

from benchmarks.device_check.reporting import Report
from benchmarks.device_check.sizes import FULL, TINY

#: Exit status of a step after which nothing else makes sense.
NOTHING_TO_CHECK = 3
#: Set in the environment where a profiler wants the process to end in the usual way.
PROPER_END = "DEVICE_CHECK_PROPER_END"


def find(job):
    """Return the function of a job: ``module.function`` of this package, or a dotted name."""
    module, _, function = job.rpartition(".")
    module = module if "." in module else f"{__package__}.{module}"
    return getattr(importlib.import_module(module), function)


def run(name, job):
    """Run a step; return the exit status."""
    sizes = TINY if os.environ.get("NUMBA_ENABLE_CUDASIM") == "1" else FULL
    report = Report(name)
    report.begin()
    try:
        find(job)(report, sizes)
    except SystemExit as end:
        return int(end.code or 0)
    except BaseException as error:
        report.fail("the step", f"{type(error).__name__}: {error}")
        traceback.print_exc()
        return 1
    report.end()
    return 0


def main(arguments):
    """Run steps, and end the process, whatever threads still do."""
    warnings.simplefilter("ignore")
    code = 0
    for argument in arguments:
        name, _, job = argument.partition("=")
        code = run(name, job) or code
        if code == NOTHING_TO_CHECK:
            break
    sys.stdout.flush()
    sys.stderr.flush()
    if os.environ.get(PROPER_END) == "1":
        sys.exit(code)
    os._exit(code)


if __name__ == "__main__":
    main(sys.argv[1:])
