"""The mean loss of outputs, such as those of a validation set."""

import ctypes

import numba
import numpy as np

from skdeep.engines.cpu.compiling import loops
from skdeep.engines.cpu.rows.activation import loss_loop
from skdeep.formulas.losses import REGISTRY as LOSSES
from skdeep.training.blas_threads import dot

_LOOP = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * 5, ctypes.c_ssize_t)


def mean_loss(objective, targets, outputs, weights):
    """Return the mean loss, without the penalty.

    ``sum_i s_i L_i / sum_i s_i`` with the loss ``L_i`` of sample ``i`` and its weight ``s_i``.

    Parameters
    ----------
    objective : Objective
    targets, outputs : array of shape (n_rows, n_outputs)
    weights : array of shape (n_rows,) or None

    Returns
    -------
    loss : float
        NaN if all weights are 0.

    Examples
    --------
    >>> import numpy as np
    >>> from skdeep.engines.problem import Objective
    >>> from skdeep.training.output_loss import mean_loss
    >>> targets, outputs = np.array([[1.0], [3.0]]), np.array([[1.0], [1.0]])
    >>> mean_loss(Objective("squared_error", 0.0), targets, outputs, None)
    1.0
    """
    loss = LOSSES[objective.loss]
    losses = _losses(loss, objective.parameter, targets, outputs).sum(axis=1, dtype=np.float64)
    if loss.averaged and objective.as_reported:
        losses /= outputs.shape[1]
    if weights is None:
        return float(losses.mean())
    total = float(np.sum(weights))
    return dot(losses, weights) / total if total else np.nan


def _losses(loss, parameter, targets, outputs):
    """Return the loss of every output, by the loop that training uses."""
    outputs = np.ascontiguousarray(outputs)
    targets = np.ascontiguousarray(targets, dtype=outputs.dtype)
    values = np.empty_like(outputs)
    address = loops.address(loss_loop, loss, outputs.dtype)
    arrays = [a.reshape(-1) for a in (values, targets, outputs, outputs)]
    arrays.append(np.array([parameter], dtype=np.float64))
    if numba.config.DISABLE_JIT:
        loops.run(address, *arrays, outputs.size)
    else:
        _LOOP(address)(*(array.ctypes.data for array in arrays), outputs.size)
    return values
