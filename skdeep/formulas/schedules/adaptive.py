"""Adaptive: divided by ``factor`` when the loss stops improving, down to ``smallest``."""

from skdeep.formulas.parameter import Parameter

PARAMETERS = {
    "factor": Parameter(5.0, "Divisor of the learning rate.", 1),
    "smallest": Parameter(
        1e-6, "Smallest learning rate; training stops instead of going below it.", 0, closed="left"
    ),
}


def epoch_end(rate, initial, samples, p):
    """Return the rate, unchanged."""
    return rate


def plateau(rate, p):
    """Divide the rate by the factor, or stop where it is already at most the smallest."""
    if rate <= p[1]:
        return rate, True
    return rate / p[0], False
