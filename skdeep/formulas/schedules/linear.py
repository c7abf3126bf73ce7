"""Linear up to the fraction ``tau`` of training, then constant.

``eta_t = (1 - t / tau) start + (t / tau) end`` until ``t = tau``, then ``end``. Goodfellow, Bengio
& Courville, "Deep learning", MIT Press 2016, section 8.3.1, with ``end`` about 1 % of ``start``.
"""

import numpy as np

from skdeep.formulas.parameter import Parameter

PARAMETERS = {
    "tau": Parameter(1.0, "Fraction of training after which the value is constant.", 0, 1, "right"),
    "start": Parameter(
        None,
        "First value. If None, the base value, such as ``learning_rate_init``.",
        0,
        closed="left",
        optional=True,
    ),
    "end": Parameter(
        None, "Last value. If None, a hundredth of the first.", 0, closed="left", optional=True
    ),
}


def value(t, base, tau, start, end):
    """Return the line from `start` to `end`, and `end` from `tau` on."""
    start = base if start is None else start
    end = 0.01 * start if end is None else end
    share = np.minimum(np.asarray(t) / tau, 1.0)
    return (1.0 - share) * start + share * end
