"""Large arrays are checked by several threads, with scikit-learn's results."""

import threading

import numpy as np
import pytest
from sklearn import config_context

from skdeep import MLPClassifier, MLPRegressor
from skdeep.estimators.inputs import arrays, finite
from skdeep.estimators.inputs.finite import known_to_be_finite


@pytest.fixture(autouse=True)
def small_arrays_are_large(monkeypatch):
    monkeypatch.setattr(finite, "LEAST_BYTES", 64)
    monkeypatch.setattr(finite, "BYTES_OF_A_THREAD", 16)
    monkeypatch.setattr(finite, "available_threads", lambda: 3)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("order", ["C", "F"])
def test_finite(dtype, order):
    X = np.ones((20, 3), dtype, order=order)
    assert known_to_be_finite(X)
    for place in ((0, 0), (7, 1), (19, 2)):
        for value in (np.nan, np.inf, -np.inf):
            changed = X.copy()
            changed[place] = value
            assert not known_to_be_finite(changed)


def test_what_is_left_to_scikit_learn():
    """Sums that overflow, other types, small arrays, and where nothing is to be checked."""
    X = np.ones((20, 3))
    assert not known_to_be_finite(np.full((20, 3), 3e38, np.float32))
    for other in (X.astype(int), X.astype(object), X.astype(">f4"), X[:2], X[:, 0], None, "text"):
        assert not known_to_be_finite(other)
    assert not known_to_be_finite(X.view(type("Own", (np.ndarray,), {})))
    with config_context(assume_finite=True):
        assert not known_to_be_finite(X)


def test_threads_are_limited(monkeypatch):
    asked = []
    monkeypatch.setattr(finite, "run_each", lambda job, parts, n: asked.append(n) or [True])
    X = np.ones((100, 3))
    assert known_to_be_finite(X) and known_to_be_finite(X, 2)
    assert not known_to_be_finite(X, 1)  # scikit-learn is as fast
    monkeypatch.setattr(finite, "available_threads", lambda: 128)
    assert known_to_be_finite(X)
    assert asked == [3, 2, finite.MOST_THREADS]


def test_no_thread_can_be_started(monkeypatch):
    def refuse(thread):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    assert known_to_be_finite(np.ones((100, 3)))


@pytest.mark.parametrize("cls", [MLPClassifier, MLPRegressor])
def test_fits_and_predictions_are_checked_by_threads(cls, monkeypatch):
    """scikit-learn does not look again at what is known to be finite."""
    X, y = np.random.default_rng(0).normal(size=(30, 2)), np.arange(30) % 2
    seen = []

    def known(X, n_threads=None):
        seen.append(n_threads)
        return known_to_be_finite(X, n_threads)

    monkeypatch.setattr(arrays, "known_to_be_finite", known)
    model = cls(hidden_layer_sizes=(2,), max_iter=1, n_threads=2)
    with pytest.warns(match="Maximum iterations"):
        model.fit(X, y).predict(X)
    assert seen == [2, 2]


def test_estimators():
    X, y = np.random.default_rng(0).normal(size=(30, 2)), np.arange(30) % 2
    model = MLPClassifier((2,), max_iter=2, random_state=0, tol=0, batch_size=30)
    with pytest.warns(match="Maximum iterations"):
        model.fit(X, y)
    assert model.predict(np.full((30, 2), 1e308)).shape == (30,)
    X[29, 1] = np.nan
    with pytest.raises(ValueError, match="Input X contains NaN"):
        model.predict(X)
    with pytest.raises(ValueError, match="Input X contains NaN"):
        model.fit(X, y)
