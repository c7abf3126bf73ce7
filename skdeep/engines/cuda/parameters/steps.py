"""What happens to the weights: penalties, the rule, and what follows from the new weights.

The parameters are cut into `SUM_LANES` shares, the sums of which are added up in their order: the
number of threads changes no bit of them.
"""

from typing import NamedTuple

import numpy as np

from skdeep.engines.cuda.hardware.shim import device
from skdeep.engines.cuda.kernels.sums import lanes_of, n_parts, sum_of_parts
from skdeep.engines.cuda.layers.dropout import keep, mask_of, of_weights
from skdeep.engines.cuda.memory.structures import (
    DECAY,
    KEPT,
    LAYER_SQUARES,
    PENALTIES,
    PENALTY_PARAMETER,
    SCALE,
    SQUARED_NORM,
    STRENGTH,
    ZERO,
    Who,
)
from skdeep.engines.randomness import WEIGHTS as OF_WEIGHTS


class Weights(NamedTuple):
    """What the weights of a layer have in common.

    Attributes
    ----------
    count, begin, read, used, masks : uint64
        How many there are; places of the first: of those that the rule changes, of those that
        penalties are of, of those that products read, and of the masks in the store.
    by_directions, is_copied, is_masked, is_penalised : bool
        Whether the rule changes directions; whether products read a copy; whether there are masks,
        and a penalty that the rule does not see to.
    decay, strength, parameter : float
        What the strength of every penalty is multiplied by; strength and parameter of that penalty.
    """

    count: int
    begin: int
    read: int
    used: int
    masks: int
    by_directions: bool
    is_copied: bool
    is_masked: bool
    is_penalised: bool
    decay: float
    strength: float
    parameter: float


class Optimizer(NamedTuple):
    """What the steps of all parameters have in common.

    Attributes
    ----------
    gradient, states, state_step : uint64
        Places in the store, and the step from one state of a parameter to the next.
    n_states : int
    scale, zero : float
    """

    gradient: int
    states: int
    state_step: int
    n_states: int
    scale: float
    zero: float


@device
def _decay_of(task, index):
    """Return what the strength of the penalty is multiplied by for the weights of a layer."""
    return task.memory[task.plan.constants + KEPT + 1 + 2 * task.plan.n_layers + index]


@device
def weights_of(task, index):
    """Return what the weights of a layer have in common."""
    plan, layer, constants = task.plan, task.layers[index], task.plan.constants
    by_directions, decay = plan.by_directions == 1, _decay_of(task, index)
    return Weights(
        np.uint64(layer.fan_in * layer.fan_out),
        np.uint64(layer.weights),
        np.uint64(layer.used if by_directions else layer.weights),
        np.uint64(layer.used),
        np.uint64(plan.masks + layer.weights),
        by_directions,
        layer.used != layer.weights,
        plan.masks > 0,
        plan.own_penalty == 1,
        decay,
        task.memory[constants + STRENGTH] * decay,
        task.memory[constants + PENALTY_PARAMETER],
    )


@device
def mask_of_weights(code, task, index, update):
    """Return which weights of a layer are kept in an update."""
    return mask_of(code, task, of_weights(task, index), index, OF_WEIGHTS, update)


@device
def optimizer_of(task):
    """Return what the steps of all parameters have in common."""
    plan, memory = task.plan, task.memory
    return Optimizer(
        np.uint64(plan.gradient),
        np.uint64(plan.states),
        np.uint64(plan.state_step),
        plan.n_states,
        memory[plan.constants + SCALE],
        memory[plan.constants + ZERO],
    )


@device
def _complete(code, task, weights, mask, i, g):
    """Return the gradient of a weight with all that concerns it, but for the squared norm."""
    if mask.drops:
        g = keep(code, mask, i, g)
    if weights.is_penalised:
        slope = code.penalty_derivative(task.memory[weights.read + i], weights.parameter)
        g += weights.strength * slope
    if weights.is_masked:
        g *= task.store[weights.masks + i]
    return g


