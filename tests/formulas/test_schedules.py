"""Schedules: values worked out by hand, what compiled loops follow, and curves beyond bounds."""

import math

import numpy as np
import pytest

from skdeep.formulas.parameter import Parameter
from skdeep.formulas.schedules import REGISTRY, STEPWISE
from skdeep.schedules import (
    Adaptive,
    Constant,
    Cosine,
    CosLog4,
    Custom,
    InvScaling,
    Linear,
    OneCycle,
    WarmUp,
    check_curve,
    curve_names,
    names,
    resolve,
)

pytestmark = pytest.mark.nojit

QUARTERS = [0.0, 0.25, 0.5, 1.0]
CURVES = sorted(name for name, entry in REGISTRY.items() if entry.value is not None)


def test_the_known_ones_are_there():
    assert set(STEPWISE) >= {"adaptive", "constant", "invscaling"}
    assert set(CURVES) >= {"constant", "coslog4", "cosine", "linear", "onecycle"}
    assert set(STEPWISE) | set(CURVES) == set(REGISTRY)
    assert set(names()) == set(REGISTRY) | {"warmup"}
    assert set(curve_names()) == set(CURVES) | {"warmup"}


@pytest.mark.parametrize("name", sorted(REGISTRY))
def test_entries_are_complete(name):
    entry = REGISTRY[name]
    assert entry.name == name
    assert (entry.epoch_end is None) == (entry.plateau is None)
    assert all(isinstance(p, Parameter) for p in entry.parameters.values())
    assert len({e.code for e in REGISTRY.values()}) == len(REGISTRY)


# Step-wise schedules


def test_invscaling():
    invscaling = STEPWISE["invscaling"]
    assert invscaling.epoch_end(0.3, 0.5, 99, (0.5,)) == pytest.approx(0.05)
    assert invscaling.epoch_end(0.3, 0.5, 99, (1.0,)) == pytest.approx(0.005)
    assert invscaling.plateau(0.3, (0.5,)) == (0.3, True)


def test_constant():
    assert STEPWISE["constant"].epoch_end(0.3, 0.5, 99, ()) == 0.3
    assert STEPWISE["constant"].plateau(0.3, ()) == (0.3, True)


def test_adaptive():
    adaptive = STEPWISE["adaptive"]
    p = tuple(p.default for p in adaptive.parameters.values())
    assert p == (5.0, 1e-6)
    assert adaptive.epoch_end(0.3, 0.5, 99, p) == 0.3
    assert adaptive.plateau(0.3, p) == (0.3 / 5.0, False)
    assert adaptive.plateau(1e-6, p) == (1e-6, True)
    assert adaptive.plateau(1.1e-6, p) == (1.1e-6 / 5.0, False)
    assert adaptive.plateau(0.3, (2.0, 0.1)) == (0.15, False)
    assert adaptive.plateau(0.1, (2.0, 0.1)) == (0.1, True)


# fmt: off
ONE_CYCLE_OF_PYTORCH = [
    0.004, 0.028, 0.076, 0.1, 0.09504846320134738, 0.0811745653949763, 0.06112620219362893,
    0.03887419780637107, 0.0188258346050237, 0.004951936798652629, 4e-07,
]
# fmt: on

# Curves: schedule, base, values at 0, 1/4, 1/2 and 1

WAVE = (1 + math.cos(math.pi / 4)) / 2  # the cosine at a quarter of its way
ROOT = math.sqrt(0.5)

