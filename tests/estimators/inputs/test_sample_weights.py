"""Sample weights at the edge, beside scikit-learn's."""

import numpy as np
import pytest
from sklearn import neural_network
from sklearn.linear_model import Perceptron as TheirPerceptron

import skdeep
from skdeep import MLPClassifier, MLPRegressor, Perceptron, check_gradient
from skdeep.estimators.inputs.sample_weights import check_sum, in_range
from tests.helpers import assert_close, quiet, unchanged

N = 40
RNG = np.random.default_rng(0)
X = RNG.normal(size=(N, 3))
Y = X[:, 0] + 0.1 * X[:, 1]
LABELS = (Y > 0).astype(int)
ONES, ODD = np.ones(N), np.arange(N) % 2
SMALL = dict(
    hidden_layer_sizes=(3,), random_state=0, max_iter=3, batch_size=20, shuffle=False, alpha=0.01
)
STOPPED = dict(early_stopping=True, validation_fraction=0.25)
SOLVERS = ["adam", "sgd", "rprop", "lbfgs", "cg", "bold_driver"]
NAMES = {"MLPRegressor": Y, "MLPClassifier": LABELS}


def _fit(name, weights, library=skdeep, **parameters):
    with quiet():
        return getattr(library, name)(**{**SMALL, **parameters}).fit(X, NAMES[name], weights)


AS_THEIRS = {
    "bool": ODD.astype(bool),
    "int": 1 + np.arange(N),
    "list": [2] * N,
    "object": np.ones(N, dtype=object),
    "texts of numbers": np.array(["1.5"] * N),
    "number": 2.0,
    "True": True,
    "huge": 1e300 * (1 + ODD),
    "small": 1e-3 * (1 + ODD),
    "some negative": np.where(np.arange(N) % 5 == 0, -0.3, 1.0),
    "all negative": -ONES,
}


@pytest.mark.parametrize("parameters", [{}, STOPPED, dict(solver="lbfgs")])
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("case", AS_THEIRS)
def test_scikit_learns_numbers(case, name, parameters):
    ours, theirs = (
        _fit(name, AS_THEIRS[case], library, **parameters) for library in (skdeep, neural_network)
    )
    assert np.isfinite(ours.loss_)
    assert_close(ours.loss_, theirs.loss_, 1e-6)
    for a, b in zip(ours.coefs_, theirs.coefs_, strict=True):
        assert_close(a, b, 1e-5)
    if parameters is STOPPED:
        assert_close(ours.validation_scores_, theirs.validation_scores_, 1e-6)


