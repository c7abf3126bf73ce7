"""The loss of a critic, ``-y o`` for outputs ``o`` and targets ``y`` of both signs.

With the target 2 for samples of the data and -2 for generated ones, as many of the one as of the
other, its mean is the difference of the critic's mean outputs, ``E f(G(z)) - E f(x)``: minus the
Wasserstein distance of the two distributions where the critic is the best of all functions of
slope 1. Arjovsky, Chintala & Bottou, "Wasserstein generative adversarial networks", ICML 2017,
equations 2 and 3. Its second argument is free of bounds, so that only what keeps the critic from
growing, such as weights that are clipped, makes it a loss to be minimised.
"""


def value(y, o):
    """Return ``-y o``."""
    return -(y * o)


def derivative(y, o):
    """Return ``-y``, whatever the output."""
    return -y
