"""Update rules and schedules of the stochastic solvers against the oracle."""

import numpy as np
import pytest

from skdeep.formulas.rules import REGISTRY
from skdeep.formulas.schedules import REGISTRY as SCHEDULES
from tests import oracle

# solver -> (parameter values, the oracle's rule)
RULES = {
    "adam": ({"beta_1": 0.8, "beta_2": 0.95, "epsilon": 1e-6}, oracle.Adam(0.05, 0.8, 0.95, 1e-6)),
    "sgd": ({"momentum": 0.7, "nesterovs_momentum": 1.0}, oracle.SGD(0.05, 0.7, True)),
    "sgd, plain": ({"momentum": 0.7, "nesterovs_momentum": 0.0}, oracle.SGD(0.05, 0.7, False)),
    "sgd, none": ({"momentum": 0.0, "nesterovs_momentum": 1.0}, oracle.SGD(0.05, 0.0)),
}

pytestmark = pytest.mark.nojit


def test_the_known_ones_are_there():
    assert {"adam", "sgd"} <= set(REGISTRY)
    assert {"constant", "invscaling", "adaptive"} <= set(SCHEDULES)


@pytest.mark.parametrize("name", sorted(RULES))
def test_twenty_updates(name):
    rule = REGISTRY[name.split(",")[0]]
    values, reference = RULES[name]
    w = expected = np.array([0.3])
    w, states = np.float64(0.3), [np.float64(0.0)] * len(rule.states)
    expected = np.array([0.3])
    for t, g in enumerate(np.random.RandomState(0).standard_normal(20), start=1):
        c = rule.prepare(0.05, t, tuple(values[p] for p in rule.parameters))
        w, *states = rule.update(w, g, *states, c)
        reference.step([expected], [np.array([g])])
        assert float(w) == pytest.approx(expected[0], rel=1e-13), t


@pytest.mark.parametrize("name", sorted(REGISTRY))
def test_rule_goes_downhill(name):
    """From rest, the first step goes against the gradient."""
    rule = REGISTRY[name]
    c = rule.prepare(0.1, 1, tuple(0.5 for _ in rule.parameters))
    states = [0.0] * len(rule.states)
    assert rule.update(1.0, 2.0, *states, c)[0] < 1.0
    assert rule.update(1.0, -2.0, *states, c)[0] > 1.0


def test_invscaling():
    assert SCHEDULES["invscaling"].epoch_end(0.3, 0.5, 99, 0.5) == pytest.approx(0.05)
    assert SCHEDULES["invscaling"].plateau(0.3)[1]


def test_constant():
    assert SCHEDULES["constant"].epoch_end(0.3, 0.5, 99, 0.5) == 0.3
    assert SCHEDULES["constant"].plateau(0.3)[1]


def test_adaptive():
    adaptive = SCHEDULES["adaptive"]
    assert adaptive.epoch_end(0.3, 0.5, 99, 0.5) == 0.3
    assert adaptive.plateau(0.3) == (pytest.approx(0.06), False)
    assert adaptive.plateau(1e-6)[1]
