"""First parameters of a network: scikit-learn's numbers, one scheme for all layers, zero biases."""

import numpy as np
import pytest
from sklearn.neural_network import MLPRegressor

from skdeep import initialisers
from skdeep.formulas.initialisers import REGISTRY
from skdeep.layers.affine.dense import dense_operation
from skdeep.network.initialisation import initialise, is_symmetric
from skdeep.network.layout import Architecture, make_layout, parameter_views
from skdeep.network.stack import Stack

pytestmark = pytest.mark.nojit

UNITS = [[4, 1], [3, 5, 2], [7, 1, 33, 4]]


def split(units, vector):
    """Return weights and biases by layer."""
    return parameter_views(make_layout(units, ["identity"] * (len(units) - 1)), vector)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("units", UNITS, ids=str)
@pytest.mark.parametrize("activation", ["relu", "logistic"])
def test_auto_is_scikit_learns(units, activation, dtype):
    model = MLPRegressor(hidden_layer_sizes=units[1:-1], activation=activation)
    model._random_state = np.random.RandomState(3)
    model.n_outputs_ = units[-1]
    model._initialize(np.zeros((1, units[-1])), units, np.dtype(dtype))
    names = [activation] * (len(units) - 1)
    vector = initialise(
        Architecture(tuple(units), tuple(names)), names, "auto", np.random.RandomState(3), dtype
    )
    assert vector.dtype == dtype
    coefs, intercepts = split(units, vector)
    for got, expected in zip(coefs + intercepts, model.coefs_ + model.intercepts_, strict=True):
        np.testing.assert_array_equal(got, expected)


def test_auto_takes_the_factor_of_every_layer():
    units = [200, 200, 200, 200]
    names = ["logistic", "relu", "relu"]
    vector = initialise(
        Architecture(tuple(units), tuple(names)),
        names,
        "auto",
        np.random.RandomState(0),
        np.float64,
    )
    bounds = [np.sqrt(factor / 400) for factor in (2, 6, 6)]
    coefs, intercepts = split(units, vector)
    for weights, biases, bound in zip(coefs, intercepts, bounds, strict=True):
        assert 0.999 * bound < np.abs(weights).max() <= bound
        assert 0.9 * bound < np.abs(biases).max() <= bound


@pytest.mark.parametrize("name", sorted(REGISTRY))
@pytest.mark.parametrize("units", UNITS, ids=str)
def test_objects_draw_weights_layer_by_layer(units, name):
    initialiser = initialisers.resolve(name)
    names = ["relu"] * (len(units) - 1)
    vector = initialise(
        Architecture(tuple(units), tuple(names)),
        names,
        initialiser,
        np.random.RandomState(1),
        np.float64,
    )
    coefs, intercepts = split(units, vector)
    state = np.random.RandomState(1)
    for weights, biases in zip(coefs, intercepts, strict=True):
        np.testing.assert_array_equal(weights, initialiser.draw(state, *weights.shape))
        assert (biases == 0).all()


def test_parameters_of_objects_are_heeded():
    initialiser = initialisers.Constant(value=0.75)
    vector = initialise(
        Architecture((2, 3), ("relu",)), ["relu"], initialiser, np.random.RandomState(0), np.float32
    )
    assert vector.dtype == np.float32
    np.testing.assert_array_equal(vector, [0.75] * 6 + [0.0] * 3)


def test_one_name_per_layer():
    with pytest.raises(ValueError):
        initialise(
            Architecture((2, 3, 1), ("relu", "relu")),
            ["relu"],
            "auto",
            np.random.RandomState(0),
            np.float64,
        )


MASKS = [
    np.array([[1, 1, 1], [1, 1, 0], [0, 1, 0], [1, 1, 0]], dtype=bool),
    np.array([[0], [0], [1], [0], [0], [1], [1]], dtype=bool),
]


@pytest.mark.parametrize("name", ["auto", *sorted(REGISTRY)])
def test_connections_are_drawn_as_in_layers_of_as_many_inputs(name):
    """Three units of 3, 4 and 1 connections: a dense layer for each number, the fewest first."""
    initialiser = initialisers.resolve(name)
    network = _connected(MASKS)
    vector = initialise(
        network, ["relu", "relu"], initialiser, np.random.RandomState(1), np.float64
    )
    coefs, intercepts = parameter_views(network.layout(), vector)
    state = np.random.RandomState(1)

    def draw(fan_in, fan_out):
        if name != "auto":
            return initialiser.draw(state, fan_in, fan_out), np.zeros(fan_out)
        bound = np.sqrt(6 / (fan_in + fan_out))
        return [state.uniform(-bound, bound, size) for size in ((fan_in, fan_out), fan_out)]

    expected, offsets = np.zeros((4, 3)), np.zeros(3)
    for count, unit in ((1, 2), (3, 0), (4, 1)):
        weights, biases = draw(count, 3)
        expected[MASKS[0][:, unit], unit], offsets[unit] = weights[:, unit], biases[unit]
    np.testing.assert_array_equal(coefs[0], expected)
    np.testing.assert_array_equal(intercepts[0], offsets)
    weights, biases = draw(3, 1)
    np.testing.assert_array_equal(coefs[1], _spread(weights, MASKS[1]))
    np.testing.assert_array_equal(intercepts[1], biases)


def _spread(weights, mask):
    out = np.zeros(mask.shape)
    out[mask] = weights[:, 0]
    return out


def _connected(masks):
    """Return a network of two layers, of which the outputs read the features, too."""
    sources, operations = ((0,), (0, 1)), []
    for read, mask in zip(sources, masks, strict=True):
        operation = dense_operation(read, *mask.shape, "relu", connections=mask)
        operations.append(operation)
    return Stack(tuple(operations))


def test_full_connections_change_nothing():
    plain = Architecture((4, 3, 2), ("relu", "identity"), skips=True)
    heads = (dense_operation((1,), 3, 2, "identity"),)
    architecture = Stack(plain.operations(), heads)
    full = _connected([np.ones(shape, dtype=bool) for shape in architecture.shapes()])
    full = full._replace(heads=heads)
    first, second = (
        initialise(network, ["tanh"] * 2, "auto", np.random.RandomState(3), np.float64)
        for network in (architecture, full)
    )
    np.testing.assert_array_equal(first, second)


def test_symmetric_ones():
    assert {name for name in initialisers.names() if is_symmetric(name)} == {"constant", "zeros"}
