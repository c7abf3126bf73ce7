"""Binary cross-entropy, ``-y log o - (1 - y) log(1 - o)``, summed over the labels.

Probabilities are clipped to ``[eps, 1 - eps]`` with the machine epsilon of their precision.
Bishop, "Pattern Recognition and Machine Learning", 2006, section 4.3.2. With exclusive classes and
outputs that add up to 1, such as those of softmax, the log loss is the categorical cross-entropy,
``-y log o`` summed over the classes.
"""

import numpy as np

from skdeep.formulas.elementary import log, machine_epsilon
from skdeep.formulas.interval import UNIT
from skdeep.formulas.parameter import Parameter

PUBLIC = "log_loss"
CANONICAL = ("logistic",)
TASKS = ("classification", "regression")
DEFAULT_OUTPUT = "logistic"
OUTPUTS = TARGETS = UNIT
LABEL_PARAMETERS = {
    "label_smoothing": Parameter(
        0.0, "Share of the certainty of a label that is given to all classes alike.", 0, 1, "left"
    )
}
ONE = np.float32(1)


def value(y, o):
    """Return ``-y log o - (1 - y) log(1 - o)``."""
    eps = machine_epsilon(o)
    o = eps if o < eps else o
    o = ONE - eps if o > ONE - eps else o
    return -y * log(o) - (ONE - y) * log(ONE - o)


def derivative(y, o):
    """Return ``(o - y) / (o (1 - o))``."""
    eps = machine_epsilon(o)
    o = eps if o < eps else o
    o = ONE - eps if o > ONE - eps else o
    return (o - y) / (o * (ONE - o))
