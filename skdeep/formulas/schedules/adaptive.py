"""Adaptive learning rate: divided by 5 whenever progress stalls, down to 1e-6."""

FACTOR = 5.0
SMALLEST = 1e-6


def epoch_end(rate, initial, samples, power):
    """Return the rate, unchanged."""
    return rate


def plateau(rate):
    """Divide the rate by 5, or stop where it is already at most 1e-6."""
    if rate <= SMALLEST:
        return rate, True
    return rate / FACTOR, False
