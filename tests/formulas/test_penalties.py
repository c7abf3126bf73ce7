"""Penalties: derivatives, values by hand, both precisions; over the registry."""

import numpy as np
import pytest
from scipy.optimize import check_grad

from skdeep import MLPRegressor
from skdeep.formulas.penalties import REGISTRY
from skdeep.penalties import CLASSES
from tests import datasets
from tests.helpers import quiet
from tests.oracle_regularised import PENALTIES as ORACLE

pytestmark = pytest.mark.nojit
#: Values of the number that a penalty takes.
NUMBERS = {"elasticnet": [0.0, 0.15, 0.5, 1.0], "power": [1.0, 1.5, 2.0, 3.0, 7.5]}
CASES = [(name, number) for name in REGISTRY for number in NUMBERS.get(name, [0.0])]
WEIGHTS = [-3.0, -1.0, -0.3, -1e-3, 1e-3, 0.2, 1.0, 2.5, 10.0]


@pytest.mark.parametrize("name, number", CASES)
def test_derivative(name, number):
    penalty = REGISTRY[name]
    for w in WEIGHTS:
        error = check_grad(
            lambda w: float(penalty.value(w[0], number)),
            lambda w: np.array([penalty.derivative(w[0], number)]),
            np.array([w]),
            epsilon=1e-8,
        )
        assert error < 1e-5 * max(1.0, float(penalty.value(w, number)))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name, number", CASES)
def test_beside_the_definition(name, number, dtype):
    penalty, eps = REGISTRY[name], float(np.finfo(dtype).eps)
    for w in map(dtype, [*WEIGHTS, 0.0]):
        for ours, theirs in zip((penalty.value, penalty.derivative), ORACLE[name], strict=True):
            got = ours(w, dtype(number))
            assert got.dtype == dtype
            expected = theirs(float(w), number) if w or number != 1 else 0.0
            assert float(got) == pytest.approx(expected, rel=40 * eps, abs=0)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name, number", CASES)
def test_zero_and_symmetry(name, number, dtype):
    """A weight of 0 adds nothing and is left alone, also by penalties with a kink there."""
    penalty = REGISTRY[name]
    for zero in (dtype(0), -dtype(0)):
        assert penalty.value(zero, dtype(number)) == penalty.derivative(zero, dtype(number)) == 0
    for w in map(dtype, WEIGHTS):
        assert penalty.value(w, dtype(number)) == penalty.value(-w, dtype(number)) > 0
        slope = penalty.derivative(w, dtype(number))
        assert slope == -penalty.derivative(-w, dtype(number)) and slope * w > 0
    assert np.isnan(penalty.value(dtype(np.nan), dtype(number)))
    assert np.isnan(penalty.derivative(dtype(np.nan), dtype(number)))


@pytest.mark.parametrize("name, number", CASES)
def test_convex(name, number):
    """Which is why the power must be at least 1."""
    values = [float(REGISTRY[name].value(w, number)) for w in np.linspace(-2, 2, 41)]
    assert (np.diff(values, 2) > -1e-12).all()


def test_what_the_registry_says():
    for name, entry in REGISTRY.items():
        assert entry.name == name
        assert list(entry.parameters) == [entry.parameter] * len(entry.parameters)
    assert [name for name, entry in REGISTRY.items() if entry.power] == ["power"]
    assert set(ORACLE) >= set(REGISTRY)  # a new penalty wants a line there


@pytest.mark.parametrize("name, number", CASES)
def test_loss_of_an_estimator(name, number):
    """``alpha`` times the sum over the weights, not the biases, over the number of samples."""
    X, y = datasets.load("regression")
    entry = REGISTRY[name]
    penalty = CLASSES[name](number) if entry.parameters else name
    model = MLPRegressor(hidden_layer_sizes=(4, 3), max_iter=1, random_state=0, penalty=penalty)
    with quiet():
        model.fit(X, y)
    losses = [model.set_params(alpha=alpha).loss_gradient(X, y)[0] for alpha in (0.0, 3.0)]
    value = sum(ORACLE[name][0](w, number).sum() for w in model.coefs_)
    assert losses[1] - losses[0] == pytest.approx(3 * value / len(X), rel=1e-9)


def test_the_lasso_empties_columns_of_noise():
    """What l1 is for: weights of features that say nothing become small, others do not."""
    rng = np.random.RandomState(0)
    X = rng.standard_normal((200, 8))
    y = X[:, 0] - 2 * X[:, 1]
    sizes = {}
    for penalty in ("l1", "l2"):
        model = MLPRegressor(
            hidden_layer_sizes=(), penalty=penalty, alpha=10.0, solver="bold_driver", max_iter=300
        )
        with quiet():
            sizes[penalty] = np.abs(model.fit(X, y).coefs_[0]).ravel()
    assert sizes["l1"][2:].max() < 0.02 < sizes["l1"][:2].min()
    assert sizes["l1"][2:].sum() < sizes["l2"][2:].sum()
