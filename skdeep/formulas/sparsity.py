"""Penalties on the activations of a layer, which make few of its units active at a time.

The divergence of the mean activation of a unit, ``q``, from a target ``p`` is that of two coins,

``KL(p, q) = p log(p / q) + (1 - p) log((1 - p) / (1 - q))``.

Ng, "Sparse autoencoder", CS294A Lecture notes, 2011. Means are clipped to ``[1e-6, 1 - 1e-6]``.
"""

import numpy as np

from skdeep.formulas.elementary import log

ZERO, ONE = np.float32(0), np.float32(1)
LEAST = 1e-6


def magnitude_slope(h):
    """Return the derivative of ``|h|``, 0 at 0."""
    slope = ONE if h > ZERO else ZERO
    return -ONE if h < ZERO else slope


def clipped(q):
    """Return a mean activation, at some distance from 0 and 1."""
    q = LEAST if q < LEAST else q
    return 1.0 - LEAST if q > 1.0 - LEAST else q


def divergence(p, q):
    """Return ``p log(p / q) + (1 - p) log((1 - p) / (1 - q))``."""
    q = clipped(q)
    return p * (log(p) - log(q)) + (1.0 - p) * (log(1.0 - p) - log(1.0 - q))


def divergence_slope(p, q):
    """Return the derivative with respect to ``q``: ``(1 - p) / (1 - q) - p / q``."""
    q = clipped(q)
    return (1.0 - p) / (1.0 - q) - p / q
