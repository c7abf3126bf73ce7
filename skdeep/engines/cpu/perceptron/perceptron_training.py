"""What training sees of the perceptron's engine."""

import time
from typing import NamedTuple

import numpy as np
from scipy.sparse import issparse

from skdeep.engines.cpu.memory.task import read_only
from skdeep.engines.cpu.perceptron import perceptron_task as at
from skdeep.engines.cpu.perceptron.kernel import fill_permutation, train

#: A call takes about so many seconds, so that Ctrl-C works, and at most so many epochs.
SECONDS_PER_CALL, EPOCHS_PER_CALL = 0.1, 1024


class Samples(NamedTuple):
    """What all classes are trained on.

    Attributes
    ----------
    features : DenseRows or SparseRows
        Made by `features_of`, once for all classes.
    weights : array of shape (n_rows,)
        Of the type of the features.
    held_out : array of bool of shape (n_rows,) or (0,)
        The validation set.
    """

    features: object
    weights: np.ndarray
    held_out: np.ndarray


class Rule(NamedTuple):
    """How the perceptron learns.

    Attributes
    ----------
    batch : bool
        Whether all patterns of an epoch are corrected at once.
    penalised : bool
        Whether there is a penalty, even one of strength 0.
    alpha, l1_ratio : float
        The penalty; an `l1_ratio` of 0 is L2, 1 is L1.
    rate : float
        The learning rate.
    intercept_rate : float
        Relative learning rate of the intercept.
    tol : float
        What counts as an improvement, ``-inf`` if training never stalls.
    patience : int
        Epochs in a row without an improvement after which training ends.
    shuffled : bool
        Whether every epoch has an order of its own.
    """

    batch: bool
    penalised: bool
    alpha: float
    l1_ratio: float
    rate: float
    intercept_rate: float
    tol: float
    patience: int
    shuffled: bool


def features_of(X):
    """Return features as the kernel takes them.

    Parameters
    ----------
    X : C-ordered array or CSR matrix of shape (n_rows, n_features)

    Returns
    -------
    features : DenseRows or SparseRows
    """
    if not issparse(X):
        return at.DenseRows(read_only(X))
    wide = max(X.shape[1], X.nnz) > np.iinfo(np.int32).max
    signed, unsigned = (np.int64, np.uint64) if wide else (np.int32, np.uint32)
    indices, indptr = (read_only(part, signed) for part in (X.indices, X.indptr))
    # Numba lets signed indices count from the end, which takes time.
    return at.SparseRows(read_only(X.data), indices.view(unsigned), indptr)


