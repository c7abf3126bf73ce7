"""Categorical cross-entropy, ``-y log o``, summed over the classes.

Probabilities are clipped to ``[eps, 1 - eps]`` with the machine epsilon of their precision.
Bishop, "Pattern Recognition and Machine Learning", 2006, section 4.3.4.
"""

import numpy as np

from skdeep.formulas.elementary import log, machine_epsilon
from skdeep.formulas.interval import UNIT

PUBLIC = "log_loss"
NORMALISED = True
CANONICAL = ("softmax",)
TASKS = ("classification",)
DEFAULT_OUTPUT = None
OUTPUTS = TARGETS = UNIT
ONE = np.float32(1)


def value(y, o):
    """Return ``-y log o``."""
    eps = machine_epsilon(o)
    o = eps if o < eps else o
    o = ONE - eps if o > ONE - eps else o
    return -y * log(o)


def derivative(y, o):
    """Return ``-y / o``."""
    eps = machine_epsilon(o)
    return -y / (eps if o < eps else o)
