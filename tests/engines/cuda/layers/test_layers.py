"""Networks of layers that a GPU has: graphs of neurons and dense layers with holes."""

import numpy as np
import pytest
import scipy.sparse as sp

from skdeep import NetworkClassifier
from skdeep.layers import Dense, NeuronGraph
from tests.engines.cuda.fits import MODES, TOLERANCE, assert_same_fit, cuda_settings, data
from tests.helpers import assert_close, quiet

GRAPH = {"a": [0, 1], "b": ([2, 3], "gelu"), "c": (["a", 1], "gelu"), "d": ["a", "b"]}
HOLES = np.array([[1, 0, 1], [1, 1, 0], [0, 1, 0], [0, 0, 1]], dtype=bool)
NETWORKS = {
    "graph": [NeuronGraph(GRAPH, "tanh")],
    "graph between": [Dense(4, "tanh"), NeuronGraph(GRAPH, "tanh"), Dense(3, "tanh")],
    "holes": [Dense(3, "tanh", connections=HOLES), Dense(2, "tanh")],
    "headed": [NeuronGraph(GRAPH, "tanh", auxiliary_output=True), Dense(3, "tanh")],
    "normalised": [NeuronGraph(GRAPH, "tanh", batch_norm=True), Dense(3, "tanh")],
    "decayed": [
        Dense(3, "tanh", alpha_factor=3.0, connections=HOLES),
        Dense(3, "tanh", alpha_factor=0.5),
        NeuronGraph({"a": [0, 1], "b": ["a", 2]}, "tanh", alpha_factor=0),
    ],
    "dropped": [NeuronGraph(GRAPH, "tanh", dropout=0.2), Dense(3, "tanh", dropout=0.1)],
}
WAYS = {
    "plain": {},
    "sparse": {"sparse": True},
    "norms": {"clip_norm": 0.1, "max_norm": 0.7, "dropconnect": 0.2},
    "weight_norm": {"weight_norm": True, "penalty": "l1"},
    "lbfgs": {"solver": "lbfgs", "max_iter": 3},
    "strong l1": {"penalty": "l1", "alpha": 0.5},
    "elasticnet": {"penalty": "elasticnet", "alpha": 0.5, "clip_norm": 0.3},
    "decay": {"solver": "adamw", "alpha": 0.5},
    "adam, norms recorded": {"solver": "adam", "record_gradient_norms": True},
}


def _fits(name, device, dtype=np.float64, sparse=False, **parameters):
    """Return a fit on a device, the same on a processor, and the data."""
    X, y = data("multiclass")
    X = sp.csr_matrix(X.astype(dtype)) if sparse else X.astype(dtype)
    options = {"solver": "sgd", "batch_size": 5, "max_iter": 1, "learning_rate_init": 0.1}
    options |= {"alpha": 0.01, "random_state": 0, **parameters}
    models = [NetworkClassifier(NETWORKS[name], **options, device=each) for each in (device, "cpu")]
    with quiet():
        return [model.fit(X, y) for model in models], X


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", NETWORKS)
def test_same_fit(name, way, device):
    if (name, way) == ("dropped", "lbfgs"):
        pytest.skip("dropout is for solvers that train update by update")
    (got, expected), X = _fits(name, device, **WAYS[way])
    # The gradient of biases before a normalisation is rounding, which Adam divides by its size.
    enlarged = name == "normalised" and "adam" in WAYS[way].get("solver", "")
    assert_same_fit(got, expected, 1e-7 if enlarged else TOLERANCE["float64"])
    # Running means follow such biases slowly, so predictions differ by as much.
    assert_close(got.predict_proba(X), expected.predict_proba(X), 1e-7 if enlarged else 1e-9)
    masks = getattr(got, "connectivity_", [])
    assert masks and all(not c[~m].any() for c, m in zip(got.coefs_, masks, strict=True))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", ["graph", "holes"])
def test_mode(name, mode, dtype, device):
    with cuda_settings(device, **MODES[mode]):
        (got, expected), _ = _fits(name, device, dtype)
        assert_same_fit(got, expected, TOLERANCE[np.dtype(dtype).name])
