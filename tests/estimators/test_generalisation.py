"""On few rows with wrong labels, regularised networks beat the plain one: means over ten seeds."""

import functools

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_digits
from sklearn.model_selection import train_test_split

from skdeep import MLPClassifier
from tests.helpers import quiet

SEEDS = 10
# data -> rows to train on, and the share of them that get a random label
DATA = {"digits": (300, 0.25), "cancer": (200, 0.2)}
REGULARISED = {
    "dropout": {"dropout": 0.5, "input_dropout": 0.2},
    "dropconnect": {"dropconnect": 0.5},
    "weight decay": {"alpha": 1.0},
    "l1": {"penalty": "l1", "alpha": 0.1},
    "cubes": {"penalty": 3, "alpha": 1.0},
    "noise": {"input_noise": 0.5},
    "batch_norm and noise": {"batch_norm": True, "input_noise": 0.5},
    "augment": {"augment": lambda X, y, rng: (X + 0.5 * rng.standard_normal(X.shape), y)},
    "max_norm": {"max_norm": 1.0},
    "early stopping": {"early_stopping": True, "validation_fraction": 0.2, "n_iter_no_change": 10},
}


@functools.cache
def _rows(name, seed):
    """Return rows to train on, with wrong labels, and others with the right ones."""
    load = {"digits": load_digits, "cancer": load_breast_cancer}[name]
    X, y = load(return_X_y=True)
    X = X / 16 if name == "digits" else (X - X.mean(axis=0)) / X.std(axis=0)
    n_rows, share = DATA[name]
    X, X_test, y, y_test = train_test_split(X, y, train_size=n_rows, stratify=y, random_state=seed)
    rng = np.random.RandomState(seed)
    wrong = rng.uniform(size=n_rows) < share
    return X, X_test, np.where(wrong, rng.randint(0, y.max() + 1, n_rows), y), y_test


@functools.cache
def _scores(name, cure):
    scores = []
    for seed in range(SEEDS):
        X, X_test, y, y_test = _rows(name, seed)
        parameters = {"n_iter_no_change": 60, **REGULARISED.get(cure, {})}
        model = MLPClassifier(
            (60, 60),
            batch_size=32,
            learning_rate_init=0.003,
            max_iter=60,
            random_state=seed,
            **parameters,
        )
        with quiet():
            scores.append(model.fit(X, y).score(X_test, y_test))
    return np.array(scores)


@pytest.mark.parametrize("cure", REGULARISED)
@pytest.mark.parametrize("name", DATA)
def test_better_than_plain(name, cure):
    gains = _scores(name, cure) - _scores(name, "plain")
    error = gains.std(ddof=1) / np.sqrt(SEEDS)
    assert gains.mean() > 2 * error, (gains.mean(), error)
