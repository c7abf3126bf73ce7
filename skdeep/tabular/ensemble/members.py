"""The members of an ensemble: networks that train on their rows, side by side."""

import warnings
from typing import NamedTuple

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.parallel import Parallel, delayed

from skdeep.engines.cpu.threads.team import available_threads
from skdeep.training.divergence import NOT_FINITE


class Rows(NamedTuple):
    """Rows that networks read, with targets and weights.

    Attributes
    ----------
    X : array of float32 of shape (n_rows, width)
    y : array of shape (n_rows,) or (n_rows, n_outputs)
        Numbers of classes, or standardised numbers.
    weights : array of shape (n_rows,) or None
    """

    X: np.ndarray
    y: np.ndarray
    weights: np.ndarray | None

    def take(self, rows):
        """Return some of the rows."""
        weights = None if self.weights is None else self.weights[rows]
        return Rows(self.X[rows], self.y[rows], weights)


class Job(NamedTuple):
    """What a member is to train on.

    Attributes
    ----------
    network : MLPClassifier or MLPRegressor
    data : Rows
        All rows, which members share.
    training : array of int or None
        Those of the member; None for all.
    validation : Rows, array of int or None
        A validation set, or the rows of `data` that are one.
    """

    network: object
    data: Rows
    training: np.ndarray | None
    validation: object


class Member(NamedTuple):
    """A member that has trained.

    Attributes
    ----------
    network : MLPClassifier or MLPRegressor
    held_out : array of int or None
        Rows of the training data that it has not trained on.
    predictions : array or None
        Of the network for these rows.
    """

    network: object
    held_out: np.ndarray | None
    predictions: np.ndarray | None


def outputs_of(network, X):
    """Return what a member predicts: probabilities, or numbers."""
    return (getattr(network, "predict_proba", None) or network.predict)(X)


def _train(job):
    """Train a member; return None if its weights do not stay finite."""
    data = job.data if job.training is None else job.data.take(job.training)
    validation, held_out = job.validation, None
    if isinstance(validation, np.ndarray):
        validation, held_out = job.data.take(validation), validation
    given = {}
    if validation is not None:
        given = {"X_val": validation.X, "y_val": validation.y}
        if validation.weights is not None:
            given["sample_weight_val"] = validation.weights
    try:
        network = job.network.fit(data.X, data.y, sample_weight=data.weights, **given)
    except ValueError as error:
        if str(error) == NOT_FINITE:
            return None
        raise
    predictions = None if held_out is None else outputs_of(network, validation.X)
    return Member(network, held_out, predictions)


def train_members(jobs, n_threads):
    """Train the members of an ensemble side by side.

    Each has a core; what there is beyond one for each is divided among them. The result is the same
    for any number of threads.

    Parameters
    ----------
    jobs : list of Job
    n_threads : int or None
        None for as many as may be used.

    Returns
    -------
    members : list of Member
        Without those whose weights are not finite.

    Raises
    ------
    ValueError
        If that is none.
    """
    n_threads = n_threads or available_threads()
    for job in jobs:
        job.network.set_params(n_threads=max(1, n_threads // len(jobs)))
    with warnings.catch_warnings():
        # A member keeps its best epoch: that it has made all of them is as it should be.
        warnings.simplefilter("ignore", ConvergenceWarning)
        workers = Parallel(n_jobs=min(n_threads, len(jobs)), backend="threading")
        members = workers(delayed(_train)(job) for job in jobs)
    members = [member for member in members if member is not None]
    if not members:
        raise ValueError(
            "The weights of all members have become infinite or NaN. Scale the targets, or look "
            "for extreme values in y and sample_weight."
        )
    return members
