"""Validation on the device: the rows stay there, and the kernel that trains an epoch predicts them.

The host needs no more than the outputs: scores are its record.
"""

import numpy as np
from scipy.sparse import issparse

from skdeep.engines.cuda.hardware.devices import feature_bytes
from skdeep.engines.cuda.memory.model import Model, fixed_bytes
from skdeep.engines.cuda.memory.plan import Shape, make_plan
from skdeep.engines.regularisation import PLAIN

#: Most of the free memory that validation rows take.
SHARE_OF_MEMORY = 0.1


class Validator:
    """Validation rows on the device, with room for a copy of the network and its outputs.

    Parameters
    ----------
    device : Device
    layout : Layout
    X : array or CSR matrix
        The rows.

    Attributes
    ----------
    model : Model
    """

    def __init__(self, device, layout, X):
        self.shape = X.shape[0], layout.n_outputs
        plan = _plan(device, layout, X)
        extra = {"plan": (len(plan.integers), np.int64), "out": (np.prod(self.shape), X.dtype)}
        self.model = Model(device.pool, plan, X, extra)
        try:
            self.model.set_features(X)
        except BaseException:
            self.model.free()
            raise
        self.model.put("plan", plan.integers)
        self.model.put("memory", plan.constants, int(plan.record.constants))

    def outputs(self):
        """Return the outputs of the rows after the last epoch."""
        return self.model.get("out", 0, np.prod(self.shape)).reshape(self.shape)


def _plan(device, layout, X):
    """Plan the memory of predictions."""
    rows, dense = min(device.prediction_rows, X.shape[0]), not issparse(X)
    plan = make_plan(layout, Shape(rows, 0, 1, 0, dense, dense, False, PLAIN))
    plan.record.n_rows, plan.record.batch_size = X.shape[0], rows
    return plan


def make_validator(device, layout, X, ticket):
    """Return a validator, or None where the rows would take too much of the memory.

    Parameters
    ----------
    device : Device
    layout : Layout
    X : array or CSR matrix
    ticket : Ticket
        Of the fit.
    """
    outputs = X.shape[0] * layout.n_outputs * X.dtype.itemsize
    wanted = feature_bytes(X) + outputs + fixed_bytes(_plan(device, layout, X), X.dtype, 0)
    if wanted > SHARE_OF_MEMORY * device.admission.free_bytes():
        return None
    with device.admission.room_for(ticket, wanted, 0):
        try:
            return Validator(device, layout, X)
        except MemoryError:
            return None
