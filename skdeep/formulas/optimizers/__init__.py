"""Update rules of the solvers that change every weight by itself, one per file.

A module defines

- ``STATES``, the names of the numbers kept for every weight (at most two), which begin at 0;
- ``PARAMETERS``, what users may set: a dict of at most six `Parameter` by name, and optionally
  ``conflict``, a function of some of them by name that says what is wrong with them together, or
  returns None;
- ``prepare(rate, t, p)``: from the learning rate, the number ``t`` of the update (from 1) and the
  values ``p`` of the parameters, the six numbers ``c`` that all updates of step ``t`` share;
- ``update(w, g, *states, c)``: the new weight and states for the gradient ``g``;
- ``CLASS``, the name of its class in `skdeep.solvers`, and optionally ``LEARNING_RATE_INIT`` and
  ``LEARNING_RATE_MEANING``, the default of the class's learning rate, if not 0.001, and what it is;
- ``DECOUPLED = True`` where the penalty's strength ``alpha`` comes to ``update`` as ``c[6]`` (0 for
  biases) instead of being part of the gradient;
- ``FULL_BATCH = True`` where it needs the gradient of all rows.
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
    states : tuple of str
        Names of the states of every weight.
    parameters : dict of str to Parameter
    prepare, update : callable
        The formulas, see the package.
    class_name : str
        Of the solver's class.
    decoupled, full_batch : bool
    """

    name: str
    code: int
    states: tuple
    parameters: dict
    prepare: Callable
    update: Callable
    class_name: str
    decoupled: bool
    full_batch: bool


def _build(name, code, module):
    return Rule(
        name,
        code,
        module.STATES,
        module.PARAMETERS,
        module.prepare,
        module.update,
        getattr(module, "CLASS", name.title().replace("_", "")),
        getattr(module, "DECOUPLED", False),
        getattr(module, "FULL_BATCH", False),
    )


#: Every rule by the name of its solver.
REGISTRY = discover(sys.modules[__name__], _build)
