"""Stochastic gradient descent with momentum.

``v = mu v - eta g`` and ``w += v``; with Nesterov's momentum ``w += mu v - eta g``. Polyak, "Some
methods of speeding up the convergence of iteration methods", 1964; Sutskever, Martens, Dahl &
Hinton, "On the importance of initialization and momentum in deep learning", ICML 2013.
"""

import numpy as np

from skdeep.formulas.parameter import Parameter

CLASS = "SGD"
STATES = ("velocity",)
PARAMETERS = {
    "momentum": Parameter(0.9, "Momentum, or a schedule of it.", 0, 1, "both", schedule=True),
    "nesterovs_momentum": Parameter(True, "Whether to use Nesterov's momentum.", kind=bool),
}
ZERO = np.float32(0)


def prepare(rate, t, p):
    """Return the learning rate, the momentum and whether it is Nesterov's."""
    return rate, p[0], p[1], 0.0, 0.0, 0.0


def update(w, g, velocity, c):
    """Return the new weight and velocity."""
    rate, momentum, nesterov = c[0], c[1], c[2]
    velocity = momentum * velocity - rate * g
    ahead = momentum * velocity - rate * g
    return w + (ahead if nesterov > ZERO else velocity), velocity
