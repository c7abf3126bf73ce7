"""Predictions: of many rows by a team, and of a few at little cost."""

import numba
import numpy as np

from skdeep.engines.cpu.compiling.tasks import PLACES, argument
from skdeep.engines.cpu.kernels.predict import predict as predict_kernel
from skdeep.engines.cpu.memory.addresses import address_of
from skdeep.engines.cpu.memory.fields import PLAN_AT
from skdeep.engines.cpu.memory.parameters import pack
from skdeep.engines.cpu.memory.task import make_task
from skdeep.engines.cpu.planning.plan import plan_prediction
from skdeep.engines.cpu.runs.shapes import n_members, shape_of
from skdeep.engines.cpu.threads import team
from skdeep.engines.problem import Data
from skdeep.engines.regularisation import PLAIN

#: A prediction returns to Python after about so many floating-point operations, for Ctrl-C.
OPERATIONS_PER_CALL = 4_000_000_000


def _make_task(plan, layout, vector, X, **arrays):
    """Return a task with the parameters of a network, which are copied if the plan says so."""
    arrays["settings"] = layout.settings
    if plan.spans is None:
        arrays["parameters"] = np.ascontiguousarray(vector, X.dtype)
    task = make_task(plan, Data(X, None, None), **arrays)
    if plan.spans is not None:
        pack(plan, layout, vector, task.memory)
    return task


def predict(layout, vector, X, *, n_threads, largest=False):
    """Return a network's outputs, or for every row the place of the largest.

    Parameters
    ----------
    layout : Layout
    vector : array of shape (n_parameters,)
    X : C-ordered array or CSR matrix of shape (n_rows, n_features)
    n_threads : int or None
    largest : bool, default=False

    Returns
    -------
    outputs : array of shape (n_rows, n_outputs), or of int64 and shape (n_rows,)
    """
    n_rows = X.shape[0]
    shape = shape_of(X, n_rows, False, PLAIN)
    if shape.sparse:  # how many entries there are changes nothing
        shape = shape._replace(entries_per_row=1.0)
    plan = plan_prediction(layout, shape, n_members(n_threads), largest)
    if largest:
        found = np.empty(n_rows, dtype=np.int64)
        task = _make_task(plan, layout, vector, X, places=found)
    else:
        found = np.empty((n_rows, layout.n_outputs), dtype=X.dtype)
        task = _make_task(plan, layout, vector, X, outputs=found.reshape(-1))
    block_rows = int(task.plan[PLAN_AT.block_rows])
    blocks = max(plan.members, OPERATIONS_PER_CALL // max(1, 2 * layout.n_weights * block_rows))
    step = blocks * block_rows
    for start in range(0, n_rows, step):
        task.plan[PLAN_AT.row] = start
        task.plan[PLAN_AT.n_rows] = min(start + step, n_rows)
        if plan.members == 1:
            team.run_alone(predict_kernel, (argument(task),), plan.integers)
        else:
            arguments = (argument(task),)
            team.run(predict_kernel, arguments, plan.members, plan.integers, barriers=False)
    return found


class Predictor:
    """Predicts with one network again and again, on few rows at a time, at little cost per call.

    Calls from several threads do not disturb each other.

    Parameters
    ----------
    layout : Layout
    vector : array of shape (n_parameters,)
        Copied.
    """

    #: More rows than this are worth a team.
    MOST_ROWS = 4096

    def __init__(self, layout, vector):
        self.layout, self.vector = layout, vector.copy()
        self._tasks = []

    def __call__(self, X):
        """Return the network's outputs.

        Parameters
        ----------
        X : C-ordered array of shape (n_rows, n_features), of the type of `vector`

        Returns
        -------
        outputs : array of shape (n_rows, n_outputs)
        """
        n_rows = len(X)
        if n_rows > self.MOST_ROWS:
            return predict(self.layout, self.vector, X, n_threads=None)
        outputs = np.empty((n_rows, self.layout.n_outputs), dtype=self.vector.dtype)
        task, plan = self._take_task(X)
        task.plan[PLAN_AT.n_rows] = n_rows
        # Both arrays are alive for as long as the kernel runs.
        task.handle[PLACES["values"]] = address_of(X)
        task.handle[PLACES["outputs"]] = address_of(outputs)
        if numba.config.DISABLE_JIT:
            task = task._replace(values=X.reshape(-1), outputs=outputs.reshape(-1))
        team.run_alone(predict_kernel, (argument(task),), plan.integers)
        self._tasks.append((task, plan))
        return outputs

    def _take_task(self, X):
        """Return a task that no other thread works on, and its plan."""
        try:
            return self._tasks.pop()
        except IndexError:
            shape = shape_of(X, self.MOST_ROWS, False, PLAIN)
            plan = plan_prediction(self.layout, shape, 1)
            return _make_task(plan, self.layout, self.vector, X[:0]), plan
