"""Threshold unit, ``f(a) = 1`` for ``a >= 0`` and 0 below.

McCulloch & Pitts, "A logical calculus of the ideas immanent in nervous activity", Bulletin of
Mathematical Biophysics 5, 1943. Its derivative is 0, so it cannot be trained by gradients: it
is meant for networks with given weights.
"""

import numpy as np

from skdeep.formulas.interval import Interval

RANGE = Interval(0, 1, with_low=True, with_high=True)
ZERO, ONE = np.float32(0), np.float32(1)


def forward(a):
    """Return 1 from 0 on; NaN stays NaN."""
    unit = ONE if a >= ZERO else a
    return ZERO if a < ZERO else unit
