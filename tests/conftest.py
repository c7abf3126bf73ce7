"""Fixtures and settings shared by every test."""

import contextlib
import functools
import os
import re

# The suite uses tiny data: more threads than this only get in each other's way. Set before
# numpy, numba or scikit-learn is imported; a value from outside wins.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ.setdefault(_name, str(min(4, os.cpu_count() or 1)))

os.environ.setdefault("MPLBACKEND", "Agg")  # no test opens a window

import numpy as np  # noqa: E402
import pytest  # noqa: E402

with contextlib.suppress(ModuleNotFoundError):  # on machines that only run the tests of the GPU
    from hypothesis import HealthCheck, settings

    settings.register_profile(
        "skdeep",
        deadline=None,
        derandomize=True,
        max_examples=30,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
    )
    settings.load_profile("skdeep")

from tests import tiers  # noqa: E402
from tests.engines.cuda import selection  # noqa: E402


def _always():
    """A device that every machine has."""
    return None


def _cuda():
    """Say why there is no CUDA device; None where there is one, real or simulated."""
    from skdeep.engines import choice

    try:
        choice._check_cuda(0)
    except RuntimeError as error:
        return f"{error} (NUMBA_ENABLE_CUDASIM=1 simulates one)"
    return None


# name of a device -> function that says why it cannot be used here, or None where it can.
# A device added to this table is skipped, with that reason on view, where it is missing.
DEVICES = {"cpu": _always, "cuda": functools.cache(_cuda)}
_MARKS = {"cuda": pytest.mark.gpu}


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config):
    """Run the first tier in two processes, where pytest-xdist is installed and nobody objects."""
    options = config.option
    if hasattr(config, "workerinput") or not config.pluginmanager.hasplugin("xdist"):
        return
    alone = options.usepdb or options.collectonly or options.numprocesses is not None
    if not alone and _is_first_tier(config):
        options.numprocesses, options.dist = 2, "worksteal"


def pytest_configure(config):
    """Let warnings of other packages be, whatever their versions, where only a GPU is tested."""
    if not re.search(r"(?<!not )\bgpu", config.option.markexpr or ""):
        return
    config.addinivalue_line("filterwarnings", "default")
    config.addinivalue_line("filterwarnings", r"error:::skdeep(\..*)?")
    # What newer versions of other packages say of our use of them seems to come from skdeep.
    for category in ("DeprecationWarning", "PendingDeprecationWarning", "FutureWarning"):
        config.addinivalue_line("filterwarnings", f"default::{category}")


def pytest_collection_modifyitems(config, items):
    """Leave out what nobody asked for."""
    _leave_out_slow(config, items)
    _leave_out_long_compilations(config, items)


def _deselect(config, items, left_out):
    items[:] = [item for item in items if item not in left_out]
    config.hook.pytest_deselected(items=list(left_out))


def _leave_out_slow(config, items):
    """Leave out the tests of `tests.tiers`, unless tests, marks or names were chosen."""
    slow = {item for item in items if tiers.is_slow(item.nodeid)}
    for item in slow:
        item.add_marker("slow")
    if _is_first_tier(config):
        _deselect(config, items, slow)


def _is_first_tier(config):
    """Return whether no tests, marks or names were chosen."""
    # The processes of pytest-xdist are given the folders by name.
    folders = {config.rootpath / folder for folder in config.getini("testpaths")}
    everywhere = {config.invocation_params.dir / argument for argument in config.args} == folders
    return everywhere and not config.option.markexpr and not config.option.keyword


def _leave_out_long_compilations(config, items):
    """On a GPU, leave out what would compile kernels for an hour, unless all is asked for."""
    on_gpu = [item for item in items if item.get_closest_marker("gpu")]
    for item in on_gpu:
        item.add_marker("gpu_all")
    if not on_gpu or "gpu_all" in (config.option.markexpr or ""):
        return
    if os.environ.get("NUMBA_ENABLE_CUDASIM") == "1" or DEVICES["cuda"]() is not None:
        return
    _deselect(config, items, {item for item in on_gpu if not selection.is_selected(item)})


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
