"""Squared error, ``(y - o)^2 / 2``.

The reported loss is averaged over the outputs of a sample, the gradient is that of their sum, as
in scikit-learn's ``MLPRegressor``.
"""

import numpy as np

OUTPUTS = ("identity",)
AVERAGED = True
HALF = np.float32(0.5)


def value(y, o):
    """Return ``(y - o)^2 / 2``."""
    return HALF * (y - o) * (y - o)
