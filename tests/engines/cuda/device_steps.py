"""Stand-in steps of the device check: well behaved and not."""

import os
import time


def measures(report, sizes):
    """Measure one thing, fail at another, and come to the end."""
    print("a line of a library")
    report.measure("first", 2.0, "us")
    with report.check("second"):
        raise RuntimeError("no such thing")
    report.measure("third", float("nan"))
    report.leave_out("fourth", "not here")


def hangs(report, sizes):
    """Measure, and never end."""
    report.measure("before", 1.0)
    time.sleep(600)


def raises(report, sizes):
    """Fail as a whole."""
    report.measure("before", 1.0)
    raise MemoryError("no room")


def dies(report, sizes):
    """End the process, as a crash in a library does."""
    report.measure("before", 1.0)
    os.abort()


def waits(report, sizes):
    """Take some time."""
    time.sleep(0.5)
    report.measure("waited", 1.0)


def finds_nothing(report, sizes):
    """Say that there is nothing to check."""
    report.fail("devices", "no GPU")
    raise SystemExit(3)
