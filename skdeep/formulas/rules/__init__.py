"""Update rules of the stochastic solvers, one per file.

A module defines

- ``STATES``, the names of the numbers kept for every weight (at most two);
- ``PARAMETERS``, the names of the estimator's parameters that it reads;
- ``prepare(rate, t, p)``: from the learning rate, the number ``t`` of the update (from 1) and the
  values ``p`` of the parameters, the six numbers ``c`` that all updates of step ``t`` share;
- ``update(w, g, *states, c)``: the new weight and states for the gradient ``g``.
"""

import sys
from collections.abc import Callable
from typing import NamedTuple

from skdeep.formulas.registry import discover


class Rule(NamedTuple):
    """An update rule.

    Attributes
    ----------
    name : str
        Public name of the solver, that of the file.
    code : int
        What selects the rule in compiled code.
    states, parameters : tuple of str
        Names of the state of every weight and of the parameters read.
    prepare, update : callable
        The formulas, see the package.
    """

    name: str
    code: int
    states: tuple
    parameters: tuple
    prepare: Callable
    update: Callable


def _build(name, code, module):
    return Rule(name, code, module.STATES, module.PARAMETERS, module.prepare, module.update)


#: Every rule by the name of its solver.
REGISTRY = discover(sys.modules[__name__], _build)
