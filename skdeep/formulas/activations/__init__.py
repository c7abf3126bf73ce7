"""Activation functions ``h = f(a)``, one per file, each beside its derivative.

A module defines

- ``forward(a)``;
- ``derivative(h)``, the derivative ``f'(a)`` expressed in the output ``h``; where that cannot be
  done, ``derivative_at(a)`` instead, which engines evaluate along with ``forward``; threshold
  units, which cannot be trained, have neither;
- ``RANGE``, the `Interval` of the outputs;
- ``OUTPUT_ONLY = True`` where hidden layers cannot use it;
- ``NORMALISED = True`` where it is applied to ``a - max(a)`` of every row and divided by its sum
  over the row;
- ``ALIASES``, other names for it.
"""

import sys
from collections.abc import Callable
from typing import NamedTuple

from skdeep.formulas.interval import Interval
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
    derivative, derivative_at : callable or None
        ``derivative(h)`` and ``derivative_at(a)``, scalar; at most one of them.
    range : Interval
        Of the outputs.
    hidden : bool
        Whether hidden layers can use it.
    normalised : bool
        Whether the outputs of a row are divided by their sum.
    aliases : tuple of str
        Other names.
    """

    name: str
    code: int
    forward: Callable
    derivative: Callable | None
    derivative_at: Callable | None
    range: Interval
    hidden: bool
    normalised: bool
    aliases: tuple

    @property
    def trainable(self):
        """Whether deltas can be carried through it."""
        return self.normalised or not self.derivative is self.derivative_at is None


def _build(name, code, module):
    return Activation(
        name,
        code,
        module.forward,
        getattr(module, "derivative", None),
        getattr(module, "derivative_at", None),
        module.RANGE,
        not getattr(module, "OUTPUT_ONLY", False),
        getattr(module, "NORMALISED", False),
        getattr(module, "ALIASES", ()),
    )


#: Every activation by its name.
REGISTRY = discover(sys.modules[__name__], _build)

#: Every activation by its code.
BY_CODE = {activation.code: activation for activation in REGISTRY.values()}

#: The name in the registry of every name that users may write.
NAMES = {alias: f.name for f in REGISTRY.values() for alias in (f.name, *f.aliases)}


def hidden_names():
    """Return the names of the activations that hidden layers can use."""
    return {alias for alias, name in NAMES.items() if REGISTRY[name].hidden}
