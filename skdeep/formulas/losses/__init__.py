"""Loss functions, one per file: the loss of one output of one sample.

A module defines ``value(y, o)`` for a target ``y`` and an output ``o`` (after the output
activation), ``OUTPUTS``, the output activations for which the loss is canonical, so that the
gradient with respect to the activation's argument is ``delta = o - y``, and optionally ``AVERAGED =
True`` where the reported loss is the mean, not the sum, over the outputs of a sample.
"""

import sys
from collections.abc import Callable
from typing import NamedTuple

from skdeep.formulas.registry import discover


class Loss(NamedTuple):
    """A loss function.

    Attributes
    ----------
    name : str
        Name, that of the file.
    code : int
        What selects the function in compiled code.
    value : callable
        ``value(y, o)``, scalar.
    outputs : tuple of str
        The output activations that give ``delta = o - y``.
    averaged : bool
        Whether the reported loss is the mean over the outputs of a sample, instead of the sum.
    """

    name: str
    code: int
    value: Callable
    outputs: tuple
    averaged: bool


def _build(name, code, module):
    return Loss(name, code, module.value, module.OUTPUTS, getattr(module, "AVERAGED", False))


#: Every loss by its name.
REGISTRY = discover(sys.modules[__name__], _build)
