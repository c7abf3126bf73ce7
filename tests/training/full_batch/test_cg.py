"""Conjugate gradients against scipy."""

import warnings

import numpy as np
import pytest
import scipy.optimize
from scipy.optimize import OptimizeResult
from sklearn.exceptions import ConvergenceWarning

from skdeep.training.calls import making_calls
from skdeep.training.full_batch import REGISTRY, Limits, _watched
from tests.training import objectives
from tests.training.objectives import LOWEST, START, Recorded, quadratic, rosenbrock

LIMITS = Limits(max_iter=500, max_fun=15000, tol=1e-6)


def solve(objective, start=START, **limits):
    return making_calls(REGISTRY["cg"].minimise)(objective, start, LIMITS._replace(**limits), {})


@pytest.mark.parametrize("max_iter", [3, 500])
@pytest.mark.parametrize("objective, start", objectives.ALL.values(), ids=objectives.ALL)
def test_against_scipy(objective, start, max_iter):
    theirs, ours, path = Recorded(objective), Recorded(objective), []
    options = {"maxiter": max_iter, "gtol": 1e-6}
    expected = scipy.optimize.minimize(
        theirs, start, method="CG", jac=True, options=options, callback=path.append
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore" if max_iter == 3 else "error", ConvergenceWarning)
        solution = solve(ours, start, max_iter=max_iter)
    np.testing.assert_array_equal(solution.vector, expected.x)
    np.testing.assert_array_equal(ours.points, theirs.points)
    assert (solution.loss, solution.n_iter) == (expected.fun, expected.nit)
    assert solution.losses == [objective(x)[0] for x in path]
    assert solution.stop_reason == ("max_iter" if max_iter == 3 else "gradient")


def test_last_iteration_converges():
    n_iter = solve(quadratic).n_iter
    solution = solve(quadratic, max_iter=n_iter)
    assert solution.stop_reason == "gradient"
    np.testing.assert_allclose(solution.vector, LOWEST, atol=1e-6)


def test_precision_loss():
    with pytest.warns(ConvergenceWarning, match="precision loss") as caught:
        solution = solve(rosenbrock, tol=0.0)
    assert len(caught) == 1
    assert solution.stop_reason == "line_search"
    np.testing.assert_allclose(solution.vector, 1.0, rtol=1e-6)


def test_max_iter_warning():
    with pytest.warns(ConvergenceWarning, match=r"cg failed .* 3 iteration(.|\n)*max_iter=3"):
        solve(rosenbrock, max_iter=3)


@pytest.mark.parametrize(
    "status, gradient, reason",
    [(0, 0.0, "gradient"), (1, 1.0, "max_iter"), (1, 1e-7, "gradient")]
    + [(status, 1.0, "line_search") for status in (2, 3, 4)],
)
def test_reasons(monkeypatch, status, gradient, reason):
    def fake(function, vector, **_):
        value, _ = function(vector)
        jac = np.array([0.0, -gradient, 0.0])
        return OptimizeResult(x=vector, fun=value, jac=jac, status=status, message="No.", nit=0)

    monkeypatch.setattr(_watched.scipy.optimize, "minimize", fake)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert solve(rosenbrock).stop_reason == reason
    assert [w.category for w in caught] == [ConvergenceWarning] * (reason != "gradient")
    if reason == "line_search":
        assert "\nNo.\n" in str(caught[0].message)


def test_iterate_that_was_not_evaluated_last():
    limits = LIMITS._replace(tol_objective=0.5)
    watched = _watched.Watched(Recorded(quadratic), START, limits)
    points = [START, LOWEST + 1, LOWEST + 2]
    values = [watched(point)[0] for point in points]
    watched.end_iteration(points[1])
    assert watched.losses == values[1:2] and watched.objective.calls == 3
    # not even among those since the last iterate: evaluated again
    watched.end_iteration(points[2])
    assert watched.losses == values[1:] and watched.objective.calls == 4
    with pytest.raises(_watched.Stopped, match="objective") as stopped:
        watched.end_iteration(LOWEST)
    assert stopped.value.solution.n_iter == 3
    np.testing.assert_array_equal(stopped.value.solution.vector, LOWEST)
