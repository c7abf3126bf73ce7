"""What a stochastic solver carries from one call of ``partial_fit`` to the next."""

import copy

import numpy as np

from skdeep.formulas.optimizers import REGISTRY as RULES


class SolverState:
    """The state of a stochastic solver.

    Parameters
    ----------
    rule : str
        Name of the update rule.
    learning_rate : float
    n_parameters : int
    dtype : numpy dtype
    solver : Solver or None, default=None
        The solver with the parameters that it goes on with; None for those of the estimator.
    schedule : Schedule or None, default=None
        The schedule of its learning rate, likewise.

    Attributes
    ----------
    learning_rate : float
        As it is now; for ``"adam"`` with its bias correction.
    base_rate : float
        As the schedule has it.
    t : int
        Updates done.
    states : array of shape (n_states, n_parameters)
        What the rule keeps for every weight.
    directions : Directions or None
        Of weight normalisation.
    solver, schedule : objects or None
        As above. States that earlier versions saved have none.
    """

    solver = schedule = None

    def __init__(self, rule, learning_rate, n_parameters, dtype, solver=None, schedule=None):
        self.rule, self.solver, self.schedule = rule, solver, schedule
        self.learning_rate = self.base_rate = float(learning_rate)
        self.t = 0
        self.directions = None
        self.states = np.zeros((len(RULES[rule].states), n_parameters), dtype=dtype)

    def __getattr__(self, name):
        if name == "states" and "_packed" in vars(self):
            self.states = states = np.asarray(self._packed)
            vars(self).pop("_packed", None)
            return states
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def __getstate__(self):
        return {"states": self.states} | {k: v for k, v in vars(self).items() if k != "_packed"}

    def advanced(self, base_rate, t, states, parameters, directions=None):
        """Return the state after more updates.

        Parameters
        ----------
        base_rate : float
        t : int
        states : array of shape (n_states, n_parameters), or what `numpy.asarray` makes one of
        parameters : tuple of float
            Of the rule.
        directions : Directions or None, default=None

        Returns
        -------
        state : SolverState
        """
        new = SolverState.__new__(SolverState)
        new.rule, new.solver, new.schedule = self.rule, self.solver, self.schedule
        # Kept in the engine's arrangement until `states` is read.
        new.base_rate, new.t, new._packed = float(base_rate), int(t), states
        new.learning_rate, new.directions = new.base_rate, directions
        if t > 0:
            new.learning_rate = float(RULES[self.rule].prepare(base_rate, t, parameters)[0])
        return new

    def astype(self, dtype):
        """Return the state in another precision.

        Parameters
        ----------
        dtype : numpy dtype

        Returns
        -------
        state : SolverState
            The same object where it has that precision already, or holds no floating-point numbers.
        """
        kind = getattr(self.states, "dtype", None)
        if kind == dtype or kind not in (np.float32, np.float64):
            return self
        new = copy.copy(self)
        new.states = self.states.astype(dtype)
        if self.directions is not None:
            new.directions = self.directions._make(x.astype(dtype) for x in self.directions)
        return new
