"""One step of an optimizer, and the penalty, by a gradient that others have computed."""

import ctypes

import numba
import numpy as np

from skdeep.engines.cpu.compiling import loops
from skdeep.engines.cpu.memory.fields import LOOP_NUMBERS, RULE_CONSTANTS, STEP_NUMBERS
from skdeep.engines.cpu.parameters.step_loops import (
    penalty_gradient_loop,
    penalty_value_loop,
    rule_loop,
)
from skdeep.engines.table import BLOCK_PLACE, BLOCK_ROWS, BLOCK_WIDTH, DECAY, RATE_FACTOR, TRAINED
from skdeep.formulas.optimizers import REGISTRY as RULES
from skdeep.formulas.penalties import REGISTRY as PENALTIES
from skdeep.network.layout import parameter_views

_LOOP = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * 5, ctypes.c_ssize_t)


def _run(address, *arrays, count):
    """Run a compiled loop over some elements of arrays."""
    if numba.config.DISABLE_JIT:
        loops.run(address, *arrays, count)
    else:
        _LOOP(address)(*(array.ctypes.data for array in arrays), count)


class Blocks:
    """The blocks of parameters that are trained.

    Parameters
    ----------
    layout : Layout
    """

    def __init__(self, layout):
        self.slices = []
        for row in layout.blocks:
            if row[TRAINED]:
                size = int(row[BLOCK_ROWS] * row[BLOCK_WIDTH])
                start = int(row[BLOCK_PLACE])
                decay = float(layout.decays[row[DECAY]])
                factor = float(layout.rate_factors[row[RATE_FACTOR]])
                self.slices.append((slice(start, start + size), decay, factor))


class Penalty:
    """The penalty of the weights, and its gradient.

    Parameters
    ----------
    layout : Layout
    objective : Objective
    dtype : numpy dtype
        Of the parameters.
    """

    def __init__(self, layout, objective, dtype):
        self.strength, self.parameter = objective.alpha, objective.penalty_parameter
        penalty = PENALTIES[objective.penalty]
        self._slices = [each for each in Blocks(layout).slices if each[1] and self.strength]
        if self._slices:
            self._value = loops.address(penalty_value_loop, penalty, dtype)
            self._derivative = loops.address(penalty_gradient_loop, penalty, dtype)

    def add_gradient(self, vector, gradient):
        """Add the gradient of the penalty to another one.

        Parameters
        ----------
        vector, gradient : array of shape (n_parameters,)
        """
        for where, decay, _ in self._slices:
            w, g, p = vector[where], gradient[where], np.zeros(LOOP_NUMBERS)
            p[:2] = self.strength * decay, self.parameter
            _run(self._derivative, w, g, w, w, p, count=len(w))

    def value(self, vector):
        """Return the penalty of all weights.

        Parameters
        ----------
        vector : array of shape (n_parameters,)

        Returns
        -------
        value : float
        """
        total = 0.0
        for where, decay, _ in self._slices:
            w, p = vector[where], np.zeros(LOOP_NUMBERS)
            p[0] = self.parameter
            _run(self._value, w, w, w, w, p, count=len(w))
            total += self.strength * decay * p[1]
        return total


class ParameterStep:
    """Lets an optimizer change the parameters of a network.

    Parameters
    ----------
    layout : Layout
    course : Course
    regularisation : Regularisation
    dtype : numpy dtype
        Of the parameters.
    """

    def __init__(self, layout, course, regularisation, dtype):
        self.layout, self._slices = layout, Blocks(layout).slices
        self._decay, self._clip_norm = course.decay, regularisation.clip_norm
        self._masks, self._rule = regularisation.masks, RULES[course.rule]
        self._loop = loops.address(rule_loop, self._rule, dtype)
        self._watch_layers = course.watch_layers

    def __call__(self, vector, states, gradient, weight, step):
        """Change the parameters and the states in place.

        Parameters
        ----------
        vector : array of shape (n_parameters,)
        states : array of shape (n_states, n_parameters)
        gradient : array of shape (n_parameters,)
            Summed over the rows, with that of the penalty; it may be changed.
        weight : float
            Sum of the weights of the rows.
        step : tuple of float, int and tuple of float
            Learning rate, number of the update from 1, and the parameters of the rule.

        Returns
        -------
        norm : float
            Of the mean gradient.
        layer_norms : array of shape (n_layers,) or (0,)
        """
        rate, number, parameters = step
        if self._masks is not None:
            gradient *= self._masks.astype(gradient.dtype)
        scale = 1.0 / weight if weight else 0.0
        norm, layer_norms = self._norms(gradient, scale)
        if 0.0 < self._clip_norm < norm:
            scale *= self._clip_norm / norm
        for where, decay, factor in self._slices:
            w, g = vector[where], gradient[where]
            kept = [state[where] for state in states]
            kept += [w] * (2 - len(kept))  # of which the loop does nothing
            p = np.zeros(STEP_NUMBERS)
            p[:RULE_CONSTANTS] = self._rule.prepare(rate * factor, number, parameters)
            p[RULE_CONSTANTS:] = 0.0, 0.0, scale
            p[6] = self._decay * decay
            _run(self._loop, w, g, *kept, p, count=len(w))
        return norm, layer_norms

    def _norms(self, gradient, scale):
        square = sum(float(gradient[w] @ gradient[w]) for w, _, _ in self._slices)
        layers = np.zeros(0)
        if self._watch_layers:
            views = zip(*parameter_views(self.layout, gradient), strict=True)
            layers = np.array([np.sqrt((W**2).sum() + (b**2).sum()) for W, b in views]) * scale
        return scale * np.sqrt(square), layers
