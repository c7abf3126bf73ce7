"""Bold driver: gradient descent with a learning rate that adapts to the objective.

``w_new = w - eta g``. If the objective has decreased: ``w = w_new`` and ``eta = min(increase * eta,
rate_max)``; otherwise ``w`` stays and ``eta = max(decrease * eta, rate_min)``. Vogl, Mangis,
Rigler, Zink & Alkon, "Accelerating the convergence of the back-propagation method", Biological
Cybernetics 59, 1988; Battiti, "Accelerated backpropagation learning: two optimization methods",
Complex Systems 3, 1989.
"""

import functools

import numpy as np

from skdeep.formulas.parameter import Parameter
from skdeep.training.full_batch._common import (
    Report,
    Solution,
    judged,
    reached,
    warn_of_interrupt,
    warn_unless_converged,
)
from skdeep.training.listening import Snapshot

CLASS = "BoldDriver"
LEARNING_RATE_INIT = 1e-3
LEARNING_RATE_MEANING = "Learning rate of the first step."
PARAMETERS = {
    "increase": Parameter(2.0, "factor of the learning rate if the objective fell", 1.0),
    "decrease": Parameter(0.1, "factor of the learning rate if the objective rose", 0.0, 1.0),
    "rate_min": Parameter(1e-4, "smallest learning rate", 0.0),
    "rate_max": Parameter(100.0, "largest learning rate", 0.0),
}


def conflict(rate_min, rate_max):
    """Return a description of what is wrong with the bounds of the rate, or None."""
    if rate_min > rate_max:
        return (
            "rate_min must not be larger than rate_max, got "
            f"rate_min={rate_min} and rate_max={rate_max}"
        )
    return None


def blank(vector):
    """Return what snapshots of runs from some point look like."""
    arrays = {"vector": vector, "gradient": vector, "losses": np.empty(0)}
    numbers = {"loss": 0.0, "rate": 0.0, "stalled": 0, "n_epochs": 0, "stop_reason": "", "why": ""}
    return Snapshot(arrays, numbers)


def minimise(objective, vector, limits, parameters):
    """Minimise an objective by gradient descent whose rate follows its success.

    Every iteration evaluates the objective once. Ctrl-C ends it after the evaluation under way,
    with a warning; as the objective never rises, at the best point so far.

    Parameters
    ----------
    objective : callable
        Returns the value and the gradient, an array of its own.
    vector : array of float64 of shape (n_parameters,)
        Where to start.
    limits : Limits
    parameters : dict
        Values of ``PARAMETERS`` and ``learning_rate_init``, the rate of the first step, which is
        moved into the range too.

    Yields
    ------
    call : callable
        Evaluates the objective, see `skdeep.training.calls`.

    Returns
    -------
    solution : Solution

    Raises
    ------
    ValueError
        If no rate lies between the smallest and the largest.
    """
    wrong = conflict(parameters["rate_min"], parameters["rate_max"])
    if wrong:
        raise ValueError(f"{wrong}.")
    descent = _Descent(objective, vector, limits, parameters)
    reason = yield from descent.run()
    loss, losses = float(descent.loss), descent.losses
    solution = judged(Solution(descent.vector, loss, len(losses), losses, reason))
    warn_unless_converged("bold_driver", solution, limits, descent.why)
    return solution


class _Descent:
    """The point reached, with its loss and gradient, the rate, and what led there."""

    def __init__(self, objective, vector, limits, parameters):
        self.objective, self.limits, self.settings = objective, limits, parameters
        self.vector, self.loss, self.gradient = vector, np.inf, None
        self.rate = self._within(parameters["learning_rate_init"])
        self.losses, self.stalled, self.why = [], 0, ""
        self.report, self._before = Report(limits, self), ""

    def run(self):
        """Step until there is a reason to stop, and return it."""
        try:
            # A step into the infinite is undone.
            with np.errstate(over="ignore", invalid="ignore"):
                reason = yield from self._start()
                while not reason:
                    reason = yield from self._iterate()
        except KeyboardInterrupt:
            warn_of_interrupt()
            reason = "interrupted"
        finally:
            self.report.close()
        return reason

    def parameters(self):
        """Return a copy of the point reached."""
        return self.vector.copy()

    def snapshot(self):
        """Return a `Snapshot`."""
        losses = np.array(self.losses, float)
        gradient = np.zeros_like(self.vector) if self.gradient is None else self.gradient
        arrays = {"vector": self.parameters(), "gradient": gradient, "losses": losses}
        numbers = {"loss": float(self.loss), "rate": float(self.rate), "stalled": self.stalled}
        numbers["n_epochs"] = len(self.losses)
        return Snapshot(arrays, {**numbers, "stop_reason": self._before, "why": self.why})

    def _take_up(self, snapshot):
        """Go on from a snapshot; return a reason to stop there, if any."""
        arrays, numbers = snapshot
        self.vector, self.gradient = arrays["vector"], arrays["gradient"]
        self.losses = arrays["losses"].tolist()
        self.loss, self.rate = numbers["loss"], numbers["rate"]
        self.stalled, self.why = numbers["stalled"], numbers["why"]
        return numbers["stop_reason"] or self._exhausted()

    def _within(self, rate):
        return min(max(rate, self.settings["rate_min"]), self.settings["rate_max"])

    def _start(self):
        """Evaluate the start; return a reason to stop there, if any."""
        resumed = self.limits.resumed
        if resumed is not None and resumed.numbers["n_epochs"]:
            return self._take_up(resumed)
        self.report.check()
        self.loss, self.gradient = yield functools.partial(self.objective, self.vector)
        if not _is_finite(self.loss, self.gradient):
            self.why = "The objective or its gradient is not finite at the start."
            return "line_search"
        return self._converged() or self._exhausted()

    def _iterate(self):
        """Try a step, and return a reason to stop after it, if any."""
        self.report.begin()
        rate, before = self.rate, self.loss
        vector = self.vector - rate * self.gradient
        loss, gradient = yield functools.partial(self.objective, vector)
        fell = loss < before and _is_finite(loss, gradient)
        if fell:
            self.vector, self.loss, self.gradient = vector, loss, gradient
        self.rate = self._within(rate * self.settings["increase" if fell else "decrease"])
        self.losses.append(float(self.loss))
        self.stalled = self.stalled + 1 if self.loss > before - self.limits.tol else 0
        if self.limits.verbose:
            print(f"Iteration {len(self.losses)}, loss = {self.loss:.8f}")
        self._before = self._converged() or self._stuck(fell, rate)
        return self.report.end(self._before or self._exhausted())

    def _converged(self):
        reason = reached(self.loss, self.gradient, self.limits)
        if not reason and not self.gradient.any():
            return "gradient"
        return reason

    def _stuck(self, fell, rate):
        """Return "change" or "line_search" if going on is of no use."""
        if self.stalled > self.limits.n_iter_no_change:
            return "change"
        if not fell and rate <= self.settings["rate_min"]:
            # The next step would be this one again.
            self.why = f"No step of the smallest rate (rate_min={rate}) lowers the objective."
            return "line_search"
        return ""

    def _exhausted(self):
        if len(self.losses) >= self.limits.max_iter:
            return "max_iter"
        return "max_fun" if len(self.losses) + 1 >= self.limits.max_fun else ""


def _is_finite(loss, gradient):
    return np.isfinite(loss) and np.isfinite(gradient).all()
