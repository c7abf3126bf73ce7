"""What every full-batch solver is told, what it answers, and how it says that it fell short."""

import math
from typing import NamedTuple

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from skdeep.engines import signals
from skdeep.training.blas_threads import dot
from skdeep.training.interruption import Interruption
from skdeep.training.listening import Epoch, Listener, Snapshot
from skdeep.training.user_warnings import warn_user

#: Why a solver stops -> what a warning says of it, nothing if it did what was asked.
STOP_REASONS = {
    "gradient": "",
    "objective": "",
    "change": "",
    "interrupted": "",
    "callback": "",
    "diverged": "",
    "max_iter": (
        "Maximum number of iterations reached.\n"
        "\nIncrease the number of iterations to improve the convergence (max_iter={max_iter})."
    ),
    "max_fun": (
        "Maximum number of evaluations reached.\n"
        "\nIncrease the number of evaluations to improve the convergence (max_fun={max_fun})."
    ),
    "line_search": "{why}",
}


class Limits(NamedTuple):
    """When a solver is to stop.

    Attributes
    ----------
    max_iter, max_fun : int
        Most iterations and evaluations of the objective.
    tol : float
        The solver's own tolerance: of the largest element of the gradient for L-BFGS and conjugate
        gradients, of the improvement of the objective for the bold driver.
    tol_gradient, tol_objective : float or None
        The Euclidean norm of the gradient, and the objective, at which every solver stops.
    n_iter_no_change : int
        Iterations without improvement that are let pass.
    verbose : bool or int
    listener : Listener or None
        Told of every iteration.
    resumed : Snapshot or None
        What a solver goes on from that takes snapshots.
    interruption : Interruption or None
        Tells whether other networks of the fit have been interrupted.
    """

    max_iter: int
    max_fun: int
    tol: float
    tol_gradient: float | None = None
    tol_objective: float | None = None
    n_iter_no_change: int = 10
    verbose: bool = False
    listener: Listener | None = None
    resumed: Snapshot | None = None
    interruption: Interruption | None = None


class Solution(NamedTuple):
    """Where a solver ended, and why.

    Attributes
    ----------
    vector : array of shape (n_parameters,)
    loss : float
    n_iter : int
    losses : list of float
        The objective after every iteration.
    stop_reason : {"gradient", "objective", "change", "max_iter", "max_fun", "interrupted", \
            "line_search", "callback", "diverged"}
        The gradient, the objective or its change fell under a tolerance; a limit was reached;
        Ctrl-C; no step that lowers the objective was found; the listener ended it; or the objective
        is not finite.
    """

    vector: np.ndarray
    loss: float
    n_iter: int
    losses: list
    stop_reason: str


class Report:
    """Tells a listener, if there is one, of the iterations of a solver.

    Parameters
    ----------
    limits : Limits
    source : object
        The solver: ``losses`` are those of its iterations, ``parameters()`` are the present ones.
    """

    def __init__(self, limits, source):
        self.listener, self.max_iter, self.source = limits.listener, limits.max_iter, source
        self._begun, self._interruption = False, limits.interruption

    def begin(self):
        """Say that an iteration begins, unless one has begun already; let interruptions in."""
        signals.deliver()
        begins = not self._begun and len(self.source.losses) < self.max_iter
        if self.listener is not None and begins:
            self._begun = True
            self.listener.begin(self._epoch(""))
        self.check()

    def check(self):
        """Raise KeyboardInterrupt or `GivenUp` if other networks have been interrupted."""
        if self._interruption is not None:
            self._interruption.check()

    def end(self, stop_reason):
        """Say that an iteration has ended; return the reason to stop after it."""
        if self.listener is None:
            return stop_reason
        self._begun = False
        epoch = self._epoch(stop_reason)
        stop = self.listener.end(epoch)
        return stop_reason or ((epoch.stop_reason or "callback") if stop else "")

    def close(self):
        """Say that the solver has ended, perhaps within an iteration."""
        if self.listener is not None and self._begun:
            self._begun = False
            self.listener.abandon()

    def _epoch(self, stop_reason):
        losses = self.source.losses
        loss = losses[-1] if losses else None
        return Epoch(len(losses), loss, stop_reason=stop_reason, source=self.source)


def reached(value, gradient, limits):
    """Return which of the tolerances that all solvers share a point meets, if any.

    Parameters
    ----------
    value : float
        The objective.
    gradient : array of shape (n_parameters,)
    limits : Limits

    Returns
    -------
    stop_reason : {"gradient", "objective", ""}
    """
    tol = limits.tol_gradient
    if tol is not None and math.sqrt(dot(gradient, gradient)) <= tol:
        return "gradient"
    if limits.tol_objective is not None and value <= limits.tol_objective:
        return "objective"
    return ""


def judged(solution):
    """Return a solution that says whether the solver diverged.

    Parameters
    ----------
    solution : Solution

    Returns
    -------
    solution : Solution
        The stop reason is "diverged" if the objective is not finite, unless Ctrl-C ended it.
    """
    if np.isfinite(solution.loss) or solution.stop_reason == "interrupted":
        return solution
    return solution._replace(stop_reason="diverged")


def warn_unless_converged(name, solution, limits, why):
    """Warn as scikit-learn does if a solver stopped short.

    Parameters
    ----------
    name : str
        The solver.
    solution : Solution
    limits : Limits
    why : str
        What is said of the reason "line_search".
    """
    text = STOP_REASONS[solution.stop_reason].format(why=why, **limits._asdict())
    if text:
        warn_user(
            f"{name} failed to converge after {solution.n_iter} iteration(s):\n{text}\n"
            "\nYou might also want to scale the data as shown in:\n"
            "    https://scikit-learn.org/stable/modules/preprocessing.html",
            ConvergenceWarning,
        )


def warn_of_interrupt():
    """Say that Ctrl-C ended training."""
    warn_user("Training interrupted by user.")
