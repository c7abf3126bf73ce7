"""L-BFGS, a quasi-Newton method with limited memory, from scipy.

As in scikit-learn, the squared error of several outputs is averaged in the values of the objective
but summed in its gradient. Such fits can therefore end before the gradient vanishes; 'cg' does not
have this limitation. Liu & Nocedal, "On the limited memory BFGS method for large scale
optimization", Mathematical Programming 45, 1989.
"""

import numpy as np
import scipy
from sklearn.utils.fixes import parse_version
from sklearn.utils.optimize import _check_optimize_result

from skdeep.training.full_batch._common import Solution, judged
from skdeep.training.full_batch._watched import Stopped, Watched

CLASS = "LBFGS"
PARAMETERS = {}
#: The line search compares scikit-learn's losses, and so takes its steps.
AS_REPORTED = True

#: From 1.15 on, scipy's L-BFGS-B prints nothing, and later versions warn about the option.
_CAN_PRINT = parse_version(scipy.__version__) < parse_version("1.15")


def minimise(objective, vector, limits, parameters):
    """Minimise an objective by L-BFGS.

    Ctrl-C ends it after the evaluation under way, with a warning, at the best point so far.

    Parameters
    ----------
    objective : callable
        Returns the value and the gradient.
    vector : array of float64 of shape (n_parameters,)
        Where to start.
    limits : Limits
        The iteration under way when ``max_fun`` is reached is completed.
    parameters : dict
        Nothing is read from it.

    Yields
    ------
    call : callable
        See `skdeep.training.calls`.

    Returns
    -------
    solution : Solution
    """
    options = {"maxfun": limits.max_fun, "maxiter": limits.max_iter, "gtol": limits.tol}
    if _CAN_PRINT:
        options["iprint"] = 1 if limits.verbose >= 1 else -1
    watched = Watched(objective, vector, limits)
    try:
        result = yield from watched.run("L-BFGS-B", options)
    except Stopped as stopped:
        return judged(stopped.solution)
    reason = _stop_reason(result, limits)
    n_iter = min(result.nit, limits.max_iter)
    solution = Solution(result.x, float(result.fun), n_iter, watched.losses, reason)
    solution = judged(solution)
    if solution.stop_reason != "diverged":
        _check_optimize_result("lbfgs", result, limits.max_iter)
    return solution


def _stop_reason(result, limits):
    """Return why scipy stopped, whose messages differ between versions."""
    if result.status == 0:
        return "gradient" if np.abs(result.jac).max() <= limits.tol else "change"
    if result.status != 1 or "ABNORMAL" in str(result.message).upper():
        return "line_search"
    return "max_iter" if result.nit >= limits.max_iter else "max_fun"