REFUSED = {
    "zeros": 0 * ONES,
    "one zero": 0.0,
    "False": False,
    "sum to 0": 2.0 * ODD - 1,
    "sum to 0 up to rounding": np.tile([0.1, 0.2, -0.3, 0.0], N // 4),
    "NaN": np.where(ODD, np.nan, 1),
    "infinite": np.where(ODD, np.inf, 1),
    "one NaN": np.nan,
    "one infinite": -np.inf,
    "text": "balanced",
    "texts": ["a"] * N,
    "complex": 1j * ONES,
    "too short": ONES[1:],
    "two dimensions": np.ones((N, 1)),
}


@pytest.mark.parametrize("case", REFUSED)
@pytest.mark.parametrize("name", NAMES)
def test_refused_before_training(name, case):
    weights, y = REFUSED[case], NAMES[name]
    for solver in ("adam", "lbfgs"):
        model = getattr(skdeep, name)(**SMALL, solver=solver)
        with unchanged(model), pytest.raises(ValueError):
            model.fit(X, y, weights)
    with quiet():
        model = getattr(skdeep, name)(**SMALL).fit(X, y)
    calls = [
        lambda: model.partial_fit(X, y, weights),
        lambda: model.loss_gradient(X, y, weights),
        lambda: check_gradient(model, X, y, weights),
        lambda: model.fit(X, y, X_val=X, y_val=y, sample_weight_val=weights),
    ]
    for call in calls:
        with unchanged(model), pytest.raises(ValueError):
            call()


@pytest.mark.parametrize("case", ["one NaN", "one infinite", "zeros", "NaN", "too short"])
def test_perceptron_refuses(case):
    model = Perceptron()
    for call in (model.fit, lambda *a, **k: model.partial_fit(*a, classes=[0, 1], **k)):
        with unchanged(model), pytest.raises(ValueError):
            call(X, LABELS, sample_weight=REFUSED[case])


@pytest.mark.parametrize(
    "weights", [ODD.astype(bool), 2 * ODD - 1, -ONES, 5e-320 * ONES, np.eye(N)[3], 3.0]
)
def test_perceptron(weights):
    """It divides by no sum: all of scikit-learn's numbers, which are never those of 0 / 0."""
    with quiet():
        ours, theirs = (
            cls(random_state=0, max_iter=4).fit(X, LABELS, sample_weight=weights)
            for cls in (Perceptron, TheirPerceptron)
        )
    np.testing.assert_array_equal(ours.coef_, theirs.coef_)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("scale", [5e-320, 1e-310, 1e-60, 1e60, 8e307])
@pytest.mark.parametrize("solver", SOLVERS)
def test_only_ratios_count_without_penalty(solver, scale, dtype):
    """Where sums overflow or vanish, too."""
    models = []
    for unit in (1.0, scale):
        with quiet():
            model = MLPRegressor(**{**SMALL, "alpha": 0.0}, solver=solver)
            models.append(model.fit(X.astype(dtype), Y, unit * (1 + ODD)))
    rtol = 1e-4 if dtype == np.float64 else 1e-3
    assert_close(models[1].loss_, models[0].loss_, rtol)
    assert_close(models[1].coefs_[0], models[0].coefs_[0], rtol)


def test_penalty_of_small_weights():
    """It is divided by their sum, whatever they are held as."""
    for scale in (2.0**-200, 2.0**-400, 2.0**300, 2.0**500):
        plain, scaled = (
            _fit("MLPRegressor", unit * ONES, alpha=alpha)
            for unit, alpha in ((1.0, 0.5), (scale, 0.5 * scale))
        )
        np.testing.assert_array_equal(scaled.loss_curve_, plain.loss_curve_)
        np.testing.assert_array_equal(scaled.coefs_[0], plain.coefs_[0])
    for solver in ("adam", "lbfgs"):
        model = MLPRegressor(**SMALL, solver=solver)
        with unchanged(model), pytest.raises(ValueError, match=r"alpha / sum.* overflows"):
            model.fit(X, Y, 5e-320 * ONES)


FIRST = np.where(np.arange(N) < 20, 0.0, 1.0)
SINGLE = np.eye(N)[7]


@pytest.mark.parametrize("weights", [FIRST, SINGLE, np.where(FIRST, 1.0, 2.0 * ODD - 1)])
@pytest.mark.parametrize("name", NAMES)
def test_batch_of_weight_zero(name, weights):
    """It counts as an update with a gradient of 0, and adds 0 to the loss of the epoch."""
    parameters = dict(solver="sgd", momentum=0.0, max_iter=1, alpha=0.0)
    whole = _fit(name, weights, **parameters)
    with_weight = slice(20, None) if weights[30] else slice(20)
    part = getattr(skdeep, name)(**{**SMALL, **parameters})
    with quiet():
        part.fit(X[with_weight], NAMES[name][with_weight], weights[with_weight])
    assert_close(whole.loss_, part.loss_ / 2, 1e-12)
    assert_close(whole.coefs_[0], part.coefs_[0], 1e-12)
    assert (whole.t_, whole._optimizer.t) == (N, 2)


@pytest.mark.parametrize("solver", SOLVERS)
def test_single_weight(solver):
    """Full-batch solvers see the sample alone; others see it once an epoch."""
    model = _fit("MLPRegressor", SINGLE, solver=solver, max_iter=200)
    assert np.isfinite(model.loss_curve_ if solver != "lbfgs" else model.loss_).all()
    assert abs(model.predict(X[7:8])[0] - Y[7]) < abs(Y[7])


def test_batch_norm_takes_all_samples():
    model = _fit("MLPRegressor", FIRST, batch_norm=True)
    plain = _fit("MLPRegressor", FIRST + 1e-12, batch_norm=True)
    assert np.isfinite(model.loss_curve_).all() and np.isfinite(plain.loss_curve_).all()
    assert np.isfinite(model.predict(X)).all()


@pytest.mark.parametrize("name", NAMES)
def test_parts_of_early_stopping(name):
    """The rows held out, or left, have no weight: said before training, with what to change."""
    parts = {"holds out": 0, "leaves": 0}
    for row in range(N):
        model = getattr(skdeep, name)(**SMALL, **STOPPED)
        with unchanged(model), pytest.raises(ValueError, match="random_state") as raised:
            model.fit(X, NAMES[name], np.eye(N)[row])
        for part in parts:
            parts[part] += part in str(raised.value)
    assert parts == {"holds out": 30, "leaves": 10}


def test_class_weight():
    model = _fit("MLPClassifier", None, class_weight={0: 0})
    assert np.isfinite(model.loss_curve_).all()
    again = _fit("MLPClassifier", LABELS.astype(float))
    np.testing.assert_array_equal(model.coefs_[0], again.coefs_[0])
    for class_weight in ({0: 0, 1: 0}, {0: 0}):
        model = MLPClassifier(**SMALL, class_weight=class_weight)
        with unchanged(model), pytest.raises(ValueError, match="must not sum to 0"):
            model.fit(X, LABELS, 1.0 - LABELS)


def test_check_sum():
    for weights in (None, ONES, SINGLE, -ONES, 1e308 * ONES, np.float32([1, -1, 1e-3])):
        check_sum(weights)
    for weights in (0 * ONES, [], [1e308, -1e308], [1.0, 1e-17, -1.0]):
        with pytest.raises(ValueError, match=r"^these must not sum to 0"):
            check_sum(np.array(weights), "these")


def test_in_range():
    assert in_range(None, np.float32) == (None, 1.0)
    for dtype, fine in ((np.float32, 1e10), (np.float64, 1e60)):
        for weights in (ONES, fine * ONES, ONES / fine):
            assert in_range(weights, dtype)[0] is weights
    for size in (5e-324, 3e-200, 1e200, 1.7e308):
        weights, unit = in_range(size * ONES, np.float64)
        assert 1 <= weights[0] < 2 and weights[0] * unit == size
        assert in_range(np.float32(1e-30) * ONES, np.float32)[0][0] >= 1
