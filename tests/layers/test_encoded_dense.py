"""Dense layers of encoded tables: numbers beside those of `Dense`, gradients, wrong cells."""

import pickle

import numpy as np
import pytest
import scipy.sparse as sp

from skdeep import NetworkClassifier, NetworkRegressor, check_gradient
from skdeep.layers import Columns, Dense, EncodedDense
from tests.helpers import assert_close, run_python
from tests.layers.problems import (
    ENCODED,
    MEANS,
    encoded_table,
    fitted,
    predicted_outputs,
    reference_outputs,
)


def encoded(units=7, activation="tanh", **parameters):
    """Return a layer that reads `encoded_table`."""
    return EncodedDense(units, activation, **ENCODED | {"bin_means": MEANS} | parameters)


def part(X, *kinds):
    """Return some columns of `encoded_table`, and what they are."""
    ends = np.cumsum([0, 2, 3, 3])
    places = [("n_numbers", "n_levels", "n_bins").index(kind) for kind in kinds]
    columns = [column for place in places for column in range(ends[place], ends[place + 1])]
    return X[:, columns], {kind: ENCODED[kind] for kind in kinds}


LAYERS = {
    "all": [encoded(), Dense(5, "tanh")],
    "no means": [encoded(bin_means=None)],
    "wide": [encoded(70, "silu"), Dense(5)],
    "dropout": [encoded(dropout=0.3), Dense(5, "tanh")],
    "selected": [("some", Columns(range(8), inputs="features")), encoded(), Dense(5, "tanh")],
    "shared": [
        ("first", encoded()),
        ("second", encoded(weights_of="first", inputs="features", bin_means=None)),
        Dense(4, "tanh", inputs=["first", "second"]),
    ],
    "frozen": [encoded(trainable=False), Dense(4, "tanh")],
}


def test_shapes():
    operation, shape = encoded().connect((8,), source=0)
    assert shape == (7,) and operation.weights.shape == (2 + 1 + 5 + 1 + 14, 7)
    assert operation.biases.shape == (7,)


def test_dense_encoding():
    layer = EncodedDense(1, n_numbers=1, n_levels=[2, 3], n_bins=[2], bin_means=[0.5, 0.25])
    X = np.array([[7.0, 1, 0, 0], [8, 2, 3, 1.5], [9, 0, 1, 2]])
    expected = [
        [7, 1, 0, 0, 0, -0.5, -0.25],
        [8, -1, 0, 0, 1, 0.5, 0.25],
        [9, 0, 1, 0, 0, 0.5, 0.75],
    ]
    np.testing.assert_array_equal(layer.dense_encoding(X), expected)
    assert layer.dense_encoding(X.astype(np.float32)).dtype == np.float32


@pytest.mark.parametrize("layers", LAYERS.values(), ids=LAYERS)
def test_same_as_numpy(layers):
    X, y = encoded_table()
    model = fitted(layers, X, y)
    assert_close(predicted_outputs(model, X), reference_outputs(model, X), 1e-10)
    assert_close(predicted_outputs(model, X[:1]), reference_outputs(model, X[:1]), 1e-10)


@pytest.mark.parametrize("layers", LAYERS.values(), ids=LAYERS)
def test_gradient(layers):
    X, y = encoded_table()
    assert check_gradient(fitted(layers, X, y, alpha=0.1), X, y) < 1e-6


@pytest.mark.parametrize(
    "kinds",
    [("n_numbers",), ("n_levels",), ("n_bins",), ("n_levels", "n_bins"), ("n_numbers", "n_bins")],
    ids="+".join,
)
def test_some_kinds_of_columns(kinds):
    X, y = encoded_table()
    X, parameters = part(X, *kinds)
    model = fitted([EncodedDense(5, "tanh", **parameters)], X, y)
    assert_close(predicted_outputs(model, X), reference_outputs(model, X), 1e-10)
    assert check_gradient(model, X, y) < 1e-6


TRAINING = {
    "adam": {},
    "sgd": {"solver": "sgd", "clip_norm": 0.1},
    "adamw": {"solver": "adamw", "alpha": 0.1},
    "lbfgs": {"solver": "lbfgs", "alpha": 0.1},
    "l1": {"penalty": "l1", "alpha": 0.01},
    "weight_norm": {"weight_norm": True},
    "max_norm": {"max_norm": 0.5},
    "batch_norm": {"batch_norm": True},
    "dropconnect": {"dropconnect": 0.3},
    "dropout": {"dropout": 0.3},
    "glorot_normal": {"weight_init": "glorot_normal"},
    "small batches": {"batch_size": 3},
    "large batches": {"batch_size": 400},
}


