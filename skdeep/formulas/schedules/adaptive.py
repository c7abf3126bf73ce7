"""Adaptive learning rate: divided by ``factor`` whenever progress stalls, down to ``smallest``."""

from skdeep.formulas.parameter import Parameter

PARAMETERS = {
    "factor": Parameter(5.0, "What the rate is divided by.", 1),
    "smallest": Parameter(1e-6, "The rate at which training stops instead.", 0, closed="left"),
}


def epoch_end(rate, initial, samples, p):
    """Return the rate, unchanged."""
    return rate


def plateau(rate, p):
    """Divide the rate by the factor, or stop where it is already at most the smallest."""
    if rate <= p[1]:
        return rate, True
    return rate / p[0], False
