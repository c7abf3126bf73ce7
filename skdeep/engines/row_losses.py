"""The mean loss of some rows, from the loss of each: the same sum for every engine."""

import numpy as np

from skdeep.formulas.losses import REGISTRY as LOSSES


def mean_of_rows(losses, n_outputs, objective, weights):
    """Return the mean of the losses of some rows.

    ``sum_i s_i L_i / sum_i s_i`` with the loss ``L_i`` of row ``i`` and its weight ``s_i``, in
    double precision and in an order that no number of threads changes.

    Parameters
    ----------
    losses : array of shape (n_rows,)
        Sums over the outputs of a row.
    n_outputs : int
        By which they are divided where the objective reports means over the outputs.
    objective : Objective
    weights : array of shape (n_rows,) or None

    Returns
    -------
    loss : float
        NaN if all weights are 0.

    Examples
    --------
    >>> import numpy as np
    >>> from skdeep.engines.problem import Objective
    >>> from skdeep.engines.row_losses import mean_of_rows
    >>> mean_of_rows(np.array([2.0, 4.0]), 2, Objective("squared_error", 0.0), None)
    1.5
    """
    losses = losses.astype(np.float64, copy=False)
    if LOSSES[objective.loss].averaged and objective.as_reported:
        losses = losses / n_outputs
    if weights is None:
        return float(losses.mean())
    total = float(np.sum(weights, dtype=np.float64))
    return float(np.einsum("i,i->", losses, weights)) / total if total else np.nan
