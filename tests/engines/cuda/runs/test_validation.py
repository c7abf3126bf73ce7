"""Validation within the kernel that trains beside validation by the host, on the simulator."""

import json

import pytest

from tests.simulated import run_simulated

PREAMBLE = """
import json, warnings
import numpy as np
import scipy.sparse as sp
from skdeep import MLPClassifier, MLPRegressor
from skdeep.engines.cuda import engine
from skdeep.engines.cuda.hardware import devices
from skdeep.engines.cuda.kernels import compiled
from skdeep.engines.cuda.runs import validation
from skdeep.engines.interface import ValidationOutcome
warnings.simplefilter("ignore")
rng = np.random.default_rng(0)
X = rng.normal(size=(24, 4))
X[abs(X) < 0.3] = 0
classes, numbers = np.arange(24) % 3, rng.normal(size=(24, 2))
settings = {"hidden_layer_sizes": (3,), "max_iter": 4, "batch_size": 8, "random_state": 0}
weights = np.linspace(0.5, 1.5, 24)
# Of every epoch: whether it was validated by the launch that trained it, with outputs.
given, real = [], engine.Training.validation

def note(self, parameters):
    found = real(self, parameters)
    given.append([self.model.validator is not None, found.outputs is not None])
    return found

engine.Training.validation = note

def recorded(model):
    arrays = [*model.coefs_, *model.intercepts_]
    curves = model.validation_scores_, model.validation_loss_curve_, model.loss_curve_
    return [model.n_iter_, *map(np.asarray, (*curves, *arrays))]

def compare(make, X, y, fit=None, **own):
    fits = [
        make(**{**settings, **own}, device=device).fit(X, y, **(fit or {}))
        for device in ("cpu", "cuda")
    ]
    pairs = list(zip(*map(recorded, fits)))
    assert all(np.shape(a) == np.shape(b) for a, b in pairs)
    return max(float(np.abs(np.subtract(*pair)).max()) for pair in pairs)
"""


def run(code):
    return json.loads(run_simulated(PREAMBLE + code, timeout=300))


def test_features_of_networks():
    """Copies of the network as predictions see it: without dropout, by the running statistics."""
    differences, given, kept = run("""
early = {"early_stopping": True, "validation_fraction": 0.3}
differences = [
    compare(MLPClassifier, X, classes, **early),
    compare(MLPRegressor, X, numbers, **early, scoring="loss"),
    compare(MLPClassifier, X, classes, {"sample_weight": weights}, **early, dropout=0.3),
    compare(MLPClassifier, sp.csr_matrix(X), classes, **early, batch_norm=True),
    compare(MLPRegressor, X, numbers, **early, weight_norm=True, input_noise=0.1),
    compare(MLPClassifier, X, classes, {"X_val": X[:7], "y_val": classes[:7]}, dropconnect=0.3),
    compare(MLPClassifier, X, classes, **early, scoring="neg_log_loss", skip_connections=True),
]
import gc
gc.collect()
pool = devices.device_of(0).pool
pool.empty_bytes()
kept = sum(slab.size - sum(size for _start, size in slab._free) for slab in pool._slabs)
table = sum(slot._table.region.size for slot in devices.device_of(0).dispatcher._slots)
print(json.dumps([differences, given, kept - table]))
""")
    assert max(differences) < 1e-6  # noise on the features is drawn in float32
    assert len(given) == 28 and all(within for within, _outputs in given)
    with_outputs = [any(each for _within, each in given[i : i + 4]) for i in range(0, 28, 4)]
    assert with_outputs == [True, False, True, True, True, True, False]
    assert kept == 0


@pytest.mark.parametrize("mode", ["block", "grid", "no room"])
def test_ways(mode):
    """Also in global memory; the host does it for a grid, and where there is no room for rows."""
    differences, given = run(f"""
if {mode!r} == "block":
    devices.device_of(0).shared_bytes = 0
elif {mode!r} == "grid":
    engine.MOST_OPERATIONS_OF_A_BLOCK = 0  # whose steps are a graph's
else:
    validation.SHARE_OF_MEMORY = 0
own = {{"early_stopping": True, "validation_fraction": 0.3, "max_iter": 2}}
difference = compare(MLPClassifier, X, classes, **own)
print(json.dumps([difference, given]))
""")
    assert differences < 1e-9
    assert given == [[mode == "block", True]] * 2


def test_same_bits_within_the_kernel_and_beside_it():
    """Of losses and scores, in both precisions, for one output and for several."""
    differences, given = run("""
differences = []
for dtype in ("float32", "float64"):
    for make, y, own in (
        (MLPClassifier, classes, {}),
        (MLPRegressor, numbers, {"scoring": "loss"}),
        (MLPRegressor, numbers[:, 0], {"loss": "huber"}),
    ):
        curves = []
        for share in (0.1, 0.0):
            validation.SHARE_OF_MEMORY = share
            own = {**settings, **own, "max_iter": 2, "early_stopping": True, "device": "cuda"}
            model = make(**own).fit(X.astype(dtype), y, weights)
            curves.append([model.validation_scores_, model.validation_loss_curve_])
        differences.append(float(np.abs(np.subtract(*curves)).max()))
print(json.dumps([differences, given]))
""")
    assert differences == [0.0] * 6
    assert [within for within, _outputs in given] == [True, True, False, False] * 6
    assert [outputs for _within, outputs in given] == ([True] * 4 + [False] * 4 + [True] * 4) * 2
