"""Constant learning rate."""


def epoch_end(rate, initial, samples, power):
    """Return the rate, unchanged."""
    return rate


def plateau(rate):
    """Stop training."""
    return rate, True
