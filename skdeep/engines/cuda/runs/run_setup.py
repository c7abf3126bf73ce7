"""What training, full-batch objectives and predictions have in common."""

import contextlib

import numpy as np
from scipy.sparse import issparse

from skdeep.engines.cuda.hardware.devices import feature_bytes
from skdeep.engines.cuda.kernels.formulas import GRADIENT, Formulas
from skdeep.engines.cuda.memory import structures as at
from skdeep.engines.cuda.memory.structures import LayerRecord, NumberRecord
from skdeep.formulas.activations import BY_CODE as ACTIVATIONS_BY_CODE
from skdeep.formulas.losses import REGISTRY as LOSSES

#: Rows of outputs begin at multiples of so many elements where a library forms the products.
GRID_STEP = 4


def formulas_of(layout, X, objective, regularisation, course=None):
    """Return what kernels are compiled for.

    Parameters
    ----------
    layout : Layout
    X : array or CSR matrix
    objective : Objective
    regularisation : Regularisation
    course : Course or None, default=None
        None where the gradient itself is wanted.

    Returns
    -------
    formulas : Formulas
    """
    names = {ACTIVATIONS_BY_CODE[code].name for code in LayerRecord(layout.table.T).activation}
    return Formulas(
        tuple(sorted(names)),
        objective.loss,
        GRADIENT if course is None else course.rule,
        objective.penalty,
        "constant" if course is None else course.schedule,
        issparse(X),
        regularisation.noise > 0,
        np.dtype(X.dtype).name,
    )


def set_objective(plan, layout, objective, numbers):
    """Set what is minimised."""
    record = plan.record
    loss, output = (
        LOSSES[objective.loss],
        ACTIVATIONS_BY_CODE[LayerRecord(layout.table[-1]).activation],
    )
    record.canonical = output.name in loss.canonical
    record.averaged = loss.averaged and objective.as_reported
    # With directions in the place of the weights, optimizers cannot see to the squared norm either.
    kept_apart = objective.penalty != "l2" or record.by_directions == 1
    record.own_penalty = kept_apart and objective.alpha > 0
    NumberRecord(numbers).alpha, record.penalised = objective.alpha, objective.alpha > 0
    plan.constants[at.SQUARED_NORM] = 0.0 if kept_apart else objective.alpha
    plan.constants[at.STRENGTH] = objective.alpha
    plan.constants[at.PENALTY_PARAMETER] = objective.penalty_parameter
    plan.constants[at.LOSS_PARAMETER] = objective.parameter


def data_bytes(data):
    """Return the memory that features, targets and sample weights take."""
    n_rows, n_targets = data.targets.shape
    n_numbers = n_rows * (n_targets + (data.weights is not None))
    return feature_bytes(data.X) + n_numbers * data.X.dtype.itemsize


@contextlib.contextmanager
def given_up_by(end):
    """Call `end` after an error: tracebacks may keep the fit for long, but not its memory.

    After Ctrl-C, which is no error, the network keeps what it has learned.
    """
    try:
        yield
    except Exception:
        end()
        raise
