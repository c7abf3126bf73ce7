"""Hard hyperbolic tangent, ``f(a) = max(min(a, 1), -1)``.

Collobert, "Large scale machine learning", PhD thesis, 2004. At the kinks the left derivative is
used, ``f'(-1) = 0`` and ``f'(1) = 1``.
"""

import numpy as np

from skdeep.formulas.interval import Interval

RANGE = Interval(-1, 1, with_low=True, with_high=True)
ZERO, ONE = np.float32(0), np.float32(1)


def forward(a):
    """Return ``a`` cut off at -1 and 1; NaN stays NaN."""
    a = ONE if a > ONE else a
    return -ONE if a < -ONE else a


def derivative_at(a):
    """Return 1 in (-1, 1], else 0."""
    inside = ONE if a > -ONE else ZERO
    return ZERO if a > ONE else inside
