"""Schedules of the learning rate and of the momentum, one per file.

There are two kinds. Compiled loops follow a step-wise schedule at the end of every epoch; its
module defines

- ``epoch_end(rate, initial, samples, p)``: the rate after an epoch in which ``samples`` samples
  have been seen since the first fit, from the rate before and the first one;
- ``plateau(rate, p)``: the rate after too many epochs without progress, and whether training stops
  instead.

Both take scalars, and the values ``p`` of the parameters, two at most, in their order. A curve
depends on nothing but the progress ``t`` of training, from 0 at the first update to 1 after
``max_iter`` epochs; its module defines

- ``value(t, base)`` for an array ``t`` and the learning rate or momentum ``base`` that the curve
  starts from or leads to, with the parameters by name. It is plain NumPy, never compiled.

A module of either kind may define ``PARAMETERS``, what users may set: a dict of `Parameter` by
name; ``conflict``, a function of the parameters by name that says what is wrong with them together,
or returns None; and ``CLASS``, the name of its class in `skdeep.schedules`.
"""

import sys
from collections.abc import Callable
from typing import NamedTuple

from skdeep.formulas.registry import discover


class Schedule(NamedTuple):
    """A schedule of the learning rate or of the momentum.

    Attributes
    ----------
    name : str
        Public name, that of the file.
    code : int
        What selects a step-wise schedule in compiled code.
    parameters : dict of str to Parameter
    epoch_end, plateau : callable or None
        The formulas of a step-wise schedule, see the package.
    value : callable or None
        The formula of a curve.
    """

    name: str
    code: int
    parameters: dict
    epoch_end: Callable | None
    plateau: Callable | None
    value: Callable | None


def _build(name, code, module):
    formulas = (getattr(module, kind, None) for kind in ("epoch_end", "plateau", "value"))
    return Schedule(name, code, getattr(module, "PARAMETERS", {}), *formulas)


#: Every schedule by its name.
REGISTRY = discover(sys.modules[__name__], _build)

#: Those that compiled loops follow at the end of every epoch.
STEPWISE = {name: entry for name, entry in REGISTRY.items() if entry.epoch_end is not None}
