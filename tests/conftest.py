"""Fixtures and settings shared by every test."""

import functools
import os
import warnings

# The suite uses tiny data: more threads than this only get in each other's way. Set before
# numpy, numba or scikit-learn is imported; a value from outside wins.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ.setdefault(_name, str(min(4, os.cpu_count() or 1)))

os.environ.setdefault("MPLBACKEND", "Agg")  # no test opens a window

import numpy as np  # noqa: E402
import pytest  # noqa: E402
from hypothesis import HealthCheck, settings  # noqa: E402

settings.register_profile(
    "skdeep",
    deadline=None,
    derandomize=True,
    max_examples=30,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.load_profile("skdeep")


def _always():
    """A device that every machine has."""
    return None


def _cuda():
    """Say why there is no CUDA device; None where there is one, real or simulated."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from numba import config, cuda

        if config.ENABLE_CUDASIM or cuda.is_available():
            return None
    return "no NVIDIA GPU with a driver here (NUMBA_ENABLE_CUDASIM=1 simulates one)"


# name of a device -> function that says why it cannot be used here, or None where it can.
# A device added to this table is skipped, with that reason on view, where it is missing.
DEVICES = {"cpu": _always, "cuda": functools.cache(_cuda)}
_MARKS = {"cuda": pytest.mark.gpu}


@pytest.fixture(params=[pytest.param(n, marks=_MARKS.get(n, ())) for n in sorted(DEVICES)])
def device(request):
    """Name of the device that fits run on; ``pytest -m gpu`` chooses the GPU."""
    reason = DEVICES[request.param]()
    if reason is not None:
        pytest.skip(f"{request.param}: {reason}")
    return request.param


@pytest.fixture
def global_random_seed():
    """Seed used by scikit-learn's own tests (a fixture of scikit-learn's conftest)."""
    return 42


@pytest.fixture(autouse=True)
def _keep_global_random_state():
    """Start every test from the same global NumPy seed and put the old state back."""
    state = np.random.get_state()
    np.random.seed(0)
    yield
    np.random.set_state(state)