@device
def _form_bias_gradient(task, batch, index, who):
    """Form the gradient of a layer's biases from the sums over the parts of the batch."""
    layer, store, n = task.layers[index], task.store, n_parts(task, batch)
    begin, parts, width = task.plan.gradient + layer.biases, layer.parts, layer.fan_out
    for j in range(who.lane, width, who.lanes):
        store[begin + j] = sum_of_parts(store, parts + j, n, width)


@device
def complete_gradient(code, task, batch, who):
    """Complete the gradient of all weights and biases, where it is wanted before any is changed."""
    gradient, lanes = np.uint64(task.plan.gradient), np.uint64(who.lanes)
    for index in range(task.plan.frozen, task.plan.n_layers):
        weights, mask = weights_of(task, index), mask_of_weights(code, task, index, batch.update)
        i, begin = np.uint64(who.lane), gradient + weights.begin
        while i < weights.count:
            place = begin + i
            task.store[place] = _complete(code, task, weights, mask, i, task.store[place])
            i += lanes
        _form_bias_gradient(task, batch, index, who)


@device
def _squares_of(task, begin, count, strength, who):
    """Return this lane's share of the squares of the gradients of some parameters."""
    constants = task.plan.constants
    scale, total = task.memory[constants + SCALE], task.memory[constants + ZERO]
    gradient = np.uint64(task.plan.gradient)
    place, lanes = np.uint64(begin + who.lane), np.uint64(who.lanes)
    for _ in range(who.lane, count, who.lanes):
        g = (task.store[gradient + place] + strength * task.memory[place]) * scale
        total += g * g
        place += lanes
    return total


@device
def watch(task, who):
    """Sum the squares of every layer's gradient."""
    plan = task.plan
    alpha, zero = task.memory[plan.constants + SQUARED_NORM], task.memory[plan.constants + ZERO]
    for index in range(plan.frozen, plan.n_layers):
        layer, place = task.layers[index], lanes_of(task, LAYER_SQUARES + index)
        strength = alpha * _decay_of(task, index)
        for lane in range(who.lane, plan.sum_lanes, who.lanes):
            share = Who(lane, plan.sum_lanes)
            n_weights = layer.fan_in * layer.fan_out
            s = _squares_of(task, layer.weights, n_weights, strength, share)
            s += _squares_of(task, layer.biases, layer.fan_out, zero, share)
            if layer.scales >= 0:
                s += _squares_of(task, layer.scales, layer.fan_out, zero, share)
                s += _squares_of(task, layer.shifts, layer.fan_out, zero, share)
            if plan.by_directions == 1:
                s += _squares_of(task, layer.gains, layer.fan_out, zero, share)
            task.memory[place + lane] = s


@device
def _constants(task, decay):
    """Return what the rule has prepared, and the decay of the parameters at hand."""
    memory, c = task.memory, task.plan.constants
    return (
        memory[c],
        memory[c + 1],
        memory[c + 2],
        memory[c + 3],
        memory[c + 4],
        memory[c + 5],
        decay,
    )


@device
def _step(code, task, rule, place, g, strength, c):
    """Let the rule change a parameter; return its new value."""
    store, w, state = task.store, task.memory[place], rule.states + place
    s = u = rule.zero
    if rule.n_states > 0:
        s = store[state]
    if rule.n_states > 1:
        u = store[state + rule.state_step]
    g = (g + strength * code.shrink(w, strength)) * rule.scale
    w, s, u = code.update(w, g, s, u, c)
    if rule.n_states > 0:
        store[state] = s
    if rule.n_states > 1:
        store[state + rule.state_step] = u
    task.memory[place] = w
    return w


