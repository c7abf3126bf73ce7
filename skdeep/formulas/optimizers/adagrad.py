"""AdaGrad: steps scaled by the root of the sum of all squared gradients.

``r += g^2`` and ``w -= eta g / (sqrt(r) + eps)``. Duchi, Hazan & Singer, "Adaptive subgradient
methods for online learning and stochastic optimization", JMLR 12, 2011.
"""

import math

from skdeep.formulas.parameter import Parameter

CLASS = "AdaGrad"
STATES = ("square",)
PARAMETERS = {
    "epsilon": Parameter(1e-8, "Constant added to the denominator for numerical stability.", 0)
}


def prepare(rate, t, p):
    """Return the learning rate and epsilon."""
    return rate, p[0], 0.0, 0.0, 0.0, 0.0


def update(w, g, square, c):
    """Return the new weight and sum of squares."""
    square = square + g * g
    return w - c[0] * g / (math.sqrt(square) + c[1]), square
