"""Half the Poisson deviance, ``y log(y / o) - y + o`` for counts ``y >= 0``.

McCullagh & Nelder, "Generalized Linear Models", 1989, section 2.3.
"""

import numpy as np

from skdeep.formulas.elementary import log

OUTPUTS = ("exp",)
ZERO = np.float32(0)


def value(y, o):
    """Return ``y log(y / o) - y + o``, with ``0 log 0 = 0``."""
    entropy = y * log(y / o)
    entropy = ZERO if y == ZERO else entropy
    return entropy - y + o
