"""Half a wave of the cosine, ``eta_t = end + (start - end) (1 + cos(pi t)) / 2``.

Loshchilov & Hutter, "SGDR: stochastic gradient descent with warm restarts", ICLR 2017, without the
restarts.
"""

import numpy as np

from skdeep.formulas.parameter import Parameter

PARAMETERS = {
    "start": Parameter(
        None,
        "First value. If None, the base value, such as ``learning_rate_init``.",
        0,
        closed="left",
        optional=True,
    ),
    "end": Parameter(0.0, "Last value.", 0, closed="left"),
}


def value(t, base, start, end):
    """Return half a wave from `start` to `end`."""
    start = base if start is None else start
    share = (1.0 + np.cos(np.pi * np.asarray(t))) / 2.0
    return share * start + (1.0 - share) * end
