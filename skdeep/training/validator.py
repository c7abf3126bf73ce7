"""The validation set: rows held out for early stopping, and the scores on them."""

import functools
from typing import NamedTuple

import numpy as np
from sklearn.model_selection import train_test_split

from skdeep.training.output_loss import mean_loss


class ValidationSet(NamedTuple):
    """A validation set as the engine takes it.

    Attributes
    ----------
    X : C-ordered array or CSR matrix of shape (n_rows, n_features)
    y : array of shape (n_rows, n_outputs)
        Targets, not yet coded for the loss.
    weights : array of shape (n_rows,) or None
    """

    X: object
    y: np.ndarray
    weights: np.ndarray | None


class Validator:
    """Tells the score and the loss of a network on a validation set.

    Parameters
    ----------
    rows : ValidationSet
    targets : array of shape (n_rows, n_outputs)
        As the loss takes them.
    layout : Layout
    objective : Objective
    predict : callable
        ``predict(layout, vector, X)`` returns outputs.
    score : callable
        ``score(parameters, outputs, loss)`` yields calls, see `skdeep.training.calls`, and returns
        the score, of which more is better.

    Attributes
    ----------
    rows : ValidationSet
    X : C-ordered array or CSR matrix of shape (n_rows, n_features)
        Its features.
    """

    def __init__(self, rows, targets, layout, objective, predict, score):
        self.rows, self.X = rows, rows.X
        self._targets, self._layout, self._objective = targets, layout, objective
        self._predict, self._score = predict, score

    def __call__(self, parameters, outputs=None):
        """Judge a network.

        Parameters
        ----------
        parameters : callable
            Returns the network's parameters, which may take a while.
        outputs : array of shape (n_rows, n_outputs) or None, default=None
            The outputs for the rows, where they are known.

        Yields
        ------
        call : callable
            See `skdeep.training.calls`.

        Returns
        -------
        score : float
            More is better.
        loss : float
        """
        if outputs is None:
            outputs = yield functools.partial(self._predict, self._layout, parameters(), self.X)
        loss = mean_loss(self._objective, self._targets, outputs, self.rows.weights)
        score = yield from self._score(parameters, outputs, loss)
        return score, loss


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


def validates(training, validate):
    """Return whether the engine predicts the rows of a validation set while it trains.

    Parameters
    ----------
    training : Training
        From now on it does so if it can.
    validate : callable
        With the rows as its attribute `X`, if they are all that it looks at.
    """
    rows, validate_on = getattr(validate, "X", None), getattr(training, "validate_on", None)
    return rows is not None and validate_on is not None and validate_on(rows)


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
