"""Half the Poisson deviance, ``y log(y / o) - y + o`` for counts ``y >= 0``.

McCullagh & Nelder, "Generalized Linear Models", 1989, section 2.3.
"""

import numpy as np

from skdeep.formulas.elementary import log, machine_epsilon
from skdeep.formulas.interval import Interval

CANONICAL = ("exp",)
TASKS = ("regression",)
DEFAULT_OUTPUT = "exp"
OUTPUTS = Interval(0, np.inf)
TARGETS = Interval(0, np.inf, with_low=True)
ZERO, ONE = np.float32(0), np.float32(1)


def value(y, o):
    """Return ``y log(y / o) - y + o``, with ``0 log 0 = 0``."""
    entropy = y * log(y / o)
    entropy = ZERO if y == ZERO else entropy
    return entropy - y + o


def derivative(y, o):
    """Return ``1 - y / o``, with ``o`` kept from 0 by the machine epsilon."""
    eps = machine_epsilon(o)
    return ONE - y / (eps if o < eps else o)
