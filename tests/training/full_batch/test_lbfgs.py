"""L-BFGS against scipy."""

import warnings

import numpy as np
import pytest
import scipy.optimize
from scipy.optimize import OptimizeResult
from sklearn.exceptions import ConvergenceWarning

from skdeep.training.calls import making_calls
from skdeep.training.full_batch import REGISTRY, Limits, _watched, lbfgs
from tests.training import objectives
from tests.training.objectives import START, Recorded, quadratic, rosenbrock

LIMITS = Limits(max_iter=500, max_fun=15000, tol=1e-5)


def solve(objective, start=START, **limits):
    return making_calls(REGISTRY["lbfgs"].minimise)(objective, start, LIMITS._replace(**limits), {})


@pytest.mark.parametrize("max_iter", [3, 500])
@pytest.mark.parametrize("objective, start", objectives.ALL.values(), ids=objectives.ALL)
def test_against_scipy(objective, start, max_iter):
    theirs, ours, path = Recorded(objective), Recorded(objective), []
    options = {"maxiter": max_iter, "gtol": 1e-5, "maxfun": 15000}
    expected = scipy.optimize.minimize(
        theirs, start, method="L-BFGS-B", jac=True, options=options, callback=path.append
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore" if max_iter == 3 else "error", ConvergenceWarning)
        solution = solve(ours, start, max_iter=max_iter)
    np.testing.assert_array_equal(solution.vector, expected.x)
    np.testing.assert_array_equal(ours.points, theirs.points)
    assert (solution.loss, solution.n_iter) == (expected.fun, expected.nit)
    assert solution.losses == [objective(x)[0] for x in path]


def test_gradient_or_change():
    assert solve(rosenbrock, tol=1e-3).stop_reason == "gradient"
    assert solve(quadratic, tol=0.0).stop_reason == "change"


@pytest.mark.parametrize(
    "max_iter, text", [(3, r"max_iter=3"), (500, "You might also want to scale the data")]
)
def test_warnings_are_those_of_scikit_learn(max_iter, text):
    with pytest.warns(ConvergenceWarning, match=rf"lbfgs failed to converge after(.|\n)*{text}"):
        solve(rosenbrock, max_iter=max_iter, max_fun=8)


MESSAGES = [  # status, message, iterations, largest element of the gradient, reason
    (0, "CONVERGENCE: NORM_OF_PROJECTED_GRADIENT_<=_PGTOL", 5, 1e-6, "gradient"),
    (0, "CONVERGENCE: NORM OF PROJECTED GRADIENT <= PGTOL", 5, 1e-6, "gradient"),
    (0, "CONVERGENCE: REL_REDUCTION_OF_F_<=_FACTR*EPSMCH", 5, 1.0, "change"),
    (0, "CONVERGENCE: RELATIVE REDUCTION OF F <= FACTR*EPSMCH", 5, 1.0, "change"),
    (1, "STOP: TOTAL NO. of ITERATIONS REACHED LIMIT", 500, 1.0, "max_iter"),
    (1, "STOP: TOTAL NO. OF ITERATIONS REACHED LIMIT", 500, 1.0, "max_iter"),
    (1, "STOP: TOTAL NO. of f AND g EVALUATIONS EXCEEDS LIMIT", 5, 1.0, "max_fun"),
    (1, "STOP: TOTAL NO. OF F,G EVALUATIONS EXCEEDS LIMIT", 5, 1.0, "max_fun"),
    (1, "ABNORMAL_TERMINATION_IN_LNSRCH", 5, 1.0, "line_search"),
    (2, "ABNORMAL_TERMINATION_IN_LNSRCH", 5, 1.0, "line_search"),
    (2, "ABNORMAL: ", 5, 1.0, "line_search"),
    (2, "WARNING: ROUNDING ERRORS PREVENT PROGRESS", 5, 1.0, "line_search"),
]


@pytest.mark.parametrize("status, message, nit, gradient, reason", MESSAGES)
def test_reasons(monkeypatch, status, message, nit, gradient, reason):
    def fake(function, vector, **_):
        value, _ = function(vector)
        jac = np.array([0.0, -gradient, 0.0])
        return OptimizeResult(x=vector, fun=value, jac=jac, status=status, message=message, nit=nit)

    monkeypatch.setattr(_watched.scipy.optimize, "minimize", fake)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert solve(rosenbrock).stop_reason == reason
    assert len(caught) == (status != 0)


@pytest.mark.parametrize("can_print", [False, True])
@pytest.mark.parametrize("verbose", [False, True])
def test_verbose_is_left_to_scipy(monkeypatch, verbose, can_print):
    seen = {}

    def fake(function, vector, *, method, jac, callback, options):
        seen.update(options)
        value, gradient = function(vector)
        return OptimizeResult(x=vector, fun=value, jac=gradient, status=0, message="", nit=0)

    monkeypatch.setattr(_watched.scipy.optimize, "minimize", fake)
    monkeypatch.setattr(lbfgs, "_CAN_PRINT", can_print)
    solve(rosenbrock, verbose=verbose)
    assert seen.get("iprint") == ((1 if verbose else -1) if can_print else None)
