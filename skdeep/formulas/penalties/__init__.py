"""Penalties on weights (never on biases), one per file: functions of a single weight.

A module defines

- ``value(w, p)``, what a weight adds to the objective, times the strength ``alpha``;
- ``derivative(w, p)``, its derivative, a subgradient where there is none;
- ``PARAMETER``, the name of the number ``p`` among the parameters of the estimators, if there is
  one;
- ``POWER = True`` where users write the number itself instead of a name.
"""

import sys
from collections.abc import Callable
from typing import NamedTuple

from skdeep.formulas.registry import discover


class Penalty(NamedTuple):
    """A penalty on weights.

    Attributes
    ----------
    name : str
        Public name, that of the file.
    code : int
        What selects the penalty in compiled code.
    value, derivative : callable
        The formulas, see the package.
    parameter : str or None
        Name of the parameter that they take.
    power : bool
        Whether users give that number in place of the name.
    """

    name: str
    code: int
    value: Callable
    derivative: Callable
    parameter: str | None
    power: bool


def _build(name, code, module):
    parameter, power = getattr(module, "PARAMETER", None), getattr(module, "POWER", False)
    return Penalty(name, code, module.value, module.derivative, parameter, power)


#: Every penalty by its name.
REGISTRY = discover(sys.modules[__name__], _build)
