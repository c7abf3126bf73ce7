"""What the training of a network has led to."""

from typing import NamedTuple

import numpy as np

from skdeep.training.stochastic.run import History
from skdeep.training.stochastic.solver_state import SolverState


class Restart(NamedTuple):
    """Result of one of the `n_restarts` of a fit.

    Attributes
    ----------
    seed : int or None
        Seed of the initial weights and the order of the samples. None for the first restart, which
        uses the ``random_state`` of the estimator.
    score : float
        Score used to choose the best: the validation score or, without a validation set, the
        negative training loss; ``-inf`` if weights are not finite. A restart that diverged is only
        chosen if all have diverged.
    loss : float
        Final training loss.
    loss_curve : list of float
        Training loss of each epoch; empty with 'lbfgs'.
    validation_scores, validation_loss_curve : list of float or None
        Score and loss on the validation set after each epoch.
    n_iter : int
        Epochs or iterations.
    stop_reason : str
        Why training ended.
    """

    seed: int | None
    score: float
    loss: float
    loss_curve: list
    validation_scores: list | None
    validation_loss_curve: list | None
    n_iter: int
    stop_reason: str


class Result(NamedTuple):
    """What training has led to.

    Attributes
    ----------
    vector : array of shape (n_parameters,)
        The parameters of the network: those of the best validation score where that decides, else
        those reached. They need not be finite.
    n_iter : int
        Epochs or iterations.
    stop_reason : str
    loss : float
    history : History or None
        Of all fits that continue each other. None for 'lbfgs', of which nothing is recorded.
    solver_state : SolverState or None
        Of optimizers that update weight by weight.
    restarts : list of Restart or None
        Where a network was trained from several initialisations, what became of each.
    best_restart : int
        Place in `restarts` of the one that this is the result of.
    """

    vector: np.ndarray
    n_iter: int
    stop_reason: str
    loss: float
    history: History | None = None
    solver_state: SolverState | None = None
    restarts: list | None = None
    best_restart: int = 0
