"""Inverse scaling, ``eta = eta_0 / (samples + 1)^power``.

Robbins & Monro, "A stochastic approximation method", Ann. Math. Stat. 22, 1951.
"""


def epoch_end(rate, initial, samples, power):
    """Return ``initial / (samples + 1)^power``."""
    return initial / (samples + 1.0) ** power


def plateau(rate):
    """Stop training."""
    return rate, True
