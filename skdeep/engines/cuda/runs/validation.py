"""Validation on the device: outputs and losses of rows that a network is not trained on.

Where there is room for them, the rows of a validation set stay there, and the kernel that trains an
epoch predicts them; otherwise they are copied for every epoch. The device forms the loss of every
row by the formula that it trains with. The host forms their mean, and of the outputs the scores.
"""

import numpy as np
from scipy.sparse import issparse

from skdeep.engines.cuda.hardware.devices import feature_bytes
from skdeep.engines.cuda.memory import structures as at
from skdeep.engines.cuda.memory.model import Model, fixed_bytes
from skdeep.engines.cuda.memory.plan import Shape, make_plan
from skdeep.engines.cuda.memory.streaming import targets_of
from skdeep.engines.cuda.runs.prediction import Rows, run
from skdeep.engines.interface import ValidationOutcome
from skdeep.engines.regularisation import PLAIN
from skdeep.engines.row_losses import mean_of_rows

#: Most of the free memory that validation rows take.
SHARE_OF_MEMORY = 0.1


def mean_loss(layout, vector, data, objective, *, device, constant=False):
    """Return the mean loss of a network on some rows, without the penalty.

    Parameters
    ----------
    layout : Layout
    vector : array of shape (n_parameters,)
    data : Data
    objective : Objective
    device : Device
    constant : bool, default=False
        Whether the network gives the same outputs for all rows, which are predicted all the same.

    Returns
    -------
    loss : float
        NaN if all weights are 0.
    """
    return validate(device, layout, vector, data, objective, False).loss


def validate(device, layout, vector, data, objective, needs_outputs):
    """Return what a network makes of some rows, which are copied to the device.

    Parameters
    ----------
    device : Device
    layout : Layout
    vector : array of shape (n_parameters,)
    data : Data
    objective : Objective
    needs_outputs : bool

    Returns
    -------
    outcome : ValidationOutcome
    """
    n_rows, dtype = data.X.shape[0], data.X.dtype
    outputs = np.empty((n_rows, layout.n_outputs), dtype) if needs_outputs else None
    losses = np.empty(n_rows, dtype)
    run(device, layout, vector, Rows(data.X, outputs, data.targets, losses), objective)
    return ValidationOutcome(
        outputs, mean_of_rows(losses, layout.n_outputs, objective, data.weights)
    )


class Validator:
    """Validation rows on the device, with room for a copy of the network and its results.

    Parameters
    ----------
    device : Device
    layout : Layout
    data : Data
        The rows.
    objective : Objective
    needs_outputs : bool

    Attributes
    ----------
    model : Model
    """

    def __init__(self, device, layout, data, objective, needs_outputs):
        self._shape, self._weights = (data.X.shape[0], layout.n_outputs), data.weights
        self._objective, self._needs_outputs = objective, needs_outputs
        plan = _plan(device, layout, data.X)
        plan.constants[at.LOSS_PARAMETER] = objective.parameter
        n_results = data.X.shape[0] * (layout.n_outputs + 1)
        extra = {"plan": (len(plan.integers), np.int64), "out": (n_results, data.X.dtype)}
        self.model = Model(device.pool, plan, data.X, extra)
        try:
            self.model.set_features(data.X, targets_of(data._replace(weights=None)))
        except BaseException:
            self.model.free()
            raise
        self.model.put("plan", plan.integers)
        self.model.put("memory", plan.constants, int(plan.record.constants))

    def validation(self):
        """Return what the network of the last epoch makes of the rows: a `ValidationOutcome`."""
        (n_rows, n_outputs), outputs = self._shape, None
        if self._needs_outputs:
            outputs = self.model.get("out", 0, n_rows * n_outputs).reshape(self._shape)
        losses = self.model.get("out", n_rows * n_outputs, n_rows)
        return ValidationOutcome(
            outputs, mean_of_rows(losses, n_outputs, self._objective, self._weights)
        )


def _plan(device, layout, X):
    """Plan the memory of predictions."""
    rows, dense = min(device.prediction_rows, X.shape[0]), not issparse(X)
    plan = make_plan(layout, Shape(rows, 0, 1, 0, dense, dense, False, PLAIN))
    plan.record.n_rows, plan.record.batch_size = X.shape[0], rows
    return plan


def make_validator(device, layout, data, objective, needs_outputs, ticket):
    """Return a validator, or None where the rows would take too much of the memory.

    Parameters
    ----------
    device : Device
    layout : Layout
    data : Data
    objective : Objective
    needs_outputs : bool
    ticket : Ticket
        Of the fit.
    """
    X = data.X
    results_and_targets = X.shape[0] * (2 * layout.n_outputs + 1) * X.dtype.itemsize
    fixed = fixed_bytes(_plan(device, layout, X), X.dtype, 0)
    wanted = feature_bytes(X) + results_and_targets + fixed
    if wanted > SHARE_OF_MEMORY * device.admission.free_bytes():
        return None
    with device.admission.room_for(ticket, wanted, 0):
        try:
            return Validator(device, layout, data, objective, needs_outputs)
        except MemoryError:
            return None
