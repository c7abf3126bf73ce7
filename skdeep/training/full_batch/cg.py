"""Nonlinear conjugate gradients, from scipy.

A line search along the direction ``d = -g + b d`` determines the step, with Polak and Ribière's ``b
= max(0, g.(g - g_old) / g_old.g_old)``. If it fails, the next direction is ``d = -g``. Polak &
Ribière, "Note sur la convergence de méthodes de
directions conjuguées", Revue française d'informatique et de recherche opérationnelle 3(16), 1969;
Nocedal & Wright, "Numerical Optimization", 2nd edition, Springer 2006, chapter 5.
"""

import numpy as np

from skdeep.training.full_batch._common import Solution, judged, warn_unless_converged
from skdeep.training.full_batch._watched import Stopped, Watched

CLASS = "CG"
PARAMETERS = {}


def minimise(objective, vector, limits, parameters):
    """Minimise an objective by conjugate gradients.

    Ctrl-C ends it after the evaluation under way, with a warning, at the best point so far.

    Parameters
    ----------
    objective : callable
        Returns the value and the gradient.
    vector : array of float64 of shape (n_parameters,)
        Where to start.
    limits : Limits
        After ``max_fun`` evaluations it stops at the best point so far.
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
    options = {"maxiter": limits.max_iter, "gtol": limits.tol}
    watched = Watched(objective, vector, limits, guarded=True)
    try:
        # The line search calculates with values that are not finite, too.
        with np.errstate(all="ignore"):
            result = yield from watched.run("CG", options, restart=_can_begin_anew)
    except Stopped as stopped:
        solution, why = stopped.solution, "The objective is not finite."
    else:
        reason, why = _stop_reason(result, limits), result.message
        losses = watched.losses
        solution = Solution(result.x, float(result.fun), len(losses), losses, reason)
    solution = judged(solution)
    warn_unless_converged("cg", solution, limits, why)
    return solution


def _can_begin_anew(result):
    """Return whether the line search failed along a direction other than that of the gradient."""
    return result.status == 2 and result.nit > 0


def _stop_reason(result, limits):
    """Return why scipy stopped, which may converge with the last iteration but not say so."""
    if result.status == 0 or np.abs(result.jac).max() <= limits.tol:
        return "gradient"
    return "max_iter" if result.status == 1 else "line_search"
