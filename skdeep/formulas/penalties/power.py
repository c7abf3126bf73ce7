"""Any power of the magnitudes, ``alpha * sum(abs(w)^q)`` with ``q = exponent``: the bridge.

Frank & Friedman, "A statistical view of some chemometrics regression tools", Technometrics 35,
1993. A number stands for it: ``penalty=3`` is ``penalty=Power(3)``.
"""

import numpy as np

from skdeep.formulas.parameter import Parameter
from skdeep.formulas.penalties import l1

PARAMETERS = {"exponent": Parameter(1.5, "Power of the magnitudes.", 1, closed="left")}
POWER = True
ONE = np.float32(1)


def value(w, q):
    """Return ``|w|^q``."""
    return abs(w) ** q


def derivative(w, q):
    """Return ``q |w|^(q - 1) sign(w)``, 0 at 0."""
    return q * abs(w) ** (q - ONE) * l1.derivative(w, q)
