"""The training of perceptrons: one line, or one for every class against the rest."""

import functools
import threading
import time
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np
from sklearn.model_selection import StratifiedShuffleSplit
from sklearn.utils import check_random_state

from skdeep.engines import signals
from skdeep.engines.cpu.perceptron.perceptron_task import OVERFLOW, SEPARATED
from skdeep.engines.cpu.perceptron.perceptron_training import Training
from skdeep.engines.cpu.threads import team

#: scikit-learn draws its seeds below.
MOST = np.iinfo(np.int32).max

#: Classes are worth further threads from so many entries of the features, times classes, on.
WORTH_THREADS = 100_000

NOT_FINITE = (
    "Floating-point under-/overflow occurred at epoch #{}. Scaling input data with StandardScaler "
    "or MinMaxScaler might help."
)


class Line(NamedTuple):
    """What tells the training of one class from that of another.

    Attributes
    ----------
    signs : array of int8 of shape (n_rows,)
    class_weights : tuple of float
        Of the labels 1 and -1.
    seed : int
    coef : array of shape (n_features,)
    intercept : float
    """

    signs: np.ndarray
    class_weights: tuple
    seed: int
    coef: np.ndarray
    intercept: float


class Outcome(NamedTuple):
    """A trained line.

    Attributes
    ----------
    coef : array of shape (n_features,)
    intercept : float
    n_iter : int
        Epochs, as scikit-learn counts them.
    mistakes : list of int
        Of every epoch, up to the first one after which nothing changes.
    reason : str
        "separated", "change", "validation" or "max_iter".
    """

    coef: np.ndarray
    intercept: float
    n_iter: int
    mistakes: list
    reason: str


def draw_seeds(random_state, n_lines, hold_out):
    """Draw the validation set and the seeds of all lines, by scikit-learn's calls in its order.

    Parameters
    ----------
    random_state : int, RandomState instance or None
        The parameter of the estimator.
    n_lines : int
    hold_out : callable
        Returns the validation set, and may draw from `random_state`.

    Returns
    -------
    held_out : array of bool
    seeds : list of int
    """
    if n_lines == 1:
        held_out, seed = _draw_seed(check_random_state(random_state), hold_out)
        return held_out, [seed]
    held_out = hold_out()
    seeds = check_random_state(random_state).randint(MOST, size=n_lines)
    return held_out, [_draw_seed(check_random_state(seed), int)[1] for seed in seeds]


def _draw_seed(random_state, between):
    random_state.randint(1, MOST)  # the seed of a generator that scikit-learn makes and never asks
    result = between()
    return result, int(random_state.randint(MOST))


def stratified_hold_out(codes, weights, fraction, random_state):
    """Choose the validation set as scikit-learn's linear classifiers do.

    Parameters
    ----------
    codes : array of int of shape (n_rows,)
        The classes.
    weights : array of shape (n_rows,)
        Of the samples.
    fraction : float
    random_state : int, RandomState instance or None

    Returns
    -------
    held_out : array of bool of shape (n_rows,)

    Raises
    ------
    ValueError
        If there are too few samples, or none of them has a weight.
    """
    splitter = StratifiedShuffleSplit(test_size=fraction, random_state=random_state)
    _, rows = next(splitter.split(np.zeros((len(codes), 1)), codes))
    if not np.any(weights[rows] > 0):
        raise ValueError(
            "The sample weights for validation set are all zero, consider using a different random "
            "state."
        )
    held_out = np.zeros(len(codes), dtype=bool)
    held_out[rows] = True
    return held_out


def train_lines(samples, lines, rule, max_iter, verbose, n_threads):
    """Train all lines, some of them at the same time.

    Parameters
    ----------
    samples : Samples
    lines : list of Line
    rule : Rule
    max_iter : int
    verbose : int
    n_threads : int
        Most threads; the results are the same for any number.

    Returns
    -------
    outcomes : list of Outcome
    """
    entries = samples.features.values.size * len(lines)
    n_threads = n_threads if entries >= WORTH_THREADS else 1
    given_up = threading.Event()

    arguments = samples, rule, max_iter, verbose, given_up
    with _for_all(given_up):
        return team.run_each(functools.partial(train_line, *arguments), lines, n_threads)


@contextmanager
def _for_all(given_up):
    """Have the training of all lines end if an exception ends that of one."""
    try:
        yield
    except BaseException:
        given_up.set()
        raise


def train_line(samples, rule, max_iter, verbose, given_up, line):
    """Train one line.

    Parameters
    ----------
    samples : Samples
    rule : Rule
    max_iter : int
    verbose : int
    given_up : threading.Event
        Set if an exception ends the training; which ends early once it is set, and the outcome is
        then not used.
    line : Line

    Returns
    -------
    outcome : Outcome

    Raises
    ------
    ValueError
        If weights are no longer finite.
    """
    start, mistakes = time.perf_counter(), []
    with _for_all(given_up):
        training = Training(samples, line.signs, line.class_weights, rule, *line[2:])
        while len(mistakes) < max_iter and not (training.stopped or given_up.is_set()):
            signals.deliver()
            mistakes += training.run(1 if verbose else max_iter - len(mistakes))
            if verbose:
                _report(training, len(mistakes), samples, start)
        if training.stopped == OVERFLOW:
            raise ValueError(NOT_FINITE.format(len(mistakes)))
    n_iter = len(mistakes)
    reason = "max_iter"
    if training.stopped == SEPARATED:
        n_iter = n_iter if rule.batch else _count_idle(training, rule, n_iter, max_iter)
        reason = "separated"
    elif training.stopped:
        reason = "validation" if len(samples.held_out) else "change"
    if verbose and training.stopped:
        seconds = time.perf_counter() - start
        print(f"Convergence after {n_iter} epochs took {seconds:.2f} seconds")
    return Outcome(training.coef(), training.intercept, n_iter, mistakes, reason)


def _count_idle(training, rule, n_iter, max_iter):
    """Return at which epoch scikit-learn stops, where none changes anything any more."""
    if training.stalled >= rule.patience:
        return n_iter
    if not training.would_stall:
        return max_iter
    return min(max_iter, n_iter + rule.patience - training.stalled)


def _report(training, epoch, samples, start):
    """Print an epoch as scikit-learn does."""
    loss, objective, score, norm, non_zeros = training.report()
    rows = epoch * (len(samples.weights) - np.count_nonzero(samples.held_out))
    print(f"-- Epoch {epoch}")
    text = (
        f"Norm: {norm:.2f}, NNZs: {non_zeros}, Bias: {training.intercept:.6f}, T: {rows}, "
        f"Avg. loss: {loss:f}, Objective: {objective:f}"
    )
    print(text + (f", Validation score: {score:f}" if len(samples.held_out) else ""))
    print(f"Total training time: {time.perf_counter() - start:.2f} seconds.")
