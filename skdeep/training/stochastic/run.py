"""What a stochastic training run is to do, and what is recorded of it."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from skdeep.engines.regularisation import PLAIN, Regularisation
from skdeep.training.interruption import Interruption
from skdeep.training.listening import Listener
from skdeep.training.validator import Validator


class Run(NamedTuple):
    """What is to be done.

    Attributes
    ----------
    rows : array of int64
        Rows to train on.
    in_order : bool
        Whether they are all rows in the order of the data, epoch after epoch.
    random_state : numpy.random.RandomState
    shuffled : bool
    max_iter : int
        Most epochs.
    incremental : bool
        Whether this is one call of ``partial_fit``.
    verbose : bool or int
    validator : Validator or None
        None without validation set. Without early stopping, scores and losses are only recorded.
    steps : Steps or None
        The learning rates where they follow a curve.
    regularisation : Regularisation
    augment : callable or None
        ``augment(epoch)`` returns the rows of an epoch.
    listener : Listener or None
        Told of every epoch, which the compiled loop then runs one by one.
    diverged : callable or None
        ``diverged(losses, vector)`` yields calls, see `skdeep.training.calls`, and returns whether
        training has diverged, by the losses of all epochs of the run and by the parameters reached.
    interruption : Interruption or None
        Tells whether other networks of the fit have been interrupted.
    disposable : bool
        Whether nothing reads `random_state` afterwards.
    """

    rows: np.ndarray
    in_order: bool
    random_state: np.random.RandomState
    shuffled: bool
    max_iter: int
    incremental: bool
    verbose: bool
    validator: Validator | None
    steps: Callable | None = None
    regularisation: Regularisation = PLAIN
    augment: Callable | None = None
    listener: Listener | None = None
    diverged: Callable | None = None
    interruption: Interruption | None = None
    disposable: bool = False


class History:
    """What has been recorded of training, over all fits that continue each other.

    Attributes
    ----------
    norms : list of array
        Norms of the layers' gradients in every epoch, where they are recorded.
    losses, scores, validation_losses : list of float
        Training loss, validation score and validation loss of every epoch.
    best_loss, best_score : float
    stalled, seen : int
        Epochs without progress, and samples seen.
    """

    def __init__(self):
        self.losses, self.scores, self.validation_losses, self.norms = [], [], [], []
        self.best_loss, self.best_score = np.inf, -np.inf
        self.stalled = self.seen = 0

    def copy(self):
        """Return a copy."""
        new = History()
        vars(new).update(
            (name, list(value) if isinstance(value, list) else value)
            for name, value in vars(self).items()
        )
        return new
