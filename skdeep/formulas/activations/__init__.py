"""Activation functions ``h = f(a)``, one per file, each beside its derivative.

A module defines ``forward(a)`` and ``derivative(h)``, the derivative ``f'(a)`` expressed in the
output ``h``. Units of the output layer only leave ``derivative`` out. A module that sets
``NORMALISED = True`` is applied to ``a - max(a)`` of every row and divided by its sum over the row.
"""

import sys
from collections.abc import Callable
from typing import NamedTuple

from skdeep.formulas.registry import discover


class Activation(NamedTuple):
    """An activation function.

    Attributes
    ----------
    name : str
        Public name, that of the file.
    code : int
        What selects the function in compiled code.
    forward : callable
        ``forward(a)``, scalar.
    derivative : callable or None
        ``derivative(h)``, scalar; None where the unit serves in the output layer only.
    normalised : bool
        Whether the outputs of a row are divided by their sum.
    """

    name: str
    code: int
    forward: Callable
    derivative: Callable | None
    normalised: bool

    @property
    def hidden(self):
        """Whether hidden layers can use it."""
        return self.derivative is not None


def _build(name, code, module):
    derivative = getattr(module, "derivative", None)
    return Activation(name, code, module.forward, derivative, getattr(module, "NORMALISED", False))


#: Every activation by its name.
REGISTRY = discover(sys.modules[__name__], _build)


def hidden_names():
    """Return the names of the activations that hidden layers can use."""
    return {name for name, activation in REGISTRY.items() if activation.hidden}
