"""`augment`: rows that a function of the user's changes once per epoch."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from scipy import sparse

from skdeep import MLPClassifier, MLPRegressor
from tests import datasets
from tests.helpers import CONTAINERS, quiet, same, unchanged

SETTINGS = {"hidden_layer_sizes": (5,), "batch_size": 20, "max_iter": 4, "random_state": 0}


class Watcher:
    """An augmentation that writes down what it is called with."""

    def __init__(self, change=lambda X, y, rng: (X, y)):
        self.change, self.calls = change, []

    def __call__(self, X, y, rng):
        twin = np.random.default_rng()
        twin.bit_generator.state = rng.bit_generator.state
        self.calls.append((X.copy(), y.copy(), twin.integers(2**62)))
        return self.change(X, y, rng)


def jitter(X, y, rng):
    """Add noise."""
    return X + 0.3 * rng.standard_normal(X.shape), y


def _model(name, **parameters):
    cls = MLPRegressor if datasets.is_regression(name) else MLPClassifier
    return cls(**{**SETTINGS, **parameters})


def _fit(name, container="dense", dtype=np.float64, **parameters):
    X, y = datasets.load(name)
    with quiet():
        return _model(name, **parameters).fit(CONTAINERS[container](X.astype(dtype)), y)


@pytest.mark.parametrize("name", ["strings", "binary", "multilabel", "regression", "multioutput"])
@pytest.mark.parametrize("container", ["dense", "csr"])
def test_called_once_per_epoch_with_what_the_user_gave(name, container):
    X, y = datasets.load(name)
    watcher = Watcher()
    model = _fit(name, container, augment=watcher)
    assert len(watcher.calls) == model.n_iter_ == 4
    for given, labels, _ in watcher.calls:
        assert sparse.issparse(given) == (container == "csr")
        assert same(given.toarray() if container == "csr" else given, np.array(X))
        assert_array_equal(labels, y)
        assert labels.dtype.kind == y.dtype.kind
    assert len({number for _, _, number in watcher.calls}) == 4


@pytest.mark.parametrize("name", ["multiclass", "regression"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_returning_the_rows_as_they_are_changes_no_bit(name, dtype):
    for container in ("dense", "csr"):
        for shuffle in (False, True):
            # One more number is drawn; without shuffling nothing comes after it.
            rng = [np.random.RandomState(3), np.random.RandomState(3)]
            settings = {"shuffle": shuffle, "max_iter": 1}
            models = [
                _fit(name, container, dtype, random_state=rng[0], **settings),
                _fit(name, container, dtype, augment=Watcher(), random_state=rng[1], **settings),
            ]
            equal = same(models[0].coefs_, models[1].coefs_)
            assert equal != shuffle


def test_deterministic():
    models = [_fit("strings", augment=jitter, n_threads=n) for n in (1, 2, 2)]
    for other in models[1:]:
        assert same(models[0].coefs_, other.coefs_)
        assert models[0].loss_curve_ == other.loss_curve_
    assert not same(models[0].coefs_, _fit("strings", augment=jitter, random_state=1).coefs_)
    assert not same(models[0].coefs_, _fit("strings").coefs_)


def test_training_is_on_the_rows_returned():
    """Rows of the same numbers every time are those that a plain fit would be given."""
    X, y = datasets.load("multiclass")
    flipped = y[::-1].copy()
    settings = {"shuffle": False, "max_iter": 3}
    model = _fit("multiclass", augment=lambda X, y, rng: (2 * X, y[::-1]), **settings)
    with quiet():
        expected = _model("multiclass", **settings).fit(2 * X, flipped)
    assert same(model.coefs_, expected.coefs_)
    assert model.loss_curve_ == expected.loss_curve_


@pytest.mark.parametrize("method", ["partial_fit", "warm start"])
def test_calls_that_go_on_have_random_numbers_of_their_own(method):
    X, y = datasets.load("regression")
    watcher = Watcher()
    model = _model("regression", augment=watcher, max_iter=1, warm_start=True)
    with quiet():
        for _ in range(3):
            model.partial_fit(X, y) if method == "partial_fit" else model.fit(X, y)
    assert len({number for _, _, number in watcher.calls}) == len(watcher.calls) == 3


@pytest.mark.parametrize("given", [False, True])
def test_validation_rows_are_left_alone(given):
    X, y = datasets.load("strings")
    watcher = Watcher(lambda X, y, rng: (0 * X, y))
    extra = {"X_val": X[:20], "y_val": y[:20]} if given else {}
    model = _model("strings", augment=watcher, early_stopping=True, validation_fraction=0.2)
    with quiet():
        model.fit(X, y, **extra)
    n_rows = len(X) if given else len(X) - 20
    assert [len(rows) for rows, _, _ in watcher.calls] == [n_rows] * len(watcher.calls)
    if given:
        assert model.best_validation_score_ == model.score(X[:20], y[:20])
    # The networks that saw zeros alone tell rows apart all the same.
    assert len(set(model.predict_proba(X)[:, 0])) > 20


def test_weights_and_restarts():
    w = np.linspace(0.1, 2, 97)
    X, y = datasets.load("multiclass")
    models = []
    for n_threads in (1, 2):
        model = _model("multiclass", augment=jitter, n_restarts=3, n_threads=n_threads)
        with quiet():
            models.append(model.fit(X, y, sample_weight=w))
    assert same(models[0].coefs_, models[1].coefs_)
    curves = [restart.loss_curve for restart in models[0].restarts_]
    assert len({tuple(curve) for curve in curves}) == 3


def test_sparse_rows_may_have_other_entries():

    def thin(X, y, rng):
        X.data[rng.uniform(size=len(X.data)) < 0.5] = 0
        X.eliminate_zeros()
        return X, y

    def fill(X, y, rng):
        return sparse.csc_matrix(X + sparse.csr_matrix(np.ones(X.shape))), y

    for change in (thin, fill):
        model = _fit("sparse", "csr", augment=change)

        def dense(X, y, rng, change=change):
            return change(sparse.csr_matrix(X), y, rng)[0].toarray(), y

        expected = _fit("sparse", augment=dense)
        for w, v in zip(model.coefs_, expected.coefs_, strict=True):
            np.testing.assert_allclose(w, v, rtol=1e-9, atol=1e-12)


def _nan(array):
    array = np.array(array, dtype=float)
    array.flat[3] = np.nan
    return array


# what is wrong -> (data, what augment returns, words)
WRONG = {
    "nothing": ("strings", lambda X, y, rng: None, "tuple"),
    "list": ("strings", lambda X, y, rng: [X, y], "tuple"),
    "X only": ("strings", lambda X, y, rng: X, "tuple"),
    "three": ("strings", lambda X, y, rng: (X, y, y), "tuple"),
    "fewer rows": ("strings", lambda X, y, rng: (X[1:], y[1:]), "shape"),
    "more rows": ("strings", lambda X, y, rng: (np.vstack([X, X]), np.hstack([y, y])), "shape"),
    "fewer features": ("strings", lambda X, y, rng: (X[:, 1:], y), "shape"),
    "fewer labels": ("strings", lambda X, y, rng: (X, y[1:]), "shape"),
    "flat X": ("strings", lambda X, y, rng: (X.ravel(), y), "shape"),
    "a list of rows": ("strings", lambda X, y, rng: (X.tolist(), y), "list"),
    "sparse": ("strings", lambda X, y, rng: (sparse.csr_matrix(X), y), "as it was given"),
    "NaN": ("strings", lambda X, y, rng: (_nan(X), y), "NaN"),
    "infinity": ("regression", lambda X, y, rng: (X / 0.0, y), "infinity"),
    "words": ("strings", lambda X, y, rng: (np.full(X.shape, "a"), y), "could not convert"),
    "unknown labels": ("strings", lambda X, y, rng: (X, np.full(y.shape, "up")), "classes"),
    "numbers for labels": ("strings", lambda X, y, rng: (X, np.arange(len(y))), "."),
    "NaN targets": ("regression", lambda X, y, rng: (X, _nan(y)), "NaN"),
    "columns of targets": ("regression", lambda X, y, rng: (X, y[:, None]), "shape"),
    "indicators": ("multilabel", lambda X, y, rng: (X, y[:, 0]), "shape"),
    "negative counts": ("counts", lambda X, y, rng: (X, -1.0 - y), "poisson"),
}


@pytest.mark.filterwarnings("ignore:divide by zero")
@pytest.mark.filterwarnings("ignore:invalid value")
@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize("later", [False, True])
def test_wrong_rows(wrong, later):
    """In the first epoch and in later ones; the estimator stays as it was."""
    name, change, words = WRONG[wrong]
    X, y = datasets.load(name)
    count = []

    def augment(X, y, rng):
        count.append(1)
        return change(X, y, rng) if len(count) > 2 * later else (X, y)

    extra = {"loss": "poisson"} if name == "counts" else {}
    model = _model(name, **extra)
    for fitted in (False, True):
        count.clear()
        model.set_params(augment=None)
        if fitted:
            with quiet():
                model.fit(X, y)
        model.set_params(augment=augment)
        with unchanged(model), pytest.raises(ValueError, match=words):
            model.fit(X, y)


def test_errors_of_the_function_itself():
    X, y = datasets.load("regression")

    def broken(X, y, rng):
        raise ZeroDivisionError("of the user's")

    model = _model("regression", augment=broken)
    with unchanged(model), pytest.raises(ZeroDivisionError):
        model.fit(X, y)


def test_changes_in_place_do_not_reach_the_data():
    X, y = (a.copy() for a in datasets.load("regression"))
    kept = X.copy(), y.copy()

    def spoil(X, y, rng):
        X[:], y[:] = 0.5, 0.5
        return X, y

    with quiet():
        _model("regression", augment=spoil).fit(X, y)
    assert same((X, y), kept)
