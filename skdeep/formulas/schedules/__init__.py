"""Schedules of the learning rate, one per file.

A module defines ``epoch_end(rate, initial, samples, power)``, the rate after an epoch in which
``samples`` samples have been seen since the first fit, and ``plateau(rate)``, the rate after too
many epochs without progress and whether training stops instead.
"""

import sys
from collections.abc import Callable
from typing import NamedTuple

from skdeep.formulas.registry import discover


class Schedule(NamedTuple):
    """A schedule of the learning rate.

    Attributes
    ----------
    name : str
        Public name, that of the file.
    code : int
        What selects the schedule in compiled code.
    epoch_end, plateau : callable
        The formulas, see the package.
    """

    name: str
    code: int
    epoch_end: Callable
    plateau: Callable


def _build(name, code, module):
    return Schedule(name, code, module.epoch_end, module.plateau)


#: Every schedule by its name.
REGISTRY = discover(sys.modules[__name__], _build)
