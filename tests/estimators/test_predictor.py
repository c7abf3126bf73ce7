"""The fast path of prediction gives what `predict` gives, and takes nothing else than it says."""

import threading

import numpy as np
import pytest

from skdeep import MLPClassifier, MLPRegressor
from tests.helpers import quiet

rng = np.random.RandomState(0)
X = rng.randn(60, 5)
TARGETS = {
    "two classes": (MLPClassifier(max_iter=5), np.where(X[:, 0] > 0, "yes", "no")),
    "one class": (MLPClassifier(max_iter=5), np.ones(60)),
    "several classes": (MLPClassifier(max_iter=5), np.argmax(X[:, :3], axis=1) * 2),
    "labels": (MLPClassifier(max_iter=5), (X[:, :3] > 0).astype(int)),
    "hinge": (MLPClassifier(max_iter=5, loss="hinge"), np.argmax(X[:, :3], axis=1)),
    "one target": (MLPRegressor(max_iter=5), X[:, 0]),
    "two targets": (MLPRegressor(max_iter=5), X[:, :2]),
}


def fitted(name, dtype):
    model, y = TARGETS[name]
    with quiet():
        return model.fit(X.astype(dtype), y)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", sorted(TARGETS))
def test_same_as_predict(name, dtype):
    model = fitted(name, dtype)
    predictor = model.make_predictor()
    for rows in (1, 7, 60, 0):
        part = X[:rows].astype(dtype)
        got = predictor.predict(part)
        if rows:
            expected = model.predict(part)
            assert got.dtype == expected.dtype
            np.testing.assert_array_equal(got, expected)
            if hasattr(model, "predict_proba"):
                np.testing.assert_array_equal(
                    predictor.predict_proba(part), model.predict_proba(part)
                )
        assert len(got) == rows


def test_many_rows():
    model = fitted("several classes", np.float64)
    many = np.tile(X, (200, 1))
    np.testing.assert_array_equal(model.make_predictor().predict(many), model.predict(many))


def test_hinge_has_no_probabilities():
    predictor = fitted("hinge", np.float64).make_predictor()
    with pytest.raises(AttributeError, match="no probabilities"):
        predictor.predict_proba(X)


@pytest.mark.parametrize(
    "bad",
    [X.astype(np.float32), X[0], X[:, :4], X[::2], np.asfortranarray(X), X.tolist(), None],
    ids=["type", "one dimension", "width", "strides", "order", "list", "nothing"],
)
def test_bad_rows(bad):
    predictor = fitted("one target", np.float64).make_predictor()
    with pytest.raises(ValueError, match="C-ordered array of float64"):
        predictor.outputs(bad)


def test_the_network_is_copied():
    model = fitted("one target", np.float64)
    predictor = model.make_predictor()
    before = predictor.predict(X)
    model.coefs_[0][:] = 0
    np.testing.assert_array_equal(predictor.predict(X), before)
    assert not np.array_equal(model.predict(X), before)


def test_threads_do_not_disturb_each_other():
    model = fitted("two targets", np.float64)
    predictor, expected = model.make_predictor(), model.predict(X)
    wrong = []

    def work(start):
        for i in range(start, start + 300):
            row = i % 60
            if not np.array_equal(predictor.predict(X[row : row + 1]), expected[row : row + 1]):
                wrong.append(row)

    threads = [threading.Thread(target=work, args=(17 * k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_not_fitted():
    with pytest.raises(ValueError, match="not fitted"):
        MLPClassifier().make_predictor()


def _unaligned(X):
    raw = np.zeros(X.nbytes + 1, dtype=np.uint8)
    view = raw[1:].view(X.dtype).reshape(X.shape)
    view[...] = X
    return view


@pytest.mark.filterwarnings("ignore:the matrix subclass:PendingDeprecationWarning")
@pytest.mark.parametrize("form", [_unaligned, np.asmatrix, np.ma.asarray])
def test_arrays_of_other_kinds(form):
    predictor = fitted("one target", np.float64).make_predictor()
    with pytest.raises(ValueError, match="C-ordered array of float64"):
        predictor.outputs(form(X))


def test_what_it_takes_cannot_be_changed():
    """Rows of another width would be read beyond their end."""
    model = fitted("one target", np.float64)
    predictor = model.make_predictor()
    for name, value in (("n_features_in_", 3), ("dtype", np.float32)):
        with pytest.raises(AttributeError):
            setattr(predictor, name, value)
    model.n_features_in_ = 3
    assert predictor.n_features_in_ == 5
    np.testing.assert_array_equal(predictor.predict(X[:3]), predictor.predict(X)[:3])
    with pytest.raises(ValueError, match="were expected"):
        model.make_predictor()
