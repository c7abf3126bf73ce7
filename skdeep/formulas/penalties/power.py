"""Any power, ``alpha * sum(abs(w)^q)`` for a number ``q >= 1``: the bridge.

Frank & Friedman, "A statistical view of some chemometrics regression tools", Technometrics 35,
1993. Users write the number: ``penalty=3``.
"""

import numpy as np

from skdeep.formulas.penalties import l1

PARAMETER = "penalty"
POWER = True
ONE = np.float32(1)


def value(w, q):
    """Return ``|w|^q``."""
    return abs(w) ** q


def derivative(w, q):
    """Return ``q |w|^(q - 1) sign(w)``, 0 at 0."""
    return q * abs(w) ** (q - ONE) * l1.derivative(w, q)
