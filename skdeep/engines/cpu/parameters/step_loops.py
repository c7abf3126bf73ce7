"""Loops of a solver's step over a piece of the parameters, and of the penalties on them."""

from typing import NamedTuple

from skdeep.engines.cpu.compiling.jit import device, inlined, reduction, widen
from skdeep.engines.cpu.compiling.views import section
from skdeep.engines.cpu.memory.fields import LOOP_NUMBERS, STEP_NUMBERS
from skdeep.formulas.penalties.l2 import derivative as l2_derivative
from skdeep.formulas.penalties.l2 import value as l2_value


def _no_state(update, kind):
    def loop(w, g, _s, _u, p, n):
        widen()
        c, alpha, scale = _constants(p, kind)
        for i in range(n):
            w[i] = update(w[i], (g[i] + alpha * l2_derivative(w[i], 0)) * scale, c)

    return loop


def _one_state(update, kind):
    def loop(w, g, s, _u, p, n):
        widen()
        c, alpha, scale = _constants(p, kind)
        for i in range(n):
            gradient = (g[i] + alpha * l2_derivative(w[i], 0)) * scale
            w[i], s[i] = update(w[i], gradient, s[i], c)

    return loop


def _two_states(update, kind):
    def loop(w, g, s, u, p, n):
        widen()
        c, alpha, scale = _constants(p, kind)
        for i in range(n):
            gradient = (g[i] + alpha * l2_derivative(w[i], 0)) * scale
            w[i], s[i], u[i] = update(w[i], gradient, s[i], u[i], c)

    return loop


@device
def _constants(p, kind):
    """Return what a rule has prepared, the penalty's strength and the scale in some precision."""
    c = kind(p[0]), kind(p[1]), kind(p[2]), kind(p[3]), kind(p[4]), kind(p[5]), kind(p[6])
    return c, kind(p[7]), kind(p[8])


def rule_loop(rule, kind):
    """Return the loop of one step: weights, gradient, two states, and the constants of the step."""
    return (_no_state, _one_state, _two_states)[len(rule.states)](rule.update, kind)


def prepare_loop(rule, kind):
    """Return the function that lets a rule prepare the constants of step ``t``."""
    prepare = rule.prepare

    def loop(out, rate, _x2, _x3, p, t):
        widen()
        c = prepare(rate[0], t, (p[0], p[1], p[2], p[3], p[4], p[5]))
        out[0], out[1], out[2], out[3], out[4], out[5] = c

    return loop


class Gradient(NamedTuple):
    """Stands for a rule where the gradient itself is wanted, in the place of the first state."""

    name: str = "gradient"


def gradient_loop(_rule, kind):
    """Return the loop that writes down the penalised gradient."""

    def loop(w, g, s, _u, p, n):
        widen()
        alpha, scale = kind(p[7]), kind(p[8])
        for i in range(n):
            s[i] = (g[i] + alpha * l2_derivative(w[i], 0)) * scale

    return loop


def penalty_gradient_loop(penalty, kind):
    """Return the loop that adds the derivative of a penalty to the gradient ``g``.

    The squared norm is part of the loops of the optimizers, and needs none.
    """
    derivative = penalty.derivative

    def loop(w, g, _x2, _x3, p, n):
        widen()
        strength, parameter = kind(p[0]), kind(p[1])
        for i in range(n):
            g[i] += strength * derivative(w[i], parameter)

    return loop


def penalty_value_loop(penalty, kind):
    """Return the loop that puts the penalty of the weights, without its strength, into ``p[1]``."""
    value = penalty.value

    def loop(w, _x1, _x2, _x3, p, n):
        widen()
        parameter, s = kind(p[0]), 0.0
        for i in range(n):
            s += float(value(w[i], parameter))
        p[1] = s

    return loop


@reduction
def half_square(w):
    """Return half of the squared norm of a slice of the weights."""
    s = l2_value(w[0], 0)
    for i in range(1, w.size):
        s += l2_value(w[i], 0)
    return s


@reduction
def gradient_square(w, g, alpha):
    """Return the square of the norm of a slice of the penalised gradient."""
    first = g[0] + alpha * l2_derivative(w[0], 0)
    s = first * first
    for i in range(1, w.size):
        element = g[i] + alpha * l2_derivative(w[i], 0)
        s += element * element
    return s


@device
def step_place(plan, update):
    """Return the place of the learning rate of an update; the rule's parameters follow it."""
    return plan.steps + (update - 1 - plan.first_update) * plan.steps_step


@inlined
def step_numbers(task, member, factor):
    """Return the place of the numbers that a member hands to the loop of a step.

    They depend on the factor on the learning rate, which is given by its number.
    """
    plan = task.plan
    start = plan.constants + member * plan.constants_step + factor * STEP_NUMBERS
    return section(task.numbers, start, STEP_NUMBERS)


@inlined
def loop_numbers(task, member):
    """Return the place of the numbers that a member hands to the loops that are not the rule's."""
    start = task.plan.constants + (member + 1) * task.plan.constants_step - LOOP_NUMBERS
    return section(task.numbers, start, LOOP_NUMBERS)
