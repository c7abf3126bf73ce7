"""All work on a device is done while it is active, and cuBLAS harms nobody who does not need it."""

import json

import pytest

from tests.simulated import run_simulated

PREAMBLE = """
import collections, contextlib, ctypes, json, threading, warnings
import numpy as np
from skdeep import MLPClassifier
from skdeep.engines.cuda import engine
from skdeep.engines.cuda.hardware import blas, devices
from skdeep.engines.cuda.launching import dispatcher, graphs, launch
from skdeep.engines.cuda.memory import slabs
from skdeep.engines.cuda.runs import prediction

warnings.simplefilter("ignore")
X = np.random.default_rng(0).normal(size=(21, 6))
y = np.arange(21) % 3
settings = {"hidden_layer_sizes": (5,), "max_iter": 2, "batch_size": 8, "random_state": 0}

def fit(**own):
    return MLPClassifier(**{**settings, **own}, device="cuda").fit(X, y)
"""


def run(code):
    return json.loads(run_simulated(PREAMBLE + code))


def test_all_work_is_done_while_the_device_is_active():
    """Copies, launches, slices of device arrays, products by a library, and freeing of memory."""
    outside, pushes = run("""
state, outside, real = threading.local(), collections.Counter(), devices.Device.active
pushes = []

@contextlib.contextmanager
def active(self):
    pushes.append(1)
    state.depth = getattr(state, "depth", 0) + 1
    try:
        with real(self):
            yield
    finally:
        state.depth -= 1

def watched(owner, name):
    function = getattr(owner, name)
    def call(*arguments, **named):
        outside[name] += getattr(state, "depth", 0) == 0
        return function(*arguments, **named)
    setattr(owner, name, call)

class CuBLAS:
    def __getattr__(self, name):
        return lambda *arguments: 0

devices.Device.active = active
watched(slabs.numba_cuda, "device_array")
watched(blas.Library, "multiply")
watched(graphs, "launch")
watched(slabs, "copy_in")
watched(slabs, "copy_out")
watched(prediction, "launch")
array = type(slabs.numba_cuda.device_array(1, np.uint8))
for name in ("__getitem__", "copy_to_device", "copy_to_host"):
    watched(array, name)
outside.clear()
fit().predict(X)
fit(solver="lbfgs")
engine.MOST_OPERATIONS_OF_A_BLOCK = engine.MOST_OPERATIONS_OF_A_GRAPH = 0
device = devices.device_of(0)
from skdeep.engines.cuda.memory.model import Model
Model.address = lambda self, name: 0
device.library = blas.Library(CuBLAS())
before = len(pushes)
with contextlib.suppress(ValueError):  # the products are wrong
    fit()
n_pushes = len(pushes) - before
device.pool.release()
print(json.dumps([outside, n_pushes]))
""")
    assert outside.keys() >= {"multiply", "launch", "copy_in", "copy_out"}
    assert not any(outside.values())
    assert pushes < 40  # six steps of some fifteen launches and six products each


@pytest.mark.parametrize("broken", ["cublasCreate_v2", "library"])
def test_without_cublas(broken):
    """A small network does not look for it; a large one warns, and trains by our own kernels."""
    looked, warned, differences = run(f"""
class CuBLAS:
    def __getattr__(self, name):
        return lambda *arguments: 1  # the status of what is not initialised

def load(name):
    if {broken!r} == "library":
        raise blas.toolkit.MissingLibrary("cuBLAS was not found. Install it with: pip install it")
    return "libcublas.so"

blas.SIMULATED, blas.toolkit.load, blas.ctypes.CDLL = False, load, lambda path: CuBLAS()
plain = MLPClassifier(**settings).fit(X, y)
looked, warned, differences = [], [], []
for least in (np.inf, 0):
    engine.MOST_OPERATIONS_OF_A_BLOCK, engine.MOST_OPERATIONS_OF_A_GRAPH = least, 0
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        ours = [fit(), fit()]
    looked.append("library" in vars(devices.device_of(0)))
    warned.append([str(w.message) for w in seen if "cuBLAS" in str(w.message)])
    pairs = zip(ours[1].coefs_, plain.coefs_)
    differences.append(float(max(np.abs(a - b).max() for a, b in pairs)))
print(json.dumps([looked, warned, differences]))
""")
    assert looked == [False, True]
    assert not warned[0] and len(warned[1]) == 1
    assert ("status 1" if broken != "library" else "pip install") in warned[1][0]
    assert max(differences) < 1e-9


def test_empty_slabs_count_as_free_and_small_ones_will_do():
    """Where a slab of the usual size cannot be had, one that is just large enough can."""
    assert run("""
import gc
pool = devices.device_of(0).pool
fit()
gc.collect()
sizes = [pool.empty_bytes()]
region = pool.take(1 << 17)
sizes.append(pool.empty_bytes())
pool.give(region)
sizes.append(pool.empty_bytes())
pool.release()
sizes.append(pool.empty_bytes())

real, asked = slabs.numba_cuda.device_array, []
def device_array(size, dtype):
    asked.append(size)
    if size > 5000:
        raise RuntimeError("CUDA_ERROR_OUT_OF_MEMORY")
    return real(size, dtype)
slabs.numba_cuda.device_array = device_array
region = pool.take(3000)
print(json.dumps([sizes, region.slab.size]))
""") == [[1 << 16, 1 << 16, 1 << 16, 0], 3072]


def test_slabs_of_other_threads_are_not_counted_twice():
    """As what the driver says is free, and as an empty slab that has been made of that since."""
    assert run("""
from types import SimpleNamespace
device, total, threads = devices.device_of(0), 1 << 20, []
pool = device.pool
def memory(self):
    free = total - sum(slab.size for slab in pool._slabs)
    threads.append(threading.Thread(target=lambda: pool.give(pool.take(1000))))
    threads[0].start()
    threads[0].join(0.3)
    return SimpleNamespace(free=free)
pool.release()
devices.SIMULATED, devices.Device._memory = False, memory
free = device.free_bytes()
threads[0].join(60)
print(json.dumps([total - free, threads[0].is_alive(), pool.empty_bytes()]))
""") == [0, False, 1 << 16]


def test_an_error_gives_the_memory_back_at_once():
    """Even while its traceback keeps the fit."""
    errors, one, kept = run("""
from skdeep.engines.cuda.memory.model import Model

pool, errors, sizes, real_place = devices.device_of(0).pool, [], [], Model._place

def taken():
    pool.empty_bytes()  # takes back what is returned
    return sum(slab.size - sum(size for _start, size in slab._free) for slab in pool._slabs)

def place(self, *arguments):
    real_place(self, *arguments)
    sizes.append(taken())

fit()
before, Model._place = taken(), place
fit()
Model._place = real_place
for least, module, name in ((np.inf, dispatcher, "launch_training"), (0, graphs, "launch")):
    engine.MOST_OPERATIONS_OF_A_BLOCK, engine.MOST_OPERATIONS_OF_A_GRAPH = least, 0
    real = getattr(module, name)
    def fail(*arguments):
        raise RuntimeError("launch failed")
    setattr(module, name, fail)
    for solver in ("adam", "lbfgs") if module is graphs else ("adam",):
        try:
            fit(solver=solver)
        except RuntimeError as error:
            errors.append(error)
    setattr(module, name, real)
print(json.dumps([len(errors), max(sizes) - before, taken() - before]))
""")
    assert errors == 3
    assert kept < 0.2 * one  # but for a row of a table
