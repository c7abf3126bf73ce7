"""What a stochastic solver carries from one call of ``partial_fit`` to the next."""

import numpy as np

from skdeep.formulas.rules import REGISTRY as RULES


class SolverState:
    """The state of a stochastic solver.

    Parameters
    ----------
    rule : str
        Name of the update rule.
    learning_rate : float
    n_parameters : int
    dtype : numpy dtype

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
    """

    def __init__(self, rule, learning_rate, n_parameters, dtype):
        self.rule = rule
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
        # The engine's arrangement will do until somebody asks for `states`.
        new.rule, new.base_rate, new.t, new._packed = self.rule, float(base_rate), int(t), states
        new.learning_rate, new.directions = new.base_rate, directions
        if t > 0:
            new.learning_rate = float(RULES[self.rule].prepare(base_rate, t, parameters)[0])
        return new
