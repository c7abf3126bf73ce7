"""Adam with decoupled weight decay, which is not part of the gradient.

``m = b1 m + (1 - b1) g``, ``v = b2 v + (1 - b2) g^2`` and
``w -= eta (alpha w + (m / (1 - b1^t)) / (sqrt(v / (1 - b2^t)) + eps))``. Loshchilov & Hutter,
"Decoupled weight decay regularization", ICLR 2019.
"""

import math

from skdeep.formulas.parameter import Parameter

CLASS = "AdamW"
DECOUPLED = True
STATES = ("mean", "square")
PARAMETERS = {
    "beta_1": Parameter(0.9, "Decay rate of the running mean of the gradient.", 0, 1, "left"),
    "beta_2": Parameter(0.999, "Decay rate of the running mean of its square.", 0, 1, "left"),
    "epsilon": Parameter(1e-8, "Constant added to the denominator for numerical stability.", 0),
}


def prepare(rate, t, p):
    """Return the learning rate, the decay rates, both bias corrections, and epsilon."""
    beta_1, beta_2, epsilon = p[0], p[1], p[2]
    step = 1.0 / (1.0 - beta_1**t)
    root = 1.0 / math.sqrt(1.0 - beta_2**t)
    return rate, beta_1, beta_2, step, root, epsilon


def update(w, g, mean, square, c):
    """Return the new weight, mean and mean square."""
    mean = g + c[1] * (mean - g)
    square = g * g + c[2] * (square - g * g)
    step = c[3] * mean / (math.sqrt(square) * c[4] + c[5])
    return w - c[0] * (c[6] * w + step), mean, square
