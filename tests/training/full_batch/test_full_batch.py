"""What all full-batch solvers promise: losses, tolerances, limits, Ctrl-C and reasons to stop."""

import contextlib

import numpy as np
import pytest
from scipy.optimize import approx_fprime
from sklearn.exceptions import ConvergenceWarning

from skdeep.formulas.parameter import Parameter
from skdeep.training.calls import making_calls
from skdeep.training.full_batch import REGISTRY, STOP_REASONS, Limits, Solution
from tests.training import objectives
from tests.training.objectives import LOWEST, START, Recorded, quadratic, rosenbrock, uphill

LIMITS = Limits(max_iter=500, max_fun=15000, tol=1e-6)


def solve(name, objective, start=START, **limits):
    """Run a solver with the defaults of its parameters."""
    solver = REGISTRY[name]
    parameters = {name: p.default for name, p in solver.parameters.items()}
    parameters["learning_rate_init"] = 0.001
    arguments = objective, start.copy(), LIMITS._replace(**limits), parameters
    return making_calls(solver.minimise)(*arguments)


every_solver = pytest.mark.parametrize("name", sorted(REGISTRY))


def test_registry():
    assert list(REGISTRY) == ["bold_driver", "cg", "lbfgs"]
    assert [s.class_name for s in REGISTRY.values()] == ["BoldDriver", "CG", "LBFGS"]
    for name, solver in REGISTRY.items():
        assert solver.name == name
        assert all(isinstance(parameter, Parameter) for parameter in solver.parameters.values())


@pytest.mark.parametrize("objective, start", objectives.ALL.values(), ids=objectives.ALL)
def test_gradients_of_the_objectives(objective, start):
    numeric = approx_fprime(start, lambda x: objective(x)[0], 1e-7)
    np.testing.assert_allclose(objective(start)[1], numeric, rtol=1e-4, atol=1e-5)


@every_solver
@pytest.mark.parametrize("objective, start", objectives.ALL.values(), ids=objectives.ALL)
def test_losses_are_those_of_the_iterates(name, objective, start):
    recorded = Recorded(objective)
    with pytest.warns(ConvergenceWarning, match=f"{name} failed to converge after 2 iteration"):
        solution = solve(name, recorded, start, max_iter=2, tol=1e-12)
    assert solution.stop_reason == "max_iter"
    assert solution.n_iter == len(solution.losses) == 2
    assert solution.losses[-1] == solution.loss == objective(solution.vector)[0]
    assert set(solution.losses) <= set(recorded.values)
    assert all(np.diff([recorded.values[0], *solution.losses]) <= 0)
    assert isinstance(solution, Solution) and all(isinstance(x, float) for x in solution.losses)


@every_solver
def test_first_iterations_of_a_longer_run(name):
    with pytest.warns(ConvergenceWarning):
        runs = [solve(name, rosenbrock, max_iter=n, tol=0.0) for n in (4, 9)]
    assert runs[1].losses[:4] == runs[0].losses


@every_solver
def test_start_is_left_alone(name):
    start = START.copy()
    solver = REGISTRY[name]
    parameters = {name: p.default for name, p in solver.parameters.items()}
    arguments = quadratic, start, LIMITS, {**parameters, "learning_rate_init": 0.01}
    solution = making_calls(solver.minimise)(*arguments)
    np.testing.assert_array_equal(start, START)
    np.testing.assert_allclose(solution.vector, LOWEST, atol=1e-2)


@every_solver
def test_gradient_tolerance(name):
    solution = solve(name, quadratic, tol=0.0, tol_gradient=0.1)
    assert solution.stop_reason == "gradient"
    assert np.linalg.norm(quadratic(solution.vector)[1]) <= 0.1
    assert solution.loss == quadratic(solution.vector)[0] == solution.losses[-1]
    assert solution.n_iter == len(solution.losses) > 1
    # it is the Euclidean norm, and no earlier iterate is below it
    with pytest.warns(ConvergenceWarning):
        before = solve(name, quadratic, tol=0.0, max_iter=solution.n_iter - 1)
    assert np.linalg.norm(quadratic(before.vector)[1]) > 0.1


@every_solver
def test_objective_tolerance(name):
    solution = solve(name, rosenbrock, tol=0.0, tol_objective=10.0)
    assert solution.stop_reason == "objective"
    assert solution.losses[-1] == solution.loss == rosenbrock(solution.vector)[0] <= 10.0
    assert solution.n_iter == len(solution.losses) and all(np.array(solution.losses[:-1]) > 10.0)


