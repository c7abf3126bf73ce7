"""The bold driver against a version written step by step, and what ends it."""

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning

from skdeep.training.calls import making_calls
from skdeep.training.full_batch import REGISTRY, Limits
from tests.training import objectives
from tests.training.objectives import START, Recorded, quadratic, rosenbrock

DEFAULTS = {"increase": 2.0, "decrease": 0.1, "rate_min": 1e-4, "rate_max": 100.0}
LIMITS = Limits(max_iter=20, max_fun=15000, tol=1e-6)
SOLVER = REGISTRY["bold_driver"]


def solve(objective, start=START, learning_rate_init=1e-3, limits=LIMITS, **parameters):
    values = {**DEFAULTS, "learning_rate_init": learning_rate_init, **parameters}
    return making_calls(SOLVER.minimise)(objective, start, limits, values)


def step_by_step(objective, w, n_steps, lr, increase, decrease, rate_min, rate_max):
    """The method as its description reads, with every gradient and loss computed anew."""
    losses, rates = [], []
    for _ in range(n_steps):
        rates.append(lr)
        trial = w - lr * objective(w)[1]
        if objective(trial)[0] < objective(w)[0]:
            w, lr = trial, lr * increase
        else:
            lr = lr * decrease
        if lr < rate_min:
            lr = rate_min
        if lr > rate_max:
            lr = rate_max
        losses.append(objective(w)[0])
    return w, losses, rates


def test_defaults():
    assert {name: p.default for name, p in SOLVER.parameters.items()} == DEFAULTS
    increase, decrease = SOLVER.parameters["increase"], SOLVER.parameters["decrease"]
    assert (increase.low, increase.high, increase.closed) == (1.0, np.inf, "neither")
    assert (decrease.low, decrease.high, decrease.closed) == (0.0, 1.0, "neither")


@pytest.mark.parametrize("parameters", [{}, {"increase": 1.1, "decrease": 0.5, "rate_max": 0.003}])
@pytest.mark.parametrize("objective, start", objectives.ALL.values(), ids=objectives.ALL)
def test_against_step_by_step(objective, start, parameters):
    values = {**DEFAULTS, **parameters}
    vector, losses, rates = step_by_step(objective, start, 20, 1e-3, **values)
    recorded = Recorded(objective)
    with pytest.warns(ConvergenceWarning, match=r"max_iter=20"):
        solution = solve(recorded, start, **values)
    np.testing.assert_allclose(solution.vector, vector, rtol=1e-10, atol=1e-10)
    np.testing.assert_allclose(solution.losses, losses, rtol=1e-10)
    assert (solution.n_iter, solution.stop_reason) == (20, "max_iter")
    assert recorded.calls == 21  # the start, and one evaluation of every iteration
    if not parameters and objective is not objectives.perceptron:
        assert any(np.diff(rates) < 0)  # steps are undone


def test_rate_stays_in_its_range():
    class Line:
        """A slope, whose value tells the steps taken."""

        def __init__(self):
            self.points = []

        def __call__(self, x):
            self.points.append(x[0])
            return -x[0], np.array([-1.0])

    for init, expected in ((0.01, [0.01, 0.04, 0.1, 0.1]), (1e-5, [1e-3, 4e-3, 16e-3, 64e-3])):
        line = Line()
        with pytest.warns(ConvergenceWarning):
            limits = LIMITS._replace(max_iter=4)
            solve(line, np.zeros(1), init, limits, increase=4.0, rate_min=1e-3, rate_max=0.1)
        np.testing.assert_allclose(np.diff(line.points), expected)


def test_change_under_the_tolerance():
    limits = Limits(max_iter=10000, max_fun=15000, tol=1e-3, n_iter_no_change=5)
    solution = solve(quadratic, limits=limits)
    assert solution.stop_reason == "change"
    improvements = -np.diff([quadratic(START)[0], *solution.losses])
    stalled = improvements < 1e-3
    assert stalled[-6:].all() and not stalled[-7]
    runs = "".join("x" if s else " " for s in stalled[:-1]).split(" ")
    assert max(map(len, runs)) == 5


def test_smallest_step_goes_up():
    """A step that was undone at the smallest rate would only be repeated."""

    def steep(x):
        return 1e6 * x @ x, 2e6 * x

    recorded = Recorded(steep)
    with pytest.warns(ConvergenceWarning, match="smallest rate"):
        solution = solve(recorded)
    assert (solution.stop_reason, solution.n_iter, recorded.calls) == ("line_search", 2, 3)
    np.testing.assert_array_equal(solution.vector, START)


def test_down_to_the_last_digit():
    limits = Limits(max_iter=100000, max_fun=1000000, tol=0.0)
    with pytest.warns(ConvergenceWarning, match="smallest rate"):
        solution = solve(rosenbrock, limits=limits)
    assert solution.stop_reason == "line_search"
    np.testing.assert_allclose(solution.vector, 1.0, rtol=1e-5)


def test_overflow_is_undone():
    def flat_then_steep(x):
        value = x @ x
        return (value, 2 * x) if value < 1e300 else (np.inf, x)

    start = np.full(3, 1e149)
    solution = solve(flat_then_steep, start, 99.0, LIMITS._replace(max_iter=2000), increase=1.5)
    assert np.isfinite(solution.losses).all()
    np.testing.assert_allclose(solution.vector, 0.0, atol=1.0)


def test_range_must_not_be_empty():
    with pytest.raises(
        ValueError, match=r"rate_min must not be larger than rate_max, got rate_min"
    ):
        solve(quadratic, rate_min=0.2, rate_max=0.1)
    with pytest.warns(ConvergenceWarning):
        solution = solve(quadratic, rate_min=0.001, rate_max=0.001)
    assert solution.n_iter == 20
