"""The L1 penalty of stochastic updates: a weight is pulled towards 0 and never past it.

By every sample, the penalty ``due`` of all weights grows by ``eta alpha``. A weight pays what it
still owes when a sample has its feature; what it could not pay when it reached 0 is remembered, in
``paid``, so that order and frequency of the features do not matter. Tsuruoka, Tsujii & Ananiadou,
"Stochastic gradient descent training for L1-regularized log-linear models with cumulative penalty",
ACL 2009. With ``paid = 0`` and ``scale = 1`` it is the soft threshold.
"""

import numpy as np

ZERO = np.float32(0)


def truncate(w, due, paid, scale):
    """Return a weight, kept as ``w`` times ``scale > 0``, after it has paid."""
    if w > ZERO:
        return max(ZERO, w - (due + paid) / scale)
    if w < ZERO:
        return min(ZERO, w + (due - paid) / scale)
    return w


def payment(before, after, scale):
    """Return what is added to ``paid``."""
    return scale * (after - before)
