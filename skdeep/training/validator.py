"""The validation set: rows held out for early stopping, and the scores on them."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from sklearn.model_selection import train_test_split

from skdeep.engines.problem import Data


class ValidationSet(NamedTuple):
    """A validation set, before its targets are coded for the loss.

    Attributes
    ----------
    X : C-ordered array or CSR matrix of shape (n_rows, n_features)
    y : array of shape (n_rows, n_outputs)
    weights : array of shape (n_rows,) or None
    """

    X: object
    y: np.ndarray
    weights: np.ndarray | None


class Validator(NamedTuple):
    """Judges networks by a validation set.

    Attributes
    ----------
    data : Data
        The rows, with targets as the loss takes them.
    score : callable
        ``score(parameters, outputs, loss)`` yields calls, see `skdeep.training.calls`, and returns
        the score, of which more is better: of the network of ``parameters()``, with its outputs for
        the rows and its loss.
    needs_outputs : bool
        Whether the score looks at the outputs, which are None otherwise on some devices.
    """

    data: Data
    score: Callable
    needs_outputs: bool


def split_rows(n_rows, validation_fraction, random_state, stratify):
    """Split row numbers as scikit-learn's multi-layer perceptrons split the rows.

    Parameters
    ----------
    n_rows : int
    validation_fraction : float
    random_state : numpy.random.RandomState
    stratify : array of shape (n_rows, 1) or None

    Returns
    -------
    train, validation : array of int64

    Raises
    ------
    ValueError
        If fewer than two rows are left for validation.
    """
    train, validation = train_test_split(
        np.arange(n_rows),
        random_state=random_state,
        test_size=validation_fraction,
        stratify=stratify,
    )
    if len(validation) < 2:
        raise ValueError(
            "The validation set is too small. Increase 'validation_fraction' "
            "or the size of your dataset."
        )
    return train, validation


class BestSoFar:
    """The best validation score, its parameters, and whether epochs still improve on it.

    Parameters
    ----------
    score : float
        Best score of earlier fits, or ``-inf``.
    tol : float
        What counts as an improvement.
    """

    def __init__(self, score, tol):
        self.score, self.tol, self.vector = score, tol, None

    def update(self, score, parameters):
        """Take note of an epoch.

        Parameters
        ----------
        score : float
            Validation score, NaN if it cannot be told.
        parameters : callable
            Returns the parameters of the epoch.

        Returns
        -------
        stalled : bool
            Whether the epoch brought no improvement.
        """
        stalled = score < self.score + self.tol
        if score > self.score:
            self.score, self.vector = score, parameters()
        return stalled
