"""Tiny data sets, made once, by name."""

from functools import cache

import numpy as np
from sklearn.datasets import load_digits


def _features(n_samples, n_features, seed):
    return np.random.RandomState(seed).standard_normal((n_samples, n_features))


def _scores(X, n_outputs, seed):
    """Nonlinear functions of X: something that can be learned, but not by a line."""
    rng = np.random.RandomState(seed)
    w = rng.standard_normal((X.shape[1], n_outputs)) / np.sqrt(X.shape[1])
    return np.sin(X @ w) + 0.3 * (X @ w) + 0.1 * rng.standard_normal((len(X), n_outputs))


@cache
def load(name):
    """Return ``(X, y)`` of the data set ``name``; the arrays are read-only."""
    X, y = _MAKERS[name]()
    X.setflags(write=False)
    y.setflags(write=False)
    return X, y


def _binary():
    X = _features(83, 7, 0)
    return X, (_scores(X, 1, 1)[:, 0] > 0).astype(int)


def _multiclass():
    X = _features(97, 6, 2)
    return X, _scores(X, 4, 3).argmax(axis=1)


def _strings():
    X, y = _multiclass()
    return X, np.array(["north", "east", "south", "west"])[y]


def _multilabel():
    X = _features(71, 9, 4)
    return X, (_scores(X, 3, 5) > 0).astype(int)


def _regression():
    X = _features(89, 5, 6)
    return X, _scores(X, 1, 7)[:, 0]


def _multioutput():
    X = _features(77, 8, 8)
    return X, _scores(X, 3, 9)


def _counts():
    X = _features(90, 4, 10)
    return X, np.random.RandomState(11).poisson(np.exp(_scores(X, 1, 12)[:, 0])).astype(float)


def _sparse():
    X = _features(101, 23, 13)
    X[np.random.RandomState(14).uniform(size=X.shape) < 0.8] = 0.0
    return X, _scores(X, 3, 15).argmax(axis=1)


def _tall():
    X = _features(2600, 6, 20)
    X[np.random.RandomState(21).uniform(size=X.shape) < 0.6] = 0.0
    return X, _scores(X, 1, 22)[:, 0]


def _wide():
    X = _features(60, 300, 16)
    return X, (_scores(X, 1, 17)[:, 0] > 0).astype(int)


def _digits():
    X, y = load_digits(return_X_y=True)
    return X[:300] / 16.0, y[:300]


_MAKERS = {
    "binary": _binary,
    "multiclass": _multiclass,
    "strings": _strings,
    "multilabel": _multilabel,
    "regression": _regression,
    "multioutput": _multioutput,
    "counts": _counts,
    "sparse": _sparse,
    "tall": _tall,
    "wide": _wide,
    "digits": _digits,
}
REGRESSION = {"regression", "multioutput", "counts", "tall"}


def is_regression(name):
    """True where the target of the data set is a number."""
    return name in REGRESSION
