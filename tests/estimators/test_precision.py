"""Tables of float64 trained in float32: the numbers of float32, without a copy of X."""

import tracemalloc

import numpy as np
import pytest
from scipy import sparse
from sklearn.base import clone

import skdeep
from skdeep import MLPClassifier, MLPRegressor, NetworkClassifier
from skdeep.layers import Dense, Embedding
from tests.helpers import quiet, unchanged


def _shift(X, y, rng):
    return X + 1, y


RNG = np.random.default_rng(0)
X = RNG.normal(size=(150, 6))
TARGETS = {"Regressor": X[:, 0] - X[:, 1] ** 2, "Classifier": (X[:, 0] > 0.3).astype(int)}
SETTINGS = [
    {},
    {"shuffle": False},
    {"early_stopping": True},
    {"input_noise": 0.1, "batch_size": 7},
    {"solver": "lbfgs"},
    {"solver": "rprop"},
    {"solver": "sgd", "n_restarts": 2},
    {"batch_size": 1},
    {"augment": _shift},
]


def _make(name, **parameters):
    options = {"max_iter": 6, "random_state": 3, **parameters}
    if name.startswith("MLP"):
        return getattr(skdeep, name)(hidden_layer_sizes=(9,), **options)
    return getattr(skdeep, name)([Dense(9)], **options)


def _fit(estimator, X):
    y = TARGETS["Classifier" if "Classifier" in type(estimator).__name__ else "Regressor"]
    with quiet():
        return estimator.fit(X, y)


def _assert_same(ours, other):
    assert {coef.dtype for coef in ours.coefs_} == {np.dtype(np.float32)}
    for a, b in zip(ours.coefs_ + ours.intercepts_, other.coefs_ + other.intercepts_, strict=True):
        assert np.array_equal(a, b)
    rows = X.astype(np.float32)
    assert ours.predict(X).dtype == other.predict(rows).dtype
    assert np.array_equal(ours.predict(X), other.predict(rows))


@pytest.mark.parametrize(
    "parameters", SETTINGS, ids=[", ".join(each) or "defaults" for each in SETTINGS]
)
@pytest.mark.parametrize("name", ["MLPRegressor", "MLPClassifier", "NetworkRegressor"])
def test_same_bits_as_features_of_float32(name, parameters):
    ours = _fit(_make(name, precision="float32", **parameters), X)
    other = _fit(_make(name, **parameters), X.astype(np.float32))
    assert getattr(ours, "loss_curve_", 0) == getattr(other, "loss_curve_", 0)
    _assert_same(ours, other)


@pytest.mark.parametrize("container", [sparse.csr_array, sparse.csc_array, np.asfortranarray])
def test_other_containers(container):
    ours = _fit(_make("MLPRegressor", precision="float32"), container(X))
    other = _fit(_make("MLPRegressor"), container(X).astype(np.float32))
    _assert_same(ours, other)


def test_any_number_of_threads():
    fits = [
        _fit(_make("NetworkClassifier", precision="float32", n_threads=n, batch_size=50), X)
        for n in (1, 3)
    ]
    _assert_same(*fits)


def test_numbers_are_those_of_float64_up_to_rounding():
    ours = _fit(_make("MLPRegressor", precision="float32"), X)
    other = _fit(_make("MLPRegressor"), X)
    np.testing.assert_allclose(ours.loss_curve_, other.loss_curve_, rtol=1e-5)
    np.testing.assert_allclose(ours.predict(X), other.predict(X), atol=1e-4)


def test_wider_than_the_features():
    ours = _fit(_make("MLPRegressor", precision="float64"), X.astype(np.float32))
    other = _fit(_make("MLPRegressor"), X.astype(np.float32).astype(np.float64))
    assert ours.coefs_[0].dtype == np.float64
    assert np.array_equal(ours.coefs_[0], other.coefs_[0])


def test_partial_fit_and_warm_start_go_on():
    y = TARGETS["Regressor"]
    ours = _make("MLPRegressor", precision="float32")
    other = _make("MLPRegressor")
    for _ in range(3):
        ours.partial_fit(X, y)
        other.partial_fit(X.astype(np.float32), y)
    _assert_same(ours, other)
    ours.set_params(precision=None).partial_fit(X, y)
    other.partial_fit(X.astype(np.float32), y)
    assert ours.coefs_[0].dtype == np.float32
    assert np.array_equal(ours.coefs_[0], other.coefs_[0])
    for estimator in (ours, other):
        estimator.set_params(warm_start=True, precision="float32")
    assert _fit(ours, X).loss_ == _fit(other, X.astype(np.float32)).loss_


def test_features_are_not_copied():
    table = np.zeros((40_000, 50))
    y = np.zeros(len(table))
    regressor = MLPRegressor(
        hidden_layer_sizes=(4,), precision="float32", max_iter=1, early_stopping=False
    )
    with quiet():
        regressor.fit(table[:500], y[:500])  # loads what is needed
        tracemalloc.start()
        regressor.fit(table, y)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert peak < 0.25 * table.nbytes


@pytest.mark.parametrize("value", ["float16", np.float32, 32])
def test_other_values_are_refused(value):
    with pytest.raises(ValueError, match="'precision' parameter"):
        MLPClassifier(precision=value).fit(X, TARGETS["Classifier"])


@pytest.mark.parametrize("what", ["X", "y"])
def test_values_beyond_the_precision(what):
    regressor = _make("MLPRegressor", precision="float32")
    data = {"X": X.copy(), "y": TARGETS["Regressor"].copy()}
    data[what].flat[3] = -1e39
    with unchanged(regressor), pytest.raises(ValueError, match=rf"{what} has values up to 1e\+39"):
        regressor.fit(**data)
    _fit(regressor, X)
    if what == "X":
        with pytest.raises(ValueError, match="X has values up to"):
            regressor.predict(data["X"])


def test_codes():
    """Layers that look up rows of weights read codes, which are checked after the conversion."""
    network = NetworkClassifier([Embedding([5, 5], 2, columns=[0, 1])], max_iter=2, random_state=0)
    rows = RNG.integers(0, 5, size=(60, 2)).astype(float)
    with quiet():
        ours = clone(network).set_params(precision="float32").fit(rows, rows[:, 0] > 2)
        other = clone(network).fit(rows.astype(np.float32), rows[:, 0] > 2)
    assert np.array_equal(ours.coefs_[0], other.coefs_[0])
    with pytest.raises(ValueError, match="Embedding"):
        ours.predict(rows + 0.5)
