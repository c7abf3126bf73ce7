"""Run scipy's solvers so that they can be stopped at every iterate, by all versions alike."""

import functools

import numpy as np
import scipy.optimize

from skdeep.training.blas_threads import renew_limit, single_threaded_blas
from skdeep.training.full_batch._common import Report, Solution, reached, warn_of_interrupt

#: Vectors up to this length are not shared out among the threads of any BLAS.
SHORT = 1000


class Stopped(Exception):
    """Ends a solver of scipy from inside the objective or the callback.

    Parameters
    ----------
    solution : Solution
    """

    def __init__(self, solution):
        super().__init__(solution.stop_reason)
        self.solution = solution


class Watched:
    """An objective that keeps its best point, and notes the iterates of the solver it is given to.

    Parameters
    ----------
    objective : callable
        Returns the value and the gradient.
    vector : array of float64 of shape (n_parameters,)
        Where to start.
    limits : Limits
    guarded : bool, default=False
        Whether to do here what the solver itself does not: stop it after ``max_fun`` evaluations
        and at an iterate whose value is not finite, and print the iterations.

    Attributes
    ----------
    best : array of float64 of shape (n_parameters,)
        The point of the lowest value seen.
    best_value : float
    losses : list of float
        The values at the iterates, without the start.
    """

    def __init__(self, objective, vector, limits, guarded=False):
        self.objective, self.start = objective, vector
        self.limits, self.guarded = limits, guarded
        self.best, self.best_value, self.losses = vector, np.inf, []
        self.report, self._iterate = Report(limits, self), vector
        self._n_evaluations = 0
        self._recent = {}  # of the points since the last iterate: value, and reason to stop

    def run(self, method, options, restart=None):
        """Run a solver.

        Parameters
        ----------
        method : str
            Its name in scipy.
        options : dict
        restart : callable, default=None
            ``restart(result)`` tells whether to run it again from where it has ended, for what
            remains of ``maxiter``.

        Yields
        ------
        call : callable
            Runs the solver, see `skdeep.training.calls`.

        Returns
        -------
        result : scipy.optimize.OptimizeResult

        Raises
        ------
        Stopped
            If not the solver ended it, but a tolerance, the limit of evaluations, Ctrl-C, or who
            listens.
        """
        try:
            with single_threaded_blas():
                result = yield self._minimisation(self.start, method, options)
                while restart is not None and restart(result):
                    remaining = options["maxiter"] - len(self.losses)
                    further = {**options, "maxiter": remaining}
                    result = yield self._minimisation(result.x, method, further)
                return result
        except KeyboardInterrupt:
            warn_of_interrupt()
            raise self._stopped("interrupted", self.best, self.best_value) from None
        finally:
            self.report.close()

    def _minimisation(self, vector, method, options):
        keywords = {"method": method, "jac": True, "callback": self.end_iteration}
        return functools.partial(scipy.optimize.minimize, self, vector, options=options, **keywords)

    def parameters(self):
        """Return a copy of the last iterate."""
        return self._iterate.copy()

    def __call__(self, vector):
        """Return the value and the gradient; the first point is the first iterate.

        Parameters
        ----------
        vector : array of float64 of shape (n_parameters,)

        Returns
        -------
        value : float
        gradient : array of float64 of shape (n_parameters,)
        """
        if self.guarded and self._n_evaluations >= self.limits.max_fun:
            raise self._stopped("max_fun", self.best, self.best_value)
        self.report.begin()
        value, gradient = self.objective(vector)
        reason = self._reason(value, gradient)
        if reason and self._n_evaluations == 0:
            raise self._stopped(reason, vector, value)
        if -np.inf < value < self.best_value:
            self.best, self.best_value = vector.copy(), value
        self._n_evaluations += 1
        self._recent[hash(vector.tobytes())] = value, reason
        if len(vector) > SHORT:
            renew_limit()
        return value, gradient

    def end_iteration(self, vector):
        """Take note of an iterate, which need not be the point evaluated last.

        Parameters
        ----------
        vector : array of float64 of shape (n_parameters,)
        """
        key = hash(vector.tobytes())
        if key not in self._recent:
            self.report.check()
            value, gradient = self.objective(vector)
            self._recent[key] = value, self._reason(value, gradient)
        value, reason = self._recent[key]
        self._recent = {key: (value, reason)}
        if reason == "line_search":
            raise self._stopped(reason, self.best, self.best_value)
        self.losses.append(float(value))
        if self.guarded and self.limits.verbose:
            print(f"Iteration {len(self.losses)}, loss = {value:.8f}")
        self._iterate = vector.copy()
        reason = self.report.end(reason)
        if reason:
            raise self._stopped(reason, vector, value)

    def _reason(self, value, gradient):
        """Return the reason to stop if this is an iterate, if any."""
        if self.guarded and not np.isfinite(value):
            return "line_search"
        return reached(value, gradient, self.limits)

    def _stopped(self, reason, vector, value):
        return Stopped(Solution(vector, float(value), len(self.losses), self.losses, reason))
