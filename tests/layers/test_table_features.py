"""Cosines and positions in bins, computed from the features batch by batch."""

import numpy as np
import pytest

from skdeep import NetworkRegressor, check_gradient
from skdeep.layers import Columns, Dense, EncodedDense, TableFeatures
from tests.helpers import assert_close, quiet, run_python
from tests.layers.problems import centred, fitted, predicted_outputs, reference_outputs

RNG = np.random.RandomState(0)
W, C = RNG.normal(size=(2, 3)), RNG.uniform(-3, 3, (2, 3))
EDGES = [[-1.0, -0.3, 0.0, 1.5], np.array([0.0, 2.0])]
LAYERS = {
    "all": TableFeatures(2, frequencies=W, phases=C, binned=[1, 0], edges=EDGES),
    "cosines": TableFeatures(3, frequencies=W),
    "positions": TableFeatures(binned=[2], edges=EDGES[:1]),
    "nothing": TableFeatures(),
}


def table(n_samples=60, dtype=np.float64):
    """Return three numbers, some of which are edges, and a code, and targets."""
    rng = np.random.default_rng(0)
    X = np.column_stack([rng.normal(size=(n_samples, 3)), rng.integers(0, 4, n_samples)])
    X[::7, :3] = rng.choice([-1.0, -0.3, 0.0, 1.5, 2.0], (len(X[::7]), 3))
    return X.astype(dtype), np.sin(3 * X[:, 0]) + X[:, 3]


@pytest.mark.parametrize("layer", LAYERS.values(), ids=LAYERS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_same_as_numpy(layer, dtype):
    X, y = table(dtype=dtype)
    model = fitted([layer, Dense(5, "tanh")], X, y)
    tolerance = 1e-10 if dtype == np.float64 else 1e-4
    expected = centred(reference_outputs(model, X), model)
    assert_close(predicted_outputs(model, X), expected, tolerance)


def test_positions_by_hand():
    X = np.array([[-9.0], [-1.0], [-0.65], [-0.3], [0.0], [0.75], [1.5], [9.0]])
    layer = TableFeatures(binned=[0], edges=EDGES[:1])
    expected = [0, 0, 0.5, 1, 2, 2.5, 3, 3]
    np.testing.assert_allclose(layer.reference(X)[:, 1], expected, atol=1e-12)
    network = NetworkRegressor([layer], solver="lbfgs", alpha=0.0, max_iter=500, random_state=0)
    with quiet():
        network.fit(X, expected)
    np.testing.assert_allclose(network.predict(X), expected, atol=1e-3)


def test_gradient_of_what_reads_it():
    X, y = table()
    assert check_gradient(fitted([LAYERS["all"], Dense(5, "tanh")], X, y), X, y) < 1e-6


def encoded():
    """Return layers of which the second reads codes and positions that the first passes on."""
    sizes = {"n_numbers": 9, "n_levels": [3], "n_bins": [3, 1]}
    layer = TableFeatures(3, frequencies=W, phases=C, binned=[0, 1], edges=EDGES)
    return [layer, EncodedDense(6, "tanh", **sizes)]


@pytest.mark.parametrize("n_samples", [60, 1500])
def test_codes_stay_codes(n_samples):
    X, y = table(n_samples)
    model = fitted(encoded(), X, y)
    expected = centred(reference_outputs(model, X), model)
    assert_close(predicted_outputs(model, X), expected, 1e-10)
    assert check_gradient(model, X, y) < 1e-6
    whole = [LAYERS["all"].reference(X)[:, :1], encoded()[0].reference(X)]
    again = fitted(encoded()[1:], whole[1], y)
    np.testing.assert_allclose(again.predict(whole[1]), model.predict(X), rtol=1e-8)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_same_bits_for_any_number_of_threads(dtype):
    X, y = table(2200, dtype)
    models = [fitted(encoded(), X, y, batch_size=1100, n_threads=n) for n in (1, 2, 3, 5)]
    for model in models:
        assert np.array_equal(model._vector, models[0]._vector)


def test_reads_columns():
    X, y = table()
    layers = [Columns([0, 1, 3]), TableFeatures(2, frequencies=W, binned=[1], edges=EDGES[:1])]
    layers.append(EncodedDense(4, n_numbers=8, n_levels=[3], n_bins=[3]))
    model = fitted(layers, X, y)
    expected = centred(reference_outputs(model, X), model)
    assert_close(predicted_outputs(model, X), expected, 1e-10)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"binned": [0]}, "edges for each of the 1 columns"),
        ({"binned": [-1], "edges": [[0, 1]]}, "integers from 0 on"),
        ({"binned": [True], "edges": [[0, 1]]}, "integers from 0 on"),
        ({"binned": [0], "edges": [[1, 1]]}, "two or more increasing"),
        ({"binned": [0], "edges": [[1]]}, "two or more increasing"),
        ({"binned": [0], "edges": [[0, np.inf]]}, "finite numbers"),
        ({"binned": [0], "edges": [["a", "b"]]}, "finite numbers"),
        ({"frequencies": [1.0]}, "arrays of two axes"),
        ({"frequencies": [[1.0]], "phases": [[1.0, 2.0]]}, "shape of 'frequencies'"),
        ({"phases": [[1.0]]}, "frequencies are None"),
        ({"cosines_at": -1}, "cosines_at"),
        ({"binned": [4], "edges": [[0, 1]]}, "5 columns or more, but 4 arrive"),
        ({"cosines_at": 5}, "5 columns or more, but 4 arrive"),
    ],
)
def test_invalid_parameters(parameters, message):
    X, y = table()
    with pytest.raises(ValueError, match=message):
        NetworkRegressor([TableFeatures(**parameters), Dense(3)]).fit(X, y)


def test_features_are_not_disturbed():
    X, y = table()
    with pytest.raises(ValueError, match="TableFeatures"):
        NetworkRegressor(encoded(), input_dropout=0.1).fit(X, y)
    with pytest.raises(ValueError, match="it reads codes among the features"):
        NetworkRegressor([Dense(4), LAYERS["all"]]).fit(X, y)


def test_without_the_compiler():
    code = """
from tests.layers.test_table_features import encoded, fitted, table
import numpy as np
X, y = table(20)
print(repr(fitted(encoded(), X, y, max_iter=1).predict(X[:3]).tolist()))
"""
    X, y = table(20)
    expected = fitted(encoded(), X, y, max_iter=1).predict(X[:3])
    found = eval(run_python(code, NUMBA_DISABLE_JIT="1"))
    np.testing.assert_allclose(found, expected, rtol=1e-6)