@pytest.mark.parametrize("parameters", TRAINING.values(), ids=TRAINING)
def test_same_fit_as_a_dense_layer(parameters):
    """The same first weights, then the same updates, up to rounding."""
    X, y = encoded_table(500)
    options = {"alpha": 0.01, "batch_size": 64, **parameters}
    dropout = options.pop("dropout", 0.0)
    layer, other = encoded(12, "silu", dropout=dropout), Dense(12, "silu", dropout=dropout)
    model = fitted([layer, Dense(6)], X, y, **options)
    twin = fitted([other, Dense(6)], layer.dense_encoding(X), y, **options)
    assert_close(model.loss_, twin.loss_, 1e-9)
    assert_close(model.coefs_[0], twin.coefs_[0], 1e-7)
    assert_close(model.predict(X), twin.predict(layer.dense_encoding(X)), 1e-7)


@pytest.mark.parametrize(
    "parameters",
    [
        {"alpha_factor": 3.0},
        {"learning_rate_factor": 0.5},
        {"auxiliary_output": True},
        {"batch_norm": True},
        {"dropconnect": 0.3},
        {"trainable": False},
    ],
    ids=str,
)
def test_parameters_are_those_of_a_dense_layer(parameters):
    X, y = encoded_table(200)
    layer, other = encoded(12, **parameters), Dense(12, "tanh", **parameters)
    model = fitted([layer, Dense(6)], X, y, alpha=0.1, batch_size=50)
    twin = fitted([other, Dense(6)], layer.dense_encoding(X), y, alpha=0.1, batch_size=50)
    assert_close(model._vector, twin._vector, 1e-7)


def test_first_layers_of_another_network():
    X, y = encoded_table()
    first = fitted([encoded(), Dense(6)], X, y)
    options = {"learning_rate_init": 1e-300, "max_iter": 1, "solver": "sgd"}
    second = fitted([encoded(), Dense(5)], X, y, init_from=first, **options)
    assert_close(second.coefs_[0], first.coefs_[0], 1e-12)


def test_single_precision():
    X, y = encoded_table(500, np.float32)
    layer = encoded(12, "silu")
    model = fitted([layer, Dense(6)], X, y.astype(np.float32))
    assert model.coefs_[0].dtype == model.predict(X).dtype == np.float32
    twin = fitted([Dense(12, "silu"), Dense(6)], layer.dense_encoding(X), y.astype(np.float32))
    assert_close(model.coefs_[0], twin.coefs_[0], 1e-3)
    assert_close(model.predict(X), twin.predict(layer.dense_encoding(X)), 1e-3)


def test_many_bins():
    """Tiles of the weights end within a position."""
    rng = np.random.default_rng(0)
    X, y = rng.uniform(0, 255, size=(200, 3)), rng.normal(size=200)
    model = fitted([EncodedDense(9, "tanh", n_bins=[255] * 3)], X, y, batch_size=50)
    assert_close(predicted_outputs(model, X), reference_outputs(model, X), 1e-9)
    twin = fitted([Dense(9, "tanh")], model.layers[0].dense_encoding(X), y, batch_size=50)
    assert_close(model.coefs_[0], twin.coefs_[0], 1e-7)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("batch_size", [32, 150, 1100])
def test_same_bits_for_any_number_of_threads(dtype, batch_size):
    X, y = encoded_table(2200, dtype)
    layers = [encoded(70, dropout=0.1), Dense(60)]
    models = [
        fitted(layers, X, y, batch_size=batch_size, n_threads=n, max_iter=1) for n in (1, 2, 3, 5)
    ]
    for model in models:
        assert model.coefs_[0].dtype == dtype
        assert np.array_equal(model._vector, models[0]._vector)
        assert np.array_equal(model.predict(X), models[0].predict(X))


def test_predictions_do_not_depend_on_the_other_rows():
    X, y = encoded_table(300, np.float32)
    model = fitted([encoded(70)], X, y)
    alone = np.concatenate([model.predict(X[i : i + 1]) for i in range(20)])
    assert np.array_equal(alone, model.predict(X)[:20])


def test_pickle():
    X, y = encoded_table()
    model = fitted([encoded()], X, y)
    assert np.array_equal(pickle.loads(pickle.dumps(model)).predict(X), model.predict(X))


def test_without_the_compiler():
    code = """
from tests.layers.test_encoded_dense import *
X, y = encoded_table(30)
model = fitted([encoded(), Dense(3)], X, y, batch_size=10, max_iter=1)
print(*model.predict(X[:5]))
"""
    compiled, plain = run_python(code), run_python(code, NUMBA_DISABLE_JIT=1)
    assert_close(np.array(plain.split(), float), np.array(compiled.split(), float), 1e-9)


