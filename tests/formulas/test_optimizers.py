"""Update rules of the solvers against the oracle."""

import numpy as np
import pytest

from skdeep.formulas.optimizers import REGISTRY
from tests import oracle_solvers as reference

# case -> (rule, parameters other than the defaults, the oracle's rule)
RULES = {
    "adam": (
        "adam",
        {"beta_1": 0.8, "beta_2": 0.95, "epsilon": 1e-6},
        reference.Adam(0.05, 0.8, 0.95, 1e-6),
    ),
    "adam, defaults": ("adam", {}, reference.Adam(0.05)),
    "adamw": (
        "adamw",
        {"beta_1": 0.8, "beta_2": 0.95, "epsilon": 1e-3},
        reference.AdamW(0.05, 0.3, 0.8, 0.95, 1e-3),
    ),
    "adamw, defaults": ("adamw", {}, reference.AdamW(0.05, 0.3)),
    "adagrad": ("adagrad", {"epsilon": 1e-2}, reference.AdaGrad(0.05, 1e-2)),
    "rmsprop": ("rmsprop", {"rho": 0.7, "epsilon": 1e-2}, reference.RMSProp(0.05, 0.7, 1e-2)),
    "rmsprop, defaults": ("rmsprop", {}, reference.RMSProp(0.05)),
    "rprop": (
        "rprop",
        {"increase": 1.5, "decrease": 0.3, "step_min": 0.02, "step_max": 0.08},
        reference.RProp(0.05, 1.5, 0.3, 0.02, 0.08),
    ),
    "rprop, defaults": ("rprop", {}, reference.RProp(0.05)),
    "rprop, first step above the bounds": (
        "rprop",
        {"step_max": 0.01},
        reference.RProp(0.05, step_max=0.01),
    ),
    "nesterov": ("sgd", {"momentum": 0.7}, reference.SGD(0.05, 0.7)),
    "momentum": (
        "sgd",
        {"momentum": 0.7, "nesterovs_momentum": False},
        reference.SGD(0.05, 0.7, False),
    ),
    "plain sgd": ("sgd", {"momentum": 0.0}, reference.SGD(0.05, 0.0)),
}
DEFAULTS = {
    "sgd": {"momentum": 0.9, "nesterovs_momentum": True},
    "adam": {"beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-8},
    "adamw": {"beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-8},
    "adagrad": {"epsilon": 1e-8},
    "rmsprop": {"rho": 0.9, "epsilon": 1e-8},
    "rprop": {"increase": 1.2, "decrease": 0.5, "step_min": 1e-6, "step_max": 50.0},
}

pytestmark = pytest.mark.nojit


def _values(rule, **others):
    """The parameters of a rule in their order, as numbers."""
    return tuple(float(others.get(n, p.default)) for n, p in rule.parameters.items())


def _constants(rule, rate, t, decay=0.0, kind=np.float64, **others):
    c = rule.prepare(rate, t, _values(rule, **others))
    assert len(c) == 6
    return tuple(kind(number) for number in (*c, decay))


def test_the_known_ones_are_there():
    assert {case[0] for case in RULES.values()} <= set(REGISTRY)
    assert {name for name, rule in REGISTRY.items() if rule.decoupled} == {"adamw"}
    assert {name for name, rule in REGISTRY.items() if rule.full_batch} == {"rprop"}


@pytest.mark.parametrize("name", sorted(DEFAULTS))
def test_defaults(name):
    defaults = {n: p.default for n, p in REGISTRY[name].parameters.items()}
    assert defaults == DEFAULTS[name]


@pytest.mark.parametrize("case", RULES)
def test_thirty_updates(case):
    name, values, theirs = RULES[case]
    rule = REGISTRY[name]
    w, states = np.float64(0.3), [np.float64(0.0)] * len(rule.states)
    expected = np.array([[0.3]])  # a weight, not a bias
    rng = np.random.RandomState(0)
    for t, g in enumerate(rng.standard_normal(30) * rng.uniform(size=30) + 0.2, start=1):
        c = _constants(rule, 0.05, t, 0.3, **values)
        w, *states = rule.update(w, g, *states, c)
        theirs.step([expected], [np.array([[g]])])
        assert float(w) == pytest.approx(expected[0, 0], rel=1e-12), t


@pytest.mark.parametrize("name", sorted(REGISTRY))
def test_rule_goes_downhill(name):
    """From rest, the first step goes against the gradient."""
    rule = REGISTRY[name]
    c = _constants(rule, 0.1, 1)
    states = [0.0] * len(rule.states)
    assert rule.update(1.0, 2.0, *states, c)[0] < 1.0
    assert rule.update(1.0, -2.0, *states, c)[0] > 1.0


@pytest.mark.parametrize("name", sorted(REGISTRY))
def test_no_gradient_no_step(name):
    """From rest, and without decay, a weight without gradient stays where it is, and finite."""
    rule = REGISTRY[name]
    states = [0.0] * len(rule.states)
    w, *states = rule.update(1.5, 0.0, *states, _constants(rule, 0.1, 1))
    assert w == 1.5 and np.isfinite(states).all()


@pytest.mark.parametrize("name", sorted(REGISTRY))
def test_precision_is_kept(name):
    rule, one = REGISTRY[name], np.float32(1)
    c = _constants(rule, 0.1, 1, kind=np.float32)
    numbers = rule.update(one, -one, *[np.float32(0.5)] * len(rule.states), c)
    # math.sqrt gives a Python float, which float32 arithmetic takes up
    assert all((number * one).dtype == np.float32 for number in numbers)


@pytest.mark.parametrize("name", sorted(REGISTRY))
def test_at_most_what_engines_have_room_for(name):
    assert len(REGISTRY[name].states) <= 2
    assert len(REGISTRY[name].parameters) <= 4
