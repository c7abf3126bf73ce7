"""One epoch of the perceptron: pattern by pattern, or all patterns at once."""

import numpy as np

from skdeep.engines.cpu.compiling.jit import exact
from skdeep.engines.cpu.compiling.views import section
from skdeep.engines.cpu.perceptron import perceptron_task as at
from skdeep.engines.cpu.perceptron import rows
from skdeep.formulas.perceptron_rule import correction, is_certain, is_mistake, loss
from skdeep.formulas.truncation import truncate


@exact
def output(task, row, scale, intercept):
    """Return ``p = w.x + b`` of a row, with the sign that summing from left to right gives."""
    kind = task.weights.dtype.type
    total, magnitude = rows.fast_sum(task, row)
    p = np.float64(kind(total * scale)) + intercept
    if is_certain(p, task.numbers[at.CLOSE] * magnitude * scale):
        return p
    return np.float64(kind(rows.slow_sum(task, row) * scale)) + intercept


@exact
def is_held_out(task, row):
    """Return whether a row belongs to the validation set."""
    return task.held_out.size > 0 and task.held_out[row]


@exact
def step_of(task, row, y):
    """Return the multiple of a row that corrects a mistake."""
    numbers = task.numbers
    kind = task.weights.dtype.type
    class_weight = kind(numbers[at.POSITIVE] if y > 0 else numbers[at.NEGATIVE])
    weight = kind(class_weight * task.sample_weights[row])
    return correction(y, numbers[at.RATE], np.float64(weight))


@exact
def look_ahead(task, order, k):
    """Ask for a row that comes soon."""
    if k + rows.AHEAD < order.size:
        rows.ask_for_row(task, order[k + rows.AHEAD])


@exact
def plain_epoch(task):
    """Learn from every row in turn; return the number of mistakes."""
    numbers, kind = task.numbers, task.weights.dtype.type
    order = section(task.order, task.counters[at.HALF] * task.signs.size, task.signs.size)
    intercept, loss_sum, mistakes = numbers[at.INTERCEPT], 0.0, 0
    for k in range(order.size):
        look_ahead(task, order, k)
        row = order[k]
        if is_held_out(task, row):
            continue
        y = np.float64(task.signs[row])
        p = output(task, row, 1.0, intercept)
        if is_mistake(y, p):
            loss_sum += loss(y, p)
            step = step_of(task, row, y)
            if step != 0.0:
                mistakes += 1
                rows.add(task, (task.weights, row, kind(step)))
                intercept += step * numbers[at.INTERCEPT_RATE]
    numbers[at.INTERCEPT], numbers[at.LOSS] = intercept, loss_sum
    return mistakes


@exact
def shrink(task):
    """Let the L2 penalty shrink all weights, by their scale."""
    numbers = task.numbers
    factor = numbers[at.SHRINK]
    numbers[at.SCALE] *= factor
    numbers[at.SQUARES] *= factor * factor
    numbers[at.MAGNITUDES] *= factor
    if numbers[at.SCALE] < (1e-6 if task.weights.itemsize == 4 else 1e-9):  # or it underflows
        scale = task.weights.dtype.type(numbers[at.SCALE])
        for j in range(task.weights.size):
            task.weights[j] *= scale
        numbers[at.SCALE] = 1.0


@exact
def penalty(task):
    """Return the penalty of the weights as they are."""
    numbers = task.numbers
    ridge = (1.0 - numbers[at.L1_RATIO]) * 0.5 * numbers[at.SQUARES]
    return numbers[at.ALPHA] * (ridge + numbers[at.L1_RATIO] * numbers[at.MAGNITUDES])


@exact
def correct(task, row, step):
    """Add a correction to scaled weights, and take their norms anew."""
    numbers, kind = task.numbers, task.weights.dtype.type
    scale = kind(numbers[at.SCALE])
    rows.add(task, (task.weights, row, kind(kind(step) / scale)))
    squares, magnitudes = rows.norms(task, row)
    numbers[at.SQUARES] = squares * (scale * scale)
    numbers[at.MAGNITUDES] = magnitudes * scale
    numbers[at.INTERCEPT] += step * numbers[at.INTERCEPT_RATE]


@exact
def penalised_epoch(task):
    """Learn from every row in turn, with a penalty; return the number of mistakes."""
    numbers = task.numbers
    order = section(task.order, task.counters[at.HALF] * task.signs.size, task.signs.size)
    loss_sum, penalties, mistakes = 0.0, 0.0, 0
    for k in range(order.size):
        look_ahead(task, order, k)
        row = order[k]
        if is_held_out(task, row):
            continue
        y = np.float64(task.signs[row])
        p = output(task, row, numbers[at.SCALE], numbers[at.INTERCEPT])
        penalties += penalty(task)
        step = 0.0
        if is_mistake(y, p):
            loss_sum += loss(y, p)
            step = step_of(task, row, y)
        if numbers[at.SHRINK] != 1.0:
            shrink(task)
        if step != 0.0:
            mistakes += 1
            correct(task, row, step)
        if numbers[at.PULL] > 0.0:
            numbers[at.DUE] += numbers[at.PULL]
            rows.truncate_row(task, (row, numbers[at.DUE], numbers[at.SCALE]))
    numbers[at.LOSS], numbers[at.PENALTY] = loss_sum, penalties
    return mistakes


@exact
def batch_epoch(task):
    """Add up the corrections of all rows, then change the weights once; return the mistakes."""
    numbers, kind = task.numbers, task.weights.dtype.type
    loss_sum, intercept, mistakes = 0.0, 0.0, 0
    for row in range(task.signs.size):
        if is_held_out(task, row):
            continue
        y = np.float64(task.signs[row])
        p = output(task, row, 1.0, numbers[at.INTERCEPT])
        if is_mistake(y, p):
            loss_sum += loss(y, p)
            step = step_of(task, row, y)
            if step != 0.0:
                mistakes += 1
                rows.add(task, (task.paid, row, kind(step)))
                intercept += step
    numbers[at.LOSS] = loss_sum
    numbers[at.PENALTY] = penalty(task) * task.counters[at.N_TRAIN]
    if mistakes > 0:
        _update(task)
        numbers[at.INTERCEPT] += intercept * numbers[at.INTERCEPT_RATE]
    return mistakes


@exact
def _update(task):
    """Apply the penalty and the correction of an epoch; begin the next one."""
    numbers = task.numbers
    squares, magnitudes = 0.0, 0.0
    for j in range(task.weights.size):
        weight = task.weights[j] * numbers[at.SHRINK] + task.paid[j]
        weight = truncate(weight, numbers[at.PULL], 0.0, 1.0)
        squares += weight * weight
        magnitudes += abs(weight)
        task.weights[j], task.paid[j] = weight, 0
    numbers[at.SQUARES], numbers[at.MAGNITUDES] = squares, magnitudes
