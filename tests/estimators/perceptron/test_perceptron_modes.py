"""What the perceptron has beyond scikit-learn's: modes, first weights, and a word on its course."""

import warnings

import numpy as np
import pytest
import scipy.sparse as sp
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.datasets import load_iris
from sklearn.exceptions import ConvergenceWarning

from skdeep import Perceptron
from tests.helpers import quiet

pytestmark = pytest.mark.nojit

X, Y = load_iris(return_X_y=True)
SEPARABLE, OVERLAP = Y == 0, Y == 2


def by_patterns(X, y, rate, n_epochs, w, b=0.0, weights=None):
    """Rosenblatt's rule: a correction at every mistake."""
    weights = np.ones(len(y)) if weights is None else weights
    curve = []
    for _ in range(n_epochs):
        mistakes = 0
        for x, label, weight in zip(X, y, weights, strict=True):
            if label * (w @ x + b) <= 0:
                w, b = w + rate * label * weight * x, b + rate * label * weight
                mistakes += 1
        curve.append(mistakes)
        if mistakes == 0:
            break
    return w, b, curve


def by_batches(X, y, rate, n_epochs, w, b=0.0, weights=None, ridge=0.0, pull=0.0):
    """The corrections of an epoch at once: ``w += rate * sum of y_i x_i over its mistakes``."""
    weights = np.ones(len(y)) if weights is None else weights
    curve = []
    for _ in range(n_epochs):
        wrong = y * (X @ w + b) <= 0
        curve.append(np.count_nonzero(wrong & (weights > 0)))
        if curve[-1] == 0:
            break
        share = (weights * y)[wrong]
        w = w * (1 - rate * ridge * len(y)) + rate * share @ X[wrong]
        w = np.sign(w) * np.maximum(0, np.abs(w) - rate * pull * len(y))
        b += rate * share.sum()
    return w, b, curve


@pytest.mark.parametrize("target", [SEPARABLE, OVERLAP], ids=["separable", "overlap"])
@pytest.mark.parametrize("mode, oracle", [("pattern", by_patterns), ("batch", by_batches)])
def test_modes_against_the_oracle(mode, oracle, target):
    start, weights = np.array([0.3, -0.2, 0.1, 0.4]), np.random.RandomState(0).uniform(size=150)
    clf = Perceptron(mode=mode, eta0=0.7, max_iter=12, tol=None, shuffle=False, init=start)
    clf.fit(X, target, intercept_init=[0.25], sample_weight=weights)
    w, b, curve = oracle(X, np.where(target, 1.0, -1.0), 0.7, 12, start, 0.25, weights)
    assert_allclose(clf.coef_[0], w, rtol=1e-9)
    assert_allclose(clf.intercept_, b, rtol=1e-9)
    assert_array_equal(clf.mistakes_curve_, curve)


@pytest.mark.parametrize(
    "penalty, ridge, pull", [("l2", 1e-3, 0.0), ("l1", 0.0, 1e-3), ("elasticnet", 6e-4, 4e-4)]
)
def test_penalty_in_batches(penalty, ridge, pull):
    clf = Perceptron(mode="batch", penalty=penalty, alpha=1e-3, l1_ratio=0.4, max_iter=15, tol=None)
    clf.fit(X, OVERLAP)
    signs = np.where(OVERLAP, 1.0, -1.0)
    w, b, curve = by_batches(X, signs, 1.0, 15, np.zeros(4), ridge=ridge, pull=pull)
    assert_allclose(clf.coef_[0], w, rtol=1e-9, atol=1e-9)
    assert_allclose(clf.intercept_, b, rtol=1e-9)
    assert_array_equal(clf.mistakes_curve_, curve)


def test_batches_do_not_depend_on_the_order_or_the_form_of_the_rows():
    reference = Perceptron(mode="batch", max_iter=20, tol=None).fit(X, Y)
    turned = Perceptron(mode="batch", max_iter=20, tol=None).fit(X[::-1], Y[::-1])
    sparse = Perceptron(mode="batch", max_iter=20, tol=None).fit(sp.csr_array(X), Y)
    for other in (turned, sparse):
        assert_allclose(other.coef_, reference.coef_, rtol=1e-9)
        assert_array_equal(other.mistakes_curve_, reference.mistakes_curve_)


def test_a_weight_of_two_is_a_row_twice_in_batches():
    twice = np.arange(150) % 3 == 0
    weighted = Perceptron(mode="batch", max_iter=9, tol=None)
    weighted.fit(X, OVERLAP, sample_weight=1 + twice)
    repeated = Perceptron(mode="batch", max_iter=9, tol=None)
    repeated.fit(np.concatenate([X, X[twice]]), np.concatenate([OVERLAP, OVERLAP[twice]]))
    assert_allclose(weighted.coef_, repeated.coef_, rtol=1e-9)


def test_batches_stop_at_the_first_epoch_without_a_mistake():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        clf = Perceptron(mode="batch", tol=None).fit(X, SEPARABLE)
    assert clf.stop_reason_ == "separated"
    assert clf.n_iter_ == len(clf.mistakes_curve_) < 20
    assert clf.mistakes_curve_[-1] == 0 and (clf.mistakes_curve_[:-1] > 0).all()
    assert clf.t_ == clf.n_iter_ * 150 + 1
    assert clf.score(X, SEPARABLE) == 1


def test_patterns_count_on_after_the_first_epoch_without_a_mistake():
    clf = Perceptron(n_iter_no_change=5).fit(X, SEPARABLE)
    assert clf.stop_reason_ == "separated"
    separated = len(clf.mistakes_curve_)
    assert clf.mistakes_curve_[-1] == 0 and clf.n_iter_ == separated + 5
    endless = Perceptron(tol=None, max_iter=10**9).fit(X, SEPARABLE)
    assert (endless.n_iter_, len(endless.mistakes_curve_)) == (10**9, separated)
    assert_array_equal(endless.coef_, clf.coef_)


