"""Data are neither copied nor made dense: the memory of fits and predictions has a bound."""

import tracemalloc

import numpy as np
import pytest
import scipy.sparse as sp

from skdeep import MLPClassifier
from tests.helpers import quiet


def peak(call):
    """Bytes allocated at the same time during a call."""
    tracemalloc.start()
    try:
        with quiet():
            call()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.fixture(scope="module")
def data():
    """20 MB of features, and labels."""
    X = np.random.RandomState(0).standard_normal((50_000, 50))
    return X, (X[:, 0] > 0).astype(int)


@pytest.fixture(scope="module")
def model(data):
    """A classifier that has compiled, or loaded, everything needed."""
    X, y = data
    with quiet():
        model = MLPClassifier((60,), max_iter=1, batch_size=500).fit(X[:1000], y[:1000])
    model.predict_proba(X[:10])
    return model


def test_prediction_needs_no_temporaries_of_the_size_of_the_data(model, data):
    """The hidden layer alone would be 24 MB."""
    X, _ = data
    assert peak(lambda: model.predict_proba(X)) < 8e6


def test_fit_does_not_copy_the_data(model, data):
    """20 MB of features, 0.4 MB each for labels, order and targets."""
    X, y = data
    assert peak(lambda: model.fit(X, y)) < 10e6


@pytest.mark.parametrize("container", [sp.csr_matrix, sp.csc_matrix])
@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_sparse_data_are_not_made_dense(solver, container):
    """The dense form would be 800 MB."""
    rng = np.random.RandomState(0)
    places = np.repeat(np.arange(1000), 10), rng.randint(0, 100_000, 10_000)
    X = container((rng.standard_normal(10_000), places), shape=(1000, 100_000))
    y = np.arange(1000) % 2
    model = MLPClassifier((2,), solver=solver, max_iter=1, random_state=0)

    def fit_and_predict():
        model.fit(X, y).predict(X)

    with quiet():
        MLPClassifier((2,), solver=solver, max_iter=1).fit(X[:, :5], y)  # loads the kernels
    assert peak(fit_and_predict) < 150e6
