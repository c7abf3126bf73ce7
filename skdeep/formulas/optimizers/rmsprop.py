"""RMSProp: steps scaled by the root of the running mean of the squared gradient.

``r = rho r + (1 - rho) g^2`` and ``w -= eta g / (sqrt(r) + eps)``. Tieleman & Hinton, "Lecture 6.5:
rmsprop", COURSERA: Neural Networks for Machine Learning, 2012.
"""

import math

from skdeep.formulas.parameter import Parameter

CLASS = "RMSProp"
STATES = ("square",)
PARAMETERS = {
    "rho": Parameter(0.9, "Decay rate of the mean square.", 0, 1, "left"),
    "epsilon": Parameter(1e-8, "Constant added to the denominator for numerical stability.", 0),
}


def prepare(rate, t, p):
    """Return the learning rate, the decay rate with its complement, and epsilon."""
    return rate, p[0], 1.0 - p[0], p[1], 0.0, 0.0


def update(w, g, square, c):
    """Return the new weight and mean square."""
    square = c[1] * square + c[2] * (g * g)
    return w - c[0] * g / (math.sqrt(square) + c[3]), square
