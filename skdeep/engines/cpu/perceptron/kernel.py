"""The kernel: epoch after epoch, until training ends by itself or the call is over."""

import numpy as np

from skdeep.engines.cpu.compiling.jit import device, exact, kernel
from skdeep.engines.cpu.perceptron import perceptron_task as at
from skdeep.engines.cpu.perceptron import rows
from skdeep.engines.cpu.perceptron.epochs import (
    batch_epoch,
    is_held_out,
    penalised_epoch,
    plain_epoch,
)
from skdeep.formulas.xorshift import draw, first_state, next_state


@kernel
def fill_permutation(seed, permutation):
    """Write a random permutation, as scikit-learn shuffles."""
    n = permutation.size
    for i in range(n):
        permutation[i] = i
    state = first_state(seed)
    for i in range(n - 1):
        state = next_state(state)
        j = i + draw(state) % (n - i)
        permutation[i], permutation[j] = permutation[j], permutation[i]


@device
def shuffle(task):
    """Make the order of the next epoch: that of the last one, permuted once more."""
    counters, n = task.counters, task.signs.size
    before, after = counters[at.HALF] * n, (1 - counters[at.HALF]) * n
    for k in range(n):
        task.order[after + k] = task.order[before + task.permutation[k]]
    counters[at.HALF] = 1 - counters[at.HALF]


@exact
def score(task):
    """Return the share of the validation set that is on the right side.

    Like scikit-learn, by the weights as they are kept, without their scale.
    """
    right, everything = 0.0, 0.0
    for row in range(task.signs.size):
        if is_held_out(task, row):
            total, _ = rows.fast_sum(task, row)
            weight = task.sample_weights[row]
            everything += weight
            if (total + task.numbers[at.INTERCEPT] > 0.0) == (task.signs[row] > 0):
                right += weight
    return right / everything


@device
def is_finite(task):
    """Return whether all weights are."""
    finite = np.isfinite(task.numbers[at.INTERCEPT])
    for j in range(task.weights.size):
        finite = finite and np.isfinite(task.weights[j])
    return finite


@exact
def judge(task, mistakes):
    """Return why training ends with this epoch, or 0."""
    numbers, counters = task.numbers, task.counters
    if not is_finite(task):
        return at.OVERFLOW
    if counters[at.WATCH_SCORE] == 1:
        numbers[at.SCORE] = score(task)
        watched = -numbers[at.SCORE]
    else:
        watched = (numbers[at.LOSS] + numbers[at.PENALTY]) / counters[at.N_TRAIN]
    stalled = watched > numbers[at.BEST] - numbers[at.TOL]
    counters[at.STALLED] = counters[at.STALLED] + 1 if stalled else 0
    numbers[at.BEST] = min(numbers[at.BEST], watched)
    if mistakes == 0 and _stays_so(task):
        return at.SEPARATED
    return at.STALLED_OUT if counters[at.STALLED] >= counters[at.PATIENCE] else 0


@device
def _stays_so(task):
    """Return whether an epoch without a mistake ends training: all after it would be alike."""
    mode = task.counters[at.MODE]
    alike = task.numbers[at.LOSS] == 0.0 or task.counters[at.WATCH_SCORE] == 1
    return mode == at.BATCH or (mode == at.PLAIN and alike)


@kernel
def train(task, n_epochs):
    """Run so many epochs, fewer if training ends by itself.

    Parameters
    ----------
    task : Task
    n_epochs : int

    Returns
    -------
    done : int
        Epochs run; their mistakes begin ``task.mistakes``.
    """
    counters = task.counters
    done = 0
    while done < n_epochs and counters[at.STOPPED] == 0:
        if counters[at.SHUFFLED] == 1:
            shuffle(task)
        if counters[at.MODE] == at.BATCH:
            mistakes = batch_epoch(task)
        elif counters[at.MODE] == at.PLAIN:
            mistakes = plain_epoch(task)
        else:
            mistakes = penalised_epoch(task)
        task.mistakes[done] = mistakes
        done += 1
        counters[at.STOPPED] = judge(task, mistakes)
    return done
