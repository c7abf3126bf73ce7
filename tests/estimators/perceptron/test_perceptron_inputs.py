"""The perceptron as a classifier of scikit-learn: bad input, labels, copies, searches, threads."""

import pickle
import re
from concurrent.futures import ThreadPoolExecutor

import joblib
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
import sklearn
from numpy.testing import assert_array_equal
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.linear_model import Perceptron as Reference
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skdeep import Perceptron
from tests.helpers import outcome, run_python, unchanged

X, Y = load_iris(return_X_y=True)
NAN = np.where(np.arange(600).reshape(150, 4) == 7, np.nan, X)

BAD_PARAMETERS = [
    ({"penalty": "l3"}, "'penalty' parameter of Perceptron must be a str among"),
    ({"mode": "online"}, "'mode' parameter of Perceptron must be a str among"),
    ({"init": "ones"}, "'init' parameter of Perceptron must be a str among"),
    ({"init": 3.0}, "'init' parameter of Perceptron must be"),
    ({"init": np.ones((2, 4))}, r"init has shape (2, 4), but the data have (3, 4)"),
    ({"init": np.full((3, 4), np.nan)}, "init must be finite"),
    ({"eta0": 0.0}, "'eta0' parameter of Perceptron must be a float in the range (0.0, inf)"),
    ({"eta0": -1}, "'eta0' parameter of Perceptron must be"),
    ({"alpha": -1e-9}, "'alpha' parameter of Perceptron must be"),
    ({"l1_ratio": 1.1}, "'l1_ratio' parameter of Perceptron must be"),
    ({"max_iter": 0}, "'max_iter' parameter of Perceptron must be"),
    ({"tol": -1.0}, "'tol' parameter of Perceptron must be"),
    ({"validation_fraction": 1.0}, "'validation_fraction' parameter of Perceptron must be"),
    ({"n_iter_no_change": 0}, "'n_iter_no_change' parameter of Perceptron must be"),
    ({"n_jobs": 1.5}, "'n_jobs' parameter of Perceptron must be"),
    ({"class_weight": "even"}, "'class_weight' parameter of Perceptron must be"),
]
BAD_CALLS = [
    (dict(y=np.zeros(150)), "The number of classes has to be greater than one; got 1 class"),
    (dict(y=Y[:-1]), "inconsistent numbers of samples: [150, 149]"),
    (dict(y=np.where(Y == 0, np.nan, Y)), "NaN"),
    (dict(y=X), "y should be a 1d array"),
    (dict(y=X[:, 0]), "Unknown label type"),
    (dict(X=NAN), "Input X contains NaN"),
    (dict(X=np.where(np.isnan(NAN), np.inf, X)), "Input X contains infinity"),
    (dict(X=X[:, 0]), "Expected 2D array, got 1D array instead"),
    (dict(sample_weight=np.ones(7)), "sample_weight.shape == (7,)"),
    (dict(coef_init=np.ones(4)), "coef_init has shape (4,), but the data have (3, 4)"),
    (dict(coef_init=np.full((3, 4), np.inf)), "coef_init must be finite"),
    (dict(intercept_init=0.0), "intercept_init has shape (), but the data have (3,)"),
    (dict(X=X * 1e10, sample_weight=np.full(150, 1e300)), "Floating-point under-/overflow"),
]


@pytest.mark.parametrize("fitted", [False, True], ids=["new", "fitted"])
@pytest.mark.parametrize("parameters, message", BAD_PARAMETERS)
def test_bad_parameters(parameters, message, fitted):
    clf = Perceptron().fit(X, Y) if fitted else Perceptron()
    clf.set_params(**parameters)
    with unchanged(clf), pytest.raises(ValueError, match=re.escape(message)):
        clf.fit(X, Y)


@pytest.mark.parametrize("fitted", [False, True], ids=["new", "fitted"])
@pytest.mark.parametrize("arguments, message", BAD_CALLS, ids=[message for _, message in BAD_CALLS])
def test_bad_calls(arguments, message, fitted):
    clf = Perceptron().fit(X, Y) if fitted else Perceptron()
    with unchanged(clf), pytest.raises(ValueError, match=re.escape(message)):
        clf.fit(**{"X": X, "y": Y, **arguments})


def test_bad_partial_fits():
    with pytest.raises(ValueError, match="classes must be passed on the first call"):
        Perceptron().partial_fit(X, Y)
    with pytest.raises(ValueError, match="early_stopping should be False with partial_fit"):
        Perceptron(early_stopping=True).partial_fit(X, Y, classes=[0, 1, 2])
    with pytest.raises(ValueError, match="class_weight 'balanced' is not supported"):
        Perceptron(class_weight="balanced").partial_fit(X, Y, classes=[0, 1, 2])
    with pytest.raises(ValueError, match=r"`y` has classes not in `self.classes_`.*\[2\]"):
        Perceptron().partial_fit(X, Y, classes=[0, 1])
    clf = Perceptron().partial_fit(X, Y, classes=[0, 1, 2])
    for arguments, message in (
        (dict(X=X[:, :3], y=Y), "X has 3 features, but Perceptron is expecting 4 features"),
        (dict(X=X, y=Y, classes=[0, 1]), "is not the same as on last call"),
        (dict(X=NAN, y=Y), "Input X contains NaN"),
    ):
        with unchanged(clf), pytest.raises(ValueError, match=re.escape(message)):
            clf.partial_fit(**arguments)


def test_too_small_validation_sets_fail_as_in_scikit_learn():
    weights = np.zeros(150)
    weights[5] = 1
    calls = (X[::15], Y[::15], None), (X, Y, weights)
    for features, labels, sample_weight in calls:
        ours, theirs = (
            outcome(lambda e=e: e.fit(features, labels, sample_weight=sample_weight))  # noqa: B023
            for e in (Perceptron(early_stopping=True), Reference(early_stopping=True))
        )
        assert ours is not None and ours == theirs