WRONG = {
    "level": (3, 6, "column 3 of X must hold integers from 0 to 5, but holds 6.0 in row 3"),
    "negative level": (3, -1, "but holds -1.0 in row 3"),
    "fractional level": (2, 0.5, "column 2 of X must hold integers from 0 to 2"),
    "position": (5, 4.1, "column 5 of X must hold positions from 0 to 4, but holds 4.1 in row 3"),
    "negative position": (7, -0.1, "positions from 0 to 9, but holds -0.1 in row 3"),
    "huge": (7, 1e300, "but holds 1e\\+300 in row 3"),
    "nan": (7, np.nan, "NaN"),
    "infinite": (2, np.inf, "infinity"),
}


@pytest.mark.parametrize("column, value, message", WRONG.values(), ids=WRONG)
def test_cells_that_are_out_of_range(column, value, message):
    X, y = encoded_table()
    bad = X.copy()
    bad[3, column] = value
    model = NetworkRegressor([encoded()])
    before = dict(vars(model))
    with pytest.raises(ValueError, match=message):
        model.fit(bad, y)
    assert vars(model) == before
    model = fitted([encoded()], X, y)
    for call in (lambda: model.predict(bad), lambda: model.partial_fit(bad, y)):
        vector = model._vector.copy()
        with pytest.raises(ValueError, match=message):
            call()
        assert np.array_equal(model._vector, vector)


@pytest.mark.parametrize(
    "column, value", [(3, 6), (2, -1), (2, np.nan), (5, 4.1), (6, -1e-9), (7, 1e300), (7, np.nan)]
)
def test_kernels_do_not_trust_cells(column, value):
    """A predictor checks nothing; what is out of range gives no number, and reads nothing."""
    X, y = encoded_table()
    model = fitted([encoded()], X, y)
    X[3, column] = value
    outputs = model.make_predictor().predict(X)
    assert np.isnan(outputs[3]) and np.isfinite(np.delete(outputs, 3)).all()


BAD = [
    ([EncodedDense(3)], "nothing is read"),
    ([EncodedDense(3, n_numbers=-1)], "'n_numbers' parameter of EncodedDense must be"),
    ([EncodedDense(3, n_numbers=True)], "'n_numbers' parameter must be a number"),
    ([EncodedDense(3, n_levels=[0])], "'n_levels' parameter must hold integers from 1 to 65535"),
    ([EncodedDense(3, n_levels=5)], "'n_levels' parameter of EncodedDense must be"),
    ([EncodedDense(3, n_bins=[256])], "'n_bins' parameter must hold integers from 1 to 255"),
    ([EncodedDense(3, n_bins=[2.0])], "'n_bins' parameter must hold integers"),
    ([encoded(bin_means=[0.5])], "hold a number for each of the 14 bins, got 1"),
    ([encoded(bin_means=[1.5] * 14)], "must hold numbers from 0 to 1, got 1.5"),
    ([encoded(bin_means=[np.nan] * 14)], "must hold numbers from 0 to 1"),
    ([encoded(n_numbers=3)], r"reads 3 numbers, 3 codes and 3 positions, 9 columns in all, but 8"),
    ([encoded(0)], "'units' parameter of EncodedDense must be"),
    ([Dense(8), encoded()], r"layers\[1\], EncodedDense.*must be the first layer"),
    (
        [
            ("a", encoded()),
            ("b", encoded(n_levels=[2, 1, 5], weights_of="a", inputs="features")),
            Dense(3, inputs=["a", "b"]),
        ],
        "weights_of='a' does not fit: the tables",
    ),
]


@pytest.mark.parametrize("layers, message", BAD, ids=[message for _, message in BAD])
def test_layers_that_do_not_fit(layers, message):
    X, y = encoded_table()
    with pytest.raises(ValueError, match=message):
        NetworkRegressor(layers).fit(X, y)


def test_noise_would_change_codes():
    X, y = encoded_table()
    with pytest.raises(ValueError, match=r"input_noise=0\.1 would change the codes"):
        NetworkRegressor([encoded()], input_noise=0.1).fit(X, y)


def test_sparse_features_are_refused():
    X, y = encoded_table()
    with pytest.raises(TypeError, match="Sparse data was passed for X"):
        NetworkRegressor([encoded()]).fit(sp.csr_array(X), y)


def test_parameters_are_those_of_a_search():
    X, y = encoded_table()
    model = NetworkClassifier([("table", encoded())], max_iter=2)
    model.set_params(layers__table__units=3)
    with pytest.warns(UserWarning, match="Maximum iterations"):
        model.fit(X, y > y.mean())
    assert model.coefs_[0].shape == (23, 3)
