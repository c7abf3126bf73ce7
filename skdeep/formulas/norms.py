"""Norms of the weights ``w`` into a unit: weight normalisation, and max-norm.

Weight normalisation makes weights of a direction ``v`` and a gain ``g``, both trained:
``w = g v / ||v||``. With the gradient ``dw``,

    dg = dw . v / ||v||,    dv = g / ||v|| (dw - dg v / ||v||).

Salimans & Kingma, "Weight normalization", NeurIPS 2016. Weights of a direction of 0 are 0.

Max-norm scales the weights back where their norm has become too large. Srebro & Shraibman, "Rank,
trace-norm and max-norm", COLT 2005; Srivastava et al., "Dropout", JMLR 15, 2014.

Engines add up squares ``||v||^2`` and products ``dw . v``.
"""

import math

import numpy as np

#: In single precision, so that they take the precision of what they are combined with.
ZERO, ONE = np.float32(0), np.float32(1)


def inverse_norm(square):
    """Return ``1 / ||v||``, 0 for a norm of 0; NaN if the square has overflowed."""
    # square / square is 1 in the precision of the argument, if that is finite.
    return (square / square) / math.sqrt(square) if square > ZERO else ZERO


def weight_per_direction(gain, square):
    """Return ``g / ||v||``, by which the direction is multiplied; 0 for a norm of 0."""
    return gain / math.sqrt(square) if square > ZERO else ZERO


def gain_derivative(dot, inverse):
    """Return ``dg``, where ``dot = dw . v`` and ``inverse = 1 / ||v||``."""
    return dot * inverse


def along_direction(dot, inverse):
    """Return ``dg / ||v||``: the part of ``dw`` along the direction is that times ``v``."""
    return dot * (inverse * inverse)


def direction_derivative(d, v, slope, along):
    """Return an element of ``dv``, where ``slope = g / ||v||`` and `along` as above."""
    return slope * (d - along * v)


def limiting_factor(square, most):
    """Return what weights are multiplied by, so that their norm is `most` at most; 1 if it is."""
    norm = math.sqrt(square)
    return most / norm if norm > most else ONE