BY_HAND = [
    (Constant(), 0.3, [0.3, 0.3, 0.3, 0.3]),
    (Linear(), 2.0, [2.0, 1.505, 1.01, 0.02]),
    (Linear(tau=0.5), 1.0, [1.0, 0.505, 0.01, 0.01]),
    (Linear(tau=0.5, start=3.0, end=1.0), 9.0, [3.0, 2.0, 1.0, 1.0]),
    (Linear(start=0.5, end=0.9), 0.9, [0.5, 0.6, 0.7, 0.9]),
    (Linear(start=4.0), 1.0, [4.0, 3.01, 2.02, 0.04]),
    (Cosine(), 2.0, [2.0, 2 * WAVE, 1.0, 0.0]),
    (Cosine(), 2.0, [2.0, 1 + ROOT, 1.0, 0.0]),
    (Cosine(end=0.5), 1.5, [1.5, 0.5 + WAVE, 1.0, 0.5]),
    (Cosine(start=0.0, end=1.0), 7.0, [0.0, 1 - WAVE, 0.5, 1.0]),
    (
        OneCycle(),
        1.0,
        [
            0.04,
            0.04 + 0.96 * (1 - math.cos(math.pi * 5 / 6)) / 2,
            4e-6 + (1 - 4e-6) * (1 + math.cos(math.pi * 2 / 7)) / 2,
            4e-6,
        ],
    ),
    (OneCycle(pct_start=0.5, div_factor=4, final_div_factor=2), 8.0, [2.0, 5.0, 8.0, 1.0]),
    (
        CosLog4(),
        2.0,
        [
            0.0,
            1 - math.cos(2 * math.pi * math.log2(4.75)),
            1 - math.cos(2 * math.pi * math.log2(8.5)),
            0.0,
        ],
    ),
    (WarmUp(share=0.5), 0.8, [0.0, 0.4, 0.8, 0.8]),
    (WarmUp(share=0.5, factor=0.5), 0.8, [0.4, 0.6, 0.8, 0.8]),
    (WarmUp("linear", share=0.25), 1.0, [0.0, 1.0, 1 - 0.99 / 3, 0.01]),
    (WarmUp(Linear(start=0.4, end=0.1), share=0.25), 1.0, [0.0, 0.4, 0.3, 0.1]),
    (WarmUp(lambda t: 2 - t, share=0.25), 1.0, [0.0, 2.0, 2 - 1 / 3, 1.0]),
    (Custom(lambda t: 1 - t), 0.2, [0.2, 0.15, 0.1, 0.0]),
]


@pytest.mark.parametrize("schedule, base, expected", BY_HAND, ids=lambda v: str(v)[:40])
def test_values_by_hand(schedule, base, expected):
    values = schedule(QUARTERS, base)
    assert values.dtype == np.float64
    np.testing.assert_allclose(values, expected, rtol=1e-12, atol=1e-14)
    for t, value in zip(QUARTERS, expected, strict=True):
        assert type(schedule(t, base)) is float
        assert schedule(t, base) == pytest.approx(value, rel=1e-12, abs=1e-14)


def test_every_curve_is_worked_out():
    assert {schedule.name for schedule, _, _ in BY_HAND} == set(curve_names()) | {"custom"}


def test_one_cycle_as_pytorch_has_it():
    """Printed by ``OneCycleLR(max_lr=0.1, total_steps=11, pct_start=4 / 11)``.

    PyTorch has the peak at step ``pct_start * total_steps - 1``, here number 3 of 0 to 10.
    """
    expected = ONE_CYCLE_OF_PYTORCH
    np.testing.assert_allclose(OneCycle()(np.linspace(0, 1, 11), 0.1), expected, rtol=1e-9)


def test_coslog4_has_four_waves():
    """Peaks where ``log2(1 + 15 t)`` is 1/2, 3/2, ..., and zeros between them."""
    peaks = (2 ** (np.arange(4) + 0.5) - 1) / 15
    zeros = (2.0 ** np.arange(5) - 1) / 15
    np.testing.assert_allclose(CosLog4()(peaks, 0.3), 0.3, rtol=1e-12)
    np.testing.assert_allclose(CosLog4()(zeros, 0.3), 0.0, atol=1e-12)


@pytest.mark.parametrize("name", [*CURVES, "warmup"])
@pytest.mark.parametrize("shape", [(), (1,), (0,), (5,), (2, 3)], ids=str)
def test_shapes_and_limits(name, shape):
    schedule = resolve(name)
    t = np.linspace(0, 1, math.prod(shape)).reshape(shape) if shape else 0.25
    values = schedule(t, 0.9)
    assert np.shape(values) == shape
    assert np.all((np.asarray(values) >= 0) & (np.asarray(values) <= 0.9))


@pytest.mark.parametrize("name", [*CURVES, "warmup"])
def test_base_multiplies_and_the_ends_stay(name):
    schedule = resolve(name)
    t = np.linspace(0, 1, 13)
    np.testing.assert_allclose(schedule(t, 0.5), 0.5 * schedule(t), rtol=1e-12, atol=1e-15)
    assert schedule(1.5) == schedule(1.0)
    assert schedule(-0.5) == schedule(0.0)
    before = t.copy()
    schedule(t)
    np.testing.assert_array_equal(t, before)


@pytest.mark.parametrize("name", [*CURVES, "warmup"])
def test_no_jumps(name):
    """Curves are continuous: on a fine grid no step is larger than their slope allows."""
    steps = np.diff(resolve(name)(np.linspace(0, 1, 100_001)))
    assert np.abs(steps).max() < 1e-3


