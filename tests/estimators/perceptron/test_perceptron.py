"""The perceptron has the numbers of scikit-learn's, over a table of configurations."""

import inspect
import warnings

import numpy as np
import pytest
import scipy.sparse as sp
from numpy.testing import assert_array_equal
from sklearn.datasets import load_iris
from sklearn.linear_model import Perceptron as Reference

from skdeep import Perceptron
from tests import datasets
from tests.helpers import CONTAINERS, assert_close, skip_with_old_scikit_learn

RTOL = 1e-9
F32 = np.float32


def _iris(positive):
    X, y = load_iris(return_X_y=True)
    return X, y == positive


def load(name):
    """Return features and labels by name; iris has sums that are 0 but for rounding."""
    if name == "digits":
        X, y = datasets.load("digits")
        return X * 16, y
    own = {"iris": load_iris(return_X_y=True), "overlap": _iris(2), "separable": _iris(0)}
    return own[name] if name in own else datasets.load(name)


def case(name, data, parameters=None, calls="fit", container="dense", dtype=np.float64, **fit):
    """Return a row of the table."""
    return pytest.param(data, parameters or {}, calls, container, dtype, fit, id=name)


def init(n_lines, n_features, seed=3):
    """Return first weights and intercepts as keyword arguments of fit."""
    rng = np.random.RandomState(seed)
    coef, intercept = rng.standard_normal((n_lines, n_features)), rng.standard_normal(n_lines)
    return {"coef_init": coef, "intercept_init": intercept}


