"""Full-batch training by scipy's L-BFGS on the compiled objective and gradient."""

import warnings
from typing import NamedTuple

import numpy as np
import scipy
import scipy.optimize
from sklearn.utils.fixes import parse_version
from sklearn.utils.optimize import _check_optimize_result

from skdeep.training.blas import single_threaded_blas

#: From 1.15 on, scipy's L-BFGS-B prints nothing, and later versions warn about the option.
_CAN_PRINT = parse_version(scipy.__version__) < parse_version("1.15")


class Solution(NamedTuple):
    """Where the solver ended.

    Attributes
    ----------
    vector : array of shape (n_parameters,)
    loss : float
    n_iter : int
    """

    vector: np.ndarray
    loss: float
    n_iter: int


class _Watched:
    """Wraps an objective, and keeps the best point of its evaluations."""

    def __init__(self, objective, vector):
        self.objective = objective
        self.best, self.best_value, self.n_iter = vector, np.inf, 0

    def __call__(self, vector):
        value, gradient = self.objective(vector)
        if value < self.best_value:
            self.best, self.best_value = vector.copy(), value
        return value, gradient

    def end_iteration(self, vector):
        """Count an iteration of the solver."""
        self.n_iter += 1


def minimise(objective, vector, *, max_iter, max_fun, tol, verbose):
    """Minimise an objective by L-BFGS.

    Ctrl-C ends it after the evaluation under way, with a warning, at the best point so far.

    Liu & Nocedal, "On the limited memory BFGS method for large scale optimization", Mathematical
    Programming 45, 1989.

    Parameters
    ----------
    objective : callable
        Returns the value and the gradient.
    vector : array of float64 of shape (n_parameters,)
        Where to start.
    max_iter, max_fun : int
        Most iterations and evaluations.
    tol : float
        Largest element of the gradient at which the solver stops.
    verbose : bool or int

    Returns
    -------
    solution : Solution
    """
    watched = _Watched(objective, vector)
    options = {"maxfun": max_fun, "maxiter": max_iter, "gtol": tol}
    if _CAN_PRINT:
        options["iprint"] = 1 if verbose >= 1 else -1
    try:
        with single_threaded_blas():
            result = scipy.optimize.minimize(
                watched,
                vector,
                method="L-BFGS-B",
                jac=True,
                callback=watched.end_iteration,
                options=options,
            )
    except KeyboardInterrupt:
        warnings.warn("Training interrupted by user.", stacklevel=5)
        return Solution(watched.best, watched.best_value, watched.n_iter)
    n_iter = _check_optimize_result("lbfgs", result, max_iter)
    return Solution(result.x, float(result.fun), n_iter)
