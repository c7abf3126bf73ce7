"""Inverse scaling, ``eta = eta_0 / (samples + 1)^power_t``, after every epoch.

Robbins & Monro, "A stochastic approximation method", Ann. Math. Stat. 22, 1951.
"""

from skdeep.formulas.parameter import Parameter

CLASS = "InvScaling"
PARAMETERS = {"power_t": Parameter(0.5, "Power of the number of samples seen.", 0, closed="left")}


def epoch_end(rate, initial, samples, p):
    """Return ``initial / (samples + 1)^power_t``."""
    return initial / (samples + 1.0) ** p[0]


def plateau(rate, p):
    """Stop training."""
    return rate, True
