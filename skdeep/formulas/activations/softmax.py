"""Softmax output, ``f(a)_j = e^(a_j) / sum_k e^(a_k)``.

Bridle, "Probabilistic interpretation of feedforward classification network outputs", 1990. The
largest ``a`` of the row is subtracted first, which changes nothing and cannot overflow.
"""

from skdeep.formulas.elementary import exp
from skdeep.formulas.interval import Interval

RANGE = Interval(0, 1)
OUTPUT_ONLY = True
NORMALISED = True


def shifted(a, largest):
    """Return ``a`` less the largest one of its row."""
    return a - largest


def forward(a):
    """Return ``e^a``, with ``a`` at most 0; the row's sum divides it afterwards."""
    return exp(a)


def share(h, total):
    """Return an output: ``h = e^a`` divided by the sum of its row."""
    return h / total


def chain_rule(d, h, mean):
    """Return ``dE/da_j`` of ``d = dE/dh_j``: ``h (d - mean)``, where ``mean = sum_k d_k h_k``."""
    return h * (d - mean)