@pytest.mark.parametrize("schedule", [Adaptive(), InvScaling()], ids=str)
def test_what_depends_on_training_is_no_curve(schedule):
    assert schedule.stepwise and not schedule.known_ahead
    with pytest.raises(ValueError, match=f"{schedule.name}.*course of training"):
        schedule(0.5)
    with pytest.raises(ValueError, match=f"momentum.*{schedule.name}.*course of training"):
        check_curve(schedule, 0.9, 0.0, 1.0, "momentum")


def test_kinds():
    assert Constant().stepwise and Constant().known_ahead
    for schedule in (Cosine(), WarmUp(), Custom(abs)):
        assert schedule.known_ahead and not schedule.stepwise


# Warm-up


@pytest.mark.parametrize("inner", ["adaptive", InvScaling()], ids=str)
def test_warm_up_before_what_depends_on_training(inner):
    for call in (WarmUp(inner).check, lambda: WarmUp(inner)(0.5), lambda: resolve(WarmUp(inner))):
        with pytest.raises(ValueError, match=r"'schedule'.*WarmUp.*course of training.*'cosine'"):
            call()


def test_warm_up_checks_what_it_wraps():
    with pytest.raises(ValueError, match=r"'tau' parameter of Linear"):
        WarmUp(Linear(tau=0)).check()
    with pytest.raises(ValueError, match=r"one of .*'cosine'"):
        WarmUp("nonsense").check()


def test_warm_up_nested_parameters():
    schedule = WarmUp(Linear())
    schedule.set_params(schedule__end=0.5, share=0.2)
    assert schedule(1.0) == 0.5
    assert schedule.get_params()["schedule__tau"] == 1.0


def test_warm_up_keeps_the_rest_whole():
    """After the rise, the other schedule runs from its first value to its last."""
    schedule = WarmUp("cosine", share=0.2)
    t = np.linspace(0, 1, 11)
    np.testing.assert_allclose(schedule(0.2 + 0.8 * t), Cosine()(t), rtol=1e-12, atol=1e-15)


# One's own functions


def test_a_function_becomes_a_schedule():
    def halve(t):
        return 0.5 if t > 0.5 else 1

    schedule = resolve(halve)
    assert isinstance(schedule, Custom) and schedule.name == "custom"
    assert schedule.function is halve
    np.testing.assert_array_equal(schedule([0, 0.5, 0.51, 1], 0.1), [0.1, 0.1, 0.05, 0.05])


def test_a_function_that_returns_no_number():
    with pytest.raises(ValueError, match="must return a number, got None"):
        check_curve(Custom(lambda t: None), 1.0, 0.0, 1.0, "learning_rate")


def test_errors_of_a_function_are_passed_on():
    def fail(t):
        raise ZeroDivisionError("own")

    with pytest.raises(ZeroDivisionError, match="own"):
        resolve(fail)(0.5)


# Checked curves


@pytest.mark.parametrize("name", [*CURVES, "warmup"])
def test_defaults_pass_as_momentum(name):
    check_curve(resolve(name), 0.9, 0.0, 1.0, "momentum")
    check_curve(resolve(name), 100.0, 0.0, np.inf, "learning_rate")


BEYOND = {
    "negative": Custom(lambda t: 0.5 - t),
    "not finite": Custom(lambda t: math.inf if t == 1 else 0.5),
    "not a number": Custom(lambda t: math.nan if t == 0 else 0.5),
    "too large": Linear(start=0.5, end=1.0001),
    "too large, warmed up": WarmUp(Linear(start=1.0, end=1.5)),
    "too large, briefly": Custom(lambda t: 1.2 if abs(t - 0.3) < 1e-4 else 0.5),
}


@pytest.mark.parametrize("kind", BEYOND)
def test_curves_beyond_their_bounds(kind):
    with pytest.raises(ValueError, match=r"^momentum: .* gives .* at t = .*, out of \[0, 1\]"):
        check_curve(BEYOND[kind], 1.0, 0.0, 1.0, "momentum")


def test_infinite_values_are_beyond_no_bound():
    with pytest.raises(ValueError, match="learning_rate"):
        check_curve(BEYOND["not finite"], 1.0, 0.0, np.inf, "learning_rate")
    check_curve(BEYOND["too large"], 1.0, 0.0, np.inf, "learning_rate")


def test_bounds_are_allowed():
    check_curve(Linear(start=0.0, end=1.0), 0.9, 0.0, 1.0, "momentum")
    check_curve(Linear(start=1.0, end=1.0), 0.9, 0.0, 1.0, "momentum")