@every_solver
@pytest.mark.parametrize(
    "limits, start, reason",
    [
        ({"tol_gradient": 1e4}, START, "gradient"),
        ({"tol_objective": 1e4}, START, "objective"),
        ({"tol_gradient": 1e4, "tol_objective": 1e4}, START, "gradient"),
        ({}, np.ones(3), "gradient"),
    ],
)
def test_converged_at_the_start(name, limits, start, reason):
    recorded = Recorded(rosenbrock)
    solution = solve(name, recorded, start, **limits)
    assert (solution.stop_reason, solution.n_iter, solution.losses) == (reason, 0, [])
    np.testing.assert_array_equal(solution.vector, start)
    assert solution.loss == rosenbrock(start)[0] and recorded.calls == 1


@every_solver
def test_tolerance_wins_over_the_last_iteration(name):
    n_iter = solve(name, quadratic, tol=0.0, tol_gradient=0.1).n_iter
    solution = solve(name, quadratic, tol=0.0, tol_gradient=0.1, max_iter=n_iter)
    assert solution.stop_reason == "gradient"


@every_solver
@pytest.mark.parametrize("max_fun", [1, 2, 7])
def test_max_fun(name, max_fun):
    recorded = Recorded(rosenbrock)
    with pytest.warns(ConvergenceWarning, match=f"{name} failed to converge"):
        solution = solve(name, recorded, max_fun=max_fun)
    assert solution.stop_reason == "max_fun"
    assert solution.n_iter == len(solution.losses)
    if name == "lbfgs":  # scipy completes the iteration
        assert recorded.calls > max_fun
    else:
        assert recorded.calls == max_fun
        assert solution.loss == min(recorded.values)
    assert rosenbrock(solution.vector)[0] == solution.loss


@every_solver
def test_no_way_down(name):
    with pytest.warns(ConvergenceWarning, match=f"{name} failed to converge after"):
        solution = solve(name, uphill)
    assert solution.stop_reason == "line_search"
    np.testing.assert_array_equal(solution.vector, START)
    assert solution.loss == uphill(START)[0]


@every_solver
@pytest.mark.parametrize("n", [1, 2, 12])
def test_ctrl_c_keeps_the_best_point(name, n):
    recorded = Recorded(rosenbrock, n)
    with pytest.warns(UserWarning, match="Training interrupted by user"):
        solution = solve(name, recorded)
    assert solution.stop_reason == "interrupted"
    assert solution.n_iter == len(solution.losses)
    if n == 1:
        np.testing.assert_array_equal(solution.vector, START)
        assert solution.n_iter == 0
    else:
        assert solution.loss == min(recorded.values) == rosenbrock(solution.vector)[0]


NOT_FINITE = {
    "nan": lambda value, gradient: (np.nan, gradient),
    "inf": lambda value, gradient: (np.inf, gradient),
    "minus inf": lambda value, gradient: (-np.inf, gradient),
    "both": lambda value, gradient: (np.nan, np.nan * gradient),
    "gradient": lambda value, gradient: (value, np.nan * gradient),
}


@pytest.mark.parametrize("name", ["bold_driver", "cg"])
@pytest.mark.parametrize("n", [1, 6])
@pytest.mark.parametrize("tamper", NOT_FINITE.values(), ids=NOT_FINITE)
def test_not_finite(name, n, tamper):
    recorded = Recorded(rosenbrock, n, tamper)
    diverged = n == 1 and tamper is not NOT_FINITE["gradient"]
    expected = pytest.warns(ConvergenceWarning, match=f"{name} failed to converge")
    with contextlib.nullcontext() if diverged else expected:  # who fits warns of divergence
        solution = solve(name, recorded)
    assert solution.stop_reason == ("diverged" if diverged else "line_search")
    assert recorded.calls < 200
    assert np.isfinite(solution.losses).all()
    if n == 1:
        np.testing.assert_array_equal(solution.vector, START)
        assert solution.n_iter == 0
    else:
        assert solution.loss == rosenbrock(solution.vector)[0] < rosenbrock(START)[0]


@pytest.mark.parametrize("name", ["bold_driver", "cg"])
def test_verbose(name, capsys):
    solution = solve(name, quadratic, verbose=True)
    printed = capsys.readouterr().out.splitlines()
    expected = [f"Iteration {i + 1}, loss = {loss:.8f}" for i, loss in enumerate(solution.losses)]
    assert printed == expected and len(printed) > 1


@every_solver
def test_silent(name, capsys):
    solve(name, quadratic)
    assert capsys.readouterr().out == ""


def test_every_reason_is_described():
    described = Solution.__doc__
    assert all(f'"{reason}"' in described for reason in STOP_REASONS)
