"""Dense layers of which only some weights are there."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from skdeep import NetworkRegressor, check_gradient
from skdeep.displays import describe_network
from skdeep.layers import Dense, NeuronGraph
from tests.helpers import assert_close, quiet, unchanged
from tests.layers.problems import fitted, reference_outputs

RNG = np.random.default_rng(0)
X = RNG.normal(size=(90, 6))
Y = X[:, 0] * X[:, 1] + X[:, 2]
MASK = np.array([[1, 0, 0], [1, 1, 0], [0, 1, 0], [0, 0, 1], [0, 0, 1], [0, 1, 0]], dtype=bool)


@pytest.mark.parametrize("batch_size", [7, 90])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_outputs_and_gradient(dtype, batch_size):
    layers = [Dense(3, "tanh", connections=MASK), Dense(4, "tanh")]
    rows, options = X.astype(dtype), dict(batch_size=batch_size, alpha=0.1)
    model = fitted(layers, rows, Y, **options)
    assert not model.coefs_[0][~MASK].any() and model.coefs_[0][MASK].all()
    tolerance = 1e-5 if dtype == np.float32 else 1e-10
    assert_close(model.predict(rows), reference_outputs(model, rows)[:, 0], tolerance)
    assert check_gradient(model, X, Y) < 1e-6
    assert_array_equal(model.connectivity_[0], MASK)
    assert all(mask.all() for mask in model.connectivity_[1:])
    assert describe_network(model).n_parameters == MASK.sum() + 3 + 16 + 5


def test_a_graph_of_one_group_is_such_a_layer():
    graph = {str(unit): np.flatnonzero(MASK[:, unit]).tolist() for unit in range(3)}
    options = dict(solver="adam", max_iter=5)
    one = fitted([Dense(3, "tanh", connections=MASK.tolist())], X, Y, **options)
    other = fitted([NeuronGraph(graph, "tanh")], X, Y, **options)
    assert_array_equal(one._vector, other._vector)
    assert_array_equal(one.predict(X), other.predict(X))


def test_all_connections_are_a_dense_layer():
    plain = fitted([Dense(3)], X, Y)
    full = fitted([Dense(3, connections=np.ones((6, 3), dtype=bool))], X, Y)
    assert_array_equal(plain._vector, full._vector)


def test_shared_weights():
    layers = [("a", Dense(6, "tanh", connections=~np.eye(6, dtype=bool)))]
    model = fitted([*layers, Dense(6, "tanh", weights_of="a")], X, Y)
    assert not np.diag(model.coefs_[0]).any() and check_gradient(model, X, Y) < 1e-6
    assert_close(model.predict(X), reference_outputs(model, X)[:, 0], 1e-10)
    again = Dense(6, connections=np.eye(6, dtype=bool), weights_of="a")
    with pytest.raises(ValueError, match=r"connections=.* and weights_of='a' do not go together"):
        fitted([*layers, again], X, Y)


def test_training_goes_on_with_the_same_connections():
    model = fitted([Dense(3, connections=MASK)], X, Y, warm_start=True)
    with quiet():
        model.fit(X, Y)
        model.set_params(layers__0__connections=MASK.copy()).partial_fit(X, Y)
    for other in (None, np.ones((6, 3), dtype=bool)):
        model.set_params(layers__0__connections=other)
        with unchanged(model), pytest.raises(ValueError, match="goes on with the fitted network"):
            model.partial_fit(X, Y)


ALONE = MASK.copy()
ALONE[:, 1] = False
BAD = {
    "rows": (MASK[:5], "connections has 5 rows, but 6 columns arrive"),
    "columns": (MASK[:, :2], "'connections' parameter has 2 columns, but there are 3 units"),
    "alone": (ALONE, "'connections' parameter leaves unit 1 without any input"),
    "integers": (MASK.astype(int), "'connections' parameter must be a matrix of bool"),
    "long": (np.ones((900, 900)), r".{,400}matrix of bool.*, got float64 of shape .900, 900..$"),
    "flat": (MASK.ravel(), "'connections' parameter must be a matrix of bool"),
    "ragged": ([[True], [True, False]], "'connections' parameter must be a matrix of bool"),
    "a number": (1, "'connections' parameter of Dense must be"),
    "a name": ("all", "'connections' parameter of Dense must be"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_connections(case):
    """Matrices are not printed."""
    connections, message = BAD[case]
    model = NetworkRegressor([Dense(3, connections=connections)])
    with unchanged(model), pytest.raises(ValueError, match=r"layers\[0\], Dense\(.*" + message):
        model.fit(X, Y)
