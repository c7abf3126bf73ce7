"""The perceptron, for labels ``y`` of -1 and 1 and outputs ``p = w.x + b``.

On a mistake, ``w += eta y x`` and ``b += eta y``; a sample on the right side changes nothing.
Rosenblatt, "The perceptron: a probabilistic model for information storage and organization in the
brain", Psychological Review 65, 1958. An output of 0 is on neither side, and so a mistake.
"""

import numpy as np

ZERO = np.float32(0)


def is_mistake(y, p):
    """Return whether ``p`` is not on the side of ``y``."""
    return y * p <= ZERO


def loss(y, p):
    """Return ``max(0, -y p)``: how far a mistake is from the right side."""
    return max(ZERO, -(y * p))


def correction(y, rate, weight):
    """Return the multiple of ``x`` that a mistake adds to ``w``: ``eta y``, times its weight."""
    return rate * y * weight


def is_certain(p, margin):
    """Return whether no error up to the margin can change the sign of ``p``; not so for NaN."""
    return abs(p) > margin
