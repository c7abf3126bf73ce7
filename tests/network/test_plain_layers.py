"""The plain description of networks, against the networks themselves."""

import numpy as np
import pytest

from skdeep.formulas.activations import REGISTRY
from skdeep.network.plain_layers import describe
from tests.saving.models import MODELS, NETWORKS, fitted

NAMES = [name for name in MODELS if name not in ("transformer", *NETWORKS)]
NAMES = [name for name in NAMES if "perceptron" not in name]


def outputs(network, X):
    """Compute a network as its layers say, in NumPy."""
    values = [X]
    for layer in network.layers:
        a = np.hstack([values[i] for i in layer.sources]) @ layer.weights + layer.biases
        if layer.norm is not None:
            norm = layer.norm
            a = norm.scale * (a - norm.mean) / np.sqrt(norm.variance + 1e-5) + norm.shift
        entry = REGISTRY[layer.activation]
        if entry.normalised:
            a = a - a.max(axis=1, keepdims=True)
        h = np.vectorize(entry.forward, otypes=[X.dtype])(a)
        values.append(h / h.sum(axis=1, keepdims=True) if entry.normalised else h)
    return values[-1]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("folded", [False, True])
def test_describes_the_network(name, folded):
    model, X = fitted(name)
    X = np.ascontiguousarray(X)
    layout, vector = model._network()
    network = describe(layout, vector)
    network = network.folded() if folded else network
    tolerance = 2e-5 if X.dtype == np.float32 else 1e-11
    np.testing.assert_allclose(
        outputs(network, X), model.make_predictor().outputs(X), rtol=tolerance, atol=tolerance
    )
    assert network.n_features == model.n_features_in_
    assert network.dtype == X.dtype
    assert network.is_chain is not ("skips" in name)
    assert not (folded and any(layer.norm for layer in network.layers))
