"""The loss of a network on rows that it is not trained on, such as those of a validation set."""

import ctypes

import numba
import numpy as np

from skdeep.engines.cpu.compiling import loops
from skdeep.engines.cpu.rows.activation import loss_by_output_loop, loss_loop
from skdeep.engines.cpu.runs.prediction import predict
from skdeep.engines.row_losses import mean_of_rows
from skdeep.formulas.losses import REGISTRY as LOSSES

_LOOP = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * 5, ctypes.c_ssize_t)


def mean_loss(layout, vector, data, objective, *, n_threads, constant=False):
    """Return the mean loss of a network on some rows, without the penalty.

    Parameters
    ----------
    layout : Layout
    vector : array of shape (n_parameters,)
    data : Data
    objective : Objective
    n_threads : int or None
    constant : bool, default=False
        Whether the network gives the same outputs for all rows: only the first is then predicted.

    Returns
    -------
    loss : float
        NaN if all weights are 0.
    """
    outputs = predict(layout, vector, data.X[:1] if constant else data.X, n_threads=n_threads)
    if constant:
        outputs = np.repeat(outputs, data.X.shape[0], axis=0)
    return loss_of_outputs(outputs, data, objective)


def loss_of_outputs(outputs, data, objective):
    """Return the mean loss of the outputs for some rows.

    Parameters
    ----------
    outputs : array of shape (n_rows, n_outputs)
    data : Data
    objective : Objective

    Returns
    -------
    loss : float
    """
    losses, weights = output_losses(objective, data.targets, outputs), data.weights
    if weights is not None and weights.ndim == 2:  # of every step
        losses, weights = losses.reshape(weights.size, -1), weights.reshape(-1)
    summed = losses.sum(axis=1, dtype=np.float64)
    return mean_of_rows(summed, losses.shape[1], objective, weights)


def output_losses(objective, targets, outputs):
    """Return the loss of every output, by the loop that training uses.

    Parameters
    ----------
    objective : Objective
    targets, outputs : array of shape (n_rows, n_outputs)

    Returns
    -------
    losses : array of shape (n_rows, n_outputs)
        In the precision of the outputs.
    """
    outputs = np.ascontiguousarray(outputs)
    targets = np.ascontiguousarray(targets, dtype=outputs.dtype)
    values = np.empty_like(outputs)
    parameters = np.array([objective.parameter], dtype=np.float64)
    loop = loss_loop
    if objective.parameters:
        loop = loss_by_output_loop
        parameters = np.tile(np.array(objective.parameters, dtype=np.float64), len(outputs))
    address = loops.address(loop, LOSSES[objective.loss], outputs.dtype)
    arrays = [a.reshape(-1) for a in (values, targets, outputs, outputs)]
    arrays.append(parameters)
    if numba.config.DISABLE_JIT:
        loops.run(address, *arrays, outputs.size)
    else:
        _LOOP(address)(*(array.ctypes.data for array in arrays), outputs.size)
    return values