def test_frames_names_and_string_labels():
    frame, names = pd.DataFrame(X, columns=list("abcd")), np.array(["x", "y", "z"])[Y]
    clf = Perceptron().fit(frame, names)
    assert_array_equal(clf.feature_names_in_, list("abcd"))
    assert clf.n_features_in_ == 4
    assert_array_equal(clf.predict(frame), Reference().fit(frame, names).predict(frame))
    with pytest.raises(ValueError, match="feature names should match"):
        clf.predict(frame[list("dcba")])


def test_shapes_of_decisions():
    assert Perceptron().fit(X, Y).decision_function(X).shape == (150, 3)
    clf = Perceptron().fit(X, Y == 2)
    assert clf.decision_function(X).shape == (150,)
    assert clf.coef_.shape == (1, 4) and clf.intercept_.shape == (1,)
    assert not hasattr(clf, "predict_proba")


def test_sparsify_and_densify():
    clf = Perceptron(penalty="l1", alpha=0.1).fit(X, Y)
    before, predicted = clf.coef_, clf.predict(X)
    assert (before == 0).any()
    assert sp.issparse(clf.sparsify().coef_)
    assert_array_equal(clf.predict(X), predicted)
    more = clone(clf).fit(X, Y).partial_fit(X, Y)
    assert_array_equal(clf.partial_fit(X, Y).coef_, more.coef_)
    clf.sparsify().densify()
    assert isinstance(clf.coef_, np.ndarray)


def test_one_precision_for_all_calls():
    """A fit goes on in the precision in which it began."""
    single, double = X.astype(np.float32), X
    assert Perceptron().fit(single, Y).partial_fit(double, Y).coef_.dtype == np.float32
    assert Perceptron().fit(double, Y).partial_fit(single, Y).coef_.dtype == np.float64
    assert Perceptron().fit(X.astype(int), Y).coef_.dtype == np.float64


def test_input_is_left_alone():
    features, labels, weights = X.copy(), Y.copy(), np.ones(150)
    for array in (features, labels, weights):
        array.setflags(write=False)
    readonly = Perceptron().fit(features, labels, sample_weight=weights)
    assert_array_equal(readonly.coef_, Perceptron().fit(np.asfortranarray(X), Y).coef_)
    assert_array_equal(readonly.coef_, Perceptron().fit(X[:, ::-1][:, ::-1], Y).coef_)


def test_copies():
    clf = Perceptron(init=np.ones((3, 4))).fit(X, Y)
    loaded = pickle.loads(pickle.dumps(clf))
    assert_array_equal(loaded.decision_function(X), clf.decision_function(X))
    assert_array_equal(clone(clf).fit(X, Y).coef_, clf.coef_)
    assert_array_equal(loaded.partial_fit(X, Y).coef_, clf.partial_fit(X, Y).coef_)
    assert "Perceptron" in clf._repr_html_()
    assert repr(Perceptron(mode="batch")) == "Perceptron(mode='batch')"


def test_search_over_threads():
    grid = {"perceptron__alpha": [1e-4, 1e-2], "perceptron__mode": ["pattern", "batch"]}
    pipeline = make_pipeline(StandardScaler(), Perceptron(penalty="l2", max_iter=3000))
    with joblib.parallel_config("threading"):
        shared = GridSearchCV(pipeline, grid, n_jobs=3).fit(X, Y)
    alone = GridSearchCV(pipeline, grid).fit(X, Y)
    key = "mean_test_score"
    assert_array_equal(shared.cv_results_[key], alone.cv_results_[key])
    assert alone.best_score_ > 0.8


def test_routing_of_sample_weights():
    weights = np.random.RandomState(0).uniform(size=150)
    with sklearn.config_context(enable_metadata_routing=True):
        clf = Perceptron().set_fit_request(sample_weight=True)
        scaler = StandardScaler().set_fit_request(sample_weight=False)
        pipeline = make_pipeline(scaler, clf).fit(X, Y, sample_weight=weights)
    expected = Perceptron().fit(StandardScaler().fit_transform(X), Y, sample_weight=weights)
    assert_array_equal(pipeline[-1].coef_, expected.coef_)


def test_fits_at_the_same_time(monkeypatch):
    monkeypatch.setattr("skdeep.training.linear_units.WORTH_THREADS", 0)
    seeds = range(24)
    expected = [Perceptron(random_state=seed).fit(X, Y).coef_ for seed in seeds]
    with ThreadPoolExecutor(6) as pool:
        found = pool.map(lambda seed: Perceptron(random_state=seed).fit(X, Y).coef_, seeds)
        for got, wanted in zip(found, expected, strict=True):
            assert_array_equal(got, wanted)


def test_failure_of_a_class_reaches_the_caller(monkeypatch):
    monkeypatch.setattr("skdeep.training.linear_units.WORTH_THREADS", 0)
    for label in range(3):
        clf = Perceptron(n_jobs=3, class_weight={label: 1e300})
        with unchanged(clf), pytest.raises(ValueError, match="under-/overflow"):
            clf.fit(X * 1e10, Y)


def test_a_second_process_loads_the_kernel():
    code = """
import numpy as np
from skdeep import Perceptron
from skdeep.engines.cpu.perceptron.kernel import train
Perceptron().fit(np.eye(3), [0, 1, 1])
print(sum(train.stats.cache_hits.values()), sum(train.stats.cache_misses.values()))
"""
    run_python(code)
    assert run_python(code).split() == ["1", "0"]
