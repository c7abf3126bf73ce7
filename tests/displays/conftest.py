"""Pictures go nowhere, and figures are closed after every test."""

import sys
import warnings

import pytest

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # what third parties warn of at import
    try:
        import matplotlib

        matplotlib.use("Agg")
        import matplotlib.pyplot
    except ImportError:
        pass  # every file skips itself, with a reason on view


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")
