"""First weights of a layer, one scheme per file.

A module defines ``draw(random_state, fan_in, fan_out)``, which returns a float64 array of shape
(fan_in, fan_out) drawn from a `numpy.random.RandomState`. It may also define

- ``PARAMETERS``, what users may set: a dict of `Parameter` by name; ``draw`` takes them by name;
- ``conflict``, a function of the parameters by name that says what is wrong with them together, or
  returns None;
- ``SYMMETRIC = True`` where all units of a layer begin alike, and so stay alike;
- ``CLASS``, the name of its class in `skdeep.initialisers`.

Biases begin at 0.
"""

import sys
from collections.abc import Callable
from typing import NamedTuple

from skdeep.formulas.registry import discover


class Initialiser(NamedTuple):
    """A scheme of first weights.

    Attributes
    ----------
    name : str
        Public name, that of the file.
    parameters : dict of str to Parameter
    draw : callable
        The formula, see the package.
    symmetric : bool
        Whether all units of a layer begin alike.
    """

    name: str
    parameters: dict
    draw: Callable
    symmetric: bool


def _build(name, code, module):
    parameters = getattr(module, "PARAMETERS", {})
    return Initialiser(name, parameters, module.draw, getattr(module, "SYMMETRIC", False))


#: Every scheme by its name.
REGISTRY = discover(sys.modules[__name__], _build)
