"""What every peer needs to know: versions, and the cores of this process."""

import importlib
import os
from importlib.metadata import PackageNotFoundError, version


def cores():
    """Return the number of cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count()


def package_version(name):
    """Return the version of an installed distribution, or None."""
    try:
        return version(name)
    except PackageNotFoundError:
        return getattr(importlib.import_module(name), "__version__", None)
