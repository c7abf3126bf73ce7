"""One cycle: from ``base / div_factor`` up to ``base``, then down to a small fraction of the first.

Both ways are half a wave of the cosine. The peak ``base`` is reached at the share ``pct_start`` of
training, and the end is the first value divided by ``final_div_factor``. Smith & Topin,
"Super-convergence: very fast training of neural networks using large learning rates", 2018, with
the names and defaults of PyTorch's ``OneCycleLR``.
"""

import numpy as np

from skdeep.formulas.parameter import Parameter

CLASS = "OneCycle"
PARAMETERS = {
    "pct_start": Parameter(0.3, "Fraction of training before the peak.", 0, 1),
    "div_factor": Parameter(25.0, "The peak divided by the first value.", 1, closed="left"),
    "final_div_factor": Parameter(1e4, "The first value divided by the last.", 1, closed="left"),
}


def value(t, base, pct_start, div_factor, final_div_factor):
    """Return a rise to `base` and a fall to nearly nothing."""
    t = np.asarray(t)
    first = base / div_factor
    last = first / final_div_factor
    rising = t < pct_start
    start, end = np.where(rising, first, base), np.where(rising, base, last)
    way = np.where(rising, t / pct_start, (t - pct_start) / (1.0 - pct_start))
    share = (1.0 + np.cos(np.pi * way)) / 2.0
    return share * start + (1.0 - share) * end
