"""Full-batch solvers, one per file: they see an objective, its gradient and a start.

A module defines

- ``PARAMETERS``, from the name of every parameter of its own to what is known of it, see
  `skdeep.formulas.parameter`;
- ``CLASS``, the name of its public object, and, if it has a learning rate, ``LEARNING_RATE_INIT``
  and ``LEARNING_RATE_MEANING``, its default and what it is;
- optionally ``conflict``, a function of some of the parameters by name that says what is wrong with
  them together, or returns None;
- optionally ``AS_REPORTED``, true for a solver that is to see scikit-learn's value of the squared
  error of several outputs: their mean, although the gradient is that of their sum;
- optionally ``blank(vector)``, the `Snapshot` of a run that is to begin there, if it can be put
  down between two iterations and taken up again;
- ``minimise(objective, vector, limits, parameters)``, a generator that yields calls, see
  `skdeep.training.calls`, and returns a `Solution`; ``objective(vector)`` returns the value and
  the gradient, ``parameters`` the value of every name in ``PARAMETERS`` and of
  ``learning_rate_init``.

Files whose names start with an underscore hold what the solvers share.
"""

import sys
from collections.abc import Callable
from typing import NamedTuple

from skdeep.formulas.registry import discover
from skdeep.training.full_batch._common import STOP_REASONS, Limits, Solution

__all__ = ["REGISTRY", "STOP_REASONS", "FullBatchSolver", "Limits", "Solution"]


class FullBatchSolver(NamedTuple):
    """A full-batch solver.

    Attributes
    ----------
    name : str
        Public name of the solver, that of the file.
    parameters : dict of str to Parameter
    minimise : callable
        See the package.
    class_name : str
        Name of its public object.
    blank : callable or None
        See the package.
    as_reported : bool
        Whether the objective's value is scikit-learn's, see the package. Otherwise value and
        gradient belong together.
    """

    name: str
    parameters: dict
    minimise: Callable
    class_name: str
    blank: Callable | None
    as_reported: bool


def _build(name, code, module):
    if name.startswith("_"):
        return None
    optional = getattr(module, "blank", None), getattr(module, "AS_REPORTED", False)
    return FullBatchSolver(name, module.PARAMETERS, module.minimise, module.CLASS, *optional)


#: Every full-batch solver by its name.
REGISTRY = {
    name: solver for name, solver in discover(sys.modules[__name__], _build).items() if solver
}
