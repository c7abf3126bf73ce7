"""Every registered loss: its value, its derivative, and the canonical pairs, where it is o - y.

A new one is covered by its entry in the registry; with a formula in the oracle, more closely.
"""

import numpy as np
import pytest
from scipy.special import xlogy
from sklearn.neural_network._base import LOSS_FUNCTIONS

from skdeep.formulas.activations import REGISTRY as ACTIVATIONS
from skdeep.formulas.canonical import delta
from skdeep.formulas.losses import REGISTRY, find, public_names
from tests import oracle
from tests.helpers import slope_of

# plain NumPy scalars warn where compiled code is silent: 0 * log 0 is handled one line later
pytestmark = [
    pytest.mark.nojit,
    pytest.mark.filterwarnings("ignore:(invalid|divide):RuntimeWarning"),
]

ORACLE = {"binary_log_loss": "log_loss", "categorical_log_loss": "cross_entropy"}
# where they are away from kinks of the losses; those in a loss's ranges are used
TARGETS = np.array([-1.0, 0.0, 0.3, 1.0, 4.0])
OUTPUTS = np.array([-3.1, -0.63, 0.07, 0.44, 0.93, 2.6, 5.3])
P = 0.7  # parameter, where there is one
CANONICAL = [
    (loss, output)
    for loss, spec in sorted(REGISTRY.items())
    for output in spec.canonical
    if not ACTIVATIONS[output].normalised
]


def _call(function, y, o, parameter):
    """Call a formula of a loss with its parameter in the precision of the output."""
    return function(y, o) if parameter is None else function(y, o, type(o)(P))


def _pairs(spec):
    """Targets and outputs that suit a loss."""
    targets = [y for y in TARGETS if spec.targets.holds(y)]
    if spec.coding == (-1.0, 1.0):
        targets = list(spec.coding)
    ranges = {name: ACTIVATIONS[name].range for name in ("identity", "exp", "logistic")}
    inside = next(r for r in ranges.values() if spec.accepts(r))
    return [(y, o) for y in targets for o in OUTPUTS if inside.holds(o)]


def test_the_known_ones_are_there():
    assert {ORACLE.get(name, name) for name in REGISTRY} >= set(oracle.LOSSES)
    assert len({spec.code for spec in REGISTRY.values()}) == len(REGISTRY)
    assert public_names("classification") >= {"log_loss", "squared_error", "hinge"}
    regression = set(oracle.LOSSES) - {"cross_entropy", "hinge"}
    assert public_names("regression") >= regression


def test_find():
    assert find("log_loss", True).name == "categorical_log_loss"
    assert find("log_loss", False).name == "binary_log_loss"
    for normalised in (True, False):
        assert find("huber", normalised).name == "huber"


@pytest.mark.parametrize("name", sorted(REGISTRY))
def test_derivative_by_central_differences(name):
    spec, step = REGISTRY[name], 1e-6
    pairs = _pairs(spec)
    assert len(pairs) >= 6
    for y, o in pairs:
        above, below = (_call(spec.value, y, o + h, spec.parameter) for h in (step, -step))
        got = float(_call(spec.derivative, y, o, spec.parameter))
        assert got == pytest.approx((above - below) / (2 * step), rel=1e-6, abs=1e-8)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", sorted(REGISTRY))