class Training:
    """The training of one line: one class against another, or against the rest.

    Parameters
    ----------
    samples : Samples
    signs : array of int8 of shape (n_rows,)
        Labels -1 and 1.
    class_weights : tuple of float
        Of the labels 1 and -1.
    rule : Rule
    seed : int
        Of the order of the rows.
    coef : array of shape (n_features,)
        First weights, copied.
    intercept : float
    """

    def __init__(self, samples, signs, class_weights, rule, seed, coef, intercept):
        n_rows, dtype = len(signs), samples.features.values.dtype
        index = np.int32 if n_rows <= np.iinfo(np.int32).max else np.int64
        shuffled = rule.shuffled and not rule.batch
        permutation = np.empty(n_rows if shuffled else 0, dtype=index)
        fill_permutation(int(seed), permutation)
        pays = rule.batch or (rule.penalised and rule.l1_ratio > 0)
        self.task = at.Task(
            samples.features,
            read_only(signs, np.int8),
            read_only(samples.weights, dtype),
            read_only(samples.held_out, np.bool_),
            np.tile(np.arange(n_rows, dtype=index), 2),
            permutation,
            np.array(coef, dtype=dtype),
            np.zeros(len(coef) if pays else 0, dtype=dtype),
            np.zeros(at.NUMBERS_SIZE),
            np.zeros(at.COUNTERS_SIZE, dtype=np.int64),
            np.zeros(EPOCHS_PER_CALL, dtype=np.int64),
        )
        self._set_counters(rule, shuffled)
        self._set_numbers(rule, class_weights, intercept)
        self._epochs = 1

    def _set_counters(self, rule, shuffled):
        counters, n_held_out = self.task.counters, np.count_nonzero(self.task.held_out)
        counters[at.MODE] = at.PENALISED if rule.penalised else at.PLAIN
        if rule.batch:
            counters[at.MODE] = at.BATCH
        counters[at.SHUFFLED] = shuffled
        counters[at.N_TRAIN] = len(self.task.signs) - n_held_out
        counters[at.WATCH_SCORE] = self.task.held_out.size > 0
        counters[at.PATIENCE] = min(rule.patience, np.iinfo(np.int64).max)

    def _set_numbers(self, rule, class_weights, intercept):
        numbers, weights = self.task.numbers, self.task.weights
        numbers[at.INTERCEPT], numbers[at.SCALE], numbers[at.BEST] = intercept, 1.0, np.inf
        numbers[at.RATE], numbers[at.INTERCEPT_RATE] = rule.rate, rule.intercept_rate
        numbers[at.POSITIVE], numbers[at.NEGATIVE] = class_weights
        numbers[at.TOL] = rule.tol
        double = np.finfo(np.float64).eps
        own = 0.0 if weights.dtype == np.float64 else np.finfo(weights.dtype).eps
        numbers[at.CLOSE] = 4 * (len(weights) + 1) * double + 4 * own
        numbers[at.SHRINK] = 1.0
        if rule.penalised:
            # One step of a batch is worth as many of single patterns.
            steps = self.task.counters[at.N_TRAIN] if rule.batch else 1
            strength = rule.rate * rule.alpha * steps
            numbers[at.ALPHA], numbers[at.L1_RATIO] = rule.alpha, rule.l1_ratio
            left = max(0.0, 1.0 - (1.0 - rule.l1_ratio) * strength)
            numbers[at.SHRINK] = weights.dtype.type(left)
            numbers[at.PULL] = rule.l1_ratio * strength
            # By no BLAS, whose sums depend on its threads.
            numbers[at.SQUARES] = np.einsum("i,i->", weights, weights)
            numbers[at.MAGNITUDES] = np.abs(weights).sum()

    @property
    def stopped(self):
        """Why training has ended by itself: a code of `structures`, or 0."""
        return int(self.task.counters[at.STOPPED])

    @property
    def stalled(self):
        """Epochs in a row without an improvement."""
        return int(self.task.counters[at.STALLED])

    @property
    def would_stall(self):
        """Whether one more epoch that changes nothing would be one without an improvement."""
        numbers = self.task.numbers
        watching_score = self.task.counters[at.WATCH_SCORE] == 1
        watched = -numbers[at.SCORE] if watching_score else 0.0
        return bool(watched > numbers[at.BEST] - numbers[at.TOL])

    def run(self, n_epochs):
        """Run some epochs, at most so many.

        Parameters
        ----------
        n_epochs : int

        Returns
        -------
        mistakes : list of int
            Of every epoch that was run.
        """
        n_epochs = min(n_epochs, self._epochs, EPOCHS_PER_CALL)
        start = time.perf_counter()
        done = train(self.task, n_epochs)
        if time.perf_counter() - start < SECONDS_PER_CALL / 2:
            self._epochs *= 2
        return self.task.mistakes[:done].tolist()

    def report(self):
        """Return the last epoch's mean loss and score, and the weights' norm and non-zeros."""
        numbers, coef = self.task.numbers, self.coef()
        loss = numbers[at.LOSS] / self.task.counters[at.N_TRAIN]
        objective = loss + numbers[at.PENALTY] / self.task.counters[at.N_TRAIN]
        norm = float(np.sqrt(np.einsum("i,i->", coef, coef)))
        return loss, objective, numbers[at.SCORE], norm, int(np.count_nonzero(coef))

    def coef(self):
        """Return the weights, of shape (n_features,)."""
        weights = self.task.weights
        return weights * weights.dtype.type(self.task.numbers[at.SCALE])

    @property
    def intercept(self):
        """The intercept."""
        return float(self.task.numbers[at.INTERCEPT])