WEIGHTED, ZEROS = {"sample_weight": "uniform"}, {"sample_weight": "with zeros"}
ELASTIC = {"penalty": "elasticnet", "alpha": 0.01}
EARLY = {"early_stopping": True, "validation_fraction": 0.3}
CASES = [
    # classes, separable or not
    case("defaults, 3 classes", "iris"),
    case("defaults, 2 classes", "overlap"),
    case("defaults, 10 classes", "digits"),
    case("separable", "separable"),
    case("string labels", "strings"),
    case("wide", "wide"),
    # penalties
    case("l2", "iris", {"penalty": "l2", "alpha": 0.01}),
    case("l2 down to 0", "overlap", {"penalty": "l2", "alpha": 2.0, "max_iter": 30}),
    case("l2 underflows", "overlap", {"penalty": "l2", "alpha": 0.3, "tol": None, "max_iter": 9}),
    case("l1", "iris", {"penalty": "l1", "alpha": 0.01}),
    case("elasticnet", "digits", {**ELASTIC, "max_iter": 9}),
    case("elasticnet, ratio 1", "iris", {**ELASTIC, "l1_ratio": 1.0}),
    case("elasticnet, ratio 0", "iris", {**ELASTIC, "l1_ratio": 0}),
    case("alpha 0", "separable", {"penalty": "l2", "alpha": 0.0}),
    # where training ends
    case("tol None", "separable", {"tol": None, "max_iter": 60}),
    case("tol 0", "separable", {"tol": 0.0, "max_iter": 60}),
    case("tol 0, noise", "iris", {"tol": 0.0, "max_iter": 60}),
    case("large tol", "digits", {"tol": 1e3, "n_iter_no_change": 2}),
    case("patience 1", "iris", {"n_iter_no_change": 1}),
    case("one epoch", "iris", {"max_iter": 1}),
    case("separable at the limit", "separable", {"max_iter": 4}),
    case("early stopping, 2 classes", "overlap", EARLY),
    case("early stopping, 10 classes", "digits", EARLY),
    case("early stopping, separable", "separable", {**EARLY, "n_iter_no_change": 3}),
    case("early stopping, tol 0", "separable", {**EARLY, "tol": 0.0, "max_iter": 40}),
    case("early stopping, l2", "iris", {**EARLY, "penalty": "l2", "alpha": 0.1}),
    case("early stopping, weighted", "strings", EARLY, **WEIGHTED),
    case("early stopping, csr", "sparse", EARLY, "fit", "csr"),
    # the rest of the parameters
    case("in order", "iris", {"shuffle": False}),
    case("no intercept", "iris", {"fit_intercept": False}),
    case("small rate", "digits", {"eta0": 0.013}),
    case("other seed", "digits", {"random_state": 42}),
    case("generator, 2 classes", "overlap", {"random_state": "generator", **EARLY}, "fit fit"),
    case("generator, 3 classes", "iris", {"random_state": "generator", **EARLY}, "fit fit"),
    case("global generator", "iris", {"random_state": None}),
    case("balanced", "strings", {"class_weight": "balanced"}),
    case("class weights", "iris", {"class_weight": {0: 2.0, 2: 0.1}}),
    case("class weights, 2 classes", "overlap", {"class_weight": {False: 0.3}}),
    case("n_jobs", "digits", {"n_jobs": 2}),
    # sample weights
    case("weighted", "digits", **WEIGHTED),
    case("weights of 0", "overlap", {"max_iter": 50}, **ZEROS),
    case("weights of 0, separable", "separable", {"max_iter": 50}, **ZEROS),
    case("weighted elasticnet, balanced", "iris", {**ELASTIC, "class_weight": "balanced"}, **ZEROS),
    # sparse rows
    case("csr", "sparse", {}, "fit", "csr"),
    case("csc", "sparse", {"tol": None, "max_iter": 20}, "fit", "csc"),
    case("csr array", "sparse", {"shuffle": False}, "fit", "csr_array"),
    case("csr, iris", "iris", {}, "fit", "csr"),
    case("csr l2", "sparse", {"penalty": "l2", "alpha": 0.01}, "fit", "csr"),
    case("csr l1", "sparse", {"penalty": "l1"}, "fit", "csr"),
    case("csr elasticnet", "sparse", ELASTIC, "fit", "csr", **WEIGHTED),
    # first weights and several calls
    case("coef_init", "iris", **init(3, 4)),
    case("coef_init, 2 classes", "overlap", **init(1, 4)),
    case("coef_init, flat", "overlap", coef_init=np.arange(4.0), intercept_init=0.5),
    case("coef_init, csr l2", "sparse", {"penalty": "l2"}, "fit", "csr", **init(3, 23)),
    case("intercept_init", "iris", intercept_init=[1, 2, 3]),
    case("fit again", "iris", {}, "fit fit"),
    case("warm start", "digits", {"warm_start": True, "max_iter": 3}, "fit fit"),
    case("warm start, 2 classes", "overlap", {"warm_start": True, "max_iter": 3}, "fit fit"),
    case("partial fits", "iris", {}, "partial_fit partial_fit partial_fit"),
    case("partial fits, 2 classes", "overlap", ELASTIC, "partial_fit partial_fit"),
    case("partial fits, csr", "sparse", {}, "partial_fit partial_fit", "csr", **WEIGHTED),
    case("fit, then partial fit", "digits", {"max_iter": 4}, "fit partial_fit"),
    case("partial fit, then fit", "iris", {}, "partial_fit fit"),
    # float32
    case("float32", "digits", dtype=F32),
    case("float32, 2 classes", "overlap", dtype=F32),
    case("float32 l2", "iris", {"penalty": "l2", "alpha": 0.01}, dtype=F32),
    case("float32 l1", "iris", {"penalty": "l1", "alpha": 0.01}, dtype=F32),
    case("float32 csr", "sparse", ELASTIC, "fit", "csr", F32),
    case("float32 early stopping", "digits", EARLY, dtype=F32),
    case("float32 partial fits", "overlap", {}, "partial_fit partial_fit", dtype=F32, **WEIGHTED),
    case("float32 warm start", "iris", {"warm_start": True, "max_iter": 2}, "fit fit", dtype=F32),
]


def play(cls, data, parameters, calls, container, dtype, fit):
    """Make the calls of a case; return the estimator, the features and the warnings."""
    X, y = load(data)
    X = CONTAINERS[container](X.astype(dtype))
    if parameters.get("random_state") == "generator":
        parameters = {**parameters, "random_state": np.random.RandomState(4)}
    weights = np.random.RandomState(18).uniform(0.1, 3.0, len(y))
    kinds = {"uniform": weights, "with zeros": weights * (weights > 1)}
    estimator = cls(**parameters)
    np.random.seed(7)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for call in calls.split():
            keywords = {k: kinds[v] if isinstance(v, str) else np.array(v) for k, v in fit.items()}
            if call == "partial_fit":
                keywords["classes"] = np.unique(y)
            getattr(estimator, call)(X, y, **keywords)
    return estimator, X, [(warning.category, str(warning.message)) for warning in caught]