def test_stop_reasons():
    assert Perceptron().fit(X, OVERLAP).stop_reason_ == "change"
    assert Perceptron(early_stopping=True).fit(X, OVERLAP).stop_reason_ == "validation"
    assert Perceptron(tol=None, max_iter=5).fit(X, OVERLAP).stop_reason_ == "max_iter"
    assert Perceptron(penalty="l2").fit(X, SEPARABLE).stop_reason_ == "change"
    assert Perceptron().partial_fit(X, Y, classes=[0, 1, 2]).stop_reason_ == "partial_fit"
    assert Perceptron().fit(X, Y).stop_reason_ == "change"
    for mode in ("pattern", "batch"):
        with pytest.warns(ConvergenceWarning, match="Maximum number of iteration"):
            clf = Perceptron(mode=mode, max_iter=2).fit(X, Y)
        assert clf.stop_reason_ == "max_iter"


def test_mistakes_of_several_classes():
    clf = Perceptron().fit(X, Y)
    curve = clf.mistakes_curve_
    assert curve.shape == (clf.n_iter_, 3) and curve.dtype.kind == "i"
    alone = Perceptron(random_state=0).fit(X, SEPARABLE).mistakes_curve_
    done = np.flatnonzero(curve[:, 0] == 0)
    assert len(done) > 1 and done[0] < len(alone) + 5  # keeps its 0 while the others go on
    assert (curve[done[0] :, 0] == 0).all()


def test_partial_fit_appends_to_the_curve_and_fit_begins_anew():
    clf = Perceptron()
    for n_calls in (1, 2, 3):
        clf.partial_fit(X, Y, classes=[0, 1, 2])
        assert clf.mistakes_curve_.shape == (n_calls, 3)
    once = Perceptron(max_iter=1, tol=None).fit(X, Y).mistakes_curve_
    assert_array_equal(clf.mistakes_curve_[:1], once)
    with quiet():
        assert len(clf.set_params(max_iter=2).fit(X, Y).mistakes_curve_) == 2


def test_curve_leaves_out_weights_of_0():
    wrong = np.where(np.arange(150) == 100, ~SEPARABLE, SEPARABLE)
    weights = (np.arange(150) != 100).astype(float)
    clf = Perceptron(mode="batch", tol=None).fit(X, wrong, sample_weight=weights)
    assert clf.stop_reason_ == "separated"
    assert clf.mistakes_curve_[-1] == 0 and clf.score(X, wrong) < 1


@pytest.mark.parametrize("mode", ["pattern", "batch"])
def test_no_rate_matters_from_weights_of_0(mode):
    fits = [Perceptron(mode=mode, eta0=rate, tol=None, max_iter=20).fit(X, Y) for rate in (1, 0.25)]
    assert_array_equal(fits[0].mistakes_curve_, fits[1].mistakes_curve_)
    assert_allclose(fits[0].coef_, 4 * fits[1].coef_, rtol=1e-12)


def test_random_first_weights():
    wide = np.random.RandomState(0).standard_normal((3, 4000)) * 1e-9
    parameters = {"tol": None, "max_iter": 1, "eta0": 1e-9}
    normal = Perceptron(init="normal", **parameters).fit(wide, [0, 1, 2]).coef_
    assert abs(normal.mean()) < 0.05 and abs(normal.std() - 1) < 0.05 and abs(normal).max() > 3
    uniform = Perceptron(init="uniform", **parameters).fit(wide, [0, 1, 2]).coef_
    assert abs(uniform.mean()) < 0.05 and 0.99 < abs(uniform).max() <= 1
    for init in ("normal", "uniform"):
        first, same = (Perceptron(init=init).fit(X, Y).coef_ for _ in range(2))
        assert_array_equal(first, same)
        other = Perceptron(init=init, random_state=1).fit(X, Y).coef_
        assert not np.array_equal(first, other)


def test_given_first_weights():
    start = np.random.RandomState(1).standard_normal((3, 4))
    ours = Perceptron(init=start).fit(X, Y)
    assert_array_equal(ours.coef_, Perceptron().fit(X, Y, coef_init=start).coef_)
    again = Perceptron(init="normal").fit(X, Y, coef_init=start)
    assert_array_equal(again.coef_, ours.coef_)  # coef_init goes before init
    flat = Perceptron(init=start[0].tolist()).fit(X, OVERLAP)
    assert_array_equal(flat.coef_, Perceptron(init=start[:1]).fit(X, OVERLAP).coef_)
    begun = Perceptron(init=start).partial_fit(X, Y, classes=[0, 1, 2]).coef_
    assert_array_equal(begun, Perceptron(init=start, tol=None, max_iter=1).fit(X, Y).coef_)
    warm = Perceptron(init=start, warm_start=True, tol=None, max_iter=2).fit(X, Y)
    first = warm.coef_.copy()
    expected = Perceptron(tol=None, max_iter=2).fit(X, Y, first, warm.intercept_.copy()).coef_
    assert_array_equal(warm.fit(X, Y).coef_, expected)  # and so does warm_start


def test_first_weights_are_not_written_to():
    start = np.ones((3, 4))
    before = start.copy()
    Perceptron(init=start).fit(X, Y)
    Perceptron().fit(X, Y, coef_init=start)
    assert_array_equal(start, before)
    clf = Perceptron(warm_start=True).fit(X, Y)
    kept, copy = clf.coef_, clf.coef_.copy()
    clf.fit(X[::2], Y[::2]).partial_fit(X, Y)
    assert_array_equal(kept, copy)