@device
def _step_plain(code, task, rule, begin, count, who):
    """Let the rule change parameters without penalty."""
    c, place = _constants(task, rule.zero), np.uint64(begin + who.lane)
    end, lanes = np.uint64(begin + count), np.uint64(who.lanes)
    while place < end:
        _step(code, task, rule, place, task.store[rule.gradient + place], rule.zero, c)
        place += lanes


@device
def refresh_weight(code, task, weights, mask, i, w):
    """Bring what products read of a weight up to date; return its penalty."""
    if weights.is_copied:
        kept = w
        if mask.drops:
            kept = keep(code, mask, i, w)
        task.memory[weights.used + i] = kept
        w = kept if weights.by_directions else w
    if weights.decay > 0:
        return weights.decay * code.penalty(w, weights.parameter)
    return weights.decay


@device
def _refresh_share(code, task, index, update, who):
    """Bring a share of what depends on a layer's weights up to date; return its penalty."""
    weights, mask = weights_of(task, index), mask_of_weights(code, task, index, update)
    total = task.memory[task.plan.constants + ZERO]
    i, lanes = np.uint64(who.lane), np.uint64(who.lanes)
    while i < weights.count:
        w = task.memory[weights.read + i]
        total += refresh_weight(code, task, weights, mask, i, w)
        i += lanes
    return total


@device
def refresh(code, task, update, who):
    """Bring what depends on the weights up to date, for the update that comes next."""
    lanes, place = task.plan.sum_lanes, lanes_of(task, PENALTIES)
    for lane in range(who.lane, lanes, who.lanes):
        total = task.memory[task.plan.constants + ZERO]
        for index in range(task.plan.frozen, task.plan.n_layers):
            total += _refresh_share(code, task, index, update, Who(lane, lanes))
        task.memory[place + lane] = total


@device
def _step_weights(code, task, rule, index, update, who):
    """Let the rule change a share of a layer's weights; return their penalty."""
    plan, memory, weights = task.plan, task.memory, weights_of(task, index)
    strength, total = memory[plan.constants + SQUARED_NORM] * weights.decay, rule.zero
    decay, in_two = memory[plan.constants + DECAY] * weights.decay, plan.in_two == 1
    c = _constants(task, decay)
    mask = mask_of_weights(code, task, index, update)
    following = mask_of_weights(code, task, index, update + 1)
    i, lanes = np.uint64(who.lane), np.uint64(who.lanes)
    while i < weights.count:
        place = weights.begin + i
        g = task.store[rule.gradient + place]
        if in_two:
            _step(code, task, rule, place, g, strength, c)
        else:
            g = _complete(code, task, weights, mask, i, g)
            w = _step(code, task, rule, place, g, strength, c)
            total += refresh_weight(code, task, weights, following, i, w)
        i += lanes
    return total


@device
def _step_share(code, task, batch, who):
    """Let the rule change one of the shares that sums are formed of."""
    plan, rule = task.plan, optimizer_of(task)
    total = rule.zero
    for index in range(plan.frozen, plan.n_layers):
        layer = task.layers[index]
        total += _step_weights(code, task, rule, index, batch.update, who)
        if plan.in_two == 0:
            # Whatever thread forms the gradient of a bias takes the step.
            _form_bias_gradient(task, batch, index, who)
        _step_plain(code, task, rule, layer.biases, layer.fan_out, who)
        if layer.scales >= 0:
            _step_plain(code, task, rule, layer.scales, layer.fan_out, who)
            _step_plain(code, task, rule, layer.shifts, layer.fan_out, who)
        if plan.by_directions == 1:
            _step_plain(code, task, rule, layer.gains, layer.fan_out, who)
    if plan.in_two == 0:
        task.memory[lanes_of(task, PENALTIES) + who.lane] = total


@device
def step(code, task, batch, who):
    """Let the rule change all parameters."""
    lanes = task.plan.sum_lanes
    for lane in range(who.lane, lanes, who.lanes):
        _step_share(code, task, batch, Who(lane, lanes))
