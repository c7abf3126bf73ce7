"""Exponential output, ``f(a) = e^a``: the inverse of the log link of Poisson regression.

Nelder & Wedderburn, "Generalized linear models", JRSS A 135, 1972.
"""

from skdeep.formulas.elementary import exp


def forward(a):
    """Return ``e^a``."""
    return exp(a)
