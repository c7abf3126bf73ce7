"""What the perceptron's kernel works on, and the names of the places in its arrays."""

from typing import NamedTuple

import numpy as np

#: Places of `Task.numbers`.
(
    # INTERCEPT; SCALE: the weights are `Task.weights` times this.
    INTERCEPT,
    SCALE,
    # Norms of the weights where the objective needs them: sums of squares and of magnitudes.
    SQUARES,
    MAGNITUDES,
    # RATE: the learning rate; INTERCEPT_RATE: what the intercept takes of a correction; the weights
    # of the two classes.
    RATE,
    INTERCEPT_RATE,
    POSITIVE,
    NEGATIVE,
    # ALPHA, L1_RATIO: the penalty; SHRINK: what it leaves of the weights in a step; PULL: by how
    # much a step pulls weights towards 0; DUE: the sum of pulls so far.
    ALPHA,
    L1_RATIO,
    SHRINK,
    PULL,
    DUE,
    # CLOSE: rounding error of a sum of products, relative to the sum of their magnitudes.
    CLOSE,
    # Of the last epoch: LOSS: sum over the rows; PENALTY: sum over the rows; SCORE on the rows held
    # out. BEST: least of what is watched; TOL: what counts as an improvement.
    LOSS,
    PENALTY,
    SCORE,
    BEST,
    TOL,
    NUMBERS_SIZE,
) = range(20)

#: Places of `Task.counters`.
(
    # MODE: how an epoch goes; SHUFFLED: 1 if every epoch has an order of its own; HALF: which half
    # of `Task.order` holds the order of the last epoch.
    MODE,
    SHUFFLED,
    HALF,
    # N_TRAIN: rows that are trained on; WATCH_SCORE: 1 if the score decides when to stop, 0 if the
    # objective does; STALLED: epochs in a row without an improvement; PATIENCE: the most of them.
    N_TRAIN,
    WATCH_SCORE,
    STALLED,
    PATIENCE,
    # STOPPED: why training has ended by itself, 0 if it has not.
    STOPPED,
    COUNTERS_SIZE,
) = range(9)

#: Modes: pattern by pattern without a penalty, with one, and all patterns at once.
PLAIN, PENALISED, BATCH = range(3)

#: Why training has ended by itself.
SEPARATED, STALLED_OUT, OVERFLOW = 1, 2, 3


class DenseRows(NamedTuple):
    """Dense features, row after row."""

    values: np.ndarray


class SparseRows(NamedTuple):
    """Sparse features by rows (CSR); entries in any order, and duplicates, are allowed."""

    values: np.ndarray
    indices: np.ndarray
    indptr: np.ndarray


class Task(NamedTuple):
    """What the kernel works on.

    Attributes
    ----------
    features : DenseRows or SparseRows
        Read only.
    signs : array of int8 of shape (n_rows,)
        Labels -1 and 1. Read only.
    sample_weights : array of shape (n_rows,)
        Read only.
    held_out : array of bool of shape (n_rows,) or (0,)
        The validation set; none if it is empty. Read only.
    order : array of int of shape (2 * n_rows,)
        The order of an epoch, and room for the next.
    permutation : array of int of shape (n_rows,)
        Makes the order of an epoch of that of the epoch before.
    weights : array of shape (n_features,)
        Divided by the scale.
    paid : array of shape (n_features,) or (0,)
        What weights have paid of the L1 penalty; in batches, the correction.
    numbers : array of float64
        See the constants of this module.
    counters : array of int64
        See the constants of this module.
    mistakes : array of int64
        Of every epoch of a call.
    """

    features: object
    signs: np.ndarray
    sample_weights: np.ndarray
    held_out: np.ndarray
    order: np.ndarray
    permutation: np.ndarray
    weights: np.ndarray
    paid: np.ndarray
    numbers: np.ndarray
    counters: np.ndarray
    mistakes: np.ndarray
