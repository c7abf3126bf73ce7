"""Data larger than the device, many classes, and fits after failures, on the simulator."""

import json

import pytest

from tests.simulated import run_simulated

PREAMBLE = """
import gc, json, os, warnings
import numpy as np
import scipy.sparse as sp
from skdeep import MLPClassifier
from skdeep.engines.cuda import engine
from skdeep.engines.cuda.hardware import devices
engine.fixed_bytes = lambda *arguments: 0  # which would be most of so little memory
warnings.simplefilter("ignore", category=UserWarning)
rng = np.random.default_rng(0)
X, y = rng.normal(size=(50, 4)), rng.integers(0, 3, 50)
X[abs(X) < 0.4] = 0
settings = {"hidden_layer_sizes": (4,), "max_iter": 3, "batch_size": 8, "random_state": 0}

def largest(ours, theirs):
    pairs = zip(ours.coefs_ + ours.intercepts_, theirs.coefs_ + theirs.intercepts_)
    return float(max(np.abs(a - b).max() for a, b in pairs))
"""


def run(code):
    return json.loads(run_simulated(PREAMBLE + code))


@pytest.mark.parametrize("make", ["np.asarray", "sp.csr_matrix"])
def test_rows_come_in_chunks(make):
    code = f"""
settings["max_iter"] = 2
Z, weights, differences, warned = {make}(X), rng.uniform(0.5, 2, 50), [], []
for fit in ({{}}, {{"sample_weight": weights}}):
    for own in ({{}}, {{"shuffle": False}}, {{"batch_norm": True, "early_stopping": True}}):
        plain = MLPClassifier(**settings, **own).fit(Z, y, **fit)
        devices.SIMULATED_MEMORY = 2000
        with warnings.catch_warnings(record=True) as seen:
            warnings.simplefilter("always")
            ours = MLPClassifier(**settings, **own, device="cuda").fit(Z, y, **fit)
        warned.append(sum("copied there at a time" in str(w.message) for w in seen))
        proba = ours.predict_proba(Z)
        devices.SIMULATED_MEMORY = 1 << 26
        differences += [largest(ours, plain), float(np.abs(proba - plain.predict_proba(Z)).max())]
print(json.dumps([differences, warned]))
"""
    differences, warned = run(code)
    assert max(differences) < 1e-9
    assert warned == [1] * 6


def test_odd_shapes():
    code = """
differences = []
for X, y, batch in (
    (rng.normal(size=(40, 1)), np.arange(40), 39),
    (rng.normal(size=(12, 3000)), np.arange(12) % 2, 5),
    (rng.normal(size=(300, 2)), np.arange(300), 300),
):
    own = {**settings, "batch_size": batch, "max_iter": 1}
    plain, ours = MLPClassifier(**own).fit(X, y), MLPClassifier(**own, device="cuda").fit(X, y)
    differences.append(largest(ours, plain))
print(json.dumps(differences))
"""
    assert max(run(code)) < 1e-9


def test_after_failures():
    code = """
said = []
def fit(X=X, **own):
    return MLPClassifier(**{**settings, **own}, device="cuda").fit(X, y)
try: fit(X * 1e200, solver="sgd", learning_rate_init=1e300)
except ValueError as error: said.append("non-finite" in str(error))
real = devices.numba_cuda.device_array
from skdeep.engines.cuda.memory import slabs
def full(*arguments): raise RuntimeError("CUDA_ERROR_OUT_OF_MEMORY")
devices.device_of(0).pool.release()
slabs.numba_cuda.device_array = full
try: fit(rng.normal(size=(50, 4000)))
except MemoryError as error: said.append("no room" in str(error))
slabs.numba_cuda.device_array = real
gc.collect()
said.append(largest(fit(), MLPClassifier(**settings).fit(X, y)) < 1e-9)
said.append(sum(devices.device_of(0).dispatcher._fits.values()) == 0)
child = os.fork()
if child == 0:
    try: fit()
    except RuntimeError as error: os._exit(0 if "forked" in str(error) else 1)
    os._exit(2)
said.append(os.waitpid(child, 0)[1] == 0)
print(json.dumps(said))
"""
    assert run(code) == [True] * 5