@pytest.mark.parametrize("data, parameters, calls, container, dtype, fit", CASES)
def test_same_as_scikit_learn(data, parameters, calls, container, dtype, fit):
    row = data, parameters, calls, container, dtype, fit
    if parameters.get("penalty") is not None:
        skip_with_old_scikit_learn("looked at the loss without its penalty")
    theirs, X, expected_warnings = play(Reference, *row)
    ours, _, told = play(Perceptron, *row)
    assert told == expected_warnings
    assert (ours.n_iter_, ours.t_) == (theirs.n_iter_, theirs.t_)
    for name in ("coef_", "intercept_"):
        got, expected = getattr(ours, name), getattr(theirs, name)
        assert (got.dtype, got.shape) == (expected.dtype, expected.shape), name
        assert_close(got, expected, RTOL, name)
    got, expected = ours.decision_function(X), theirs.decision_function(X)
    assert got.dtype == expected.dtype
    assert_close(got, expected, RTOL, "decision_function")
    assert_array_equal(ours.classes_, theirs.classes_)
    assert_array_equal(ours.predict(X), theirs.predict(X))


def test_same_constructor():
    """scikit-learn's parameters in their order, then those of skdeep alone."""
    theirs = inspect.signature(Reference).parameters
    ours = inspect.signature(Perceptron).parameters
    assert list(ours) == [*theirs, "mode", "init"]
    for name in theirs:
        assert (ours[name].default, ours[name].kind) == (theirs[name].default, theirs[name].kind)
    assert set(Perceptron._parameter_constraints) == set(ours)
    for method in ("fit", "partial_fit"):
        signature = inspect.signature(getattr(Perceptron, method))
        assert signature == inspect.signature(getattr(Reference, method))


def test_generator_ends_where_scikit_learn_leaves_it():
    X, y = load("iris")
    for labels in (y, y > 0):
        states = []
        for cls in (Reference, Perceptron):
            random_state = np.random.RandomState(9)
            cls(early_stopping=True, random_state=random_state).fit(X, labels)
            states.append(random_state.randint(1 << 30))
        assert states[0] == states[1]


def test_rows_of_csr_may_be_in_any_order_and_have_duplicates():
    rng = np.random.RandomState(0)
    values = rng.standard_normal(300)
    indices, indptr = rng.randint(12, size=300), np.arange(0, 301, 5)
    parts = values, indices.astype(np.int32), indptr.astype(np.int32)
    X = sp.csr_array(parts, shape=(60, 12))
    assert not X.has_canonical_format
    y = rng.randint(3, size=60)
    before = X.copy()
    for parameters in ({}, {"penalty": "elasticnet", "alpha": 0.1}):
        ours = Perceptron(max_iter=20, tol=None, **parameters).fit(X, y)
        theirs = Reference(max_iter=20, tol=None, **parameters).fit(X, y)
        assert_close(ours.coef_, theirs.coef_, RTOL)
        assert_close(ours.intercept_, theirs.intercept_, RTOL)
    assert_array_equal(before.indices, X.indices)


def test_64_bit_indices():
    X, y = load("sparse")
    X = sp.csr_array(X)
    expected = Perceptron().fit(X, y).coef_
    X.indices, X.indptr = X.indices.astype(np.int64), X.indptr.astype(np.int64)
    assert_array_equal(Perceptron().fit(X, y).coef_, expected)


@pytest.mark.parametrize("n_jobs", [None, 1, 2, 5, -1])
def test_same_bits_for_any_number_of_threads(n_jobs, monkeypatch):
    monkeypatch.setattr("skdeep.training.linear_units.WORTH_THREADS", 0)
    X, y = load("digits")
    alone = Perceptron(n_jobs=1).fit(X, y)
    shared = Perceptron(n_jobs=n_jobs).fit(X, y)
    assert_array_equal(shared.coef_, alone.coef_)
    assert_array_equal(shared.mistakes_curve_, alone.mistakes_curve_)


def test_verbose_prints_what_scikit_learn_prints(capsys):
    X, y = load("overlap")
    for parameters in ({}, {"early_stopping": True, "penalty": "l2"}):
        lines = []
        for cls in (Reference, Perceptron):
            cls(verbose=1, max_iter=30, **parameters).fit(X, y)
            text = capsys.readouterr().out
            kept = [line for line in text.splitlines() if "time" not in line and "took" not in line]
            lines.append(kept)
        assert len(lines[0]) > 10
        assert lines[0] == lines[1]
