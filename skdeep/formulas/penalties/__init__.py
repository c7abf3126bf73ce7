"""Penalties on weights (never on biases), one per file: functions of a single weight.

A module defines

- ``value(w, p)``, what a weight adds to the objective, times the strength ``alpha``;
- ``derivative(w, p)``, its derivative, a subgradient where there is none;
- ``PARAMETERS``, where users may set ``p``: a dict of one `Parameter` by name;
- ``POWER = True`` where users may write the number itself, instead of a name;
- ``CLASS``, the name of its class in `skdeep.penalties`, if not that of the file in capitals.
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
    parameters : dict of str to Parameter
        What they take as ``p``.
    power : bool
        Whether users may give that number in place of a name.
    """

    name: str
    code: int
    value: Callable
    derivative: Callable
    parameters: dict
    power: bool

    @property
    def parameter(self):
        """Name of the parameter of the functions; None without one."""
        return next(iter(self.parameters), None)


def _build(name, code, module):
    parameters, power = getattr(module, "PARAMETERS", {}), getattr(module, "POWER", False)
    return Penalty(name, code, module.value, module.derivative, parameters, power)


#: Every penalty by its name.
REGISTRY = discover(sys.modules[__name__], _build)
