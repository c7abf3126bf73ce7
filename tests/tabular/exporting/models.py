"""Fitted ensembles of all kinds, with tables that hold what `fit` has not seen."""

import numpy as np
import pandas as pd

from skdeep import TabularClassifier, TabularRegressor
from tests.tabular.ensemble.examples import SMALL, table

SETTINGS = {**SMALL, "n_ensemble": 4, "max_iter": 3}


def mixed(n_rows=400, seed=0):
    """Return a table of all kinds of columns, classes and numbers."""
    rng = np.random.default_rng(seed)
    X, labels, numbers = table(n_rows, seed)
    X = X.assign(
        many=[f"n{k}" for k in rng.integers(0, 90, n_rows)],
        flag=rng.random(n_rows) < 0.5,
        code=np.where(rng.random(n_rows) < 0.1, np.nan, rng.integers(0, 3, n_rows) + 0.5),
        two=rng.integers(0, 2, n_rows),
        same="always",
        gender=rng.choice(["f", "m"], n_rows),
    )
    return X, labels, numbers


def unseen(X):
    """Return a table with missing values, levels and numbers that it did not have."""
    X = X.copy()
    for row, (name, value) in enumerate(
        [
            ("a", np.nan),
            ("a", 1e300),
            ("a", -1e9),
            ("b", np.nan),
            ("c", "unseen"),
            ("c", None),
            ("many", "unseen"),
            ("many", None),
            ("code", 99.0),
            ("code", np.nan),
            ("two", 7),
            ("gender", None),
        ]
    ):
        if name in X:
            X.loc[X.index[row], name] = value
    return X


def _mixed(cls=TabularClassifier, **parameters):
    X, labels, numbers = mixed()
    y = labels if cls is TabularClassifier else numbers
    settings = {"categorical_features": ["code"], **SETTINGS, **parameters}
    return cls(**settings).fit(X, y), unseen(mixed(300, 1)[0])


def _numbers(cls=TabularRegressor, **parameters):
    X, _, y = table(200)
    X = X[["a", "b"]].assign(two=np.arange(200) % 2)
    y = y > 0 if cls is TabularClassifier else y
    return cls(**{**SETTINGS, **parameters}).fit(X, y), unseen(X)


def _array():
    X, y = np.random.RandomState(0).normal(size=(200, 3)).astype(np.float32), np.arange(200) % 3
    return TabularClassifier(**SETTINGS).fit(X, y), pd.DataFrame(X)


def _categories_only():
    X, labels, _ = mixed()
    X = X[["c", "gender", "same"]]
    return TabularClassifier(**SETTINGS).fit(X, labels), unseen(X)


def _flags_only():
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"p": rng.random(200) < 0.5, "q": rng.random(200) < 0.1})
    return TabularRegressor(**SETTINGS).fit(X, X["p"] * 1.0), X


def _two_outputs():
    X, _, y = mixed()
    return TabularRegressor(**SETTINGS).fit(X, np.column_stack([y, 1e6 + y])), unseen(X)


#: Functions that return a fitted ensemble, and a pandas frame.
MODELS = {
    "classes": _mixed,
    "two classes": lambda: _numbers(TabularClassifier),
    "numbers": lambda: _mixed(TabularRegressor),
    "two outputs": _two_outputs,
    "quantiles": lambda: _mixed(TabularRegressor, quantiles=[0.1, 0.5, 0.9]),
    "leaves": lambda: _mixed(tree_features=True),
    "leaves of numbers": lambda: _numbers(tree_features=True),
    "without hidden layers": lambda: _mixed(hidden_layer_sizes=()),
    "one layer": lambda: _mixed(hidden_layer_sizes=(7,), n_bins=3),
    "numbers alone": _numbers,
    "array": _array,
    "categories alone": _categories_only,
    "booleans alone": _flags_only,
}
_fitted = {}


def fitted(name):
    """Return a fitted ensemble, and a table to predict from."""
    if name not in _fitted:
        _fitted[name] = MODELS[name]()
    return _fitted[name]