def test_against_the_oracle(name, dtype):
    spec = REGISTRY[name]
    if ORACLE.get(name, name) not in oracle.LOSSES:
        pytest.skip("the oracle does not know it")
    value, derivative = oracle.LOSSES[ORACLE.get(name, name)]
    for y, o in _pairs(spec):
        y, o = dtype(y), dtype(o)
        for ours, formula in ((spec.value, value), (spec.derivative, derivative)):
            got = _call(ours, y, o, spec.parameter)
            assert (got * o).dtype == dtype
            exact = formula(np.float64(y), np.float64(o), P)
            tolerance = 20 * np.finfo(dtype).eps
            np.testing.assert_allclose(got, exact, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_subgradients_at_kinks(dtype):
    """0 where the output is the target, and where the margin of hinge is exactly reached."""
    one = dtype(1)
    for name in ("absolute_error", "quantile", "huber"):
        spec = REGISTRY[name]
        assert _call(spec.derivative, one, one, spec.parameter) == 0
        assert _call(spec.value, one, one, spec.parameter) == 0
    for y in (one, -one):
        assert REGISTRY["hinge"].derivative(y, y) == 0
        assert REGISTRY["hinge"].value(y, y) == 0
    huber = REGISTRY["huber"]
    assert huber.derivative(dtype(0), dtype(5), dtype(2)) == 2
    assert huber.derivative(dtype(0), dtype(-5), dtype(2)) == -2
    assert huber.value(dtype(0), dtype(2), dtype(2)) == 2


@pytest.mark.parametrize("loss, output", CANONICAL)
def test_delta_of_canonical_pairs(loss, output):
    """dE/da = o - y, which is what both derivatives multiply to."""
    spec, activation, step = REGISTRY[loss], ACTIVATIONS[output], 1e-6
    value, forward = spec.value, activation.forward
    for y in (y for y in TARGETS if spec.targets.holds(y)):
        for a in np.array([-2.0, -0.1, 0.4, 1.7]):
            y = np.float64(y)
            numeric = (value(y, forward(a + step)) - value(y, forward(a - step))) / (2 * step)
            simple = float(delta(y, forward(a)))
            assert numeric == pytest.approx(simple, rel=1e-6, abs=1e-8)
            general = spec.derivative(y, forward(a)) * slope_of(activation)(a)
            assert float(general) == pytest.approx(simple, rel=1e-12, abs=1e-14)


def test_canonical_pairs():
    known = {
        (find(loss, False).name, output)
        for output, loss in oracle.PAIRS.items()
        if output != "softmax"
    }
    assert known <= set(CANONICAL)
    assert REGISTRY["categorical_log_loss"].canonical == ("softmax",)


def test_delta_of_softmax():
    a, y, step = np.array([0.3, -1.2, 0.8]), np.array([0.0, 1.0, 0.0]), 1e-6
    value = REGISTRY["categorical_log_loss"].value

    def summed(a):
        o = oracle.softmax(a[None])[0]
        return sum(value(*pair) for pair in zip(y, o, strict=True))

    for i in range(3):
        move = step * np.eye(3)[i]
        numeric = (summed(a + move) - summed(a - move)) / (2 * step)
        assert numeric == pytest.approx(oracle.softmax(a[None])[0, i] - y[i], abs=1e-8)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    "name, y, o",
    [
        ("squared_error", [-1.0, 0.0, 3.5], [0.5, 0.0, -2.0]),
        ("poisson", [0.0, 1.0, 7.0], [0.4, 1.0, 0.01]),
        ("binary_log_loss", [0.0, 1.0, 1.0, 0.0, 1.0], [0.3, 0.9, 0.0, 1.0, 1.0]),
        ("categorical_log_loss", [0.0, 1.0, 1.0, 0.0, 1.0], [0.3, 0.9, 0.0, 1.0, 1.0]),
    ],
)
def test_value_against_scikit_learn(name, y, o, dtype):
    y, o = np.array(y, dtype=dtype), np.array(o, dtype=dtype)
    got = np.array([REGISTRY[name].value(*pair) for pair in zip(y, o, strict=True)])
    assert got.dtype == dtype
    if name == "categorical_log_loss":  # scikit-learn's takes one column for two classes
        eps = np.finfo(dtype).eps
        expected = -xlogy(y, np.clip(o, eps, 1 - eps))
    else:
        columns = zip(y.reshape(-1, 1, 1), o.reshape(-1, 1, 1), strict=True)
        expected = [LOSS_FUNCTIONS[name](*column) for column in columns]
    np.testing.assert_allclose(got, expected, rtol=4 * np.finfo(dtype).eps, atol=1e-7**2)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", sorted(REGISTRY))
def test_certain_and_wrong(name, dtype):
    """At the ends of what outputs can be, rounded: neither infinite nor NaN."""
    spec = REGISTRY[name]
    ends = {"identity": (-1e4, 1e4), "exp": (1e-30, 1e4), "logistic": (0.0, 1.0)}
    outputs = next(ends[n] for n in ends if spec.accepts(ACTIVATIONS[n].range))
    for y in (y for y in (*TARGETS, *spec.coding) if spec.targets.holds(y)):
        for o in outputs:
            for formula in (spec.value, spec.derivative):
                assert np.isfinite(_call(formula, dtype(y), dtype(o), spec.parameter))


def test_nan_is_not_hidden():
    """An output that is not a number gives a loss that is not one."""
    nan = np.float64(np.nan)
    for name, spec in REGISTRY.items():
        assert np.isnan(_call(spec.value, np.float64(1), nan, spec.parameter)), name
