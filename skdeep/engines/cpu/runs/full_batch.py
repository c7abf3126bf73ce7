"""The objective over all rows and its gradient, for full-batch solvers and gradient checks."""

import numpy as np

from skdeep.engines.cpu.compiling.loops import address
from skdeep.engines.cpu.compiling.tasks import argument, replace
from skdeep.engines.cpu.kernels.evaluate import evaluate
from skdeep.engines.cpu.memory.fields import NUMBERS_AT, PLAN_AT
from skdeep.engines.cpu.memory.parameters import LARGE_COPY, Rearrangement, pack, unpack
from skdeep.engines.cpu.memory.task import make_task, read_only
from skdeep.engines.cpu.parameters.step_loops import Gradient, gradient_loop
from skdeep.engines.cpu.planning.plan import plan_training
from skdeep.engines.cpu.runs.objective import set_objective, set_regularisation
from skdeep.engines.cpu.runs.shapes import n_members, shape_of
from skdeep.engines.cpu.threads import team
from skdeep.engines.regularisation import PLAIN
from skdeep.formulas.normalisation import BATCH_SHARE


class FullBatch:
    """The objective over all rows, as a function of the parameters.

    Parameters
    ----------
    layout : Layout
    data : Data
    objective : Objective
    n_threads : int or None
    regularisation : Regularisation, default=PLAIN
        What is random is drawn as in the first update.
    """

    def __init__(self, layout, data, objective, *, n_threads, regularisation=PLAIN):
        self.layout = layout
        n_rows = data.X.shape[0]
        regularisation = regularisation._replace(clip_norm=0.0, max_norm=0.0, weight_norm=False)
        shape, members = shape_of(data.X, n_rows, False, regularisation), n_members(n_threads)
        self._plan = plan_training(layout, shape, 1, members, whole_gradient=True)
        by_columns = self._plan.integers[PLAN_AT.by_tiles] == 1
        self._task = make_task(
            self._plan, data, n_rows if by_columns else None, settings=layout.settings
        )
        if shape.gather:
            order = read_only(np.arange(n_rows), np.int64)
            self._task = replace(self._task, order=order)
        self._task.plan[PLAN_AT.optimizer] = address(gradient_loop, Gradient(), data.X.dtype)
        set_objective(self._task, objective)
        set_regularisation(self._task, self._plan, layout, regularisation)
        self._copies = None
        if layout.n_parameters < LARGE_COPY:  # two more arrays of that size are nothing
            self._vector = np.zeros(layout.n_parameters, dtype=data.X.dtype)
            self._gradient = np.zeros_like(self._vector)
            memory, states = self._task.memory, self._task.states
            self._copies = (
                Rearrangement(self._plan, memory, self._vector),
                Rearrangement(self._plan, states, self._gradient),
            )
        self._arguments = (argument(self._task),)
        team.prepare(evaluate, self._arguments)

    def settled(self, vector):
        """Return parameters in which the running statistics are those of the data.

        Parameters
        ----------
        vector : array of shape (n_parameters,)

        Returns
        -------
        vector : array of shape (n_parameters,)
        """
        if self._task.plan[PLAN_AT.synchronised] == 0:
            return vector
        self._task.numbers[NUMBERS_AT.running_share] = 1.0
        self(vector)
        self._task.numbers[NUMBERS_AT.running_share] = BATCH_SHARE
        return unpack(self._plan, self.layout, self._task.memory)

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
        self._put(vector)
        plan = self._plan
        team.run(evaluate, self._arguments, plan.members, plan.integers)
        return float(self._task.numbers[NUMBERS_AT.value]), self._take_gradient()

    def _put(self, vector):
        if self._copies is None:
            pack(self._plan, self.layout, vector, self._task.memory)
        else:
            self._vector[:] = vector
            self._copies[0].pack()

    def _take_gradient(self):
        if self._copies is None:
            return unpack(self._plan, self.layout, self._task.states)
        self._copies[1].unpack()
        return self._gradient.copy()
