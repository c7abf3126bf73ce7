"""What happens to the weights: penalties, the rule, and what follows from the new weights.

The parameters are cut into `SUM_LANES` shares, the sums of which are added up in their order: the
number of threads changes no bit of them.
"""

from skdeep.engines.cuda.randomness import keep, key_of, least, of_weights
from skdeep.engines.cuda.shim import device
from skdeep.engines.cuda.structures import (
    BY_DIRECTIONS,
    CONSTANTS,
    DECAY,
    FROZEN,
    GAINS,
    GRADIENT,
    IN_TWO,
    LAYER_SQUARES,
    MASKS,
    N_LAYERS,
    N_STATES,
    OWN_PENALTY,
    PENALTIES,
    PENALTY_PARAMETER,
    SCALE,
    SQUARED_NORM,
    STATE_STEP,
    STATES,
    STRENGTH,
    SUM_LANES,
    USED,
    ZERO,
    Who,
)
from skdeep.engines.cuda.sums import lanes_of
from skdeep.engines.randomness import WEIGHTS as OF_WEIGHTS
from skdeep.engines.table import BIASES, FAN_IN, FAN_OUT, SCALES, SHIFTS, WEIGHTS


@device
def n_weights(layer):
    """Return how many weights a layer has."""
    return layer[FAN_IN] * layer[FAN_OUT]


@device
def _complete(code, task, batch, index, i, g):
    """Return the gradient of a weight with all that concerns it, but for the squared norm."""
    plan, layer = task.plan, task.layers[index]
    what = of_weights(task, index)
    if least(task, what) > 0:
        g = keep(code, task, what, key_of(code, task, index, OF_WEIGHTS, batch.update), i, g)
    if plan[OWN_PENALTY] == 1:
        constants = plan[CONSTANTS]
        begin = layer[USED] if plan[BY_DIRECTIONS] == 1 else layer[WEIGHTS]
        p = task.memory[constants + PENALTY_PARAMETER]
        slope = code.penalty_derivative(task.memory[begin + i], p)
        g += task.memory[constants + STRENGTH] * slope
    if plan[MASKS] > 0:
        g *= task.store[plan[MASKS] + layer[WEIGHTS] + i]
    return g


@device
def complete_gradient(code, task, batch, who):
    """Complete the gradient of all weights, where it is wanted before any is changed."""
    gradient = task.plan[GRADIENT]
    for index in range(task.plan[FROZEN], task.plan[N_LAYERS]):
        layer = task.layers[index]
        for i in range(who.lane, n_weights(layer), who.lanes):
            place = gradient + layer[WEIGHTS] + i
            task.store[place] = _complete(code, task, batch, index, i, task.store[place])


@device
def _squares_of(task, begin, count, strength, who):
    """Return this lane's share of the squares of the gradients of some parameters."""
    constants = task.plan[CONSTANTS]
    scale, total = task.memory[constants + SCALE], task.memory[constants + ZERO]
    for i in range(who.lane, count, who.lanes):
        g = task.store[task.plan[GRADIENT] + begin + i]
        g = (g + strength * task.memory[begin + i]) * scale
        total += g * g
    return total


@device
def watch(task, who):
    """Sum the squares of every layer's gradient."""
    plan = task.plan
    strength = task.memory[plan[CONSTANTS] + SQUARED_NORM]
    zero = task.memory[plan[CONSTANTS] + ZERO]
    for index in range(plan[FROZEN], plan[N_LAYERS]):
        layer, place = task.layers[index], lanes_of(task, LAYER_SQUARES + index)
        for lane in range(who.lane, plan[SUM_LANES], who.lanes):
            share = Who(lane, plan[SUM_LANES])
            s = _squares_of(task, layer[WEIGHTS], n_weights(layer), strength, share)
            s += _squares_of(task, layer[BIASES], layer[FAN_OUT], zero, share)
            if layer[SCALES] >= 0:
                s += _squares_of(task, layer[SCALES], layer[FAN_OUT], zero, share)
                s += _squares_of(task, layer[SHIFTS], layer[FAN_OUT], zero, share)
            if plan[BY_DIRECTIONS] == 1:
                s += _squares_of(task, layer[GAINS], layer[FAN_OUT], zero, share)
            task.memory[place + lane] = s


