"""The objective over all rows on a GPU, for solvers that need all of them at once."""

import weakref

import numpy as np
from scipy.sparse import issparse

from skdeep.engines.cuda.kernels.compiled import kernels_for
from skdeep.engines.cuda.launching.grid import Grid
from skdeep.engines.cuda.memory import structures as at
from skdeep.engines.cuda.memory.admission import Ticket
from skdeep.engines.cuda.memory.model import Model, fixed_bytes
from skdeep.engines.cuda.memory.plan import Shape, make_plan
from skdeep.engines.cuda.memory.streaming import targets_of
from skdeep.engines.cuda.memory.structures import LayerRecord, NumberRecord
from skdeep.engines.cuda.runs.run_setup import (
    GRID_STEP,
    data_bytes,
    formulas_of,
    given_up_by,
    set_objective,
)
from skdeep.engines.regularisation import PLAIN
from skdeep.formulas.normalisation import BATCH_SHARE


class FullBatch:
    """The objective over all rows, as a function of the parameters, on a GPU.

    Parameters
    ----------
    layout : Layout
    data : Data
    objective : Objective
    device : Device
    regularisation : Regularisation, default=PLAIN
        What is random is drawn as in the first update.
    """

    def __init__(self, layout, data, objective, *, device, regularisation=PLAIN):
        self.layout, self.device, self._n_rows = layout, device, data.X.shape[0]
        regularisation = regularisation._replace(clip_norm=0.0, max_norm=0.0, weight_norm=False)
        n_rows, dense = data.X.shape[0], not issparse(data.X)
        direct = dense and not regularisation.disturbs_features
        lanes = device.grid_lanes
        shape = Shape(n_rows, 1, lanes, GRID_STEP, dense, direct, True, regularisation)
        self._plan = plan = make_plan(layout, shape)
        record, numbers = plan.record, np.zeros(at.NUMBERS_SIZE + len(plan.layers))
        set_objective(plan, layout, objective, numbers)
        record.n_epochs = 1
        record.n_rows = record.batch_size = record.data_rows = n_rows
        record.weighted = data.weights is not None
        plan.constants[at.HEAD_WEIGHT] = regularisation.head_weight
        self._ticket, fixed = Ticket(), fixed_bytes(plan, data.X.dtype, 0)
        with device.admission.room_for(self._ticket, fixed, data_bytes(data)):
            self._model = Model(device.pool, plan, data.X, {})
            self._end = weakref.finalize(self, self._model.free)
            with given_up_by(self._end):
                self._model.set_features(data.X, targets_of(data))
        self._model.put("memory", plan.constants, int(record.constants))
        # What is not trained has no gradient.
        self._model.put("store", np.zeros(plan.step), int(record.states))
        if regularisation.masks is not None:
            self._model.put("store", regularisation.masks, int(record.masks))
        self._model.set_course(plan.integers, numbers)
        self._numbers = numbers
        formulas = formulas_of(layout, data.X, objective, regularisation)
        self._grid = Grid(device, kernels_for(formulas), self._model, plan)
        self._grid.begin()

    def _put_constant(self, which, value):
        self._model.put("memory", [value], int(self._plan.record.constants) + which)

    def settled(self, vector):
        """Return parameters in which the running statistics are those of the data."""
        if (LayerRecord(self._plan.layers.T).scales < 0).all():
            return vector
        self._put_constant(at.RUNNING_SHARE, 1.0)
        self(vector)
        self._put_constant(at.RUNNING_SHARE, BATCH_SHARE)
        return self._model.get("memory", 0, self.layout.n_parameters)

    def __call__(self, vector):
        """Return the objective and its gradient.

        Parameters
        ----------
        vector : array of shape (n_parameters,)

        Returns
        -------
        value : float
        gradient : array of shape (n_parameters,)
        """
        with given_up_by(self._end), self._ticket.at_work(), self.device.active():
            return self._evaluate(vector)

    def _evaluate(self, vector):
        model = self._model
        model.put("memory", vector)
        if self._plan.used:
            model.put("memory", vector, self._plan.used)
        self._grid.take_gradient(self._n_rows)
        integers = self._plan.integers.copy()
        model.get_course(integers, self._numbers)
        states = int(self._plan.record.states)
        gradient = model.get("store", states, self.layout.n_parameters)
        return float(NumberRecord(self._numbers).value), gradient
