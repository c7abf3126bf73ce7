"""Orthogonal weights: ``W^T W = gain^2 I`` (``W W^T = gain^2 I`` where there are fewer rows).

``A = QR`` of a matrix ``A`` of standard normal numbers, with the signs of ``diag(R)`` multiplied
into the columns of ``Q``, so that ``Q`` is uniform over the orthogonal matrices. Saxe, McClelland &
Ganguli, "Exact solutions to the nonlinear dynamics of learning in deep linear neural networks",
ICLR 2014.
"""

import numpy as np

from skdeep.formulas.parameter import Parameter

PARAMETERS = {"gain": Parameter(1.0, "Factor of the orthogonal matrix.", 0)}


def draw(random_state, fan_in, fan_out, gain):
    """Return orthonormal columns, or rows where there are fewer of them, times `gain`."""
    tall = fan_in >= fan_out
    shape = (fan_in, fan_out) if tall else (fan_out, fan_in)
    q, r = np.linalg.qr(random_state.standard_normal(shape))
    q *= np.where(np.diag(r) < 0, -gain, gain)
    return q if tall else np.ascontiguousarray(q.T)
