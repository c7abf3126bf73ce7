"""Perceptrons that go on from earlier calls: scikit-learn's numbers, to the bit."""

import pickle

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn import linear_model

import skdeep
from tests.estimators.fitted.test_continuing import LABELS, N_ROWS, X, call
from tests.helpers import unchanged

VALUES = {
    "penalty": ["elasticnet", "l2", "l1", None],
    "alpha": [1e-2, 1e-4, 0.0],
    "l1_ratio": [0.7, 0.0, 1.0],
    "fit_intercept": [False, True],
    "max_iter": [1, 3, 8],
    "tol": [None, 1e-3, 0.1],
    "shuffle": [False, True],
    "eta0": [0.1, 3.0],
    "n_jobs": [1, None],
    "random_state": [9, 0],
    "n_iter_no_change": [1, 5],
    "class_weight": [{0: 2.0, 1: 0.5}, "balanced", None],
    "warm_start": [True, False],
    "early_stopping": [True, False],
    "validation_fraction": [0.3, 0.1],
}


def both(**parameters):
    """Return our perceptron and scikit-learn's."""
    parameters = {"max_iter": 4, **parameters}
    return [module.Perceptron(**parameters) for module in (skdeep, linear_model)]


def assert_same_bits(ours, theirs, where):
    """Compare all that the calls leave behind."""
    for name in ("coef_", "intercept_", "n_iter_", "t_", "classes_"):
        got, expected = (np.asarray(getattr(model, name)) for model in (ours, theirs))
        assert got.dtype == expected.dtype
        np.testing.assert_array_equal(got, expected, f"{name} {where}")


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_parameters_changed_between_calls(n_classes, method):
    """All are read at every call."""
    y = LABELS % n_classes
    for parameter, (value, *_) in VALUES.items():
        pair = both(penalty="l2", warm_start=True)
        assert call(pair[0], method, X, y) == call(pair[1], method, X, y)
        for model in pair:
            model.set_params(**{parameter: value})
        for _ in range(2):
            assert call(pair[0], method, X, y) == call(pair[1], method, X, y)
        assert_same_bits(*pair, f"{parameter}={value}")


@pytest.mark.parametrize("seed", range(30))
def test_random_sequences(seed):
    """Fits of both kinds in any order, with parameters changed in between."""
    rng = np.random.default_rng(seed)
    y, pair, log = LABELS % (2 + seed % 2), both(warm_start=seed % 4 > 1), []
    for _ in range(6):
        for _ in range(rng.integers(3)):
            parameter = list(VALUES)[rng.integers(len(VALUES))]
            value = VALUES[parameter][rng.integers(len(VALUES[parameter]))]
            for model in pair:
                model.set_params(**{parameter: value})
        if rng.random() < 0.15:
            pair = [pickle.loads(pickle.dumps(model)) for model in pair]
        method = "fit" if rng.random() < 0.35 else "partial_fit"
        rows = slice(None) if rng.random() < 0.6 else rng.permutation(N_ROWS)[:50]
        part = sp.csr_matrix(X[rows]) if rng.random() < 0.3 else X[rows]
        weights = rng.uniform(0.1, 2.0, part.shape[0]) if rng.random() < 0.3 else None
        log.append((pair[0].get_params(), method, part.shape, weights is not None))
        got, expected = (call(model, method, part, y[rows], weights) for model in pair)
        assert got == expected, log
        if expected[0] is not None:
            return
        assert_same_bits(*pair, log)


@pytest.mark.parametrize("first", [np.float32, np.float64])
def test_partial_fit_keeps_the_precision_of_its_weights(first):
    """scikit-learn fails with rows of the other one."""
    other = ({np.float32, np.float64} - {first}).pop()
    ours, theirs = both()
    for model in (ours, theirs):
        assert call(model, "partial_fit", X.astype(first), LABELS) == (None, [])
    assert call(theirs, "partial_fit", X.astype(other), LABELS)[0].startswith("TypeError")
    twin = pickle.loads(pickle.dumps(ours))
    rows = X.astype(np.float32)
    ours.partial_fit(rows.astype(other), LABELS)
    twin.partial_fit(rows.astype(first), LABELS)
    assert ours.coef_.dtype == first
    np.testing.assert_array_equal(ours.coef_, twin.coef_)


@pytest.mark.parametrize(
    "name, value",
    [
        ("n_iter_no_change", np.inf),
        ("max_iter", 0),
        ("tol", "small"),
        ("alpha", -1.0),
        ("eta0", None),
        ("penalty", "l3"),
        ("shuffle", "yes"),
        ("fit_intercept", 2),
        ("class_weight", "unbalanced"),
        ("mode", "rows"),
        ("random_state", "x"),
    ],
)
def test_invalid_parameters_between_partial_fits(name, value):
    y = LABELS % 3
    model = skdeep.Perceptron(random_state=0).partial_fit(X, y, classes=np.unique(y))
    model.set_params(**{name: value})
    with unchanged(model), pytest.raises(ValueError, match=f"'{name}' parameter of Perceptron"):
        model.partial_fit(X, y)
