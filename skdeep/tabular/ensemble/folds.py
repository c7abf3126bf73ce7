"""Folds of the rows: each member of an ensemble leaves one out."""

import numpy as np

#: A class of fewer rows is in the training rows of every member.
FEWEST_ROWS_OF_A_CLASS = 5


def fold_numbers(order_by, n_folds, random_state):
    """Divide rows into folds of equal sizes, alike in what they are ordered by.

    Rows are sorted, at random where they are equal, and dealt to the folds in turns.

    Parameters
    ----------
    order_by : array of shape (n_rows,)
        Classes, or numbers of a regression.
    n_folds : int
    random_state : RandomState

    Returns
    -------
    folds : array of int64 of shape (n_rows,)
    """
    n_rows = len(order_by)
    order = np.lexsort((random_state.random_sample(n_rows), order_by))
    n_turns = -(-n_rows // n_folds)
    first = np.repeat(random_state.randint(n_folds, size=n_turns), n_folds)[:n_rows]
    folds = np.empty(n_rows, dtype=np.int64)
    folds[order] = (np.arange(n_rows) + first) % n_folds
    return folds


def splits(order_by, n_members, n_folds, random_state, always=None):
    """Return the training and validation rows of every member.

    Each fold is left out once by every `n_folds` members, after which the rows are divided anew.

    Parameters
    ----------
    order_by : array of shape (n_rows,)
    n_members, n_folds : int
    random_state : RandomState
    always : array of bool of shape (n_rows,), default=None
        Rows that no member leaves out.

    Returns
    -------
    splits : list of (training, validation)
        Increasing numbers of rows.
    """
    found = []
    for member in range(n_members):
        if member % n_folds == 0:
            folds = fold_numbers(order_by, n_folds, random_state)
        held_out = folds == member % n_folds
        if always is not None:
            held_out &= ~always
        found.append((np.flatnonzero(~held_out), np.flatnonzero(held_out)))
    return found


def rows_of_rare_classes(classes):
    """Return which rows are of classes that have too few for folds.

    Parameters
    ----------
    classes : array of int64 of shape (n_rows,)
        From 0 on.
    """
    return np.bincount(classes)[classes] < FEWEST_ROWS_OF_A_CLASS
