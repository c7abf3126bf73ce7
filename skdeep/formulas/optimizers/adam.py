"""Adam: steps scaled by running means of the gradient and of its square.

``m = b1 m + (1 - b1) g``, ``v = b2 v + (1 - b2) g^2`` and
``w -= eta sqrt(1 - b2^t) / (1 - b1^t) * m / (sqrt(v) + eps)``. Kingma & Ba, "Adam: a method for
stochastic optimization", ICLR 2015.
"""

import math

from skdeep.formulas.parameter import Parameter

STATES = ("mean", "square")
PARAMETERS = {
    "beta_1": Parameter(0.9, "Decay rate of the running mean of the gradient.", 0, 1, "left"),
    "beta_2": Parameter(0.999, "Decay rate of the running mean of its square.", 0, 1, "left"),
    "epsilon": Parameter(1e-8, "Constant added to the denominator for numerical stability.", 0),
}


def prepare(rate, t, p):
    """Return the corrected step, both decay rates with their complements, and epsilon."""
    beta_1, beta_2, epsilon = p[0], p[1], p[2]
    step = rate * math.sqrt(1.0 - beta_2**t) / (1.0 - beta_1**t)
    return step, beta_1, 1.0 - beta_1, beta_2, 1.0 - beta_2, epsilon


def update(w, g, mean, square, c):
    """Return the new weight, mean and mean square."""
    mean = c[1] * mean + c[2] * g
    square = c[3] * square + c[4] * (g * g)
    return w - c[0] * mean / (math.sqrt(square) + c[5]), mean, square
