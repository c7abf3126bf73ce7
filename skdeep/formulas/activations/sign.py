"""Threshold unit, ``f(a) = 1`` for ``a >= 0`` and ``-1`` below.

McCulloch & Pitts, "A logical calculus of the ideas immanent in nervous activity", Bulletin of
Mathematical Biophysics 5, 1943. Its derivative is 0, so it cannot be trained by gradients: it
is meant for networks with given weights.
"""

import numpy as np

from skdeep.formulas.interval import Interval

RANGE = Interval(-1, 1, with_low=True, with_high=True)
ZERO, ONE = np.float32(0), np.float32(1)


def forward(a):
    """Return the sign of ``a``; NaN stays NaN."""
    unit = ONE if a >= ZERO else a
    return -ONE if a < ZERO else unit
