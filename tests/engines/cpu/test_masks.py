"""What dropout, dropconnect and noise do on average over many masks."""

import numpy as np
import pytest

from skdeep.engines.cpu.engine import FullBatch
from skdeep.engines.problem import Data, Objective
from skdeep.engines.regularisation import Regularisation
from skdeep.network.layout import flatten, make_layout, parameter_views
from tests.helpers import CONTAINERS, assert_close

ROWS, UNITS, MASKS = 7, 6, 1500


def _gradients(coefs, intercepts, X, Y, seed, **regularisation):
    """Return the gradient of a linear network under the masks of a seed."""
    units = [len(coefs[0]), *map(len, intercepts)]
    layout = make_layout(units, ["identity"] * len(coefs))
    function = FullBatch(
        layout,
        Data(X, Y, None),
        Objective("squared_error", 0.0, as_reported=False),
        n_threads=1,
        regularisation=Regularisation(seed=seed, **regularisation),
    )
    return parameter_views(layout, function(flatten(coefs, intercepts, X.dtype))[1])


CASES = {
    "units": {"dropout": (0.0, 0.4)},
    "features": {"dropout": (0.3, 0.0)},
    "connections": {"dropconnect": (0.5, 0.0)},
    "later connections": {"dropconnect": (0.0, 0.25)},
    "both": {"dropout": (0.1, 0.2), "dropconnect": (0.2, 0.1)},
    "noise": {"noise": 0.5},
}


@pytest.mark.parametrize(
    "name, container",
    [(n, c) for n in CASES for c in ("dense", "csr") if (n, c) != ("noise", "csr")],
)
def test_the_mean_over_masks_is_the_plain_output(name, container):
    """Within four standard errors. The gradient of the last biases is the mean output."""
    rng = np.random.RandomState(0)
    coefs = [rng.standard_normal((UNITS, UNITS)) for _ in range(2)]
    intercepts = [rng.standard_normal(UNITS) for _ in range(2)]
    X, Y = rng.standard_normal((ROWS, UNITS)), np.zeros((ROWS, UNITS))
    features = CONTAINERS[container](X)
    plain = _gradients(coefs, intercepts, features, Y, 0)[1][-1]
    expected = (X @ coefs[0] + intercepts[0]) @ coefs[1] + intercepts[1]
    assert_close(plain, expected.mean(axis=0), 1e-12)
    outputs = np.array(
        [
            _gradients(coefs, intercepts, features, Y, seed, **CASES[name])[1][-1]
            for seed in range(MASKS)
        ]
    )
    error = outputs.std(axis=0) / np.sqrt(MASKS)
    assert (error > 1e-3).all()
    assert (np.abs(outputs.mean(axis=0) - plain) < 4 * error).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("rate", [0.001, 0.1, 0.5, 0.9, 0.999])
def test_the_share_that_is_dropped(rate, dtype):
    """Within four standard errors; what is kept is scaled by exactly one over its share."""
    n, seeds = 400, 40
    ones = np.ones((1, n), dtype)
    eye, zeros, target = np.eye(n, dtype=dtype), np.zeros((n, 1)), -np.ones((1, 1), dtype)
    biases = [np.zeros(n), np.zeros(1)]

    def units(seed):  # the output is 0 and its delta 1: the gradient of the weights is the units
        return _gradients([eye, zeros], biases, ones, target, seed, dropout=(0.0, rate))[0][1]

    def features(seed):
        return _gradients([zeros], [np.zeros(1)], ones, target, seed, dropout=(rate,))[0][0]

    def connections(seed):
        return _gradients([zeros], [np.zeros(1)], ones, target, seed, dropconnect=(rate,))[0][0]

    for masks in (units, features, connections):
        values = np.concatenate([masks(seed) for seed in range(seeds)])
        kept = values[values != 0]
        np.testing.assert_allclose(kept, 1 / (1 - rate), rtol=2 * np.finfo(dtype).eps)
        deviation = np.sqrt(rate * (1 - rate) / values.size)
        assert abs(1 - kept.size / values.size - rate) < 4 * deviation


def test_streams_differ():
    """Features, units, connections, layers, seeds: no two have the same mask."""
    n, rate = 300, 0.5
    ones, target = np.ones((1, n)), -np.ones((1, 1))
    eye, zeros = np.eye(n), np.zeros((n, 1))
    biases = [np.zeros(n), np.zeros(n), np.zeros(1)]
    masks = []
    for seed in (0, 1):
        deep = _gradients([eye, eye, zeros], biases, ones, target, seed, dropout=(0.0, 0.0, rate))
        masks += [
            deep[0][2],
            _gradients([eye, zeros], biases[1:], ones, target, seed, dropout=(0.0, rate))[0][1],
            _gradients([zeros], biases[2:], ones, target, seed, dropout=(rate,))[0][0],
            _gradients([zeros], biases[2:], ones, target, seed, dropconnect=(rate,))[0][0],
        ]
    agreement = np.corrcoef(np.hstack(masks).T)
    np.fill_diagonal(agreement, 0)
    assert np.abs(agreement).max() < 4 / np.sqrt(n)