@device
def _constants(task, decay):
    """Return what the rule has prepared, and the decay of the parameters at hand."""
    memory, c = task.memory, task.plan[CONSTANTS]
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
def _step(code, task, place, g, strength, c):
    """Let the rule change a parameter; return its new value."""
    plan, store = task.plan, task.store
    w, state = task.memory[place], plan[STATES] + place
    g = (g + strength * code.shrink(w, strength)) * task.memory[plan[CONSTANTS] + SCALE]
    s = u = task.memory[plan[CONSTANTS] + ZERO]
    if plan[N_STATES] > 0:
        s = store[state]
    if plan[N_STATES] > 1:
        u = store[state + plan[STATE_STEP]]
    w, s, u = code.update(w, g, s, u, c)
    if plan[N_STATES] > 0:
        store[state] = s
    if plan[N_STATES] > 1:
        store[state + plan[STATE_STEP]] = u
    task.memory[place] = w
    return w


@device
def _step_plain(code, task, begin, count, who):
    """Let the rule change parameters without penalty."""
    zero = task.memory[task.plan[CONSTANTS] + ZERO]
    c = _constants(task, zero)
    for i in range(who.lane, count, who.lanes):
        g = task.store[task.plan[GRADIENT] + begin + i]
        _step(code, task, begin + i, g, zero, c)


@device
def refresh_weight(code, task, update, index, i):
    """Bring what products read of a weight up to date; return its penalty."""
    layer, memory, plan = task.layers[index], task.memory, task.plan
    begin = layer[USED] if plan[BY_DIRECTIONS] == 1 else layer[WEIGHTS]
    what, w = of_weights(task, index), memory[begin + i]
    if layer[USED] != layer[WEIGHTS]:
        kept = w
        if least(task, what) > 0:
            kept = keep(code, task, what, key_of(code, task, index, OF_WEIGHTS, update), i, w)
        memory[layer[USED] + i] = kept
        w = kept if plan[BY_DIRECTIONS] == 1 else w
    return code.penalty(w, memory[plan[CONSTANTS] + PENALTY_PARAMETER])


@device
def refresh(code, task, update, who):
    """Bring what depends on the weights up to date, for the update that comes next."""
    lanes, place = task.plan[SUM_LANES], lanes_of(task, PENALTIES)
    for lane in range(who.lane, lanes, who.lanes):
        total = task.memory[task.plan[CONSTANTS] + ZERO]
        for index in range(task.plan[FROZEN], task.plan[N_LAYERS]):
            for i in range(lane, n_weights(task.layers[index]), lanes):
                total += refresh_weight(code, task, update, index, i)
        task.memory[place + lane] = total


@device
def _step_share(code, task, batch, who):
    """Let the rule change one of the shares that sums are formed of."""
    plan, memory = task.plan, task.memory
    strength = memory[plan[CONSTANTS] + SQUARED_NORM]
    c, total = _constants(task, memory[plan[CONSTANTS] + DECAY]), memory[plan[CONSTANTS] + ZERO]
    for index in range(plan[FROZEN], plan[N_LAYERS]):
        layer = task.layers[index]
        for i in range(who.lane, n_weights(layer), who.lanes):
            place = layer[WEIGHTS] + i
            g = task.store[plan[GRADIENT] + place]
            if plan[IN_TWO] == 1:
                _step(code, task, place, g, strength, c)
            else:
                g = _complete(code, task, batch, index, i, g)
                _step(code, task, place, g, strength, c)
                total += refresh_weight(code, task, batch.update + 1, index, i)
        _step_plain(code, task, layer[BIASES], layer[FAN_OUT], who)
        if layer[SCALES] >= 0:
            _step_plain(code, task, layer[SCALES], layer[FAN_OUT], who)
            _step_plain(code, task, layer[SHIFTS], layer[FAN_OUT], who)
        if plan[BY_DIRECTIONS] == 1:
            _step_plain(code, task, layer[GAINS], layer[FAN_OUT], who)
    if plan[IN_TWO] == 0:
        memory[lanes_of(task, PENALTIES) + who.lane] = total


@device
def step(code, task, batch, who):
    """Let the rule change all parameters."""
    lanes = task.plan[SUM_LANES]
    for lane in range(who.lane, lanes, who.lanes):
        _step_share(code, task, batch, Who(lane, lanes))
