"""Resilient propagation: an adaptive step size for each weight, which only uses gradient signs.

The step grows while the gradient keeps its sign and shrinks when it flips; the weight then stays
where it is for one update, as if its gradient were 0. Riedmiller & Braun, "A direct adaptive method
for faster backpropagation learning: the RPROP algorithm", ICNN 1993, without the weight
backtracking (iRprop-: Igel & Huesken, Neurocomputing 50, 2003). The learning rate is the first
step.
"""

import numpy as np

from skdeep.formulas.parameter import Parameter

CLASS = "RProp"
FULL_BATCH = True
LEARNING_RATE_INIT = 0.1
LEARNING_RATE_MEANING = "Initial step size of each weight."
STATES = ("step", "before")
PARAMETERS = {
    "increase": Parameter(1.2, "Factor by which step sizes increase.", 1, closed="left"),
    "decrease": Parameter(0.5, "Factor by which step sizes decrease.", 0, 1),
    "step_min": Parameter(1e-6, "Minimum step size.", 0),
    "step_max": Parameter(50.0, "Maximum step size.", 0),
}
ZERO, ONE = np.float32(0), np.float32(1)


def conflict(step_min, step_max):
    """Return a description of what is wrong with the bounds of the steps, or None."""
    return "step_min must not be larger than step_max" if step_min > step_max else None


def prepare(rate, t, p):
    """Return the first step and the parameters."""
    return rate, p[0], p[1], p[2], p[3], 0.0


def update(w, g, step, before, c):
    """Return the new weight, step and gradient to compare the next with."""
    agreement = g * before
    factor = c[2] if agreement < ZERO else ONE
    factor = c[1] if agreement > ZERO else factor
    step = c[0] if step == ZERO else step
    step = step * factor
    step = c[3] if step < c[3] else step
    step = c[4] if step > c[4] else step
    g = ZERO if agreement < ZERO else g
    move = -step if g > ZERO else ZERO
    move = step if g < ZERO else move
    return w + move, step, g
