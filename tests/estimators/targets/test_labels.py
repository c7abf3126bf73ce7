"""Labels of every type, their classes, and the place of the largest output."""

import copy
import pickle

import numpy as np
import pytest
from sklearn.preprocessing import _label

from skdeep import MLPClassifier
from skdeep.engines.cpu.engine import predict
from skdeep.estimators.targets.labels import _unique
from tests.helpers import quiet, unchanged


@pytest.mark.parametrize("code", "bhilqBHILQ?")
@pytest.mark.parametrize("size", [1, 40, 300, 5000])
def test_distinct_labels(code, size):
    """Those of a narrow range are counted; the ends of the type must not overflow."""
    rng, low, high = np.random.default_rng(size), 0, 1
    if code != "?":
        low, high = np.iinfo(code).min, np.iinfo(code).max
    for start, stop in [(low, high), (max(low, high - 50), high), (low, min(low + 50, high))]:
        y = rng.integers(start, stop, size, dtype=code, endpoint=True)
        expected = np.unique(y)
        found = _unique(y)
        np.testing.assert_array_equal(found, expected)
        assert found.dtype == expected.dtype


@pytest.mark.parametrize(
    "labels",
    [[-3, 5], [2, 4, 9], [7], ["no", "yes"], [True, False]],
    ids=str,
)
def test_classes_and_predictions_are_of_the_labels_given(labels):
    X = np.random.RandomState(0).normal(size=(60, 3))
    y = np.array(labels)[np.arange(60) % len(labels)]
    with quiet():
        clf = MLPClassifier((4,), max_iter=2, random_state=0).fit(X, y)
    np.testing.assert_array_equal(clf.classes_, np.unique(y))
    assert clf.classes_.dtype == y.dtype and np.isin(clf.predict(X), labels).all()


@pytest.mark.parametrize("n_rows", [0, 1, 3, 2000])
def test_the_largest_output_is_the_first_of_equals(n_rows):
    """Also where outputs are equal, infinite or no numbers, as NumPy has it."""
    rng = np.random.RandomState(1)
    X = rng.normal(size=(200, 3))
    clf = MLPClassifier((4,), max_iter=1, random_state=0, out_activation="identity")
    with quiet():
        clf.set_params(loss="hinge").fit(X, np.arange(200) % 7)
    layout, vector = clf._network()
    rows = rng.normal(size=(n_rows, 3))
    for change in (1.0, 0.0, np.inf, np.nan):
        changed = vector.copy()
        changed[-4] = changed[-2] = changed[-4] * change
        outputs = predict(layout, changed, rows, n_threads=2)
        places = predict(layout, changed, rows, n_threads=2, largest=True)
        assert places.dtype == np.int64
        np.testing.assert_array_equal(places, outputs.argmax(axis=1))


@pytest.mark.parametrize("way", [copy.deepcopy, copy.copy, lambda s: pickle.loads(pickle.dumps(s))])
@pytest.mark.parametrize("asked", [False, True])
def test_states_of_the_solver_are_there_when_asked_for(way, asked):
    """Training leaves them in the engine's arrangement; copies and pickles are plain arrays."""
    X = np.random.RandomState(0).normal(size=(60, 5))
    clf = MLPClassifier((600, 600), batch_size=20, random_state=0)
    clf.partial_fit(X, np.arange(60) % 3, classes=[0, 1, 2])
    state = clf._optimizer
    states = state.states.copy() if asked else None
    twin = way(state)
    n_parameters = sum(map(np.size, clf.coefs_ + clf.intercepts_))
    assert twin.states.shape == (2, n_parameters) and (twin.states[1] >= 0).all()
    np.testing.assert_array_equal(twin.states, state.states if states is None else states)
    assert vars(twin).keys() >= {"states", "rule", "t"} and "_packed" not in vars(twin)
    with pytest.raises(AttributeError, match="nothing"):
        state.nothing  # noqa: B018


@pytest.mark.parametrize("call", ["fit", "partial_fit"])
def test_labels_at_which_scikit_learn_caught_an_error(monkeypatch, call):
    """Of a signal handler: no network is left whose labels are of an unknown kind."""
    monkeypatch.setattr(_label, "type_of_target", lambda *_, **__: "unknown")
    X, y = np.eye(4), np.array([0.0, 1.0, 0.0, 1.0])
    model = MLPClassifier((3,), max_iter=2)
    keywords = {"classes": [0.0, 1.0]} if call == "partial_fit" else {}
    with unchanged(model), pytest.raises(ValueError, match="Unknown label type"):
        getattr(model, call)(X, y, **keywords)


@pytest.mark.parametrize("classes", [["a", "b", "c"], [0, 1]], ids=str)
def test_classes_that_are_not_those_of_the_indicators(classes):
    """As in scikit-learn: what is said is of y and the classes given, before any work."""
    X, y = np.random.RandomState(0).normal(size=(30, 3)), np.eye(3, dtype=int)[np.arange(30) % 3]
    model = MLPClassifier((3,))
    with unchanged(model), pytest.raises(ValueError, match=r"`y` has classes not in `self.class"):
        model.partial_fit(X, y, classes=classes)


@pytest.mark.parametrize("dtype", [int, str])
def test_labels_that_follow(dtype):
    """Those of later calls are compared with the classes as scikit-learn does, whatever comes."""
    X, y = np.random.RandomState(0).normal(size=(30, 3)), (np.arange(30) % 3).astype(dtype)
    model = MLPClassifier((3,), random_state=0)
    model.partial_fit(X, y, classes=np.unique(y))
    model.partial_fit(X, np.full(30, y[1])).partial_fit(X[:1], y[:1])
    with unchanged(model), pytest.raises(ValueError, match=r"'y' has \[.?7.?\]"):
        model.partial_fit(X, np.full(30, 7).astype(dtype))
